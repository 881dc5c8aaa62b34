//! A deploy of this version in the place of an older one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::run::{Result, build, cargo, output, root, show, target};

const SERVER: &str = "c2c-server";

/// Builds the server of `commit` and this one, and runs the test of a deploy with both.
pub(super) fn run(commit: &str) -> Result<()> {
    let commit = output(git().args(["rev-parse", "--verify", &format!("{commit}^{{commit}}")]))?;
    let old = old_server(commit.trim())?;
    let new = server(&mut cargo(""))?;
    let mut test = cargo("test --package c2c-server --test it --locked -- deploy:: --nocapture");
    show(test.env("C2C_OLD_SERVER", old).env("C2C_NEW_SERVER", new))
}

/// The server of a commit, which is built in a work tree of its own.
fn old_server(commit: &str) -> Result<PathBuf> {
    let folder = target()?.join("upgrade");
    fs::create_dir_all(&folder)?;
    let kept = folder.join(format!("{SERVER}-{commit}"));
    if !kept.exists() {
        let tree = folder.join("tree");
        // One may be left of a run that was interrupted.
        show(
            git()
                .args(["worktree", "add", "--force", "--force", "--detach"])
                .arg(&tree)
                .arg(commit),
        )?;
        // In the same target directory, for the dependencies that both have.
        let built = server(cargo("").current_dir(&tree).env("CARGO_TARGET_DIR", target()?));
        let copied = built.and_then(|server| Ok(fs::copy(server, &kept)?));
        show(git().args(["worktree", "remove", "--force"]).arg(&tree))?;
        copied?;
    }
    Ok(kept)
}

fn server(cargo: &mut Command) -> Result<PathBuf> {
    let arguments = ["build", "--release", "--locked", "--package", SERVER, "--bin", SERVER];
    let built = build(cargo.args(arguments))?.into_iter().find(|(name, _)| name == SERVER);
    Ok(built.ok_or("the server was not built")?.1)
}

fn git() -> Command {
    let mut command = Command::new("git");
    command.current_dir(root());
    command
}

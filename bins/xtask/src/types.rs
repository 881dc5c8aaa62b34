//! `cargo xtask types`: what TypeScript makes of our JavaScript.
//!
//! The scripts have their types in comments. The compiler checks them, and makes the
//! declarations (`crates/bridge/js/types`) for those who install the host from npm. They are
//! committed, so that a change of the host's interface shows as one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::npm;
use crate::run::{Result, root, show, target};

/// Check the types of all scripts, and write the host's declarations (needs npm)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if the committed declarations are not what would be written
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    check_scripts()?;
    if args.check {
        check_declarations()?;
    } else {
        declare(&root().join("crates/bridge/js/types"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// All scripts, with the strictest rules.
pub(crate) fn check_scripts() -> Result<()> {
    show(npm::tsc()?.args(["--project", "tsconfig.json"]).current_dir(root()))
}

/// The committed declarations are those of the scripts.
pub(crate) fn check_declarations() -> Result<()> {
    let made = target()?.join("e2e/types");
    declare(&made)?;
    let (made, committed) = (files(&made)?, files(&root().join("crates/bridge/js/types"))?);
    let names = made.keys().chain(committed.keys());
    match names.into_iter().find(|name| made.get(*name) != committed.get(*name)) {
        None => Ok(()),
        Some(stale) => Err(format!(
            "crates/bridge/js/types/{stale} is stale: run `cargo xtask types` and commit the result"
        )
        .into()),
    }
}

fn declare(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut tsc = npm::tsc()?;
    tsc.args(["--project", "crates/bridge/js", "--outDir"]).arg(folder);
    show(tsc.current_dir(root()))
}

/// The files below `folder`, by their paths in it.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let path = format!("{inner}{}", entry.file_name().display());
            if entry.file_type()?.is_dir() {
                folders.push(path + "/");
            } else {
                files.insert(path, fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}

//! A small disk for one test: a tmpfs in a mount namespace, which a user without rights can have, too.

use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::Failed;

use crate::writing::FAILED;

/// The namespaces, from those that need no rights to those that need root.
const NAMESPACES: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];

/// `$0` is the folder, `$1` its size, and the rest is the program to run with it.
const MOUNT: &str = r#"mount -t tmpfs -o size="$1" none "$0" && shift && exec "$@""#;

/// Runs a test of this program in its own process, with a folder of this size.
pub(crate) fn run(test: &str, size: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut reasons = String::new();
    for namespaces in NAMESPACES {
        let unshare = || {
            let mut unshare = Command::new("unshare");
            unshare.args(namespaces).args(["sh", "-c", MOUNT]).arg(folder.path()).arg(size);
            unshare
        };
        let tried = unshare().arg("true").output();
        let tried = tried.map_err(|error| format!("cannot run unshare (util-linux): {error}"))?;
        if !tried.status.success() {
            reasons += &text(&tried);
            continue;
        }
        let program = std::env::current_exe()?;
        let output = unshare().arg(program).arg(test).arg(folder.path()).output()?;
        return if output.status.success() { Ok(()) } else { Err(text(&output).into()) };
    }
    Err(format!("this user can have no mount namespace: {reasons}").into())
}

/// Makes the folder read-only, as a disk does after an error.
pub(crate) fn make_read_only(folder: &Path) -> Result<(), Failed> {
    remount(folder, "remount,ro")
}

/// Makes it writable again.
pub(crate) fn make_writable(folder: &Path) -> Result<(), Failed> {
    remount(folder, "remount,rw")
}

fn remount(folder: &Path, options: &str) -> Result<(), Failed> {
    // Without a source, `mount` would repeat the present options, of which some need rights.
    let output = Command::new("mount").args(["-o", options, "none"]).arg(folder).output()?;
    if output.status.success() { Ok(()) } else { Err(text(&output).into()) }
}

fn text(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout).replace(FAILED, "");
    format!("{}: {out}{}", output.status, String::from_utf8_lossy(&output.stderr))
}

//! A start on a disk that cannot be written, when no owner has signed in yet: visitors are served.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::client::To;
use crate::program::{self, FREE_PORTS, PROGRAM, Process, signal};

/// The namespaces, from those that need no rights to those that need root.
const NAMESPACES: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];

/// `$0` is the folder, `$1` the one whose files it gets, `$2` what makes the disk unusable, and the rest the program.
const MOUNT: &str = r#"
    mount -t tmpfs -o size=8m none "$0" && cp "$1"/* "$0" && cd "$0" && eval "$2" && shift 2 && exec "$@""#;
const READ_ONLY: &str = "mount -o remount,ro none .";
const FULL: &str = "head -c 9000000 /dev/zero > filler 2> /dev/null; true";

/// The data of a server that no owner has signed in to. It is killed, or it ends.
fn without_owner(is_killed: bool) -> TempDir {
    let data = TempDir::new().expect("a directory");
    let mut command = program::command(data.path());
    let mut child = command.args(FREE_PORTS).env("C2C_ACCESS", "sign-in").spawn().expect("starts");
    assert_eq!(program::addresses(&mut child).len(), 4);
    signal(&child, if is_killed { "-KILL" } else { "-TERM" });
    child.wait().expect("ends");
    data
}

/// The program on a disk of its own with this data.
fn on_disk(data: &Path, place: &Path, spoil: &str) -> Command {
    let unshare = |namespaces: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(namespaces).args(["sh", "-c", MOUNT]).args([place, data]).arg(spoil);
        command
    };
    let works = |namespaces: &&&[&str]| {
        unshare(namespaces).arg("true").status().is_ok_and(|status| status.success())
    };
    let namespaces =
        NAMESPACES.iter().find(works).expect("a mount namespace (unshare of util-linux)");
    let mut command = unshare(namespaces);
    command.arg(PROGRAM);
    program::with_data(command, place)
}

async fn serves_without_a_link(data: &TempDir, spoil: &str, reason: &str) {
    let (place, logs) =
        (TempDir::new().expect("a directory"), TempDir::new().expect("a directory"));
    let log = logs.path().join("log");
    let command = |_: &Path| {
        let mut command = on_disk(data.path(), place.path(), spoil);
        command.env("C2C_ACCESS", "sign-in");
        command
    };
    let server = Process::start_with_log(command, File::create(&log).expect("a file"));
    let page = server.get(To::Sandbox, "/s/demo", &["sec-fetch-dest: iframe"]).await;
    assert_eq!(page.status, 200, "{page:?}");
    let reply = server.write("POST", "/api/session", &json!({"secret": "0".repeat(64)})).await;
    assert_eq!(reply.problem(), (404, "no-such-link".to_owned()));
    assert!(server.stop());
    let log = std::fs::read_to_string(&log).expect("UTF-8");
    let warning = format!("{reason}; there is no sign-in link for an owner");
    assert!(log.contains(&warning), "{log}");
}

#[tokio::test]
async fn a_server_starts_on_a_read_only_disk_without_a_link() {
    let data = without_owner(false);
    serves_without_a_link(&data, READ_ONLY, "the database cannot be written").await;
}

#[tokio::test]
async fn a_server_that_was_killed_starts_on_a_full_disk_without_a_link() {
    let data = without_owner(true);
    serves_without_a_link(&data, FULL, "there is no space left for the database").await;
}

/// SQLite needs room for its log, and the message says that there is none.
#[test]
fn a_server_that_has_ended_says_that_the_disk_is_full() {
    let data = without_owner(false);
    let place = TempDir::new().expect("a directory");
    let output = on_disk(data.path(), place.path(), FULL).args(FREE_PORTS).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is no space left for the database"), "{said}");
}

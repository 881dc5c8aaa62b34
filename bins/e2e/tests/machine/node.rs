//! Runs the script in Node.

use std::io::Write;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::Run;
use crate::model::Effect;

/// The sources of the scripts.
pub(crate) const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/bridge/js");

/// The script for the host's machine.
pub(crate) const REPLAY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machine/replay.mjs");

/// Deadline of one run of Node: many times its usual duration.
pub(crate) const DEADLINE: Duration = Duration::from_mins(2);
/// The beginning of the error of a run that reached its deadline.
pub(crate) const NOT_ENDED: &str = "node did not end";
const SIGKILL: i32 = 9;

/// Runs the machine of a directory of sources, and returns the effects of every step of every run.
pub(crate) fn replay(sources: &Path, runs: &[Run]) -> Result<Vec<Vec<Vec<Effect>>>, String> {
    let lines = lines(runs).map_err(|error| error.to_string())?;
    let found: Result<Vec<_>, _> =
        replay_lines(REPLAY, sources, lines, DEADLINE)?.lines().map(serde_json::from_str).collect();
    let found: Vec<_> = found.map_err(|error| error.to_string())?;
    if found.len() == runs.len() { Ok(found) } else { Err("runs are missing".to_owned()) }
}

/// The input of `replay.mjs`.
pub(crate) fn lines(runs: &[Run]) -> Result<String, serde_json::Error> {
    let lines: Result<Vec<String>, _> = runs.iter().map(serde_json::to_string).collect();
    Ok(lines?.join("\n"))
}

/// The output of a script for these lines.
pub(crate) fn replay_lines(
    script: &str,
    sources: &Path,
    lines: String,
    deadline: Duration,
) -> Result<String, String> {
    let mut node = Command::new("node")
        .arg(script)
        .arg(sources)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("node, which this test needs: {error}"))?;
    let mut input = node.stdin.take().ok_or("node has no standard input")?;
    // On a thread, because node answers while it reads.
    let writer = thread::spawn(move || input.write_all(lines.as_bytes()));
    let (ended, end) = channel::<()>();
    let id = node.id().to_string();
    // A mutated machine may never stop. When `ended` is dropped, node has ended.
    let killer = thread::spawn(move || {
        if end.recv_timeout(deadline) == Err(RecvTimeoutError::Timeout) {
            let _ended = Command::new("kill").args(["-s", "KILL", &id]).status();
        }
    });
    let output = node.wait_with_output().map_err(|error| error.to_string())?;
    drop(ended);
    let (written, _) = (writer.join(), killer.join());
    if output.status.signal() == Some(SIGKILL) {
        return Err(format!("{NOT_ENDED} within {deadline:?}"));
    }
    if !output.status.success() || written.is_err() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

//! The end of a server whose test process was killed.
//!
//! A `Drop` alone would not do: Ctrl-C or a kill of the test process never runs it. A death signal
//! from the kernel (`PR_SET_PDEATHSIG`) would not do either: it comes when the *thread* that
//! started the server ends. So a small shell script reads from a pipe that only the test process
//! holds open for writing. Any end of the test process closes the pipe, and the watcher cleans up.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::error::{Context as _, Result};

/// `$1` is the folder. Each line of input is the id of the process to end, or empty for none.
///
/// The process has 8 s to end by itself: on SIGQUIT, the server kills its children after 5 s.
/// `/proc` shows whether it lives: `kill -0` would count an unreaped zombie.
///
/// A killed server leaves a shared memory segment behind, which no folder contains. The next start
/// on the same data would remove it, and so does the watcher: its id is the second number in line 7
/// of `postmaster.pid`.
const WATCHER: &str = r#"
id=
while read -r line; do id=$line; done
lives() {
    read -r stat <"/proc/$id/stat" || return 1
    case ${stat##*) } in Z*) return 1 ;; esac
}
if [ -n "$id" ] && lives; then
    kill -s QUIT "$id"
    n=0
    while [ "$n" -lt 160 ] && lives; do sleep 0.05; n=$((n + 1)); done
    if lives; then kill -s KILL "$id"; fi
fi
n=0
while read -r line; do
    n=$((n + 1))
    if [ "$n" = 7 ]; then ipcrm -m "${line##* }"; fi
done <"$1/data/postmaster.pid"
rm -rf -- "$1"
"#;

#[derive(Debug)]
pub(crate) struct Watcher(Child);

impl Watcher {
    /// Starts a watcher that removes `folder`, which has the server's `data`.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let shell = Command::new("sh")
            .args(["-c", WATCHER, "c2c-watcher"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        shell.map(Self).context("cannot start `sh`, which ends the server of a test")
    }

    /// Names the process to end. It replaces the one before.
    pub(crate) fn watch(&mut self, id: u32) -> Result<()> {
        self.write(&format!("{id}\n"))
    }

    /// Reports that the process has ended.
    pub(crate) fn watch_none(&mut self) -> Result<()> {
        self.write("\n")
    }

    /// Writes a line at once, so that the watcher never reads a part of a number.
    fn write(&mut self, line: &str) -> Result<()> {
        let Some(stdin) = &mut self.0.stdin else { return Ok(()) };
        stdin.write_all(line.as_bytes()).context("the watcher of the server has ended")
    }
}

impl Drop for Watcher {
    /// Waits until the folder is gone.
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let ended = self.0.wait();
        debug_assert!(ended.is_ok(), "{ended:?}");
    }
}

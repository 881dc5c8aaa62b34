//! Child processes that cannot be left behind.
//!
//! Drivers start browsers, browsers start dozens of helpers, and ending only the driver leaves the
//! rest. So each child leads its own process group, and the *group* is ended. A `Drop` alone would
//! not do: Ctrl-C or a kill of the test process never runs it. So a watcher, a small shell script
//! in a third group, reads from a pipe that only the test process holds open for writing. Any end
//! of the test process closes the pipe, and the watcher cleans up.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::error::{Context as _, Error, Result};

/// `$1` is the process group, `$2` the directory. The group has 3 s to end by itself.
///
/// `/proc` shows which processes of the group live: `kill -0` would count unreaped zombies.
const WATCHER: &str = r#"
read -r _ || :
group=$1 dir=$2
lives() {
    for stat in /proc/[0-9]*/stat; do
        read -r line <"$stat" || continue
        set -- ${line##*) }
        if [ "$3" = "$group" ] && [ "$1" != Z ]; then return 0; fi
    done
    return 1
}
kill -s TERM -- "-$group"
n=0
while [ "$n" -lt 60 ] && lives; do sleep 0.05; n=$((n + 1)); done
kill -s KILL -- "-$group"
rm -rf -- "$dir"
"#;

/// Interval at which a condition that no event announces is checked again.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// Creates a directory that is private to its process and that the watcher removes.
pub(crate) fn fresh_dir(purpose: &str) -> Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.subsec_nanos();
    let name = format!("c2c-{purpose}-{}-{count}-{nanos}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    std::fs::create_dir(&dir).context(format_args!("cannot create {}", dir.display()))?;
    Ok(dir)
}

/// A running child, its output so far, and its directory.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    watcher: Child,
    output: Arc<Mutex<Vec<String>>>,
    dir: PathBuf,
}

impl Process {
    /// Starts `command` in its own group. `dir` is removed when it ends.
    pub(crate) fn start(name: &str, mut command: Command, dir: PathBuf) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .context(format_args!("cannot start {name}"))?;
        let watcher = Command::new("sh")
            .args(["-c", WATCHER, "c2c-watcher", &child.id().to_string()])
            .arg(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let watcher = match watcher {
            Ok(watcher) => watcher,
            Err(error) => {
                child.kill()?;
                child.wait()?;
                return Err(error).context("cannot start `sh`, which ends the processes of a test");
            }
        };
        let output = Arc::default();
        if let Some(stdout) = child.stdout.take() {
            collect_lines(stdout, &output);
        }
        if let Some(stderr) = child.stderr.take() {
            collect_lines(stderr, &output);
        }
        Ok(Self { name: name.to_owned(), child, watcher, output, dir })
    }

    #[cfg(test)]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the directory, which lives as long as the process.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Asks the child to end, as Ctrl-C does, and waits up to `deadline` for it. Its directory
    /// stays.
    pub(crate) fn interrupt(&mut self, deadline: Duration) -> Result<()> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "INT", &pid]).status()?;
        if !sent.success() {
            return Err(Error::new(format!("cannot interrupt {}", self.name)));
        }
        let end = Instant::now() + deadline;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > end {
                let what = format!("{} did not end within {deadline:?}", self.name);
                return Err(Error::new(what));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Whether it has not ended.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Says, for an error, that the process runs, or how it ended.
    pub(crate) fn how_it_ended(&mut self) -> String {
        match self.child.try_wait() {
            Ok(Some(status)) => format!("ended ({status})"),
            Ok(None) => "runs".to_owned(),
            Err(error) => format!("is unknown ({error})"),
        }
    }

    /// Returns its output so far, both streams, by line.
    pub(crate) fn output(&self) -> Vec<String> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until `ready` finds what it needs in the output.
    ///
    /// Fails with the output when the process ends first, or after `deadline`.
    pub(crate) async fn wait_until<T>(
        &mut self,
        deadline: Duration,
        mut ready: impl FnMut(&[String]) -> Option<T>,
    ) -> Result<T> {
        let end = tokio::time::Instant::now() + deadline;
        loop {
            // Checked before the output is read: otherwise the last output before the end could be
            // missed.
            let ended = self.child.try_wait()?;
            let output = self.output();
            if let Some(found) = ready(&output) {
                return Ok(found);
            }
            let why = match ended {
                Some(_) => self.how_it_ended(),
                None if tokio::time::Instant::now() > end => {
                    format!("is not ready after {deadline:?}")
                }
                None => {
                    tokio::time::sleep(POLL).await;
                    continue;
                }
            };
            let printed = output.join("\n  ");
            return Err(Error::new(format!("{} {why}; it printed:\n  {printed}", self.name)));
        }
    }
}

impl Drop for Process {
    /// Ends the group and waits for that: when this returns, no process of it runs any more.
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let ended = self.watcher.wait().and_then(|_| self.child.wait());
        debug_assert!(ended.is_ok(), "{}: {ended:?}", self.name);
    }
}

/// Reads lines on its own thread: a pipe without a reader would block the child.
fn collect_lines(stream: impl Read + Send + 'static, into: &Arc<Mutex<Vec<String>>>) {
    let into = Arc::clone(into);
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        // Bytes, not `lines()`: one line that is not UTF-8 must not end the reading.
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            into.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            line.clear();
        }
    });
}

/// Whether a process with this id still runs; a zombie does not.
#[cfg(test)]
pub(crate) fn runs(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Result<Process> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start("sh", command, fresh_dir("test")?)
    }

    #[tokio::test]
    async fn ending_reaches_grandchildren_and_the_directory() -> Result<()> {
        let mut process = sh("sleep 600 & echo pid $!; wait")?;
        let pid = process
            .wait_until(crate::DEADLINE, |lines| {
                Some(lines.first()?.strip_prefix("pid ")?.to_owned())
            })
            .await?;
        let dir = process.dir().to_owned();
        assert!(runs(&pid) && dir.exists());
        drop(process);
        assert!(!runs(&pid), "the grandchild still runs");
        assert!(!dir.exists(), "{} is still there", dir.display());
        Ok(())
    }

    #[tokio::test]
    async fn a_child_that_hears_no_interrupt_is_an_error() -> Result<()> {
        let mut process = sh("trap : INT; echo ready; while :; do sleep 0.1; done")?;
        process.wait_until(crate::DEADLINE, |lines| lines.first().cloned()).await?;
        let error = process.interrupt(Duration::from_millis(200)).expect_err("it goes on");
        assert!(error.to_string().contains("did not end within 200ms"), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn a_child_that_ends_early_is_reported_with_its_output() -> Result<()> {
        let mut process = sh("echo no such file >&2; exit 3")?;
        let error = process
            .wait_until(crate::DEADLINE, |_| None::<()>)
            .await
            .expect_err("it must fail")
            .to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        Ok(())
    }
}

//! The log of a server, which also tells when it is ready and when it is gone.
//!
//! The log comes through a pipe that all processes of the server inherit. The pipe ends when the
//! last of them has ended, also after a kill that leaves orphans.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Number of last lines that an error shows.
const LINES: usize = 40;

/// The server writes this when it begins to accept connections.
const READY: &str = "database system is ready to accept connections";

/// The log of one run of a server.
#[derive(Debug, Clone)]
pub(crate) struct Log(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    last: VecDeque<String>,
    ready: bool,
    closed: bool,
}

/// The server's state, as far as its log tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    /// It accepts connections.
    Ready,
    /// All of its processes have ended.
    Ended,
}

impl Log {
    /// Reads the log on a thread of its own: a pipe without a reader would block the server.
    pub(crate) fn read(stream: impl Read + Send + 'static) -> Self {
        let log = Self(Arc::default());
        let writer = log.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            // Bytes, not `lines()`: one line that is not UTF-8 must not end the reading.
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                writer.change(|state| {
                    state.ready |= text.ends_with(READY);
                    if state.last.len() == LINES {
                        state.last.pop_front();
                    }
                    state.last.push_back(text);
                });
                line.clear();
            }
            writer.change(|state| state.closed = true);
        });
        log
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let (state, changed) = &*self.0;
        change(&mut state.lock().unwrap_or_else(PoisonError::into_inner));
        changed.notify_all();
    }

    /// Waits for the first of `awaited`, and returns the state at the end or after `deadline`.
    pub(crate) fn wait_for(&self, awaited: &[Said], deadline: Duration) -> Said {
        let (state, changed) = &*self.0;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut State| !awaited.contains(&state.said());
        let waited = changed.wait_timeout_while(state, deadline, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0.said()
    }

    /// The last lines, indented, for an error.
    pub(crate) fn end(&self) -> String {
        let state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<_> = state.last.iter().map(|line| format!("\n  {line}")).collect();
        lines.concat()
    }
}

impl State {
    fn said(&self) -> Said {
        match self {
            Self { closed: true, .. } => Said::Ended,
            Self { ready: true, .. } => Said::Ready,
            _ => Said::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_log_keeps_its_last_lines() {
        let lines: Vec<_> = (0..100).map(|number| format!("line {number}\n")).collect();
        let log = Log::read(std::io::Cursor::new(lines.concat()));
        let waited = log.wait_for(&[Said::Ready, Said::Ended], Duration::from_secs(10));
        assert_eq!(waited, Said::Ended);
        assert!(log.end().starts_with("\n  line 60\n"), "{}", log.end());
        assert!(log.end().ends_with("\n  line 99"), "{}", log.end());
    }

    #[test]
    fn a_ready_server_is_known_by_its_log() {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let log = Log::read(reader);
        assert_eq!(log.wait_for(&[Said::Ready], Duration::ZERO), Said::Nothing);
        std::io::Write::write_all(&mut writer, format!("LOG:  {READY}\n").as_bytes())
            .expect("the reader waits");
        assert_eq!(log.wait_for(&[Said::Ready], Duration::from_secs(10)), Said::Ready);
        drop(writer);
        assert_eq!(log.wait_for(&[Said::Ended], Duration::from_secs(10)), Said::Ended);
    }
}

//! Virtual X servers for `WebKitGTK`, which has no headless mode.
//!
//! Each browser has a display of its own, because windows on one display compete for the focus. A
//! display that is no longer used serves the next browser: starting one takes as long as starting a
//! browser.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::error::Result;
use crate::process::{Process, fresh_dir};
use crate::{DEADLINE, error::Context as _};

/// The displays that no browser uses. Their watchers end them with the test process.
static IDLE: Mutex<Vec<Server>> = Mutex::new(Vec::new());

/// A running X server.
#[derive(Debug)]
struct Server {
    process: Process,
    /// The value of `DISPLAY` that names it.
    name: String,
}

/// A display on loan. It is lent again after its drop.
#[derive(Debug)]
pub(crate) struct Display(Option<Server>);

impl Display {
    /// Returns a display without windows. `program` is `Xvfb`.
    pub(crate) async fn take(program: &Path) -> Result<Self> {
        let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        while let Some(mut server) = idle() {
            if server.process.runs() {
                return Ok(Self(Some(server)));
            }
        }
        Ok(Self(Some(Server::start(program).await?)))
    }

    /// Makes `command` open its windows here.
    pub(crate) fn use_for(&self, command: &mut Command) {
        let name = self.0.as_ref().map_or("", |server| &server.name);
        // The developer's own session must not be preferred.
        command.env("DISPLAY", name).env("GDK_BACKEND", "x11").env_remove("XAUTHORITY");
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).extend(self.0.take());
    }
}

impl Server {
    async fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        // It chooses a free number and prints it. Without `-noreset` it would start over when its
        // last window closes, while the next browser may be connecting.
        command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24"]);
        command.args(["-nolisten", "tcp", "-noreset"]);
        let mut process = Process::start("the virtual X server", command, fresh_dir("display")?)?;
        let number = |lines: &[String]| lines.iter().find_map(|line| line.parse::<u32>().ok());
        let number = process.wait_until(DEADLINE, number).await.context("no display")?;
        Ok(Self { process, name: format!(":{number}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::POLL;

    /// A stand-in for `Xvfb`: prints the number and waits.
    fn stand_in(dir: &Path) -> Result<std::path::PathBuf> {
        let program = dir.join("stand-in");
        // By another process: a program that this one has open for writing is open in the children that another
        // test is starting, too, and cannot be run then.
        let write = "printf '#!/bin/sh\necho 4711\nexec sleep 600\n' >\"$0\" && chmod 700 \"$0\"";
        let written = Command::new("sh").args(["-c", write]).arg(&program).status()?;
        assert!(written.success(), "{written}");
        Ok(program)
    }

    #[tokio::test]
    async fn a_display_serves_one_browser_at_a_time() -> Result<()> {
        let dir = fresh_dir("test")?;
        let program = stand_in(&dir)?;
        let id = |display: &Display| display.0.as_ref().map(|server| server.process.id());
        let (first, second) = (Display::take(&program).await?, Display::take(&program).await?);
        assert_ne!(id(&first), id(&second));
        let used = id(&first);
        drop(first);
        let mut third = Display::take(&program).await?;
        assert_eq!(id(&third), used);
        // One that has ended is not lent again.
        let process = &mut third.0.as_mut().expect("it is lent").process;
        // A shell in the background may have made its children ignore an interrupt.
        Command::new("kill").args(["-s", "KILL", &process.id().to_string()]).status()?;
        while process.runs() {
            tokio::time::sleep(POLL).await;
        }
        drop(third);
        let fourth = Display::take(&program).await?;
        assert_ne!(id(&fourth), used);
        let mut command = Command::new("true");
        fourth.use_for(&mut command);
        assert!(
            command
                .get_envs()
                .any(|(key, value)| key == "DISPLAY" && value == Some(":4711".as_ref()))
        );
        drop((second, fourth));
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).clear();
        std::fs::remove_dir_all(dir)?;
        Ok(())
    }
}

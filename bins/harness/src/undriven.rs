//! A browser without a driver, as a visitor has it.

use std::process::Command;

use crate::collector::Collector;
use crate::engine::{Engine, chromium_args};
use crate::error::Result;
use crate::process::{Process, fresh_dir};
use crate::reach::Reach;

/// Chromium with one open page and no driver; ends when it is dropped.
///
/// A driver is a debugger, and while one is attached, Chromium suspends some of its own deadlines:
/// it waits for the answer to `beforeunload` indefinitely instead of half a second. The page's own
/// scripts perform the test, and report to the collector.
#[derive(Debug)]
pub struct Undriven(#[expect(dead_code, reason = "it lives as long as this")] Process);

impl Undriven {
    /// Opens the page, with a fresh profile.
    ///
    /// # Errors
    /// If there is no Chromium, or if it does not start.
    pub fn open(collector: &Collector, url: &str) -> Result<Self> {
        let programs = Engine::Chromium.programs()?;
        let dir = fresh_dir("undriven")?;
        let mut command = Command::new(programs.browser);
        command.args(chromium_args(&dir.join("profile"), Reach::Collector(collector))).arg(url);
        command.env("TMPDIR", &dir);
        Process::start("Chromium without a driver", command, dir).map(Self)
    }
}

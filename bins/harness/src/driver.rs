//! One running `WebDriver` process, which is ended together with everything that it started.
//!
//! Each session has its own driver. `geckodriver` and `WebKitWebDriver` allow only one session; for
//! `chromedriver` it costs some 30 ms, and then a hung frame, which can block a whole driver, stops
//! no other test, and ending the driver's group ends the browser for certain.

use std::process::Command;
use std::time::Duration;

use crate::display::Display;
use crate::engine::{Engine, Programs};
use crate::error::{Context as _, Result};
use crate::process::{POLL, Process, fresh_dir};
use crate::reach::Reach;

/// Longest time until a driver listens.
const START: Duration = Duration::from_secs(20);

/// Lines of a driver's output that an error shows.
const LAST_LINES: usize = 20;

#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) process: Process,
    pub(crate) url: String,
    /// Where its browser's windows are, if it has no headless mode. Given back after the process has
    /// ended: fields are dropped in this order.
    _display: Option<Display>,
}

impl Driver {
    /// A driver that is already running, and needs no display.
    #[cfg(test)]
    pub(crate) fn of(process: Process, url: String) -> Self {
        Self { process, url, _display: None }
    }

    /// Starts a driver. chromedriver takes a free port on IPv6 and then wants the same on IPv4,
    /// where another program may use it: then it ends, and another one is started.
    pub(crate) async fn start(
        engine: Engine,
        programs: &Programs,
        reach: Reach<'_>,
    ) -> Result<Self> {
        for _ in 0..STARTS {
            match Self::start_once(engine, programs, reach).await {
                Err(error) if error.to_string().contains("Address already in use") => {}
                outcome => return outcome,
            }
        }
        Self::start_once(engine, programs, reach).await
    }

    async fn start_once(engine: Engine, programs: &Programs, reach: Reach<'_>) -> Result<Self> {
        let dir = fresh_dir(engine.name())?;
        let mut command = Command::new(&programs.driver);
        let display = match &programs.display {
            Some(program) => Some(Display::take(program).await?),
            None => None,
        };
        if let Some(display) = &display {
            display.use_for(&mut command);
        }
        // Temporary files of drivers and browsers go where they are removed.
        command.env("TMPDIR", &dir);
        let port = match engine {
            Engine::Chromium => {
                command.arg("--port=0");
                None
            }
            Engine::Firefox => {
                // The last argument lets `Browser::reset` delete stored site data; pages see
                // nothing of it.
                command.args(["--host", "127.0.0.1", "--port", "0", "--allow-system-access"]);
                None
            }
            Engine::WebKit => {
                // This driver cannot choose a port and report it.
                let port = c2c_ports::free()?;
                command.arg(format!("--port={port}"));
                for home in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
                    command.env(home, &dir);
                }
                if let Some(port) = reach.proxy_port() {
                    use_proxy(&mut command, port);
                }
                Some(port)
            }
        };
        let mut process = Process::start(&format!("the driver of {engine}"), command, dir)?;
        let port = match port {
            None => {
                process
                    .wait_until(START, |output| output.iter().find_map(|line| said_port(line)))
                    .await?
            }
            Some(port) => {
                tokio::time::timeout(START, until_listening(port))
                    .await
                    .context(format_args!("the driver of {engine} does not listen"))?;
                port
            }
        };
        let url = format!("http://127.0.0.1:{port}/");
        Ok(Self { process, url, _display: display })
    }

    /// Describes, for an error, the driver's state and its last output.
    pub(crate) fn tell(&mut self) -> String {
        let output = self.process.output();
        let printed = output[output.len().saturating_sub(LAST_LINES)..].join("\n  ");
        format!("its driver {} and printed:\n  {printed}", self.process.how_it_ended())
    }
}

/// Makes `WebKitGTK` use a proxy, but not for this machine's names. It asks `GLib`, and `GLib` the
/// environment: a `MiniBrowser` whose driver configures a proxy does not use it, and sometimes dies
/// at its start.
fn use_proxy(command: &mut Command, port: u16) {
    let proxy = format!("http://127.0.0.1:{port}");
    for scheme in ["http_proxy", "https_proxy"] {
        command.env(scheme, &proxy);
    }
    command.env("no_proxy", "localhost,.localhost,127.0.0.0/8,::1");
}

/// Attempts to start a driver whose port was taken.
const STARTS: usize = 3;

/// Returns the port in chromedriver's "… started successfully on port 4444." or geckodriver's "…
/// Listening on 127.0.0.1:4444".
fn said_port(line: &str) -> Option<u16> {
    let port = match line.split_once("successfully on port ") {
        Some((_, port)) => port.trim_end_matches('.'),
        None => line.split_once("Listening on 127.0.0.1:")?.1,
    };
    port.trim().parse().ok()
}

async fn until_listening(port: u16) {
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::said_port;

    #[test]
    fn ports_are_read_from_what_drivers_print() {
        let check = |line, port| assert_eq!(said_port(line), port, "{line}");
        check("ChromeDriver was started successfully on port 42907.", Some(42907));
        check("1700000000\tgeckodriver\tINFO\tListening on 127.0.0.1:36917", Some(36917));
        check("Starting ChromeDriver 156 on port 0", None);
    }
}

//! One running `WebDriver` process, which is ended with everything that it started.
//!
//! Each session gets a driver of its own. `geckodriver` and `WebKitWebDriver` allow one session
//! only; for `chromedriver` it costs some 30 ms and buys that a hung frame, which can block a whole
//! driver, stops no other test, and that ending the driver's group ends the browser for certain.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use crate::collector::Collector;
use crate::engine::{Engine, Programs};
use crate::error::{Context as _, Result};
use crate::process::{POLL, Process, fresh_dir};

/// How long a driver may take until it listens.
const START: Duration = Duration::from_secs(20);

/// How much of a driver's output an error shows.
const LAST_LINES: usize = 20;

#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) process: Process,
    pub(crate) url: String,
}

impl Driver {
    /// Starts a driver. chromedriver takes a free port on IPv6 and then wants the same on IPv4, where
    /// somebody else may have it: then it ends, and another one is started.
    pub(crate) async fn start(
        engine: Engine,
        programs: &Programs,
        collector: Option<&Collector>,
    ) -> Result<Self> {
        for _ in 0..STARTS {
            match Self::start_once(engine, programs, collector).await {
                Err(error) if error.to_string().contains("Address already in use") => {}
                outcome => return outcome,
            }
        }
        Self::start_once(engine, programs, collector).await
    }

    async fn start_once(
        engine: Engine,
        programs: &Programs,
        collector: Option<&Collector>,
    ) -> Result<Self> {
        let dir = fresh_dir(engine.name())?;
        let mut command = match &programs.display {
            Some(display) => {
                let mut command = Command::new(display);
                command.arg("-a").arg(&programs.driver);
                command
            }
            None => Command::new(&programs.driver),
        };
        // What drivers and browsers put aside goes where it is removed.
        command.env("TMPDIR", &dir);
        let port = match engine {
            Engine::Chromium => {
                command.arg("--port=0");
                None
            }
            Engine::Firefox => {
                // The last lets `Browser::reset` delete what sites stored; pages see nothing of it.
                command.args(["--host", "127.0.0.1", "--port", "0", "--allow-system-access"]);
                None
            }
            Engine::WebKit => {
                // This driver cannot choose a port and say which.
                let port = free_port()?;
                command.arg(format!("--port={port}"));
                for home in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
                    command.env(home, &dir);
                }
                if let Some(collector) = collector {
                    use_proxy(&mut command, collector.proxy_port());
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
        Ok(Self { process, url })
    }

    /// In words, for an error: how it is, and what it printed last.
    pub(crate) fn tell(&mut self) -> String {
        let output = self.process.output();
        let printed = output[output.len().saturating_sub(LAST_LINES)..].join("\n  ");
        format!("its driver {} and printed:\n  {printed}", self.process.how_it_ended())
    }
}

/// Makes `WebKitGTK` use a proxy, but for this machine's names. It asks `GLib`, and `GLib` the environment:
/// `MiniBrowser`, told of a proxy by its driver, goes without one, and dies at its start now and then.
fn use_proxy(command: &mut Command, port: u16) {
    let proxy = format!("http://127.0.0.1:{port}");
    for scheme in ["http_proxy", "https_proxy"] {
        command.env(scheme, &proxy);
    }
    command.env("no_proxy", "localhost,.localhost,127.0.0.0/8,::1");
}

/// How often another driver is started because a port was taken.
const STARTS: usize = 3;

/// The port in chromedriver's "… started successfully on port 4444." or geckodriver's
/// "… Listening on 127.0.0.1:4444".
fn said_port(line: &str) -> Option<u16> {
    let port = match line.split_once("successfully on port ") {
        Some((_, port)) => port.trim_end_matches('.'),
        None => line.split_once("Listening on 127.0.0.1:")?.1,
    };
    port.trim().parse().ok()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
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

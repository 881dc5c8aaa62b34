//! A `WebDriver` session in which every command ends.
//!
//! A driver can keep a command waiting forever: its browser hangs or is gone, or an answer is lost.
//! The client has no deadline, so one such command would hold up everything behind it. Therefore
//! every call of the client goes through [`Session::ask`], which waits for a bounded time, then
//! ends the driver's process group, and names the missing answer. A session lost in this way
//! answers every later command with an error, at once.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::timeout;

use crate::driver::Driver;
use crate::error::{Context as _, Error, Result};

/// Deadlines of a driver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    /// Until a session has begun.
    pub(crate) start: Duration,
    /// Until a command is answered: longer than the driver itself waits for a page or a script.
    pub(crate) command: Duration,
    /// Until a session has ended in an orderly way.
    pub(crate) close: Duration,
}

#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
    deadlines: Deadlines,
    /// `None` once it was ended because an answer was missing.
    driver: Mutex<Option<Driver>>,
}

impl Session {
    /// Begins a session. The driver is ended if that fails.
    pub(crate) async fn begin(
        mut driver: Driver,
        capabilities: Capabilities,
        deadlines: Deadlines,
    ) -> Result<Self> {
        let mut session = ClientBuilder::new(HttpConnector::new());
        session.capabilities(capabilities);
        // A driver whose browser ended at once may wait for it forever.
        let session = timeout(deadlines.start, session.connect(&driver.url)).await;
        let missing = || Error::new(format!("no answer within {:?}", deadlines.start));
        let client = session.map_err(|_| missing()).and_then(|session| Ok(session?));
        let client = client
            .map_err(|error| error.within(format_args!("no session; {}\n", driver.tell())))?;
        Ok(Self { client, deadlines, driver: Mutex::new(Some(driver)) })
    }

    /// Sends one or a few commands and waits for the answer; `what` names them in an error.
    pub(crate) async fn ask<T, A>(
        &self,
        what: impl Display,
        commands: impl FnOnce(Client) -> A,
    ) -> Result<T>
    where
        A: Future<Output = Result<T, CmdError>>,
    {
        if self.is_lost() {
            return Err(Error::new(format!("{what}: the session was lost before")));
        }
        let Deadlines { command: deadline, .. } = self.deadlines;
        if let Ok(answer) = timeout(deadline, commands(self.client.clone())).await {
            return answer.map_err(said).context(what);
        }
        let what = format!("{what}: no answer within {deadline:?}, so the browser was ended");
        Err(Error::new(match self.end_driver().await? {
            Some(driver) => format!("{what}; {driver}"),
            None => what,
        }))
    }

    /// Whether an answer was missing: the browser is gone then.
    pub(crate) fn is_lost(&self) -> bool {
        self.driver.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Ends the session, and waits until all of its processes are gone.
    pub(crate) async fn close(self) -> Result<()> {
        if self.is_lost() {
            return Err(Error::new("the session was lost before"));
        }
        let deadline = self.deadlines.close;
        // A hung page can block the session's end; it cannot block the end of the processes.
        let ended = timeout(deadline, self.client.clone().close()).await;
        self.end_driver().await?;
        ended.context(format_args!("the session did not end within {deadline:?}"))??;
        Ok(())
    }

    /// Ends the driver's processes, and returns a description of the driver before that; `None` if
    /// it was ended already.
    async fn end_driver(&self) -> Result<Option<String>> {
        let driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Ending it waits for processes.
        let end = move || driver.map(|mut driver| driver.tell());
        Ok(tokio::task::spawn_blocking(end).await?)
    }
}

/// Returns an error with its code: some drivers say nothing more.
fn said(error: CmdError) -> Error {
    match error {
        CmdError::Standard(error) => {
            Error::new(format!("webdriver returned error: {}: {}", error.error, error.message))
        }
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Instant;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::process::{Process, fresh_dir, runs};

    /// Long enough for a stand-in that does answer, on a busy machine.
    const SHORT: Duration = Duration::from_secs(2);
    const DEADLINES: Deadlines = Deadlines { start: SHORT, command: SHORT, close: SHORT };
    /// Time after which a deadline has certainly taken effect: the deadline itself, and the
    /// watcher's time for the group.
    const LATEST: Duration = Duration::from_secs(12);

    /// How a defective driver reacts to a request.
    #[derive(Clone, Copy)]
    enum Then {
        Waits,
        Closes,
        /// Sends this instead of an HTTP response with JSON.
        Sends(&'static str),
    }

    /// Returns a driver that begins a session if it `begins`, and then treats every command alike.
    /// Its process is a shell that waits.
    async fn driver(begins: bool, then: Then) -> Result<Driver> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, begins, then));
            }
        });
        let mut command = Command::new("sh");
        command.args(["-c", "echo pid $$; sleep 600"]);
        let process = Process::start("a stand-in", command, fresh_dir("test")?)?;
        Ok(Driver::of(process, url))
    }

    async fn serve(mut stream: TcpStream, begins: bool, then: Then) -> Result<()> {
        let mut request = vec![0; 65_536];
        loop {
            // The client sends a request at once.
            let read = stream.read(&mut request).await?;
            let begin = request.starts_with(b"POST /session ");
            match then {
                _ if read == 0 => return Ok(()),
                _ if begin && begins => {
                    let body = r#"{"value":{"sessionId":"1","capabilities":{}}}"#;
                    let head =
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
                    let response = format!("{head}{}\r\n\r\n{body}", body.len());
                    stream.write_all(response.as_bytes()).await?;
                }
                Then::Waits => std::future::pending().await,
                Then::Closes => return Ok(()),
                Then::Sends(text) => stream.write_all(text.as_bytes()).await?,
            }
        }
    }

    /// Returns the process ID of a stand-in.
    async fn pid(driver: &mut Driver) -> Result<String> {
        let pid = |lines: &[String]| Some(lines.first()?.strip_prefix("pid ")?.to_owned());
        driver.process.wait_until(crate::DEADLINE, pid).await
    }

    /// Checks that a session fails as `expected` when its driver answers no command.
    async fn fails(then: Then, expected: &[&str]) -> Result<Session> {
        let session = Session::begin(driver(true, then).await?, Capabilities::new(), DEADLINES);
        let session = session.await?;
        let begun = Instant::now();
        let answer = session.ask("asking for the title", async |client| client.title().await).await;
        let error = answer.expect_err("there is no browser").to_string();
        assert!(begun.elapsed() < LATEST, "{:?}", begun.elapsed());
        for part in ["asking for the title: "].iter().chain(expected) {
            assert!(error.contains(part), "{error}");
        }
        Ok(session)
    }

    #[tokio::test]
    async fn a_driver_that_begins_no_session_is_ended() -> Result<()> {
        let mut driver = driver(false, Then::Waits).await?;
        let pid = pid(&mut driver).await?;
        let begun = Instant::now();
        let session = Session::begin(driver, Capabilities::new(), DEADLINES).await;
        let error = session.expect_err("the driver does not answer").to_string();
        assert!(error.contains("no session; its driver runs and printed"), "{error}");
        assert!(error.contains("no answer within 2s"), "{error}");
        assert!(begun.elapsed() < LATEST && !runs(&pid), "{:?}", begun.elapsed());
        Ok(())
    }

    #[tokio::test]
    async fn a_command_without_an_answer_ends_the_browser() -> Result<()> {
        let session =
            fails(Then::Waits, &["no answer within 2s, so the browser was ended"]).await?;
        assert!(session.is_lost());
        let begun = Instant::now();
        let again = session.ask("asking again", async |client| client.title().await).await;
        let error = again.expect_err("it was lost").to_string();
        assert_eq!(error, "asking again: the session was lost before");
        assert!(begun.elapsed() < SHORT, "{:?}", begun.elapsed());
        Ok(())
    }

    #[tokio::test]
    async fn the_group_of_a_lost_driver_is_gone() -> Result<()> {
        let mut driver = driver(true, Then::Waits).await?;
        let pid = pid(&mut driver).await?;
        let session = Session::begin(driver, Capabilities::new(), DEADLINES).await?;
        assert!(runs(&pid));
        let answer = session.ask("a command", async |client| client.title().await).await;
        assert!(answer.is_err() && !runs(&pid));
        Ok(())
    }

    #[tokio::test]
    async fn a_driver_that_dies_is_an_error() -> Result<()> {
        fails(Then::Closes, &[]).await.map(drop)
    }

    #[tokio::test]
    async fn a_driver_that_answers_garbage_is_an_error() -> Result<()> {
        fails(Then::Sends("no HTTP at all\r\n\r\n"), &[]).await?;
        let html = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\n<p>!";
        fails(Then::Sends(html), &[]).await?;
        let json =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]";
        fails(Then::Sends(json), &[]).await?;
        // Announces more data, and sends none.
        let cut =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
        fails(Then::Sends(cut), &["no answer within 2s"]).await.map(drop)
    }

    #[tokio::test]
    async fn a_session_that_does_not_end_is_ended() -> Result<()> {
        let mut driver = driver(true, Then::Waits).await?;
        let pid = pid(&mut driver).await?;
        let session = Session::begin(driver, Capabilities::new(), DEADLINES).await?;
        let error = session.close().await.expect_err("the driver does not answer").to_string();
        assert!(error.contains("the session did not end within 2s"), "{error}");
        assert!(!runs(&pid));
        Ok(())
    }
}

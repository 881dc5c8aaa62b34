//! A server on free ports, and a client that sends exactly the given bytes.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::path::Path;
use std::time::{Duration, Instant};

use c2c_server::{Limits, Running, Settings, start};
use clap::Parser;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// How long a test waits for an expected event.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The test's own server.
pub(crate) struct Fixture {
    pub(crate) running: Running,
    client: Client,
    /// Removed with the fixture, database included.
    _data: TempDir,
}

/// A client of a server in this process or in another.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// In the order of [`To`]; of the sandbox, that of the demo.
    hosts: [String; 4],
}

/// One of the four sites.
#[derive(Clone, Copy, Debug)]
pub(crate) enum To {
    Console,
    Parent,
    Widget,
    Sandbox,
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        Self::with_limits(&Limits::default()).await
    }

    pub(crate) async fn with_limits(limits: &Limits) -> Self {
        Self::with(limits, &[]).await
    }

    /// Starts a server with extra command-line arguments.
    pub(crate) async fn with(limits: &Limits, more: &[&str]) -> Self {
        let data = TempDir::new().expect("a directory");
        let settings = settings(data.path(), more);
        Self::with_settings(data, &settings, limits).await
    }

    /// Starts a server with settings for a data directory.
    pub(crate) async fn with_settings(data: TempDir, settings: &Settings, limits: &Limits) -> Self {
        let running = start(settings, *limits).await.expect("starts");
        let sites = running.sites();
        let sandbox = sites.sandbox.origin_for(&"demo".parse().expect("an app id"));
        let [console, parent, widget] =
            [&sites.console, &sites.parent, &sites.widget].map(|site| &site.origin);
        let origins = [console, parent, widget, &*sandbox];
        let client = Client::new(origins.map(|origin| origin.authority().to_owned()));
        Self { running, client, _data: data }
    }
}

impl Deref for Fixture {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Client {
    /// A client of console, parent page, widget and sandbox at these hosts.
    pub(crate) fn new(hosts: [String; 4]) -> Self {
        Self { hosts }
    }

    pub(crate) fn host(&self, to: To) -> &str {
        &self.hosts[to as usize]
    }

    pub(crate) fn origin(&self, to: To) -> String {
        format!("http://{}", self.host(to))
    }

    pub(crate) fn address(&self, to: To) -> SocketAddr {
        let host = self.host(to);
        let port = host.rsplit_once(':').expect("a port").1.parse().expect("a port");
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    pub(crate) async fn connect(&self, to: To) -> Connection {
        Connection(TcpStream::connect(self.address(to)).await.expect("connects"))
    }

    /// Connects as the client at a loopback address.
    pub(crate) async fn connect_from(&self, client: Ipv4Addr, to: To) -> Connection {
        Connection::between(client, self.address(to)).await
    }

    /// `GET` with extra header lines.
    pub(crate) async fn get(&self, to: To, path: &str, headers: &[&str]) -> Reply {
        self.send(to, "GET", path, headers, "").await
    }

    pub(crate) async fn send(
        &self,
        to: To,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &str,
    ) -> Reply {
        let host = format!("host: {}", self.host(to));
        let mut connection = self.connect(to).await;
        connection.send(&request(method, path, &[&[host.as_str()], headers].concat(), body)).await;
        connection.reply(method).await
    }

    /// A write, as the console's page sends it.
    pub(crate) async fn write(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.write_with(method, path, &[], body).await
    }

    /// A write with extra header lines.
    pub(crate) async fn write_with(
        &self,
        method: &str,
        path: &str,
        more: &[&str],
        body: &Value,
    ) -> Reply {
        let origin = format!("origin: {}", self.origin(To::Console));
        let headers =
            [origin.as_str(), "content-type: application/json", "sec-fetch-site: same-origin"];
        self.send(To::Console, method, path, &[&headers, more].concat(), &body.to_string()).await
    }

    /// A write that edits the version `tag`.
    pub(crate) async fn edit(&self, path: &str, tag: &str, body: &Value) -> Reply {
        self.write_with("PUT", path, &[&format!("if-match: {tag}")], body).await
    }
}

/// The settings of a command line, with free ports.
pub(crate) fn settings(data: &Path, more: &[&str]) -> Settings {
    let data = data.to_str().expect("UTF-8");
    let mut arguments = vec!["c2c-server", "--data-dir", data];
    arguments.extend(["--console-listen", "127.0.0.1:0", "--pages-listen", "127.0.0.1:0,[::1]:0"]);
    if !more.contains(&"--access") {
        // Tests of access say so.
        arguments.extend(["--access", "open"]);
    }
    arguments.extend(more);
    Settings::try_parse_from(arguments).expect("a command line")
}

/// A request, with `Content-Length` if it has a body.
pub(crate) fn request(method: &str, target: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!("{method} {target} HTTP/1.1\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        text = format!("{text}content-length: {}\r\n", body.len());
    }
    text + "\r\n" + body
}

pub(crate) struct Connection<S = TcpStream>(S);

impl Connection {
    pub(crate) async fn between(client: Ipv4Addr, server: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((client, 0).into()).expect("an address of this machine");
        Self(socket.connect(server).await.expect("connects"))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self(stream)
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("the server reads");
    }

    /// Writes while the server reads. Returns an error once it has closed the connection.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// Reads one response, by its `Content-Length`.
    pub(crate) async fn reply(&mut self, method: &str) -> Reply {
        tokio::time::timeout(PATIENCE, self.read(method)).await.expect("an answer in time")
    }

    async fn read(&mut self, method: &str) -> Reply {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(
                self.0.read_buf(&mut bytes).await.expect("a response") > 0,
                "closed: {bytes:?}"
            );
        };
        let head = String::from_utf8(bytes[..end].to_vec()).expect("an ASCII head");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().expect("a status line").split(' ').nth(1).expect("a status");
        let mut headers = BTreeMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").expect("a header line");
            let name = name.to_ascii_lowercase();
            // The one header that a response may have twice (RFC 9110, section 5.3).
            if name == "set-cookie" && headers.contains_key(&name) {
                let cookies: &mut String = headers.get_mut(&name).expect("it is there");
                *cookies = format!("{cookies}\n{value}");
                continue;
            }
            let before = headers.insert(name.clone(), value.to_owned());
            assert_eq!(before, None, "{name} twice");
        }
        let mut body = bytes[end..].to_vec();
        let length =
            headers.get("content-length").map_or(0, |value| value.parse().expect("a number"));
        if method != "HEAD" && status != "304" {
            while body.len() < length {
                assert!(self.0.read_buf(&mut body).await.expect("a body") > 0, "closed early");
            }
            assert_eq!(body.len(), length);
        }
        Reply { status: status.parse().expect("a number"), headers, body }
    }

    /// The status of the next answer, or `None` if the server closes without one.
    pub(crate) async fn status(&mut self) -> Option<u16> {
        let mut answers = Vec::new();
        self.answers(&mut answers, 1).await;
        statuses(&answers).first().copied()
    }

    /// Reads on until there are so many answers, or until the server closes.
    pub(crate) async fn answers(&mut self, answers: &mut Vec<u8>, count: usize) {
        let read = async {
            while statuses(answers).len() < count {
                if !matches!(self.0.read_buf(answers).await, Ok(1..)) {
                    break;
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("an answer or the end, in time");
    }

    /// Returns everything that arrives until the server closes, or `None` if it does not within
    /// `patience`.
    pub(crate) async fn closed_within(&mut self, patience: Duration) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        // A reset is an end like any other.
        let end = tokio::time::timeout(patience, self.0.read_to_end(&mut bytes)).await;
        end.is_ok().then_some(bytes)
    }
}

/// The statuses of all answers that a server sent over a connection.
pub(crate) fn statuses(bytes: &[u8]) -> Vec<u16> {
    let lines = String::from_utf8_lossy(bytes);
    // Of the last line, only a part may have arrived.
    let answers = lines.split("HTTP/1.").skip(1).filter_map(|answer| answer.get(2..5));
    answers.map(|status| status.parse().expect("a status")).collect()
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts that it is a complete problem (RFC 9457), and gives its status and code.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let json = self.json();
        assert_eq!(json["status"], self.status, "{json}");
        for field in ["code", "title", "detail"] {
            assert!(json[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {json}");
        }
        let code = json["code"].as_str().expect("a string");
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        assert!(code.bytes().all(is_plain), "{code}");
        (self.status, code.to_owned())
    }
}

/// Asks again and again, until it holds or the time is over.
pub(crate) async fn eventually(patience: Duration, mut holds: impl AsyncFnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    while !holds().await {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

//! Load on two servers in turn, and the bare handler that ours is compared with.

mod spread;

use std::cell::Cell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::LocalSet;

pub(crate) use spread::{ONE_THREAD, Spread};

const CONNECTIONS: usize = 16;
/// Requests answered per second, in turn, over [`CONNECTIONS`] keep-alive connections of one thread. Each
/// server has one thread too ([`ONE_THREAD`]), and the servers have a core to themselves.
pub(crate) fn load(address: SocketAddr, requests: &[String], size: usize, window: Duration) -> f64 {
    let client =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answered = Rc::new(Cell::new(0_u32));
    let start = Instant::now();
    let tasks = LocalSet::new();
    for connection in 0..CONNECTIONS {
        let answered = Rc::clone(&answered);
        // Each connection begins elsewhere.
        let first = connection * requests.len() / CONNECTIONS;
        let requests = [&requests[first..], &requests[..first]].concat();
        tasks.spawn_local(async move {
            let mut stream =
                tokio::net::TcpStream::connect(address).await.expect("the server listens");
            stream.set_nodelay(true).expect("a TCP socket");
            let mut buffer = vec![0; size];
            for request in requests.iter().cycle() {
                stream.write_all(request.as_bytes()).await.expect("the server reads");
                // Every answer has the same size: `Date` has a fixed length.
                stream.read_exact(&mut buffer).await.expect("the server answers");
                answered.set(answered.get() + 1);
            }
        });
    }
    client.block_on(tasks.run_until(async { tokio::time::sleep(window).await }));
    f64::from(answered.get()) / start.elapsed().as_secs_f64()
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a TCP socket");
    stream
}

/// A response as received, split at the empty line.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(stream: &mut TcpStream, request: &str) -> Self {
        stream.write_all(request.as_bytes()).expect("the server reads");
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).expect("a head") > 0, "closed: {head}");
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.expect("a length").parse().expect("a number")];
        reader.read_exact(&mut body).expect("a body");
        Self { head, body }
    }
}

/// The bare handler: this program again, which reads its answer from standard input.
pub(crate) struct Peer {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Peer {
    /// Starts a handler that gives each path its answer.
    pub(crate) fn start(answers: &[(String, Answer)], peer: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--peer", peer])
            .env(ONE_THREAD.0, ONE_THREAD.1)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut stdin = child.stdin.take().expect("piped");
        for (path, answer) in answers {
            write!(stdin, "{path}\r\n{}", answer.head).expect("written");
            stdin.write_all(&answer.body).expect("written");
        }
        drop(stdin);
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut line).expect("an address");
        Self { child, address: line.trim().parse().expect("an address") }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves answers from memory with the minimum that hyper needs, with its head timeout or without.
pub(crate) fn serve_peer(with_timeout: bool) {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).expect("answers");
    let mut answers = HashMap::new();
    let mut rest = &input[..];
    while !rest.is_empty() {
        let (path, answer, end) = answer_of(rest);
        answers.insert(path, answer);
        rest = &rest[end..];
    }
    let answers = Arc::new(answers);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a TCP socket");
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                    let (headers, body) = &answers[request.uri().path()];
                    let mut response = Response::new(Full::new(body.clone()));
                    *response.headers_mut() = headers.clone();
                    async move { Ok::<_, Infallible>(response) }
                });
                let mut connection = hyper::server::conn::http1::Builder::new();
                if with_timeout {
                    connection
                        .timer(TokioTimer::new())
                        .header_read_timeout(Duration::from_secs(15));
                }
                // The client leaves when it has enough.
                let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

/// The first answer of the input with its path, and the place where it ends.
fn answer_of(input: &[u8]) -> (String, (HeaderMap, Bytes), usize) {
    let head_end =
        input.windows(4).position(|four| four == b"\r\n\r\n").expect("an empty line") + 4;
    let head = std::str::from_utf8(&input[..head_end]).expect("an ASCII head");
    let mut lines = head.lines();
    let path = lines.next().expect("a path").to_owned();
    let mut headers = HeaderMap::new();
    let mut length = 0;
    for line in lines.skip(1).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").expect("a header line");
        match name {
            "content-length" => length = value.parse().expect("a number"),
            // hyper writes both itself, for us too.
            "date" => {}
            name => {
                let name: HeaderName = name.parse().expect("a name");
                headers.insert(name, HeaderValue::from_str(value).expect("a value"));
            }
        }
    }
    let end = head_end + length;
    (path, (headers, Bytes::copy_from_slice(&input[head_end..end])), end)
}

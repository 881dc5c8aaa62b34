//! Throughput of `GET /s/{app}` relative to a bare hyper handler that serves the same bytes and
//! headers from memory.
//!
//! `cargo xtask bench server` runs both in one go: each is a separate process, loaded in turn by
//! the same keep-alive client. A pair of measurements gives one ratio; the median of the pairs is
//! the result. Absolute numbers mean nothing on a shared machine and are not printed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::cell::Cell;
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::LocalSet;

/// Many short pairs, so that a temporary disturbance spoils both sides of only a few.
const PAIRS: usize = 61;
const CONNECTIONS: usize = 16;
const WINDOW: Duration = Duration::from_millis(250);
/// One worker for each server, so that the comparison measures work and not scheduling.
const ONE_THREAD: (&str, &str) = ("TOKIO_WORKER_THREADS", "1");
/// The project's target ratio.
const GOAL: f64 = 0.95;

/// The `Accept-Encoding` headers of browsers.
const FORMS: [(&str, &str); 2] = [("identity", "identity"), ("brotli", "gzip, deflate, br, zstd")];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--peer") {
        serve_peer(arguments.get(at + 1).is_some_and(|timeouts| timeouts == "timeout"));
        return ExitCode::SUCCESS;
    }
    // `cargo test --benches` runs this with `--test`: then it only checks that both sides answer.
    let quick = !arguments.iter().any(|argument| argument == "--bench");
    let mut met = true;
    for (form, accept) in FORMS {
        met &= compare(form, accept, "bare", quick);
    }
    // For information, since no server should run without one: hyper with its own head timeout,
    // which ours replaces (src/activity.rs). The goal is against the bare handler.
    let (form, accept) = FORMS[1];
    compare(form, accept, "timeout", quick);
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Loads both servers in turn. Returns whether the goal was met.
fn compare(form: &str, accept: &str, peer: &str, quick: bool) -> bool {
    let ours = Ours::start();
    let request = format!(
        "GET /s/demo HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\naccept-encoding: {accept}\r\n\
         accept-language: en\r\nsec-fetch-dest: iframe\r\nsec-fetch-mode: navigate\r\n\r\n",
        ours.host
    );
    let answer = Answer::read(&mut connect(ours.address), &request);
    let started = Peer::start(&answer, peer);
    let theirs = Answer::read(&mut connect(started.address), &request);
    assert_eq!(theirs.body, answer.body, "the same body");
    assert_eq!(theirs.head.len(), answer.head.len(), "the same headers");

    let window = if quick { Duration::from_millis(20) } else { WINDOW };
    let size = answer.head.len() + answer.body.len();
    let rate = |address| load(address, &request, size, window);
    rate(ours.address);
    rate(started.address);
    let mut ratios: Vec<f64> = (0..PAIRS)
        .map(|pair| {
            // The first one alternates, so that the machine's drift favours neither.
            if pair % 2 == 0 {
                let first = rate(ours.address);
                first / rate(started.address)
            } else {
                let first = rate(started.address);
                rate(ours.address) / first
            }
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let median = ratios[PAIRS / 2];
    let (low, high) = (ratios[PAIRS / 4], ratios[PAIRS - 1 - PAIRS / 4]);
    let met = quick || median >= GOAL;
    println!(
        "GET /s/{{app}} / hyper ({peer}), {form:8} {:6} B body: {median:.3} (quartiles {low:.3} to {high:.3}, \
         {PAIRS} pairs; goal {GOAL}: {})",
        answer.body.len(),
        if met { "met" } else { "MISSED" }
    );
    met
}

/// Requests answered per second, over [`CONNECTIONS`] keep-alive connections of one thread. Each
/// server has one thread too ([`ONE_THREAD`]), and the servers have a core to themselves.
fn load(address: SocketAddr, request: &str, size: usize, window: Duration) -> f64 {
    let client =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answered = Rc::new(Cell::new(0_u32));
    let start = Instant::now();
    let tasks = LocalSet::new();
    for _ in 0..CONNECTIONS {
        let answered = Rc::clone(&answered);
        let request = request.to_owned();
        tasks.spawn_local(async move {
            let mut stream =
                tokio::net::TcpStream::connect(address).await.expect("the server listens");
            stream.set_nodelay(true).expect("a TCP socket");
            let mut buffer = vec![0; size];
            loop {
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

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a TCP socket");
    stream
}

/// A response as received, split at the empty line.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn read(stream: &mut TcpStream, request: &str) -> Self {
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

/// The product as its users start it.
struct Ours {
    child: Child,
    address: SocketAddr,
    host: String,
    _data: TempDir,
}

impl Ours {
    fn start() -> Self {
        let data = TempDir::new().expect("a directory");
        let mut child = Command::new(env!("CARGO_BIN_EXE_c2c-server"))
            .args(["--console-listen", "127.0.0.1:0", "--pages-listen", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(data.path())
            .env(ONE_THREAD.0, ONE_THREAD.1)
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let host = stdout
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                Some(line.split_once("sandbox   http://")?.1.split('/').next()?.to_owned())
            })
            .expect("the address of the sandbox");
        let port = host.rsplit_once(':').expect("a port").1.parse().expect("a port");
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)), host, _data: data }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        // A child that has already ended is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The bare handler: this program again, which reads its answer from standard input.
struct Peer {
    child: Child,
    address: SocketAddr,
}

impl Peer {
    fn start(answer: &Answer, peer: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--peer", peer])
            .env(ONE_THREAD.0, ONE_THREAD.1)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(answer.head.as_bytes()).expect("written");
        stdin.write_all(&answer.body).expect("written");
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

/// Serves a fixed answer with the minimum that hyper needs, with its head timeout or without.
fn serve_peer(with_timeout: bool) {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).expect("the answer");
    let end = input.windows(4).position(|four| four == b"\r\n\r\n").expect("an empty line") + 4;
    let head = String::from_utf8(input[..end].to_vec()).expect("an ASCII head");
    let body = Bytes::copy_from_slice(&input[end..]);
    let mut headers = HeaderMap::new();
    for line in head.lines().skip(1).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").expect("a header line");
        // hyper writes these two itself, for us too.
        if !matches!(name, "content-length" | "date") {
            let name: HeaderName = name.parse().expect("a name");
            headers.insert(name, HeaderValue::from_str(value).expect("a value"));
        }
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a TCP socket");
            let (headers, body) = (headers.clone(), body.clone());
            tokio::spawn(async move {
                let service = service_fn(move |_: Request<hyper::body::Incoming>| {
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

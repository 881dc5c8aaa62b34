//! Throughput of `GET /s/{app}` relative to a bare hyper handler that serves the same bytes and
//! headers from memory.
//!
//! `cargo xtask bench server` runs both in one go: each is a separate process, loaded in turn by
//! the same keep-alive client. A pair of measurements gives one ratio; the median of the pairs is
//! the result. Absolute numbers mean nothing on a shared machine and are not printed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod support;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use support::{Answer, ONE_THREAD, Peer, Spread, connect, load, serve_peer};
use tempfile::TempDir;

/// Many short pairs, so that a temporary disturbance spoils both sides of only a few.
const PAIRS: usize = 61;
const WINDOW: Duration = Duration::from_millis(250);
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
    let answers = [("/s/demo".to_owned(), answer)];
    let started = Peer::start(&answers, peer);
    let answer = &answers[0].1;
    let theirs = Answer::read(&mut connect(started.address), &request);
    assert_eq!(theirs.body, answer.body, "the same body");
    assert_eq!(theirs.head.len(), answer.head.len(), "the same headers");

    let window = if quick { Duration::from_millis(20) } else { WINDOW };
    let size = answer.head.len() + answer.body.len();
    let requests = [request];
    let rate = |address| load(address, &requests, size, window);
    rate(ours.address);
    rate(started.address);
    let Spread { median, low, high } =
        Spread::of_pairs(PAIRS, || rate(ours.address), || rate(started.address));
    let met = quick || median >= GOAL;
    println!(
        "GET /s/{{app}} / hyper ({peer}), {form:8} {:6} B body: {median:.3} (quartiles {low:.3} to {high:.3}, \
         {PAIRS} pairs; goal {GOAL}: {})",
        answer.body.len(),
        if met { "met" } else { "MISSED" }
    );
    met
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
            .env("C2C_ACCESS", "open")
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

//! One who sends events, as a page's collector or a backend does: a batch that was not answered is sent again, with the same
//! ids, until it is acknowledged.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::time::{sleep, timeout};

use super::ledger::Ledger;
use super::random::Random;
use crate::integrating::{batch, envelope};

/// The most events of a batch.
const EVENTS_MAX: usize = 6;
/// The longest time between two batches.
const PAUSE_MAX_MS: usize = 120;
/// The time before a batch is sent again. A page waits longer; here, there is more load.
const AGAIN: Duration = Duration::from_millis(50);
/// How long it waits for an answer. A server that starts listens before it answers.
const PATIENCE: Duration = Duration::from_secs(15);
/// Of so many batches without an answer, one is given up: a page that was left.
const GIVES_UP: usize = 4;

/// Where to send, and as whom.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) host: String,
    pub(super) path: String,
    /// Another header's name and value: of a page its origin, of a backend its token.
    pub(super) header: (&'static str, String),
    /// Whether it is a backend.
    pub(super) verified: bool,
}

pub(super) struct Sender {
    target: Target,
    /// Different for each sender, so that each has its own limit.
    from: Ipv4Addr,
    /// The number of the next event.
    next: u64,
    connection: Option<SendRequest<Full<Bytes>>>,
    ledger: Arc<Mutex<Ledger>>,
    random: Random,
}

impl Sender {
    /// `number` tells it from others.
    pub(super) fn new(
        target: Target,
        number: u16,
        ledger: Arc<Mutex<Ledger>>,
        random: Random,
    ) -> Self {
        let [high, low] = number.to_be_bytes();
        let from = Ipv4Addr::new(127, 1, high, low);
        Self { target, from, next: u64::from(number) << 32, connection: None, ledger, random }
    }

    /// Sends until `ended`, and until the last batch has its fate.
    pub(super) async fn send(mut self, ended: Arc<AtomicBool>) {
        while !ended.load(Ordering::Relaxed) {
            let end = self.next + 1 + self.random.below(EVENTS_MAX) as u64;
            let numbers: Vec<_> = (self.next..end).collect();
            self.next = end;
            self.ledger.lock().expect("a lock").send(&numbers, self.target.verified);
            self.deliver(&numbers).await;
            let pause = self.random.below(PAUSE_MAX_MS).try_into().expect("milliseconds");
            sleep(Duration::from_millis(pause)).await;
        }
    }

    async fn deliver(&mut self, numbers: &[u64]) {
        let events: Vec<_> =
            numbers.iter().map(|&number| envelope("custom:chat_opened", number)).collect();
        let body = batch(&events).to_string();
        let mut is_first = true;
        loop {
            match self.post(body.clone()).await {
                Some((StatusCode::OK, _, answer)) => {
                    check(&answer, numbers.len() as u64, is_first);
                    self.ledger.lock().expect("a lock").acknowledge(numbers);
                    return;
                }
                Some((StatusCode::TOO_MANY_REQUESTS, Some(wait), _)) => sleep(wait).await,
                None if self.random.below(GIVES_UP) == 0 => {
                    self.ledger.lock().expect("a lock").give_up(numbers);
                    return;
                }
                Some((StatusCode::SERVICE_UNAVAILABLE, ..)) | None => sleep(AGAIN).await,
                Some((status, _, answer)) => {
                    panic!("{status}: {}", String::from_utf8_lossy(&answer))
                }
            }
            is_first = false;
        }
    }

    /// Posts a batch, and reads the whole answer: its status, the wait that it asks for, and its body. None if it does
    /// not come.
    async fn post(&mut self, body: String) -> Option<(StatusCode, Option<Duration>, Bytes)> {
        let answered = timeout(PATIENCE, self.exchange(body)).await.ok().flatten();
        if answered.is_none() {
            self.connection = None;
        }
        answered
    }

    async fn exchange(&mut self, body: String) -> Option<(StatusCode, Option<Duration>, Bytes)> {
        let Target { host, path, header: (name, value), .. } = &self.target;
        let request = Request::post(path)
            .header("host", host)
            .header("content-type", "application/json")
            .header(*name, value)
            .body(Full::from(body))
            .expect("a request");
        let kept = match self.connection.take() {
            Some(mut kept) => kept.ready().await.ok().map(|()| kept),
            None => None,
        };
        let connection = match kept {
            Some(kept) => kept,
            None => self.connect().await?,
        };
        let response = self.connection.insert(connection).send_request(request).await.ok()?;
        let (status, wait) = (response.status(), wait(&response));
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some((status, wait, body))
    }

    async fn connect(&self) -> Option<SendRequest<Full<Bytes>>> {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((self.from, 0).into()).expect("an address of this machine");
        let stream = socket.connect(self.target.address).await.ok()?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        Some(sender)
    }
}

fn wait<B>(response: &Response<B>) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Checks an acknowledgement: it is about all events, and none was there before it was sent.
fn check(answer: &[u8], number: u64, is_first: bool) {
    let receipt: Value = serde_json::from_slice(answer).expect("a receipt");
    let count = |name: &str| receipt[name].as_u64().expect("a number");
    assert_eq!(count("accepted") + count("known"), number, "{receipt}");
    // They are one transaction.
    assert!(count("known") == 0 || count("accepted") == 0, "{receipt}");
    assert!(!is_first || count("known") == 0, "{receipt}");
}

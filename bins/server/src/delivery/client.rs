//! One request to an endpoint, and what came back: within a time, up to a size, from an address that was judged.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use c2c_delivery::{AddressRules, Failure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client as Pooled;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant as Deadline, timeout_at};

use super::connect::{Connector, NoConnection, Peer};

/// The time for all of a request: resolution, connection, and the answer to its last byte.
const PATIENCE: Duration = Duration::from_secs(15);
/// The time for an answer's body after its head, within that.
const BODY_PATIENCE: Duration = Duration::from_secs(3);
/// How much of an answer is read. Only its status decides.
const ANSWER_BYTES_MAX: usize = 8 * 1024;
/// How long a connection may idle before it is closed.
const IDLE: Duration = Duration::from_secs(30);
/// Connections to one host that may idle: as many as an endpoint may have requests under way.
const IDLE_MAX: usize = 32;
const HEADERS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 16 * 1024;
const NAME: HeaderValue = HeaderValue::from_static(concat!("c2c/", env!("CARGO_PKG_VERSION")));

/// Sends requests to endpoints. It knows no proxy, follows no redirect, and repeats nothing by itself.
#[derive(Clone, Debug)]
pub(super) struct Client(Pooled<Connector, Full<Bytes>>);

/// The outcome of one request.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) result: Result<Answer, NoAnswer>,
    pub(crate) took: Duration,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) from: Option<SocketAddr>,
    /// The first bytes of the body, as far as they came in time.
    pub(crate) body: Bytes,
}

/// There is no answer.
#[derive(Debug)]
pub(crate) struct NoAnswer {
    pub(crate) failure: Failure,
    /// For the endpoint's people.
    pub(crate) detail: String,
}

impl Client {
    pub(super) fn new(rules: AddressRules, name_server: Option<SocketAddr>) -> Self {
        let client = Pooled::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_MAX)
            .retry_canceled_requests(false)
            .http1_max_headers(HEADERS_MAX)
            .http1_max_buf_size(HEAD_BYTES_MAX)
            .build(Connector::new(rules, name_server));
        Self(client)
    }

    /// Sends a request, and reads what comes back.
    pub(super) async fn send(&self, mut request: Request<Bytes>) -> Exchange {
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, NAME);
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let began = Instant::now();
        let until = Deadline::now() + PATIENCE;
        let answered = timeout_at(until, self.0.request(request.map(Full::new))).await;
        let result = match answered {
            Ok(Ok(response)) => Ok(read(response, until).await),
            Ok(Err(error)) => Err(NoAnswer::of(&error)),
            Err(_) => Err(NoAnswer {
                failure: Failure::Timeout,
                detail: format!("no answer within {} seconds", PATIENCE.as_secs()),
            }),
        };
        Exchange { result, took: began.elapsed() }
    }
}

/// Reads the beginning of an answer's body. What is not there in time, or beyond the limit, is left alone: dropping
/// the body closes the connection.
async fn read(response: Response<Incoming>, until: Deadline) -> Answer {
    let until = until.min(Deadline::now() + BODY_PATIENCE);
    let (parts, mut body) = response.into_parts();
    let mut start = Vec::new();
    while start.len() < ANSWER_BYTES_MAX
        && let Ok(Some(Ok(frame))) = timeout_at(until, body.frame()).await
    {
        if let Some(bytes) = frame.data_ref() {
            let room = ANSWER_BYTES_MAX - start.len();
            start.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
    let from = parts.extensions.get().map(|Peer(address)| *address);
    Answer { status: parts.status, headers: parts.headers, from, body: start.into() }
}

impl NoAnswer {
    fn of(error: &(dyn Error + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<NoConnection>() {
                return Self { failure: error.failure(), detail: error.to_string() };
            }
            cause = error.source();
        }
        let mut detail = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            detail = format!("{detail}: {error}");
            cause = error.source();
        }
        Self { failure: Failure::Protocol, detail }
    }
}

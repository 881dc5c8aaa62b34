//! A customer's server: it gets webhooks, and answers as the test says.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, Incoming};
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Interval, interval, sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// A request that came.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// When its head was there.
    pub at: Instant,
}

/// An answer of the server.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A status.
    Status(u16),
    /// A status, after a time.
    Late(Duration, u16),
    /// With a header and a body.
    With(u16, &'static str, String, String),
    /// An agreement to get events, so many a minute.
    Agree {
        /// A number, or `*`.
        rate: &'static str,
    },
    /// Nothing, until the client gives up.
    Hang,
    /// A status, and then a byte of a body now and then, without an end.
    Drip,
}

/// The server, until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
    _connections: JoinSet<()>,
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("State").field("hits", &self.hits).finish_non_exhaustive()
    }
}

struct State {
    answer: Box<dyn Fn(&Hit) -> Answer + Send + Sync>,
    hits: Mutex<Vec<Hit>>,
    number: watch::Sender<usize>,
    connections: AtomicUsize,
    under_way: AtomicUsize,
    most_at_once: AtomicUsize,
}

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

type Body = BoxBody<Bytes, Infallible>;

impl Receiver {
    /// One by http on a loopback address, which agrees to get events.
    pub async fn start(answer: impl Fn(&Hit) -> Answer + Send + Sync + 'static) -> Self {
        Self::at(Ipv4Addr::LOCALHOST.into(), None, agreeing(answer)).await
    }

    /// One that takes everything.
    pub async fn taking() -> Self {
        Self::start(|_| Answer::Status(204)).await
    }

    /// One at an address, with TLS or without.
    pub async fn at(
        address: IpAddr,
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&Hit) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::on(TcpListener::bind((address, 0)).await.expect("a port"), tls, answer)
    }

    /// One at the port of a listener, with TLS or without.
    pub fn on(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&Hit) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            answer: Box::new(answer),
            hits: Mutex::default(),
            number: watch::Sender::new(0),
            connections: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        });
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, tls, Arc::clone(&state)));
        Self { address, state, _connections: connections }
    }

    /// Its address for an endpoint, by http.
    pub fn url(&self) -> String {
        format!("http://{}/hooks?key=1", self.address)
    }

    /// The argument that lets a server call it.
    pub fn allowed(&self) -> [String; 2] {
        let (address, port) = (self.address.ip(), self.address.port());
        ["--delivery-allow".to_owned(), format!("{address}/32:{port}")]
    }

    /// The requests that came, without questions whether it wants events.
    pub fn hits(&self) -> Vec<Hit> {
        self.state.hits.lock().expect("a lock").clone()
    }

    /// Connections that were opened to it, whatever came over them.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Relaxed)
    }

    /// The most requests to which it owed an answer at one time.
    pub fn most_at_once(&self) -> usize {
        self.state.most_at_once.load(Relaxed)
    }

    /// Waits for so many requests.
    pub async fn wait(&self, number: usize) -> Vec<Hit> {
        let mut seen = self.state.number.subscribe();
        let waited = timeout(PATIENCE, seen.wait_for(|&seen| seen >= number)).await;
        assert!(waited.is_ok(), "{} of {number} came: {:?}", self.hits().len(), self.hits());
        self.hits()
    }
}

/// Agrees to get events, and then answers in this way.
pub fn agreeing(
    answer: impl Fn(&Hit) -> Answer + Send + Sync + 'static,
) -> impl Fn(&Hit) -> Answer + Send + Sync + 'static {
    move |hit| match hit.method {
        Method::OPTIONS => Answer::Agree { rate: "*" },
        _ => answer(hit),
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        state.connections.fetch_add(1, Relaxed);
        let (tls, state) = (tls.clone(), Arc::clone(&state));
        connections.spawn(async move {
            match tls {
                None => serve(stream, state).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, state).await;
                    }
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<State>) {
    let service = service_fn(async |request| {
        let under_way = state.under_way.fetch_add(1, Relaxed) + 1;
        state.most_at_once.fetch_max(under_way, Relaxed);
        let response = respond(request, &state).await;
        state.under_way.fetch_sub(1, Relaxed);
        response
    });
    // The client may leave.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(
    request: Request<Incoming>,
    state: &State,
) -> Result<Response<Body>, hyper::Error> {
    let at = Instant::now();
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str()).to_owned();
    let hit = Hit { method: parts.method, path, headers: parts.headers, body, at };
    let answer = (state.answer)(&hit);
    if hit.method == Method::POST {
        state.hits.lock().expect("a lock").push(hit);
        state.number.send_modify(|number| *number += 1);
    }
    let mut response = Response::new(Full::default().boxed());
    match answer {
        Answer::Status(status) => *response.status_mut() = code(status),
        Answer::Late(time, status) => {
            sleep(time).await;
            *response.status_mut() = code(status);
        }
        Answer::With(status, name, value, body) => {
            *response.status_mut() = code(status);
            response.headers_mut().insert(name, value.parse().expect("a value"));
            *response.body_mut() = Full::from(body).boxed();
        }
        Answer::Agree { rate } => {
            for (name, value) in [("webhook-allowed-origin", "*"), ("webhook-allowed-rate", rate)] {
                response.headers_mut().insert(name, value.parse().expect("a value"));
            }
        }
        Answer::Hang => std::future::pending().await,
        Answer::Drip => *response.body_mut() = dripping(),
    }
    Ok(response)
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}

/// A byte every tenth of a second, without an end.
struct Drip(Interval);

impl hyper::body::Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_tick(context).map(|_| Some(Ok(Frame::data(Bytes::from_static(b".")))))
    }
}

fn dripping() -> Body {
    Drip(interval(Duration::from_millis(100))).boxed()
}

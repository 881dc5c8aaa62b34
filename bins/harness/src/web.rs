//! The state behind the collector's server and the browsers' proxies: pages by host and path, and
//! the requests for them.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::form_urlencoded;

use crate::error::{Context as _, Result};
use crate::tls::Tls;

/// The pages of all scopes, and the requests for them.
#[derive(Debug)]
pub(crate) struct Web {
    pub(crate) port: u16,
    pub(crate) scopes: AtomicU64,
    pub(crate) tls: Tls,
    /// Keyed by the host that is stood in for (`None`: the collector itself), and the path with its
    /// scope.
    pub(crate) pages: Mutex<HashMap<(Option<String>, String), Page>>,
    /// The scopes that answer for all hosts.
    pub(crate) all_hosts: Mutex<HashSet<String>>,
    /// Ports of this machine by host and scope: a server behind TLS.
    pub(crate) behind: Mutex<HashMap<(String, String), u16>>,
    pub(crate) requests: Mutex<Vec<Recorded>>,
    /// Changes with every recorded request.
    pub(crate) recorded: watch::Sender<()>,
}

#[derive(Debug, Clone)]
pub(crate) struct Page {
    body: Bytes,
    headers: HeaderMap,
    /// The answer waits until the other end is dropped.
    held: Option<watch::Receiver<()>>,
    /// Answers in place of the body and the headers.
    handler: Option<Handler>,
}

/// Answers requests.
#[derive(Clone)]
pub(crate) struct Handler(pub(crate) Arc<Respond>);

type Respond = dyn Fn(&Request<()>) -> Response<Bytes> + Send + Sync;

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

/// Holds back the answers of a page until it is dropped.
#[derive(Debug)]
#[must_use = "the page is answered when this is dropped"]
pub struct Hold(#[expect(dead_code, reason = "its end is the signal")] watch::Sender<()>);

/// One request that reached the collector.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The host that was stood in for; `None` if the request was for the collector itself.
    pub host: Option<String>,
    /// The path below the test's scope: `/hit/ended`.
    pub path: String,
    /// The part after the `?`, if there is one.
    pub query: Option<String>,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    pub(crate) full_path: String,
}

impl Recorded {
    /// The first value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The decoded value of a query parameter.
    pub fn param(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_deref()?.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The body as text, with invalid UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context(format_args!("no JSON: {}", self.text()))
    }
}

impl Page {
    pub(crate) fn new(body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Self {
        let mut map = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ]);
        let given: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::try_from(*name).expect("a header name");
                let value = HeaderValue::try_from(*value).expect("a header value");
                (name, value)
            })
            .collect();
        // Replaces defaults of the same name, and keeps headers that are given twice.
        map.extend(given);
        Self { body: body.into(), headers: map, held: None, handler: None }
    }

    /// Returns the same page with its answers held back until the second value is dropped.
    pub(crate) fn held(self) -> (Self, Hold) {
        let release = watch::Sender::new(());
        (Self { held: Some(release.subscribe()), ..self }, Hold(release))
    }

    /// A page that a handler answers.
    pub(crate) fn answered_by(handler: Handler) -> Self {
        Self { handler: Some(handler), ..Self::new("", &[]) }
    }
}

impl Web {
    /// Serves on a free loopback port, on IPv4 and, where the machine has it, on IPv6.
    pub(crate) async fn start() -> Result<Arc<Self>> {
        let port = c2c_ports::free()?;
        let v4 = TcpListener::bind(("127.0.0.1", port)).await?;
        let web = Arc::new(Web {
            port,
            scopes: AtomicU64::new(0),
            tls: Tls::throw_away("stand-in.localhost")?,
            pages: Mutex::default(),
            all_hosts: Mutex::default(),
            behind: Mutex::default(),
            requests: Mutex::default(),
            recorded: watch::Sender::new(()),
        });
        // Browsers may try `::1` first for names under `localhost`, and fall back when it refuses.
        if let Ok(v6) = TcpListener::bind(("::1", port)).await {
            tokio::spawn(serve(v6, Arc::clone(&web)));
        }
        tokio::spawn(serve(v4, Arc::clone(&web)));
        Ok(web)
    }

    pub(crate) fn next_scope(&self) -> String {
        format!("/t{}", self.scopes.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether a scope answers for all hosts.
    pub(crate) fn answers_all_hosts(&self, scope: &str) -> bool {
        lock(&self.all_hosts).contains(scope)
    }

    /// Whether a scope stands in for `host` at all.
    pub(crate) fn stands_in(&self, host: &str, scope: &str) -> bool {
        if self.answers_all_hosts(scope) || self.port_behind(host, scope).is_some() {
            return true;
        }
        lock(&self.pages).keys().any(|(page_host, path)| {
            page_host.as_deref() == Some(host) && below(scope, path).is_some()
        })
    }
}

impl Web {
    /// The port of the server that answers for a host in a scope, if it is not this one.
    pub(crate) fn port_behind(&self, host: &str, scope: &str) -> Option<u16> {
        lock(&self.behind).get(&(host.to_owned(), scope.to_owned())).copied()
    }
}

/// Returns the path within a scope. (As text, `/t1` is also a prefix of `/t11`.)
pub(crate) fn below<'a>(scope: &str, full_path: &'a str) -> Option<&'a str> {
    full_path.strip_prefix(scope).filter(|path| path.starts_with('/'))
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, web: Arc<Web>) {
    // An `accept` fails when one connection broke before it was accepted: the next one may be fine.
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let web = Arc::clone(&web);
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let path = request.uri().path().to_owned();
                answer(Arc::clone(&web), None, path, request)
            });
            // A connection that a browser drops is no failure of the test.
            let _ended = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Records a request for `full_path`, and answers it with the test's page.
pub(crate) async fn answer(
    web: Arc<Web>,
    host: Option<String>,
    full_path: String,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let page = (host, full_path);
    let (mut response, release) = response(&web, &page, &head);
    // A request whose body breaks off is not one that a test expects.
    let Ok(body) = body.collect().await else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let (host, full_path) = page;
    lock(&web.requests).push(Recorded {
        method: head.method,
        host,
        path: String::new(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body: body.to_bytes(),
        full_path,
    });
    web.recorded.send_replace(());
    if let Some(mut release) = release {
        // No value is ever sent: the wait ends when the sender is dropped.
        let _released = release.changed().await;
    }
    Ok(response)
}

fn response(
    web: &Web,
    page: &(Option<String>, String),
    asked: &Parts,
) -> (Response<Full<Bytes>>, Option<watch::Receiver<()>>) {
    if let Some(page) = lock(&web.pages).get(page) {
        if let Some(Handler(handler)) = &page.handler {
            return (handler(&Request::from_parts(asked.clone(), ())).map(Full::new), None);
        }
        let mut response = Response::new(Full::new(page.body.clone()));
        *response.headers_mut() = page.headers.clone();
        return (response, page.held.clone());
    }
    let mut response = Response::new(Full::default());
    let (host, path) = page;
    if host.is_some() && scope_in(path).is_some_and(|scope| web.answers_all_hosts(scope)) {
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.headers_mut() = readable_by(&asked.headers);
        return (response, None);
    }
    // A browser asks for the icon by itself; a 404 would add a line to its console.
    if host.is_none() && (path == "/favicon.ico" || path.split('/').nth(2) == Some("hit")) {
        *response.status_mut() = StatusCode::NO_CONTENT;
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "*"),
            ("access-control-allow-headers", "*"),
            ("cache-control", "no-store"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    } else {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    (response, None)
}

/// The scope at the beginning of a path: `/t3`.
fn scope_in(full_path: &str) -> Option<&str> {
    let end = full_path.get(1..)?.find('/')?;
    full_path.get(..=end)
}

/// Headers that let the requesting origin read an answer, also with cookies.
fn readable_by(asked: &HeaderMap) -> HeaderMap {
    let any = HeaderValue::from_static("*");
    let echo = |name| asked.get(name).unwrap_or(&any).clone();
    HeaderMap::from_iter([
        (ACCESS_CONTROL_ALLOW_ORIGIN, echo(ORIGIN)),
        (ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")),
        (ACCESS_CONTROL_ALLOW_METHODS, echo(ACCESS_CONTROL_REQUEST_METHOD)),
        (ACCESS_CONTROL_ALLOW_HEADERS, echo(ACCESS_CONTROL_REQUEST_HEADERS)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ])
}

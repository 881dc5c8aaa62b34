//! A small local server that stands for the rest of the web.
//!
//! It has two jobs. As a *collector* it records every request, and a test awaits the one that its
//! script was to send. As a *stand-in* it serves pages that a test writes: embedding pages, vendor
//! scripts, and the positive controls that show that a probe can succeed where nothing stops it.
//!
//! One collector serves all tests. Each test sees a scope of it: its URLs begin with a path of its
//! own, and only requests below that path are its requests.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use url::form_urlencoded;

use crate::error::{Context as _, Error, Result};

/// The name under which pages and hits are addressed by default: a site of its own.
const HOST: &str = "collector.localhost";

/// A test's part of the collector.
#[derive(Debug, Clone)]
pub struct Collector {
    inner: Arc<Inner>,
    /// `/t3`, in front of all paths of this test.
    scope: String,
}

#[derive(Debug)]
struct Inner {
    port: u16,
    scopes: AtomicU64,
    pages: Mutex<HashMap<String, Page>>,
    requests: Mutex<Vec<Recorded>>,
    /// Changes with every recorded request.
    recorded: watch::Sender<()>,
}

#[derive(Debug, Clone)]
struct Page {
    body: Bytes,
    headers: HeaderMap,
}

/// One request that reached the collector.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The path below the test's scope: `/hit/ended`.
    pub path: String,
    /// What follows the `?`, if there is one.
    pub query: Option<String>,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    full_path: String,
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

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context(format_args!("no JSON: {}", self.text()))
    }
}

impl Collector {
    /// Starts a collector on a free loopback port, on IPv4 and, where the machine has it, on IPv6.
    pub async fn start() -> Result<Self> {
        let v4 = TcpListener::bind("127.0.0.1:0").await?;
        let port = v4.local_addr()?.port();
        let inner = Arc::new(Inner {
            port,
            scopes: AtomicU64::new(0),
            pages: Mutex::default(),
            requests: Mutex::default(),
            recorded: watch::Sender::new(()),
        });
        // Browsers may try `::1` first for names under `localhost`, and fall back when it refuses.
        if let Ok(v6) = TcpListener::bind(("::1", port)).await {
            tokio::spawn(serve(v6, Arc::clone(&inner)));
        }
        tokio::spawn(serve(v4, Arc::clone(&inner)));
        let first = Self { inner, scope: String::new() };
        Ok(first.scoped())
    }

    /// Another scope of the same collector: other paths, other requests.
    #[must_use]
    pub fn scoped(&self) -> Self {
        let number = self.inner.scopes.fetch_add(1, Ordering::Relaxed);
        Self { inner: Arc::clone(&self.inner), scope: format!("/t{number}") }
    }

    /// The port, the same for all names.
    pub fn port(&self) -> u16 {
        self.inner.port
    }

    /// The origin whose pages [`page`](Self::page) addresses.
    pub fn origin(&self) -> String {
        self.origin_of(HOST)
    }

    /// The collector's origin under another loopback name: `a.localhost`, `127.0.0.1`.
    pub fn origin_of(&self, host: &str) -> String {
        format!("http://{host}:{}", self.inner.port)
    }

    /// The URL of `path` (which starts with `/`) in this scope.
    pub fn url(&self, path: &str) -> String {
        self.url_of(HOST, path)
    }

    /// The URL of `path` in this scope under another loopback name, which is another origin.
    pub fn url_of(&self, host: &str, path: &str) -> String {
        format!("{}{}{path}", self.origin_of(host), self.scope)
    }

    /// Where a script reports: `<hit_url>` by GET or POST from any origin, also an opaque one, and
    /// with anything behind `?`.
    pub fn hit_url(&self, name: &str) -> String {
        self.url(&format!("/hit/{name}"))
    }

    /// Serves `body` at `path` from now on, and gives its URL.
    ///
    /// It is HTML unless `headers` name a `content-type`; relative links stay within the scope.
    ///
    /// # Panics
    /// If a header is none: that is an error of the test.
    pub fn page(&self, path: &str, body: impl Into<Bytes>, headers: &[(&str, &str)]) -> String {
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
        // Replaces what has the same name, and keeps what is given twice.
        map.extend(given);
        let page = Page { body: body.into(), headers: map };
        lock(&self.inner.pages).insert(format!("{}{path}", self.scope), page);
        self.url(path)
    }

    /// Waits for the first report to [`hit_url(name)`](Self::hit_url); it may have come already.
    pub async fn hit(&self, name: &str, deadline: Duration) -> Result<Recorded> {
        let mut hits = self.hits(name, 1, deadline).await?;
        Ok(hits.remove(0))
    }

    /// Waits until there are `count` reports under `name`, and gives all of them in order.
    pub async fn hits(
        &self,
        name: &str,
        count: usize,
        deadline: Duration,
    ) -> Result<Vec<Recorded>> {
        let path = format!("/hit/{name}");
        self.wait_for(count, deadline, |request| {
            // The question that a browser asks first is no report.
            request.path == path && request.method != Method::OPTIONS
        })
        .await
        .context(format_args!("awaiting {count} hits of `{name}`"))
    }

    /// Waits until `count` requests match, and gives all that do, in order.
    pub async fn wait_for(
        &self,
        count: usize,
        deadline: Duration,
        matches: impl Fn(&Recorded) -> bool,
    ) -> Result<Vec<Recorded>> {
        let end = Instant::now() + deadline;
        let mut recorded = self.inner.recorded.subscribe();
        loop {
            let mut requests = self.requests();
            requests.retain(&matches);
            if requests.len() >= count {
                return Ok(requests);
            }
            if timeout_at(end, recorded.changed()).await.is_err() {
                let all = self.requests();
                let lines: Vec<_> = all
                    .iter()
                    .map(|request| format!("{} {}", request.method, request.path))
                    .collect();
                return Err(Error::new(format!(
                    "{} of {count} after {deadline:?}; {} requests in all:\n  {}",
                    requests.len(),
                    lines.len(),
                    lines.join("\n  ")
                )));
            }
        }
    }

    /// How many reports came under `name` so far. To show that none came, await a later one first.
    pub fn count(&self, name: &str) -> usize {
        let path = format!("/hit/{name}");
        let requests = self.requests();
        requests
            .iter()
            .filter(|request| request.path == path && request.method != Method::OPTIONS)
            .count()
    }

    /// All requests of this scope so far, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.inner.requests)
            .iter()
            .filter_map(|request| {
                let path = request.full_path.strip_prefix(&self.scope)?;
                path.starts_with('/').then(|| Recorded { path: path.to_owned(), ..request.clone() })
            })
            .collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, inner: Arc<Inner>) {
    // An `accept` fails when one connection broke before it was taken: the next one may be fine.
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let inner = Arc::clone(&inner);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&inner), request));
            // A browser that drops a connection is no failure of the test.
            let _ended = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    inner: Arc<Inner>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let mut response = match lock(&inner.pages).get(&path) {
        Some(page) => {
            let mut response = Response::new(Full::new(page.body.clone()));
            *response.headers_mut() = page.headers.clone();
            response
        }
        // Asked for by every browser; a 404 would be noise in its console.
        None if path == "/favicon.ico" || path.split('/').nth(2) == Some("hit") => {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NO_CONTENT;
            for (name, value) in [
                ("access-control-allow-origin", "*"),
                ("access-control-allow-methods", "*"),
                ("access-control-allow-headers", "*"),
                ("cache-control", "no-store"),
            ] {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            response
        }
        None => {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    };
    // A request whose body broke off is none that a test could have meant.
    let Ok(body) = body.collect().await else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let body = body.to_bytes();
    lock(&inner.requests).push(Recorded {
        method: head.method,
        path: String::new(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body,
        full_path: path,
    });
    inner.recorded.send_replace(());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DEADLINE;
    use crate::http::request;

    #[tokio::test]
    async fn scopes_see_their_own_requests_only() -> Result<()> {
        let mine = Collector::start().await?;
        // `/t1` is a prefix of `/t11`, as text.
        let scopes: Vec<_> = (1..=11).map(|_| mine.scoped()).collect();
        let (other, far) = (&scopes[0], &scopes[10]);
        for collector in [&mine, other, far] {
            let url = collector.hit_url("x") + "?q=a%20b";
            request(Method::POST, &url, &[], "{}").await?.expect(204)?;
        }
        let hit = other.hit("x", DEADLINE).await?;
        assert_eq!(hit.param("q").as_deref(), Some("a b"));
        assert_eq!(hit.json()?, serde_json::json!({}));
        assert_eq!(other.requests().len(), 1);
        Ok(())
    }

    #[tokio::test]
    async fn preflights_are_answered_and_are_no_hits() -> Result<()> {
        let collector = Collector::start().await?;
        let url = collector.hit_url("x");
        let reply = request(Method::OPTIONS, &url, &[("origin", "null")], "").await?;
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(collector.requests().len(), 1);
        assert_eq!(collector.count("x"), 0);
        Ok(())
    }

    #[tokio::test]
    async fn a_missing_hit_is_reported_with_what_came() -> Result<()> {
        let collector = Collector::start().await?;
        request(Method::GET, &collector.hit_url("y"), &[], "").await?;
        let error = collector.hit("x", Duration::from_millis(50)).await;
        let error = error.expect_err("it must fail").to_string();
        assert!(error.contains("GET /hit/y"), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn pages_have_the_headers_they_are_given() -> Result<()> {
        let collector = Collector::start().await?;
        let url = collector.page("/x.js", "1", &[("content-type", "text/javascript")]);
        let reply = request(Method::GET, &url, &[], "").await?;
        assert_eq!(reply.header("content-type"), Some("text/javascript"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.text(), "1");
        Ok(())
    }
}

//! A small local server that stands for the rest of the web.
//!
//! It has two jobs. As a *collector* it records every request, and a test awaits the one that its
//! script was to send. As a *stand-in* it serves pages that a test writes: embedding pages, vendor
//! scripts under the vendors' own names, and the positive controls that show that a probe can
//! succeed where nothing stops it.
//!
//! One collector serves all tests. Each test sees a scope of it: its URLs begin with a path of its
//! own, and only requests below that path, or through its own proxy, are its requests.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use url::form_urlencoded;

use crate::error::{Context as _, Error, Result};
use crate::proxy::{Proxy, Tls};

/// The name under which pages and hits are addressed by default: a site of its own.
const HOST: &str = "collector.localhost";

/// The headers of a script that any origin may read.
const SCRIPT: [(&str, &str); 2] =
    [("content-type", "text/javascript; charset=utf-8"), ("access-control-allow-origin", "*")];

/// A test's part of the collector.
#[derive(Debug, Clone)]
pub struct Collector {
    inner: Arc<Inner>,
    /// `/t3`, in front of all paths of this test.
    scope: String,
    proxy: Arc<Proxy>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    port: u16,
    scopes: AtomicU64,
    tls: Tls,
    /// By the host that is stood in for (none: the collector itself), and the path with its scope.
    pages: Mutex<HashMap<(Option<String>, String), Page>>,
    /// The scopes that answer for all hosts.
    all_hosts: Mutex<HashSet<String>>,
    requests: Mutex<Vec<Recorded>>,
    /// Changes with every recorded request.
    recorded: watch::Sender<()>,
}

#[derive(Debug, Clone)]
struct Page {
    body: Bytes,
    headers: HeaderMap,
    /// The answer waits until the other end is gone.
    held: Option<watch::Receiver<()>>,
}

/// Keeps the answers of a page back until it is dropped.
#[derive(Debug)]
#[must_use = "the page is answered when this is dropped"]
pub struct Hold(#[expect(dead_code, reason = "its end is the signal")] watch::Sender<()>);

/// One request that reached the collector.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The host that was stood in for; none if the request was for the collector itself.
    pub host: Option<String>,
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
            tls: Tls::throw_away("stand-in.localhost")?,
            pages: Mutex::default(),
            all_hosts: Mutex::default(),
            requests: Mutex::default(),
            recorded: watch::Sender::new(()),
        });
        // Browsers may try `::1` first for names under `localhost`, and fall back when it refuses.
        if let Ok(v6) = TcpListener::bind(("::1", port)).await {
            tokio::spawn(serve(v6, Arc::clone(&inner)));
        }
        tokio::spawn(serve(v4, Arc::clone(&inner)));
        Self::scope_of(inner).await
    }

    /// Another scope of the same collector: other paths, another proxy, other requests.
    pub async fn scoped(&self) -> Result<Self> {
        Self::scope_of(Arc::clone(&self.inner)).await
    }

    async fn scope_of(inner: Arc<Inner>) -> Result<Self> {
        let scope = inner.next_scope();
        let proxy = Arc::new(Proxy::start(Arc::clone(&inner), &scope).await?);
        Ok(Self { inner, scope, proxy })
    }

    /// Another scope behind the same proxy: the browser that has this proxy goes on with another test.
    pub(crate) fn turned(&self) -> Self {
        let scope = self.inner.next_scope();
        self.proxy.turn_to(&scope);
        Self { inner: Arc::clone(&self.inner), scope, proxy: Arc::clone(&self.proxy) }
    }

    /// The port of the proxy that makes this scope the whole web of a browser.
    pub(crate) fn proxy_port(&self) -> u16 {
        self.proxy.port
    }

    /// The SHA-256 of the public key behind the stand-ins, in Base64.
    pub(crate) fn public_key_sha256(&self) -> &str {
        &self.inner.tls.public_key_sha256
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
        self.insert(None, path, Page::new(body, headers));
        self.url(path)
    }

    /// As [`page`](Self::page), but nobody gets an answer until the second value is dropped. The
    /// request itself is recorded when it comes.
    ///
    /// A page that waits for it does not finish loading, so drive it by its own scripts: drivers
    /// wait for a load before they take another command.
    ///
    /// # Panics
    /// If a header is none: that is an error of the test.
    pub fn page_held(
        &self,
        path: &str,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> (String, Hold) {
        let release = watch::Sender::new(());
        let held = Some(release.subscribe());
        self.insert(None, path, Page { held, ..Page::new(body, headers) });
        (self.url(path), Hold(release))
    }

    /// Stands in for `https://<host><path>` (with any query) from now on: this test's browser gets
    /// `script`, as JavaScript that any origin may read.
    ///
    /// Its requests are among [`requests`](Self::requests), with that host.
    pub fn stand_in(&self, host: &str, path: &str, script: impl Into<Bytes>) {
        self.insert(Some(host.to_owned()), path, Page::new(script, &SCRIPT));
    }

    /// Answers for every host from now on, by `http` and by `https`: what nothing stands in for gets
    /// 204, readable by any origin, and is recorded with its host.
    ///
    /// Without this call a host that nothing stands in for is out of reach.
    pub fn answer_all_hosts(&self) {
        lock(&self.inner.all_hosts).insert(self.scope.clone());
    }

    /// Serves a page of this test's browser at `https://<host><path>`, and gives its URL. It is as
    /// [`page`](Self::page) has it.
    ///
    /// # Panics
    /// If a header is none: that is an error of the test.
    pub fn page_at(
        &self,
        host: &str,
        path: &str,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> String {
        self.insert(Some(host.to_owned()), path, Page::new(body, headers));
        format!("https://{host}{path}")
    }

    /// Serves `crates/bridge/js` under `/js/`, and gives the URL of one of its modules:
    /// `host/context.js`. The product serves bundles, which a test cannot take apart.
    ///
    /// [`page`](Self::page) can then put another text in the place of a module.
    pub fn source_url(&self, module: &str) -> Result<String> {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/bridge/js");
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(format!("{root}{folder}"))? {
                let entry = entry?;
                let path = format!("{folder}/{}", entry.file_name().display());
                if entry.file_type()?.is_dir() {
                    folders.push(path);
                } else {
                    self.page(&format!("/js{path}"), fs::read(entry.path())?, &SCRIPT);
                }
            }
        }
        Ok(self.url(&format!("/js/{module}")))
    }

    fn insert(&self, host: Option<String>, path: &str, page: Page) {
        lock(&self.inner.pages).insert((host, format!("{}{path}", self.scope)), page);
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
                    .map(|request| {
                        let host = request.host.as_deref().unwrap_or_default();
                        format!("{} {host}{}", request.method, request.path)
                    })
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

    /// The first request for a path of this scope, if there was one so far.
    pub fn first(&self, path: &str) -> Option<Recorded> {
        let requests = lock(&self.inner.requests);
        let wanted = |request: &&Recorded| below(&self.scope, &request.full_path) == Some(path);
        let found = requests.iter().find(wanted)?;
        Some(Recorded { path: path.to_owned(), ..found.clone() })
    }

    /// Forgets the requests of this scope so far.
    pub fn forget(&self) {
        lock(&self.inner.requests)
            .retain(|request| below(&self.scope, &request.full_path).is_none());
    }

    /// All requests of this scope so far, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.inner.requests)
            .iter()
            .filter_map(|request| {
                let path = below(&self.scope, &request.full_path)?;
                Some(Recorded { path: path.to_owned(), ..request.clone() })
            })
            .collect()
    }
}

impl Page {
    fn new(body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Self {
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
        Self { body: body.into(), headers: map, held: None }
    }
}

impl Inner {
    fn next_scope(&self) -> String {
        format!("/t{}", self.scopes.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Whether a scope answers for all hosts.
    pub(crate) fn answers_all_hosts(&self, scope: &str) -> bool {
        lock(&self.all_hosts).contains(scope)
    }

    /// Whether a scope stands in for `host` at all.
    pub(crate) fn stands_in(&self, host: &str, scope: &str) -> bool {
        if self.answers_all_hosts(scope) {
            return true;
        }
        lock(&self.pages).keys().any(|(page_host, path)| {
            page_host.as_deref() == Some(host) && below(scope, path).is_some()
        })
    }
}

/// The path within a scope. `/t1` is a prefix of `/t11`, as text.
fn below<'a>(scope: &str, full_path: &'a str) -> Option<&'a str> {
    full_path.strip_prefix(scope).filter(|path| path.starts_with('/'))
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
            let service = service_fn(move |request: Request<Incoming>| {
                let path = request.uri().path().to_owned();
                answer(Arc::clone(&inner), None, path, request)
            });
            // A browser that drops a connection is no failure of the test.
            let _ended = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Records a request for `full_path`, and answers it with what the tests wrote.
pub(crate) async fn answer(
    inner: Arc<Inner>,
    host: Option<String>,
    full_path: String,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let page = (host, full_path);
    let (mut response, release) = response(&inner, &page, &head.headers);
    // A request whose body broke off is none that a test could have meant.
    let Ok(body) = body.collect().await else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let (host, full_path) = page;
    lock(&inner.requests).push(Recorded {
        method: head.method,
        host,
        path: String::new(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body: body.to_bytes(),
        full_path,
    });
    inner.recorded.send_replace(());
    if let Some(mut release) = release {
        // Nothing is ever sent: this ends with the sender.
        let _released = release.changed().await;
    }
    Ok(response)
}

fn response(
    inner: &Inner,
    page: &(Option<String>, String),
    asked: &HeaderMap,
) -> (Response<Full<Bytes>>, Option<watch::Receiver<()>>) {
    if let Some(page) = lock(&inner.pages).get(page) {
        let mut response = Response::new(Full::new(page.body.clone()));
        *response.headers_mut() = page.headers.clone();
        return (response, page.held.clone());
    }
    let mut response = Response::new(Full::default());
    let (host, path) = page;
    if host.is_some() && scope_in(path).is_some_and(|scope| inner.answers_all_hosts(scope)) {
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.headers_mut() = readable_by(asked);
        return (response, None);
    }
    // A browser asks for the icon by itself; a 404 would be noise in its console.
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

/// The headers of an answer that the origin that asked may read, with its cookies.
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::DEADLINE;
    use crate::http::request;

    #[tokio::test]
    async fn scopes_see_their_own_requests_only() -> Result<()> {
        let mine = Collector::start().await?;
        let mut scopes = Vec::new();
        for _ in 1..=11 {
            scopes.push(mine.scoped().await?);
        }
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

    /// Asks the proxy for a page of another host, and reads the answer.
    async fn ask(stream: &mut TcpStream) -> Result<String> {
        stream.write_all(b"GET http://vendor.test/a HTTP/1.1\r\nhost: vendor.test\r\n\r\n").await?;
        let mut answer = vec![0; 4_096];
        let read = stream.read(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer[..read]).into_owned())
    }

    #[tokio::test]
    async fn a_browser_goes_on_with_another_web() -> Result<()> {
        let first = Collector::start().await?;
        first.answer_all_hosts();
        let connect = async || TcpStream::connect(("127.0.0.1", first.proxy_port())).await;
        let mut used = connect().await?;
        assert!(ask(&mut used).await?.starts_with("HTTP/1.1 204 "));
        let second = first.turned();
        assert_eq!(second.proxy_port(), first.proxy_port());
        assert_eq!(used.read(&mut [0]).await?, 0, "the connection is closed");
        // Nobody answers for the other hosts any more.
        assert!(ask(&mut connect().await?).await?.starts_with("HTTP/1.1 502 "));
        second.answer_all_hosts();
        assert!(ask(&mut connect().await?).await?.starts_with("HTTP/1.1 204 "));
        assert_eq!((first.requests().len(), second.requests().len()), (1, 1));
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

    #[tokio::test]
    async fn modules_of_the_bridge_are_served_as_they_are_written() -> Result<()> {
        let collector = Collector::start().await?;
        let url = collector.source_url("host/name.js")?;
        let written = include_str!("../../../crates/bridge/js/host/name.js");
        assert_eq!(request(Method::GET, &url, &[], "").await?.text(), written);
        collector.page("/js/host/name.js", "1", &[]);
        assert_eq!(request(Method::GET, &url, &[], "").await?.text(), "1");
        Ok(())
    }

    #[tokio::test]
    async fn a_held_page_is_answered_when_it_is_released() -> Result<()> {
        let collector = Collector::start().await?;
        let (url, hold) = collector.page_held("/slow.js", "1", &[]);
        let mut reply = tokio::spawn(async move { request(Method::GET, &url, &[], "").await });
        collector.wait_for(1, DEADLINE, |request| request.path == "/slow.js").await?;
        let early = tokio::time::timeout(Duration::from_millis(50), &mut reply).await;
        assert!(early.is_err(), "it was answered while it was held");
        drop(hold);
        assert_eq!(reply.await??.text(), "1");
        Ok(())
    }
}

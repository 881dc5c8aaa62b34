//! A small local server that takes the place of the rest of the web.
//!
//! It has two jobs. As a *collector* it records every request, and a test awaits the request that
//! its script should send. As a *stand-in* it serves pages that a test writes: embedding pages,
//! vendor scripts under the vendors' own names, and positive controls, which show that a probe
//! succeeds where nothing stops it.
//!
//! One collector serves all tests. Each test sees one scope of it: the scope's URLs share a path
//! prefix, and only requests below that path, or through the scope's own proxy, belong to it.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Method, Request, Response};
use tokio::time::{Instant, timeout_at};

use crate::error::{Context as _, Error, Result};
use crate::proxy::Proxy;
use crate::web::{Handler, Hold, Page, Recorded, Web, below, lock};

/// The default host name of pages and hits: a separate site.
const HOST: &str = "collector.localhost";

/// The headers of a script that every origin may read.
const SCRIPT: [(&str, &str); 2] =
    [("content-type", "text/javascript; charset=utf-8"), ("access-control-allow-origin", "*")];

/// A test's part of the collector.
#[derive(Debug, Clone)]
pub struct Collector {
    web: Arc<Web>,
    /// The prefix of all paths of this test: `/t3`.
    scope: String,
    proxy: Arc<Proxy>,
}

impl Collector {
    /// Starts a collector on a free loopback port, on IPv4 and, where the machine has it, on IPv6.
    pub async fn start() -> Result<Self> {
        Self::scope_of(Web::start().await?).await
    }

    /// Another scope of the same collector: other paths, another proxy, other requests.
    pub async fn scoped(&self) -> Result<Self> {
        Self::scope_of(Arc::clone(&self.web)).await
    }

    async fn scope_of(web: Arc<Web>) -> Result<Self> {
        let scope = web.next_scope();
        let proxy = Arc::new(Proxy::start(Arc::clone(&web), &scope).await?);
        Ok(Self { web, scope, proxy })
    }

    /// Another scope behind the same proxy: the browser that uses this proxy goes on to another
    /// test.
    pub(crate) fn turned(&self) -> Self {
        let scope = self.web.next_scope();
        self.proxy.turn_to(&scope);
        Self { web: Arc::clone(&self.web), scope, proxy: Arc::clone(&self.proxy) }
    }

    /// The port of the proxy that makes this scope the whole web of a browser.
    pub(crate) fn proxy_port(&self) -> u16 {
        self.proxy.port
    }

    /// The SHA-256 of the public key behind the stand-ins, in Base64.
    pub(crate) fn public_key_sha256(&self) -> &str {
        &self.web.tls.public_key_sha256
    }

    /// The port, the same for all names.
    pub fn port(&self) -> u16 {
        self.web.port
    }

    /// The origin whose pages [`page`](Self::page) addresses.
    pub fn origin(&self) -> String {
        self.origin_of(HOST)
    }

    /// The collector's origin under another loopback name: `a.localhost`, `127.0.0.1`.
    pub fn origin_of(&self, host: &str) -> String {
        format!("http://{host}:{}", self.web.port)
    }

    /// The URL of `path` (which starts with `/`) in this scope.
    pub fn url(&self, path: &str) -> String {
        self.url_of(HOST, path)
    }

    /// The URL of `path` in this scope under another loopback name, which is another origin.
    pub fn url_of(&self, host: &str, path: &str) -> String {
        format!("{}{}{path}", self.origin_of(host), self.scope)
    }

    /// The URL to which a script reports: by GET or POST from any origin, also an opaque one, with
    /// any query.
    pub fn hit_url(&self, name: &str) -> String {
        self.url(&format!("/hit/{name}"))
    }

    /// Serves `body` at `path` from now on, and returns its URL.
    ///
    /// It is HTML unless `headers` name a `content-type`; relative links stay within the scope.
    ///
    /// # Panics
    /// If a header is invalid: an error in the test.
    pub fn page(&self, path: &str, body: impl Into<Bytes>, headers: &[(&str, &str)]) -> String {
        self.insert(None, path, Page::new(body, headers));
        self.url(path)
    }

    /// Like [`page`](Self::page), but answers are held back until the second value is dropped. The
    /// request itself is recorded when it arrives.
    ///
    /// A page that waits for it does not finish loading, so drive it by its own scripts: drivers
    /// wait for a load before they take another command.
    ///
    /// # Panics
    /// If a header is invalid: an error in the test.
    pub fn page_held(
        &self,
        path: &str,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> (String, Hold) {
        let (page, hold) = Page::new(body, headers).held();
        self.insert(None, path, page);
        (self.url(path), hold)
    }

    /// Stands in for `https://<host><path>` (with any query) from now on: this test's browser gets
    /// `script`, as JavaScript that any origin may read.
    ///
    /// Its requests are among [`requests`](Self::requests), with that host.
    pub fn stand_in(&self, host: &str, path: &str, script: impl Into<Bytes>) {
        self.insert(Some(host.to_owned()), path, Page::new(script, &SCRIPT));
    }

    /// Answers for every host from now on, over `http` and `https`: a request that nothing stands
    /// in for gets 204, readable by any origin, and is recorded with its host.
    ///
    /// Without this call, a host that nothing stands in for is out of reach.
    pub fn answer_all_hosts(&self) {
        lock(&self.web.all_hosts).insert(self.scope.clone());
    }

    /// Serves a page at `https://<host><path>` to this test's browser, and returns its URL.
    /// Otherwise like [`page`](Self::page).
    ///
    /// # Panics
    /// If a header is invalid: an error in the test.
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

    /// Answers requests for `path` by `handler`, under every loopback name, and returns the URL that
    /// [`page`](Self::page) would.
    pub fn answer(
        &self,
        path: &str,
        handler: impl Fn(&Request<()>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> String {
        self.insert(None, path, Page::answered_by(Handler(Arc::new(handler))));
        self.url(path)
    }

    /// Answers requests for `https://<host><path>` by `handler`, and returns the URL.
    pub fn answer_at(
        &self,
        host: &str,
        path: &str,
        handler: impl Fn(&Request<()>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> String {
        let page = Page::answered_by(Handler(Arc::new(handler)));
        self.insert(Some(host.to_owned()), path, page);
        format!("https://{host}{path}")
    }

    /// Puts a server of this machine behind `https://<host>` from now on: this scope ends TLS, and passes on
    /// what follows.
    pub fn put_behind(&self, host: &str, port: u16) {
        lock(&self.web.behind).insert((host.to_owned(), self.scope.clone()), port);
    }

    /// Serves `crates/bridge/js` under `/js/`, and returns the URL of one of its modules, such as
    /// `host/context.js`. The product serves bundles, which a test cannot take apart.
    ///
    /// [`page`](Self::page) can then replace the text of a module.
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
        lock(&self.web.pages).insert((host, format!("{}{path}", self.scope)), page);
    }

    /// Waits for the first report to [`hit_url(name)`](Self::hit_url); it may have come already.
    pub async fn hit(&self, name: &str, deadline: Duration) -> Result<Recorded> {
        let mut hits = self.hits(name, 1, deadline).await?;
        Ok(hits.remove(0))
    }

    /// Waits until there are `count` reports under `name`, and returns all of them in order.
    pub async fn hits(
        &self,
        name: &str,
        count: usize,
        deadline: Duration,
    ) -> Result<Vec<Recorded>> {
        let path = format!("/hit/{name}");
        self.wait_for(count, deadline, |request| {
            // A preflight request is no report.
            request.path == path && request.method != Method::OPTIONS
        })
        .await
        .context(format_args!("awaiting {count} hits of `{name}`"))
    }

    /// Waits until `count` requests match, and returns all that do, in order.
    pub async fn wait_for(
        &self,
        count: usize,
        deadline: Duration,
        matches: impl Fn(&Recorded) -> bool,
    ) -> Result<Vec<Recorded>> {
        let end = Instant::now() + deadline;
        let mut recorded = self.web.recorded.subscribe();
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

    /// Returns the number of reports under `name` so far. To show that none came, await a later one
    /// first.
    pub fn count(&self, name: &str) -> usize {
        let path = format!("/hit/{name}");
        let requests = self.requests();
        requests
            .iter()
            .filter(|request| request.path == path && request.method != Method::OPTIONS)
            .count()
    }

    /// Returns the first request for a path of this scope, if there was one so far.
    pub fn first(&self, path: &str) -> Option<Recorded> {
        let requests = lock(&self.web.requests);
        let wanted = |request: &&Recorded| below(&self.scope, &request.full_path) == Some(path);
        let found = requests.iter().find(wanted)?;
        Some(Recorded { path: path.to_owned(), ..found.clone() })
    }

    /// Forgets the requests of this scope so far.
    pub fn forget(&self) {
        lock(&self.web.requests).retain(|request| below(&self.scope, &request.full_path).is_none());
    }

    /// All requests of this scope so far, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.web.requests)
            .iter()
            .filter_map(|request| {
                let path = below(&self.scope, &request.full_path)?;
                Some(Recorded { path: path.to_owned(), ..request.clone() })
            })
            .collect()
    }
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
        // The other hosts have no answer any more.
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

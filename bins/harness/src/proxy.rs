//! The rest of the web, as far as a test has written it.
//!
//! Customers' snippets load scripts from their vendors, over `https` and under the vendors' names.
//! So every browser of the harness has a proxy for all names but this machine's. For the hosts that
//! a test stands in for, the proxy is the server itself, with a throw-away certificate; every other
//! host is unreachable, unless the scope answers for all hosts. A test cannot reach the internet,
//! not even by mistake.
//!
//! It is a proxy because every engine can be configured to use one, and because a browser that has
//! one asks no resolver.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::Result;
use crate::web::{Web, answer};

/// The web of one browser: everything that the current test's scope stands in for.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    scope: watch::Sender<Arc<str>>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(web: Arc<Web>, scope: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let scope = watch::Sender::new(Arc::from(scope));
        let task = tokio::spawn(serve(listener, web, scope.clone()));
        Ok(Self { port, scope, task })
    }

    /// Serves another scope from now on. All connections are closed: none carries a request of the
    /// next test, and none that is on its way counts as one.
    pub(crate) fn turn_to(&self, scope: &str) {
        self.scope.send_replace(Arc::from(scope));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The scope that a connection was made in.
#[derive(Clone)]
struct Scope {
    name: Arc<str>,
    turned: watch::Receiver<Arc<str>>,
}

impl Scope {
    fn now(scope: &watch::Sender<Arc<str>>) -> Self {
        let mut turned = scope.subscribe();
        let name = Arc::clone(&turned.borrow_and_update());
        Self { name, turned }
    }

    /// Runs a connection until it ends, or until the proxy turns to another scope.
    async fn run(mut self, connection: impl Future) {
        tokio::select! {
            _ = connection => {}
            _ = self.turned.changed() => {}
        }
    }

    fn full_path(&self, request: &Request<Incoming>) -> String {
        format!("{}{}", self.name, request.uri().path())
    }
}

async fn serve(listener: TcpListener, web: Arc<Web>, scope: watch::Sender<Arc<str>>) {
    // As in the collector: a failed `accept` says nothing about the next one.
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let web = Arc::clone(&web);
        let scope = Scope::now(&scope);
        let run = scope.clone();
        let service = service_fn(move |request| proxied(Arc::clone(&web), scope.clone(), request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(run.run(connection.with_upgrades()));
    }
}

/// `CONNECT <host>:443` opens a way to a host that the scope stands in for. A request over `http`
/// is served where the scope answers for all hosts; nothing else is served.
async fn proxied(
    web: Arc<Web>,
    scope: Scope,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let host = request.uri().host().map(str::to_owned);
    let connects = request.method() == Method::CONNECT;
    let mut response = Response::new(Full::default());
    match host {
        Some(host) if connects && web.stands_in(&host, &scope.name) => {
            tokio::spawn(scope.clone().run(stand_in(web, scope, host, request)));
        }
        Some(host) if !connects && web.answers_all_hosts(&scope.name) => {
            let path = scope.full_path(&request);
            return answer(web, Some(host), path, request).await;
        }
        _ => *response.status_mut() = StatusCode::BAD_GATEWAY,
    }
    Ok(response)
}

/// Answers as the host itself, at the other end of the browser's supposed tunnel.
async fn stand_in(web: Arc<Web>, scope: Scope, host: String, request: Request<Incoming>) {
    let Ok(tunnel) = hyper::upgrade::on(request).await else { return };
    let Ok(mut stream) = web.tls.acceptor.accept(TokioIo::new(tunnel)).await else { return };
    if let Some(port) = web.port_behind(&host, &scope.name) {
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
        // A connection that a browser drops is no failure of the test.
        let _ended = copy_bidirectional(&mut stream, &mut server).await;
        return;
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let path = scope.full_path(&request);
        answer(Arc::clone(&web), Some(host.clone()), path, request)
    });
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

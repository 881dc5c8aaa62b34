//! The rest of the web, as far as a test has written it.
//!
//! What customers paste loads scripts from their vendors, by `https` and under the vendors' names.
//! So every browser of the harness has a proxy for all names but this machine's: for the hosts that
//! a test stands in for it is the server itself, with a throw-away certificate, and to every other
//! host there is no way, unless the scope answers for all hosts. A test cannot reach the internet, not
//! even by mistake.
//!
//! A proxy, because every engine can be told of it, and because a browser that has one asks
//! no resolver.

use std::convert::Infallible;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::collector::{Inner, answer};
use crate::error::Result;

/// A certificate that nobody trusts but who is told of its key.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// For who is to trust it after all.
    #[cfg(test)]
    pub(crate) certificate: CertificateDer<'static>,
    /// Of the key in its `SubjectPublicKeyInfo` form, in Base64.
    pub(crate) public_key_sha256: String,
}

impl Tls {
    /// For one name; but a browser that is told of the key takes it for every one.
    pub(crate) fn throw_away(name: &str) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed([name.to_owned()])?;
        let certificate = CertificateDer::from(made.cert);
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let public_key = rcgen::PublicKeyData::subject_public_key_info(&made.signing_key);
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            #[cfg(test)]
            certificate,
            public_key_sha256: BASE64_STANDARD.encode(Sha256::digest(public_key)),
        })
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tls").field(&self.public_key_sha256).finish()
    }
}

/// The web of one browser: what the scope of the test that it runs stands in for.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    scope: watch::Sender<Arc<str>>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(inner: Arc<Inner>, scope: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let scope = watch::Sender::new(Arc::from(scope));
        let task = tokio::spawn(serve(listener, inner, scope.clone()));
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

async fn serve(listener: TcpListener, inner: Arc<Inner>, scope: watch::Sender<Arc<str>>) {
    // As in the collector: an `accept` that fails says nothing of the next one.
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let inner = Arc::clone(&inner);
        let scope = Scope::now(&scope);
        let run = scope.clone();
        let service =
            service_fn(move |request| proxied(Arc::clone(&inner), scope.clone(), request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(run.run(connection.with_upgrades()));
    }
}

/// `CONNECT <host>:443`: the way to a host that the scope stands in for. A request by `http` is
/// served where the scope answers for all hosts, and nothing else is.
async fn proxied(
    inner: Arc<Inner>,
    scope: Scope,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let host = request.uri().host().map(str::to_owned);
    let connects = request.method() == Method::CONNECT;
    let mut response = Response::new(Full::default());
    match host {
        Some(host) if connects && inner.stands_in(&host, &scope.name) => {
            tokio::spawn(scope.clone().run(stand_in(inner, scope, host, request)));
        }
        Some(host) if !connects && inner.answers_all_hosts(&scope.name) => {
            let path = scope.full_path(&request);
            return answer(inner, Some(host), path, request).await;
        }
        _ => *response.status_mut() = StatusCode::BAD_GATEWAY,
    }
    Ok(response)
}

/// The host itself, at the other end of what the browser takes for a tunnel.
async fn stand_in(inner: Arc<Inner>, scope: Scope, host: String, request: Request<Incoming>) {
    let Ok(tunnel) = hyper::upgrade::on(request).await else { return };
    let Ok(stream) = inner.tls().acceptor.accept(TokioIo::new(tunnel)).await else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let path = scope.full_path(&request);
        answer(Arc::clone(&inner), Some(host.clone()), path, request)
    });
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

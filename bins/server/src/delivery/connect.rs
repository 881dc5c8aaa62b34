//! Connections to endpoints. This is the only place that opens one, so it is the only one that has to be right:
//! an address is judged after it was resolved, and exactly that address is connected to.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use c2c_delivery::{AddressRefused, AddressRules, Failure, Reachable, judge};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tower::Service;

use crate::trust::trust;

/// How long a name may take to resolve.
const RESOLVE: Duration = Duration::from_secs(5);
/// How long one address may take to accept a connection. A name may have some that lead nowhere, before one that does.
const CONNECT: Duration = Duration::from_secs(2);
/// How long all of it may take: the name, its addresses one after the other, and TLS.
const ALL: Duration = Duration::from_secs(10);
/// Connections to one host and port that are being opened at a time, by all endpoints there: as many as one endpoint may have
/// requests under way. Others wait, and that is part of their time.
///
/// A request that gets a connection which has become free leaves the one behind that it began to open, to be used later. So
/// a host that accepts and then says nothing would otherwise collect one for each event.
const OPENING_MAX: usize = 32;
/// How long an answer of a name server counts, at most.
const REMEMBER: Duration = Duration::from_mins(1);

/// Opens connections.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    /// Or why there are none: a machine may have no name server.
    names: Result<TokioResolver, String>,
    rules: AddressRules,
    /// Or why there is none: a machine may trust no authority.
    tls: Result<TlsConnector, String>,
    opening: Opening,
}

/// Hosts to which connections are being opened, with the places that are left.
#[derive(Default)]
struct Opening(Mutex<HashMap<String, Arc<Semaphore>>>);

/// A connection that was not opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoConnection {
    #[error("the name cannot be resolved: {0}")]
    Dns(String),
    #[error(transparent)]
    Refused(#[from] AddressRefused),
    #[error("no connection to {address}: {error}")]
    Connect { address: SocketAddr, error: io::Error },
    #[error("no TLS with {address}: {error}")]
    Tls { address: SocketAddr, error: io::Error },
    #[error("no connection within {} seconds", ALL.as_secs())]
    TooLong,
}

impl NoConnection {
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::Dns(_) => Failure::Dns,
            Self::Refused(_) => Failure::AddressRefused,
            Self::Connect { .. } => Failure::Connect,
            Self::Tls { .. } => Failure::Tls,
            Self::TooLong => Failure::Timeout,
        }
    }
}

/// The address at the other end, as an answer tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

impl Connector {
    /// With a name server to ask, or the system's. Without one, or without certificates of the system, it opens no
    /// connection, and the log says so now.
    pub(super) fn new(rules: AddressRules, name_server: Option<SocketAddr>) -> Self {
        let names = resolver(name_server).map_err(|error| error.to_string());
        let tls = trust().map_err(|error| error.to_string()).map(|mut tls| {
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
            TlsConnector::from(Arc::new(tls))
        });
        for error in [names.as_ref().err(), tls.as_ref().err()].into_iter().flatten() {
            tracing::warn!(error, "endpoints of integrations cannot be called");
        }
        Self(Arc::new(Inner { names, rules, tls, opening: Opening::default() }))
    }
}

fn resolver(name_server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let mut names = match name_server {
        Some(address) => TokioResolver::builder_with_config(
            of_name_server(address),
            TokioRuntimeProvider::default(),
        ),
        None => TokioResolver::builder_tokio()?,
    };
    let options = names.options_mut();
    options.positive_max_ttl = Some(REMEMBER);
    options.negative_max_ttl = Some(REMEMBER);
    names.build()
}

fn of_name_server(address: SocketAddr) -> ResolverConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    ResolverConfig::from_name_servers(vec![server])
}

impl Opening {
    /// Waits for a place among the connections to a host.
    async fn place(&self, host: &str) -> Option<OwnedSemaphorePermit> {
        let places = {
            let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Of the others, no connection is being opened.
            hosts.retain(|_, places| Arc::strong_count(places) > 1);
            let new = || Arc::new(Semaphore::new(OPENING_MAX));
            Arc::clone(hosts.entry(host.to_owned()).or_insert_with(new))
        };
        // It is never closed.
        places.acquire_owned().await.ok()
    }
}

impl Inner {
    async fn open(&self, uri: &Uri) -> Result<Stream, NoConnection> {
        let host = uri.authority().map_or("", |authority| authority.as_str());
        let _place = self.opening.place(host).await;
        self.connect(uri).await
    }

    async fn connect(&self, uri: &Uri) -> Result<Stream, NoConnection> {
        let port = uri.port_u16().unwrap_or(if is_https(uri) { 443 } else { 80 });
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = self.resolve(host, port).await?;
        let (stream, address) = connect_to_one(&addresses).await?;
        if !is_https(uri) {
            return Ok(Stream { io: Box::new(stream), peer: Peer(address) });
        }
        let no_tls = |error| NoConnection::Tls { address, error };
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|error| no_tls(io::Error::other(error)))?;
        let tls = self.tls.as_ref().map_err(|error| no_tls(io::Error::other(error.clone())))?;
        let stream = tls.connect(name, stream).await.map_err(no_tls)?;
        Ok(Stream { io: Box::new(stream), peer: Peer(address) })
    }

    /// The addresses of a host. If one of them must not be called, none is: the one who answers for the name may choose
    /// which one is taken.
    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<Reachable>, NoConnection> {
        let addresses: Vec<IpAddr> = match host.parse() {
            Ok(address) => vec![address],
            Err(_) => self.look_up(host).await?,
        };
        if addresses.is_empty() {
            return Err(NoConnection::Dns("it has no address".to_owned()));
        }
        let judge = |address| Ok(judge(SocketAddr::new(address, port), &self.rules)?);
        addresses.into_iter().map(judge).collect()
    }

    async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>, NoConnection> {
        // With a full stop, no domain of this machine is searched.
        let names = self.names.as_ref().map_err(|error| NoConnection::Dns(error.clone()))?;
        let found = timeout(RESOLVE, names.lookup_ip(format!("{host}."))).await;
        match found {
            Ok(Ok(found)) => Ok(found.iter().collect()),
            Ok(Err(error)) => Err(NoConnection::Dns(error.to_string())),
            Err(_) => Err(NoConnection::Dns("the name server does not answer".to_owned())),
        }
    }
}

/// Connects to the first address that accepts, in the order of the name server's answer.
async fn connect_to_one(addresses: &[Reachable]) -> Result<(TcpStream, SocketAddr), NoConnection> {
    let mut failed = NoConnection::Dns("it has no address".to_owned());
    for address in addresses {
        let address = address.address();
        let connected = timeout(CONNECT, TcpStream::connect(address)).await;
        let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        match connected {
            Ok(stream) => {
                // Only a hint to the system.
                let _ = stream.set_nodelay(true);
                return Ok((stream, address));
            }
            Err(error) => failed = NoConnection::Connect { address, error },
        }
    }
    Err(failed)
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https")
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = NoConnection;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, NoConnection>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoConnection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let opened = timeout(ALL, inner.open(&uri)).await;
            opened.unwrap_or(Err(NoConnection::TooLong)).map(TokioIo::new)
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connector").field("rules", &self.0.rules).finish_non_exhaustive()
    }
}

/// An open connection.
pub(super) struct Stream {
    io: Box<dyn Io>,
    peer: Peer,
}

/// With TLS or without.
trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.peer)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    use super::*;

    /// Time in which a connection that is not held back arrives.
    const SHORT: Duration = Duration::from_millis(300);

    /// One that may call any port of this machine. It trusts no certificate, and none is sent to it.
    fn connector() -> Connector {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider's own versions")
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let allow = vec!["127.0.0.1/32".parse().expect("a network")];
        let rules = AddressRules { allow, ..AddressRules::default() };
        let (names, opening) = (Err("there are none".to_owned()), Opening::default());
        Connector(Arc::new(Inner {
            names,
            rules,
            tls: Ok(TlsConnector::from(Arc::new(tls))),
            opening,
        }))
    }

    #[tokio::test]
    async fn a_host_that_says_nothing_gets_only_so_many_connections() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let uri: Uri = format!("https://{}/", listener.local_addr().expect("an address"))
            .parse()
            .expect("an address");
        let mut connector = connector();
        let mut calls = JoinSet::new();
        for _ in 0..OPENING_MAX + 8 {
            calls.spawn(connector.call(uri.clone()));
        }
        let mut accepted = Vec::new();
        for _ in 0..OPENING_MAX {
            accepted.push(listener.accept().await.expect("a connection"));
        }
        let more = timeout(SHORT, listener.accept()).await;
        assert!(more.is_err(), "more than {OPENING_MAX} connections");
        // One that has failed leaves its place to the next.
        accepted.pop();
        listener.accept().await.expect("a connection");
        // Another host has places of its own.
        let other = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let uri = format!("https://{}/", other.local_addr().expect("an address"));
        calls.spawn(connector.call(uri.parse().expect("an address")));
        other.accept().await.expect("a connection");
    }

    #[tokio::test]
    async fn a_connection_is_not_waited_for_without_an_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let uri = format!("https://{}/", listener.local_addr().expect("an address"));
        let opened = connector().call(uri.parse().expect("an address")).await;
        assert!(matches!(opened, Err(NoConnection::TooLong)));
    }
}

//! A server behind a proxy that speaks TLS, and its clients over HTTP/1.1 and HTTP/2.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use c2c_proxies::{Backend, HOSTS, Kind, Proxy};
use c2c_server::{Limits, Running, Settings, start};
use clap::Parser as _;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::block_in_place;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::recorder::Relay;
use crate::client::{Connection, PATIENCE, Reply, To, request};

pub(crate) const HTTP_1: &[u8] = b"http/1.1";
pub(crate) const HTTP_2: &[u8] = b"h2";

/// A proxy, and its server if it has one.
pub(crate) struct Deployment {
    pub(crate) proxy: Proxy,
    server: Option<(Running, TempDir)>,
}

impl Deployment {
    /// Starts a server behind a proxy.
    pub(crate) async fn start(kind: Kind) -> Self {
        let backend = Backend::free().expect("free ports");
        Self::with_server(kind, backend, backend).await
    }

    /// The same, with a host for each app.
    pub(crate) async fn with_app_hosts(kind: Kind) -> Self {
        let backend = Backend { has_app_hosts: true, ..dead() };
        Self::with_server(kind, backend, backend).await
    }

    /// Starts a server behind a relay for its pages, and that behind a proxy.
    pub(crate) async fn relayed(kind: Kind) -> (Self, Relay) {
        let backend = Backend::free().expect("free ports");
        let relay = Relay::to(backend.pages).await;
        let relayed = Backend { pages: relay.address(), ..backend };
        (Self::with_server(kind, backend, relayed).await, relay)
    }

    async fn with_server(kind: Kind, backend: Backend, before: Backend) -> Self {
        let data = TempDir::new().expect("a directory");
        let arguments = ["c2c-server", "--data-dir", data.path().to_str().expect("UTF-8")];
        let arguments = arguments.map(str::to_owned).into_iter().chain(backend.arguments());
        let settings = Settings::try_parse_from(arguments).expect("a command line");
        let running = start(&settings, Limits::default()).await.expect("starts");
        Self { server: Some((running, data)), ..Self::before(kind, before) }
    }

    /// Starts a proxy before another server, or before none.
    pub(crate) fn before(kind: Kind, backend: Backend) -> Self {
        let proxy = block_in_place(|| Proxy::start(kind, backend).expect("the proxy starts"));
        Self { proxy, server: None }
    }

    /// The first owner's sign-in link.
    pub(crate) fn first_link(&self) -> Option<String> {
        self.server.as_ref()?.0.first_link().map(str::to_owned)
    }

    /// Stops the server and leaves the proxy.
    pub(crate) async fn stop_server(&mut self) {
        if let Some((running, _data)) = self.server.take() {
            running.stop().await;
        }
    }

    /// A TLS connection for one name, in the given protocol.
    pub(crate) async fn tls(
        &self,
        name: &str,
        protocol: &[u8],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        self.tls_from(Ipv4Addr::LOCALHOST, name, protocol).await
    }

    pub(crate) async fn tls_from(
        &self,
        client: Ipv4Addr,
        name: &str,
        protocol: &[u8],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.proxy.authority())).expect("a certificate");
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let socket = TcpSocket::new_v4()?;
        socket.bind((client, 0).into())?;
        let stream = socket.connect(self.proxy.tls).await?;
        // As browsers do.
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol), "the protocol");
        Ok(stream)
    }

    /// A connection for raw HTTP/1.1 to a host.
    pub(crate) async fn connect(&self, to: To) -> Connection<TlsStream<TcpStream>> {
        let stream = self.tls(host(to), HTTP_1).await.expect("a connection over TLS");
        Connection::over(stream)
    }

    /// A request over HTTP/1.1.
    pub(crate) async fn send(
        &self,
        to: To,
        method: &str,
        target: &str,
        headers: &[&str],
        body: &str,
    ) -> Reply {
        let host = format!("host: {}", host(to));
        let mut connection = self.connect(to).await;
        let headers = [&[host.as_str()], headers].concat();
        // The proxy may answer and close before it has read everything.
        let _ = connection.try_send(request(method, target, &headers, body).as_bytes()).await;
        connection.reply(method).await
    }

    pub(crate) async fn get(&self, to: To, target: &str, headers: &[&str]) -> Reply {
        self.send(to, "GET", target, headers, "").await
    }

    /// A request over HTTP/2, for a host over a connection for another name.
    pub(crate) async fn send_2(
        &self,
        name: &str,
        request: Request<Full<Bytes>>,
    ) -> Result<Reply, hyper::Error> {
        let stream = self.tls(name, HTTP_2).await.expect("a connection over TLS");
        let builder = client::conn::http2::Builder::new(TokioExecutor::new());
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let answer = async {
            let response = sender.send_request(request).await?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await?.to_bytes().to_vec();
            let mut headers = BTreeMap::new();
            for (name, value) in &parts.headers {
                let value = value.to_str().expect("text").to_owned();
                let before = headers.insert(name.to_string(), value);
                assert_eq!(before, None, "{name} twice");
            }
            Ok(Reply { status: parts.status.as_u16(), headers, body })
        };
        let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time");
        connection.abort();
        answer
    }

    /// A GET over HTTP/2.
    pub(crate) async fn get_2(&self, to: To, target: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::get(format!("https://{}{target}", host(to)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::default()).expect("a request");
        self.send_2(host(to), request).await.expect("a response")
    }

    /// A request over HTTP without TLS.
    pub(crate) async fn plain(&self, host: &str, target: &str) -> Reply {
        let stream = TcpStream::connect(self.proxy.plain).await.expect("connects");
        let mut connection = Connection::over(stream);
        connection.send(&request("GET", target, &[&format!("host: {host}")], "")).await;
        connection.reply("GET").await
    }
}

pub(crate) fn host(to: To) -> &'static str {
    HOSTS[to as usize]
}

/// An address that is not the one that the server has: nothing listens there.
pub(crate) fn dead() -> Backend {
    Backend::free().expect("free ports")
}

/// A backend at two addresses.
pub(crate) fn at(address: SocketAddr) -> Backend {
    Backend { console: address, pages: address, has_app_hosts: false }
}

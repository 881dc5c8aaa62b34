//! Requests as a browser sends them, from this machine: to an origin, or to the server behind it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderMap, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use x509_parser::parse_x509_certificate;

use crate::trust::trust;

/// How long each of the steps to an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The head of a response.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

/// A connection that can carry one request.
pub(super) struct Connection {
    sender: http1::SendRequest<Empty<Bytes>>,
    /// The end of the certificate, in seconds since the Unix epoch, with TLS.
    pub(super) certificate_ends: Option<i64>,
}

/// The addresses of a name. Browsers take `localhost` and names below it for this machine without asking.
pub(super) async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    if host == "localhost" || host.ends_with(".localhost") {
        return Ok(vec![(Ipv4Addr::LOCALHOST, port).into()]);
    }
    match timeout(PATIENCE, lookup_host((host, port))).await {
        Ok(Ok(addresses)) => Ok(addresses.collect()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the name server does not answer".to_owned()),
    }
}

/// An address that means this machine, for one that means all addresses of it.
pub(super) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let is_v4 = address.is_ipv4();
        address.set_ip(if is_v4 {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            "::1".parse().unwrap_or(address.ip())
        });
    }
    address
}

/// Connects to an address, with TLS if there is a name for it.
pub(super) async fn connect(
    address: SocketAddr,
    tls_name: Option<&str>,
) -> Result<Connection, String> {
    let connected = timeout(PATIENCE, TcpStream::connect(address)).await;
    let stream = connected
        .map_err(|_| format!("{address} does not answer"))?
        .map_err(|error| format!("{address}: {error}"))?;
    let Some(name) = tls_name else { return begin(stream, None).await };
    let name = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(trust().map_err(|error| error.to_string())?));
    let stream = timeout(PATIENCE, connector.connect(name, stream)).await;
    let stream = stream
        .map_err(|_| format!("{address} does not answer"))?
        .map_err(|error| error.to_string())?;
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let ends = chain.first().and_then(|certificate| {
        let (_, certificate) = parse_x509_certificate(certificate).ok()?;
        Some(certificate.validity().not_after.timestamp())
    });
    begin(stream, ends).await
}

async fn begin<S>(stream: S, certificate_ends: Option<i64>) -> Result<Connection, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let begun = http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = begun.map_err(|error| error.to_string())?;
    // Its errors are those of the request, too.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(Connection { sender, certificate_ends })
}

impl Connection {
    /// Asks for a page as the frame or the window of a browser does.
    pub(super) async fn get(mut self, host: &str, path: &str) -> Result<Answer, String> {
        let request = Request::get(path)
            .header(HOST, host)
            .header(USER_AGENT, concat!("c2c-server-doctor/", env!("CARGO_PKG_VERSION")))
            .header("sec-fetch-dest", if path.starts_with("/s/") { "iframe" } else { "document" })
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let answer = timeout(PATIENCE, self.sender.send_request(request)).await;
        let answer = answer
            .map_err(|_| "there is no answer in time".to_owned())?
            .map_err(|error| format!("there is no answer: {error}"))?;
        let (parts, _) = answer.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers })
    }
}

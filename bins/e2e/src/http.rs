//! One HTTP request outside of any browser: for the API, and for tests of headers.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderMap};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::{Context as _, Error, Result};

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(20);

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// All headers, also repeated ones.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Reply {
    /// The first value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context(format_args!(
            "{}: no JSON: {}",
            self.status,
            self.text()
        ))
    }

    /// The reply, if its status is `status`; otherwise an error that shows the body.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status.as_u16() == status {
            return Ok(self);
        }
        let text = self.text();
        Err(Error::new(format!("status {} instead of {status}: {text}", self.status)))
    }
}

/// Sends one request on a connection of its own, and reads the whole answer.
///
/// As in browsers, `localhost` and every name below it is this machine, whatever the resolver says.
/// A `host` among `headers` replaces the one of the URL. `https` has the certificates that the
/// machine trusts.
pub async fn request(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Reply> {
    let exchange = exchange(method, url, headers, body.into());
    let reply = timeout(REQUEST, exchange).await;
    reply.map_err(Error::from).flatten().context(url)
}

async fn exchange(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Reply> {
    let uri: Uri = url.parse()?;
    let authority = uri.authority().context("the URL has no host")?;
    let host = match uri.host().unwrap_or_default() {
        name if name == "localhost" || name.ends_with(".localhost") => "127.0.0.1",
        name => name.trim_matches(['[', ']']),
    };
    let mut sender = match uri.scheme_str() {
        Some("http") => {
            let port = uri.port_u16().unwrap_or(80);
            connect(TcpStream::connect((host, port)).await?).await?
        }
        Some("https") => {
            let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(443))).await?;
            let name = ServerName::try_from(host.to_owned())?;
            connect(tls()?.connect(name, stream).await?).await?
        }
        _ => return Err(Error::new("neither http nor https")),
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(HOST.as_str())) {
        request = request.header(HOST, authority.as_str());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, body) = sender.send_request(request.body(Full::new(body))?).await?.into_parts();
    Ok(Reply { status: head.status, headers: head.headers, body: body.collect().await?.to_bytes() })
}

async fn connect(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Full<Bytes>>> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the sender. What goes wrong with it is also an error of the request.
    tokio::spawn(connection);
    Ok(sender)
}

fn tls() -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        return Err(Error::new(format!("this machine trusts no certificates{why}")));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

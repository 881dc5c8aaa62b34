//! One HTTP request outside any browser: for the API, and for tests of headers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::HeaderMap;
use hyper::{Method, StatusCode};
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::net::lookup_host;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::{Context as _, Error, Result};
use crate::way::Way;

/// Deadline of one request.
const REQUEST: Duration = Duration::from_secs(20);

/// A server's answer.
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

    /// The body as text, with invalid UTF-8 replaced.
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

    /// Returns the reply if its status is `status`, otherwise an error that shows the body.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status.as_u16() == status {
            return Ok(self);
        }
        let text = self.text();
        Err(Error::new(format!("status {} instead of {status}: {text}", self.status)))
    }
}

/// Sends one request on its own connection, and reads the whole answer. Redirections are not
/// followed, and the environment's proxies are not used.
///
/// As in browsers, `localhost` and every name below it is this machine, whatever the resolver says.
/// A `host` among `headers` replaces the one of the URL. `https` trusts the same certificates as
/// the machine.
pub async fn request(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Reply> {
    request_by(None, method, url, headers, body).await
}

/// The same, by a way to a deployment that is not where its names lead.
pub async fn request_by(
    way: Option<&Way>,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Reply> {
    let roots = match way.and_then(|way| way.roots.clone()) {
        Some(roots) => roots,
        // Only `https` needs the certificates, and a machine without any can still use `http`.
        None if url.starts_with("https:") => trusted()?,
        None => RootCertStore::empty(),
    };
    let client = client(roots, AsInBrowsers(way.map(|way| way.address)))?;
    exchange(&client, method, url, headers, body.into()).await.context(url)
}

async fn exchange(
    client: &Client,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Reply> {
    let mut request = client.request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut reply = request.body(body).send().await.map_err(|error| with_cause(&error))?;
    let (status, headers) = (reply.status(), std::mem::take(reply.headers_mut()));
    Ok(Reply { status, headers, body: reply.bytes().await.map_err(|error| with_cause(&error))? })
}

fn client(roots: RootCertStore, resolver: AsInBrowsers) -> Result<Client> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(resolver)
        .redirect(Policy::none())
        .no_proxy()
        .http1_only()
        .timeout(REQUEST);
    Ok(client.build()?)
}

/// Resolves all names to an address if there is one. Otherwise names below `localhost` lead to this
/// machine, and others are left to the system.
struct AsInBrowsers(Option<SocketAddr>);

impl Resolve for AsInBrowsers {
    fn resolve(&self, name: Name) -> Resolving {
        let address = self.0;
        Box::pin(async move {
            if let Some(address) = address {
                return Ok(Box::new([address].into_iter()) as Addrs);
            }
            let name = name.as_str();
            let local = name == "localhost" || name.ends_with(".localhost");
            // The client replaces port 0 by the URL's.
            let found = lookup_host((if local { "127.0.0.1" } else { name }, 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// The client's own words say which step failed, and its innermost cause says why.
fn with_cause(error: &reqwest::Error) -> Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Error::new(format!("{error}: {cause}"))
}

/// The certificates that the machine trusts.
fn trusted() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        return Err(Error::new(format!("this machine trusts no certificates{why}")));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::OnceLock;

    use hyper::service::service_fn;
    use hyper::{Response, server};
    use tokio::net::TcpListener;

    use http_body_util::Full;
    use hyper_util::rt::TokioIo;

    use super::{
        AsInBrowsers, Bytes, Method, Reply, Result, RootCertStore, client, exchange, request,
    };
    use crate::tls::Tls;

    /// Trusts only the certificate of the server below.
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();

    /// Starts an `https` server for one name, and returns its port.
    async fn serve(name: &str) -> Result<u16> {
        let tls = Tls::throw_away(name)?;
        let mut roots = RootCertStore::empty();
        roots.add(tls.certificate.clone())?;
        ROOTS.set(roots).expect("one test");
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not trust the certificate says so and disconnects.
                let Ok(stream) = tls.acceptor.accept(stream).await else { continue };
                let service = service_fn(async |_| {
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("ok")))
                });
                let server = server::conn::http1::Builder::new();
                let _ended = server.serve_connection(TokioIo::new(stream), service).await;
            }
        });
        Ok(port)
    }

    #[tokio::test]
    async fn https_is_for_the_name_and_from_whom_the_machine_trusts() -> Result<()> {
        let port = serve("a.localhost").await?;
        let roots = || ROOTS.get().expect("the server runs").clone();
        let get = async |host: &str| -> Result<Reply> {
            let url = format!("https://{host}:{port}/");
            let client = client(roots(), AsInBrowsers(None))?;
            exchange(&client, Method::GET, &url, &[], Bytes::new()).await
        };
        assert_eq!(get("a.localhost").await?.expect(200)?.text(), "ok");
        let another = get("b.localhost").await.expect_err("another name").to_string();
        assert!(another.contains("not valid for name"), "{another}");
        let url = format!("https://a.localhost:{port}/");
        let unknown =
            request(Method::GET, &url, &[], "").await.expect_err("no authority vouches for it");
        assert!(unknown.to_string().contains("UnknownIssuer"), "{unknown}");
        Ok(())
    }
}

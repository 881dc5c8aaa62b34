//! The loop: it posts prepared bodies, with the product's client and its settings, and as many at once as one endpoint of
//! the product.
//!
//! It reads no database and writes none: the bodies and their signatures are made before it begins, and it forgets the
//! answers. It has no time limits, and judges no address.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use c2c_delivery::{Event, Format, MessageId, Signer, Signers, Timestamp, WebhookSecret};
use c2c_names::Origin;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tower::Service;

use crate::batches::{NAME, envelope, id};
use crate::seed::{IN_FLIGHT, SECRET, app};

/// Different bodies, which it posts in turn.
const BODIES: u64 = 1000;

/// Posts until it is killed.
pub(crate) fn post(url: &str) {
    let url: Uri = url.parse().expect("an address");
    Runtime::new().expect("a runtime").block_on(async {
        let requests: Arc<Vec<_>> = Arc::new((0..BODIES).map(|n| prepared(&url, n)).collect());
        // As in the product (`delivery/client.rs`).
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(std::time::Duration::from_secs(30))
            .pool_max_idle_per_host(32)
            .retry_canceled_requests(false)
            .http1_max_headers(64)
            .http1_max_buf_size(16 * 1024)
            .build(Connector::new());
        println!("ready");
        let mut tasks = JoinSet::new();
        for n in 0..usize::try_from(IN_FLIGHT).expect("small") {
            let (client, requests) = (client.clone(), Arc::clone(&requests));
            tasks.spawn(async move {
                for request in requests.iter().cycle().skip(n * 100) {
                    let response = client.request(request.clone().map(Full::new)).await;
                    response.expect("an answer").collect().await.expect("its end");
                }
            });
        }
        tasks.join_all().await;
    });
}

/// A request as the product sends it.
fn prepared(url: &Uri, number: u64) -> Request<Bytes> {
    #[derive(Deserialize)]
    struct Envelope {
        data: Map<String, Value>,
    }
    let now = Timestamp::from_millis(c2c_store::Timestamp::now().as_millis());
    let envelope: Envelope = serde_json::from_value(envelope(number)).expect("an envelope");
    let event = Event {
        app: &app(0),
        id: id(number).parse().expect("an id"),
        verified: false,
        name: NAME,
        happened_at: now,
        received_at: now,
        seq: number,
        data: &envelope.data,
    };
    let widget: Origin = "http://widget.localhost:8080".parse().expect("an origin");
    let body = event.body(Format::Standard, &widget);
    let signers = Signers::new(vec![Signer::V1(WebhookSecret::new(SECRET))]).expect("one key");
    let id = MessageId::of(event.id, false);
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.clone();
    let headers = request.headers_mut();
    headers.extend(signers.headers(&id, now.as_millis() / 1000, &body.bytes));
    for (name, value) in [
        ("content-type", body.content_type),
        ("user-agent", "c2c/0.1.0"),
        ("accept-encoding", "identity"),
    ] {
        headers.insert(name, value.parse().expect("a value"));
    }
    *request.body_mut() = body.bytes.into();
    request
}

/// Connects by TLS to an address.
#[derive(Clone)]
struct Connector(TlsConnector);

impl Connector {
    fn new() -> Self {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions");
        let builder = builder.with_platform_verifier().expect("authorities");
        let mut tls = builder.with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self(TlsConnector::from(Arc::new(tls)))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Stream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let tls = self.0.clone();
        Box::pin(async move {
            let address: SocketAddr =
                uri.authority().expect("an authority").as_str().parse().expect("an address");
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let stream = tls.connect(ServerName::from(address.ip()), stream).await?;
            Ok(TokioIo::new(Stream(stream)))
        })
    }
}

/// A connection.
struct Stream(TlsStream<TcpStream>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

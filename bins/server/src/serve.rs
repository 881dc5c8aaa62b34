//! Connections: how long each may take, and how they end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use crate::apps::Apps;
use crate::console::Console;
use crate::response::{Body, closing, message};
use crate::scripts::Files;
use crate::settings::Limits;
use crate::sites::Sites;
use crate::{api, parent, sandbox, widget};

/// Everything that a request can ask for.
#[derive(Debug)]
pub(crate) struct Server {
    /// The four origins.
    pub(crate) sites: Sites,
    /// Bounds on each client.
    pub(crate) limits: Limits,
    /// The apps and what is published of them.
    pub(crate) apps: Apps,
    /// The console.
    pub(crate) console: Console,
    /// The parent page's files.
    pub(crate) parent_files: Files,
    /// The widget's files.
    pub(crate) widget_files: Files,
}

/// Which of the two listeners a connection came in by. A site answers behind its own only: the
/// console is never reached through an address that is open to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Console and API.
    Console,
    /// Parent page, widget and sandbox.
    Pages,
}

impl Server {
    /// Answers one request.
    pub(crate) async fn respond<B>(&self, door: Door, request: Request<B>) -> Response<Body>
    where
        B: hyper::body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let Sites { console, parent, widget, sandbox } = &self.sites;
        let target_length =
            request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        if target_length > self.limits.target_bytes_max {
            let text = format!("The address has more than {} bytes.", self.limits.target_bytes_max);
            return closing(message(StatusCode::URI_TOO_LONG, &text));
        }
        // hyper's buffer ends a head somewhere beyond the limit; this is the limit.
        let fields = request.headers().iter();
        let head_length: usize =
            fields.map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if head_length > self.limits.head_bytes_max {
            let text = format!("The headers have more than {} bytes.", self.limits.head_bytes_max);
            return closing(message(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, &text));
        }
        match door {
            Door::Pages if sandbox.is_addressed_by(&request) => {
                sandbox::respond(&self.apps, &request)
            }
            Door::Pages if widget.is_addressed_by(&request) => {
                widget::respond(&self.apps, &self.widget_files, &request)
            }
            Door::Pages if parent.is_addressed_by(&request) => {
                parent::respond(&self.apps, &self.parent_files, &request)
            }
            Door::Console if console.is_addressed_by(&request) => {
                if request.uri().path().starts_with("/api/") {
                    return api::respond(&self.apps, &self.sites, &self.limits, request).await;
                }
                self.console.respond(&request)
            }
            _ => closing(message(
                StatusCode::MISDIRECTED_REQUEST,
                "This server does not speak for the host in the request.",
            )),
        }
    }
}

/// Accepts connections until `stop` says so, then lets the responses in flight finish.
pub(crate) async fn serve(
    server: Arc<Server>,
    door: Door,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) {
    let limits = server.limits;
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            // An error means that whoever could say stop is gone.
            _ = stop.wait_for(|&stop| stop) => break,
            stream = accept(&listener, &places) => stream,
        };
        let (stream, place) = stream;
        let server = Arc::clone(&server);
        let service = service_fn(move |request: Request<Incoming>| {
            let server = Arc::clone(&server);
            async move { Ok::<_, Infallible>(server.respond(door, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_headers(limits.header_fields_max)
            .max_buf_size(limits.head_bytes_max)
            .serve_connection(TokioIo::new(Box::pin(with_write_timeout(stream, &limits))), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Slow, broken and departed clients: nothing to do, nothing to keep.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.drain_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("some responses did not finish in time");
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, tokio::sync::OwnedSemaphorePermit) {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => {
                // Out of file descriptors, say. Trying at once would only burn the processor.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// A client that does not read its response loses the connection.
fn with_write_timeout(stream: TcpStream, limits: &Limits) -> TimeoutStream<TcpStream> {
    // Responses are written whole; waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    stream
}

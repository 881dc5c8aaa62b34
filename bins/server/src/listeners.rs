//! Listeners: the three doors, and the connections that come in through them, with their time limits.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::activity::Traced;
use crate::places::{Place, Places};
use crate::response::Answer;
use crate::server::{Server, failed};
use crate::settings::Limits;

/// The listener through which a connection came in. A site answers behind its own door only, so the
/// console is never reachable through a public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Console and API.
    Console,
    /// Parent page, widget and sandbox.
    Pages,
    /// Health and metrics.
    Admin,
}

impl Door {
    /// The name in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Pages => "pages",
            Self::Admin => "admin",
        }
    }
}

/// The server cannot listen on an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source} ({setting} sets another)")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// The system's error.
    pub source: io::Error,
    /// The setting that names the address.
    pub setting: &'static str,
}

/// How many connections may wait to be accepted. The system drops the others, and a client retries
/// only after a second, so a burst ahead of a visitor must not fill the queue.
const QUEUE: u32 = 1024;

/// The listeners of one door.
pub(crate) struct Bound {
    /// The port of the first.
    pub(crate) port: u16,
    pub(crate) listeners: Vec<TcpListener>,
}

/// Listens on all addresses. Those with port 0 share one free port, since all of them have one origin.
pub(crate) fn bind(addresses: &[SocketAddr], setting: &'static str) -> Result<Bound, ListenError> {
    let mut bound = Bound { port: 0, listeners: Vec::new() };
    for &address in addresses {
        let mut wanted = address;
        if wanted.port() == 0 {
            wanted.set_port(bound.port);
        }
        match listen(wanted) {
            Ok(listener) => {
                if bound.port == 0 {
                    bound.port = listener.local_addr().map_or(wanted.port(), |addr| addr.port());
                }
                bound.listeners.push(listener);
            }
            // A machine without IPv6 can do without the second default address.
            Err(source)
                if source.kind() == io::ErrorKind::AddrNotAvailable
                    && address.is_ipv6()
                    && !bound.listeners.is_empty() =>
            {
                tracing::warn!(%address, "this machine has no such address; going on without it");
            }
            Err(source) => return Err(ListenError { address: wanted, source, setting }),
        }
    }
    Ok(bound)
}

/// Listens as [`TcpListener::bind`] does, with a longer queue.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted server can take its predecessor's address.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Accepts connections until `stop` is true, then lets the responses in flight finish.
pub(crate) async fn serve(
    server: Arc<Server>,
    door: Door,
    listener: TcpListener,
    places: Arc<Places>,
    mut stop: watch::Receiver<bool>,
) {
    let limits = server.limits;
    let connections =
        Connections { graceful: GracefulShutdown::new(), server: Arc::clone(&server) };
    loop {
        let accepted = tokio::select! {
            // An error means that the sender is gone.
            _ = stop.wait_for(|&stop| stop) => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let server = Arc::clone(&server);
        match door {
            Door::Pages => {
                connections.spawn(accepted, move |request| server.respond_to_visitor(request));
            }
            Door::Admin => connections.spawn(accepted, move |request| {
                let server = Arc::clone(&server);
                Answer::later(async move { server.admin.respond(&request).await })
            }),
            Door::Console => connections.spawn(accepted, move |request| {
                let server = Arc::clone(&server);
                // A separate task, so that a departing client cannot end a save between the
                // database and publication.
                let answer = tokio::spawn(async move { server.respond_to_editor(request).await });
                Answer::later(async move { answer.await.unwrap_or_else(|_| failed()) })
            }),
        }
    }
    drop(listener);
    let drained = connections.graceful.shutdown();
    if tokio::time::timeout(limits.drain_timeout, drained).await.is_err() {
        tracing::warn!("some responses did not finish in time");
    }
}

/// The connections of one listener. They take the door's places.
struct Connections {
    graceful: GracefulShutdown,
    server: Arc<Server>,
}

/// A connection that has a place.
struct Accepted {
    stream: TcpStream,
    peer: IpAddr,
    place: Place,
}

impl Connections {
    /// Serves one connection until it ends, then frees its place.
    fn spawn<F>(&self, accepted: Accepted, respond: F)
    where
        F: Fn(Request<Incoming>) -> Answer + Send + 'static,
    {
        let Accepted { stream, peer, place } = accepted;
        let limits = &self.server.limits;
        if let Err(error) = prepare(&stream, limits) {
            tracing::debug!(%error, "a connection ended before it began");
            return;
        }
        let activity = Arc::clone(&place.activity);
        let traces = Arc::clone(&activity);
        let server = Arc::clone(&self.server);
        let service = service_fn(move |mut request: Request<Incoming>| {
            server.identify(peer, &mut request);
            let has_body = !request.body().is_end_stream();
            let (traces, answer) = (Arc::clone(&traces), respond(request));
            async move {
                let _answering = traces.answering(has_body);
                Ok::<_, Infallible>(answer.await)
            }
        });
        let stream = Traced::new(stream, Arc::clone(&activity));
        let connection = http1::Builder::new()
            // `Activity` replaces it.
            .header_read_timeout(None)
            .max_headers(limits.header_fields_max)
            .max_buf_size(limits.head_bytes_max)
            .serve_connection(TokioIo::new(stream), service);
        // A separate task, so that a request does not also poll the wait for the timeout.
        let mut connection = tokio::spawn(self.graceful.watch(connection));
        let head_timeout = limits.head_timeout;
        tokio::spawn(async move {
            let reason = tokio::select! {
                ended = &mut connection => {
                    if let Ok(Err(error)) = ended {
                        // Slow, broken and departed clients: nothing to clean up.
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                () = activity.ceased(head_timeout) => "it brought no request in time",
                () = place.is_needed() => "it waited longest, and another needs its place",
            };
            tracing::debug!(reason, "a connection is closed");
            connection.abort();
            // The place becomes free after the descriptor.
            let _ = connection.await;
        });
    }
}

/// Returns the next connection that gets a place.
async fn accept(listener: &TcpListener, places: &Arc<Places>) -> Accepted {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                if let Some(place) = places.take(client.ip()).await {
                    return Accepted { stream, peer: client.ip(), place };
                }
                // The connection is closed without an answer: an answer written before the request
                // is read is often lost, and reading the request needs a place.
                tracing::debug!(%client, "a client has too many connections");
            }
            Err(error) => {
                // For example because no descriptors are left. An immediate retry would only waste
                // CPU time.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Sets the socket options that hyper does not.
fn prepare(stream: &TcpStream, limits: &Limits) -> io::Result<()> {
    // Responses are written whole; Nagle's algorithm would only delay them.
    stream.set_nodelay(true)?;
    // A client that does not read its response loses the connection. The system enforces this
    // without a timer of ours (RFC 5482; on Linux also while the window stays closed).
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(limits.write_timeout))?;
    Ok(())
}

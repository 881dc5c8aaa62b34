//! Connections: how long each may take, and how they end.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::activity::Traced;
use crate::apps::Apps;
use crate::console::Console;
use crate::places::{Place, Places};
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
    /// Answers a request to one of the three pages' hosts. Everything is in memory: nothing waits.
    fn respond_to_visitor<B>(&self, request: &Request<B>) -> Response<Body> {
        if let Some(refusal) = self.refuse_target(request) {
            return refusal;
        }
        if self.sites.sandbox.is_addressed_by(request) {
            sandbox::respond(&self.apps, request)
        } else if self.sites.widget.is_addressed_by(request) {
            widget::respond(&self.apps, &self.widget_files, request)
        } else if self.sites.parent.is_addressed_by(request) {
            parent::respond(&self.apps, &self.parent_files, request)
        } else {
            misdirected()
        }
    }

    /// Answers a request to the console's host.
    async fn respond_to_editor(&self, request: Request<Incoming>) -> Response<Body> {
        if let Some(refusal) = self.refuse_target(&request) {
            return refusal;
        }
        if !self.sites.console.is_addressed_by(&request) {
            return misdirected();
        }
        if request.uri().path().starts_with("/api/") {
            return api::respond(&self.apps, &self.sites, &self.limits, request).await;
        }
        self.console.respond(&request)
    }

    fn refuse_target<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let target_bytes_max = self.limits.target_bytes_max;
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        if target > target_bytes_max {
            let text = format!("The address has more than {target_bytes_max} bytes.");
            return Some(closing(message(StatusCode::URI_TOO_LONG, &text)));
        }
        None
    }
}

fn failed() -> Response<Body> {
    message(StatusCode::INTERNAL_SERVER_ERROR, "The server failed. Its log has the details.")
}

fn misdirected() -> Response<Body> {
    let text = "This server does not speak for the host in the request.";
    closing(message(StatusCode::MISDIRECTED_REQUEST, text))
}

/// Accepts connections until `stop` says so, then lets the responses in flight finish.
pub(crate) async fn serve(
    server: Arc<Server>,
    door: Door,
    listener: TcpListener,
    places: Arc<Places>,
    mut stop: watch::Receiver<bool>,
) {
    let limits = server.limits;
    let connections = Connections { graceful: GracefulShutdown::new(), limits };
    loop {
        let (stream, place) = tokio::select! {
            // An error means that whoever could say stop is gone.
            _ = stop.wait_for(|&stop| stop) => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let server = Arc::clone(&server);
        match door {
            Door::Pages => connections
                .spawn(stream, place, move |request| ready(server.respond_to_visitor(&request))),
            Door::Console => connections.spawn(stream, place, move |request| {
                let server = Arc::clone(&server);
                // A task of its own: a client that leaves must not end a save between the database
                // and its publication.
                let answer = tokio::spawn(async move { server.respond_to_editor(request).await });
                async move { answer.await.unwrap_or_else(|_| failed()) }
            }),
        }
    }
    drop(listener);
    let drained = connections.graceful.shutdown();
    if tokio::time::timeout(limits.drain_timeout, drained).await.is_err() {
        tracing::warn!("some responses did not finish in time");
    }
}

/// The connections of one listener. Their places are the door's.
struct Connections {
    graceful: GracefulShutdown,
    limits: Limits,
}

impl Connections {
    /// Serves one connection until it ends, and gives its place back then.
    fn spawn<F, A>(&self, stream: TcpStream, place: Place, respond: F)
    where
        F: Fn(Request<Incoming>) -> A + Send + 'static,
        A: Future<Output = Response<Body>> + Send + 'static,
    {
        let limits = &self.limits;
        if let Err(error) = prepare(&stream, limits) {
            tracing::debug!(%error, "a connection ended before it began");
            return;
        }
        let activity = Arc::clone(&place.activity);
        let traces = Arc::clone(&activity);
        let service = service_fn(move |request| {
            let (traces, answer) = (Arc::clone(&traces), respond(request));
            async move {
                let _answering = traces.answering();
                Ok::<_, Infallible>(answer.await)
            }
        });
        let stream = Traced { stream, activity: Arc::clone(&activity) };
        let connection = http1::Builder::new()
            // `Activity` stands in for it.
            .header_read_timeout(None)
            .max_headers(limits.header_fields_max)
            .max_buf_size(limits.head_bytes_max)
            .serve_connection(TokioIo::new(stream), service);
        // In a task of its own: what waits for the timeout is not polled for every request.
        let mut connection = tokio::spawn(self.graceful.watch(connection));
        let head_timeout = limits.head_timeout;
        tokio::spawn(async move {
            let reason = tokio::select! {
                ended = &mut connection => {
                    if let Ok(Err(error)) = ended {
                        // Slow, broken and departed clients: nothing to do, nothing to keep.
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                () = activity.ceased(head_timeout) => "it brought no request in time",
                () = place.is_needed() => "it waited longest, and another needs its place",
            };
            tracing::debug!(reason, "a connection is closed");
            connection.abort();
            // The place is free once the descriptor is.
            let _ = connection.await;
        });
    }
}

/// The next connection that has a place.
async fn accept(listener: &TcpListener, places: &Arc<Places>) -> (TcpStream, Place) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                if let Some(place) = places.take(client.ip()).await {
                    return (stream, place);
                }
                // The connection is closed without an answer: one that is written before the request
                // is read is often lost, and to read it takes a place.
                tracing::debug!(%client, "a client has too many connections");
            }
            Err(error) => {
                // The system has no descriptors left, say. Trying at once would only burn the
                // processor.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Options of the socket that hyper does not know of.
fn prepare(stream: &TcpStream, limits: &Limits) -> std::io::Result<()> {
    // Responses are written whole; waiting to fill a packet only delays them.
    stream.set_nodelay(true)?;
    // A client that does not read its response loses the connection: the system does this without
    // a timer of ours (RFC 5482; on Linux also for a window that stays closed).
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(limits.write_timeout))?;
    Ok(())
}

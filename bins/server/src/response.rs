//! Responses: their body, and the conversion of a policy to a header map.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use c2c_policy::{AncestorSource, PagePolicy};
use http_body_util::Full;
use hyper::header::{ALLOW, CONNECTION, HeaderValue};
use hyper::{Request, Response, StatusCode};

use crate::forwarded::ClientAddress;

/// A body of bytes in memory, sent without copying or waiting.
pub(crate) type Body = Full<Bytes>;

/// A response, now or later. Hyper moves it several times, so what is not there yet is in a box.
pub(crate) enum Answer {
    Now(Option<Response<Body>>),
    Later(Pin<Box<dyn Future<Output = Response<Body>> + Send>>),
}

impl Answer {
    pub(crate) fn now(response: Response<Body>) -> Self {
        Self::Now(Some(response))
    }

    pub(crate) fn later(response: impl Future<Output = Response<Body>> + Send + 'static) -> Self {
        Self::Later(Box::pin(response))
    }
}

impl Future for Answer {
    type Output = Response<Body>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response<Body>> {
        match self.get_mut() {
            Self::Now(response) => Poll::Ready(response.take().expect("it is polled once")),
            Self::Later(response) => response.as_mut().poll(context),
        }
    }
}

/// A short explanation as plain, inert text.
pub(crate) fn message(status: StatusCode, text: &str) -> Response<Body> {
    framed_message(status, text, &[])
}

/// The same, for these pages to show in a frame.
pub(crate) fn framed_message(
    status: StatusCode,
    text: &str,
    ancestors: &[AncestorSource],
) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(format!("{text}\n"))));
    *response.status_mut() = status;
    *response.headers_mut() = PagePolicy::message(ancestors).headers().clone();
    response
}

/// 405, with the resource's methods in `Allow`.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response =
        message(StatusCode::METHOD_NOT_ALLOWED, &format!("This address takes {allowed} only."));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// 404.
pub(crate) fn not_found() -> Response<Body> {
    message(StatusCode::NOT_FOUND, "There is nothing at this address.")
}

/// 421: the request is for a host that does not have what it asks for.
pub(crate) fn misdirected<B>(request: &Request<B>) -> Response<Body> {
    if let Some(ClientAddress(client)) = request.extensions().get() {
        tracing::debug!(%client, "a request names a host that is not served here");
    }
    let text = "This server does not speak for the host in the request.";
    closing(message(StatusCode::MISDIRECTED_REQUEST, text))
}

/// Closes the connection after this response, since reading the rest of the request is not worth it.
pub(crate) fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

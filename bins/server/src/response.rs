//! Responses: their body, and how a policy becomes a header map.

use std::borrow::Cow;

use bytes::Bytes;
use c2c_policy::{Ancestor, Header, PagePolicy};
use http_body_util::Full;
use hyper::header::{ALLOW, CONNECTION, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

/// A body of bytes that are there already: nothing is copied, nothing waits.
pub(crate) type Body = Full<Bytes>;

/// A policy's headers as hyper takes them.
pub(crate) fn header_map(headers: &[Header]) -> HeaderMap {
    headers
        .iter()
        .map(|header| {
            let value = match header.value {
                // A copy of it costs nothing, and each response has one.
                Cow::Borrowed(text) => Ok(HeaderValue::from_static(text)),
                Cow::Owned(ref text) => HeaderValue::from_str(text),
            };
            (HeaderName::from_static(header.name), value.expect("policies print visible ASCII"))
        })
        .collect()
}

/// A short explanation in plain words, as inert text.
pub(crate) fn message(status: StatusCode, text: &str) -> Response<Body> {
    framed_message(status, text, &[])
}

/// The same, which these pages may show in a frame.
pub(crate) fn framed_message(
    status: StatusCode,
    text: &str,
    ancestors: &[Ancestor],
) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(format!("{text}\n"))));
    *response.status_mut() = status;
    *response.headers_mut() = header_map(PagePolicy::message(ancestors).headers());
    response
}

/// 405, with the methods that the resource has.
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

/// Ends the connection after this response: the rest of the request is not worth reading.
pub(crate) fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

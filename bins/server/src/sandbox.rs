//! The sandbox's site: `GET /s/{app}` and `GET /preview/{id}`, and nothing else.

use c2c_policy::DocumentPolicy;
use hyper::header::{HeaderName, HeaderValue, VARY};
use hyper::{Request, Response, StatusCode};

use crate::apps::Apps;
use crate::response::{Body, message};

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Answers a request to the sandbox's host.
pub(crate) fn respond<B>(apps: &Apps, request: &Request<B>) -> Response<Body> {
    let destination = request.headers().get(SEC_FETCH_DEST).map(HeaderValue::as_bytes);
    if !DocumentPolicy::accepts_destination(destination) {
        let mut response = message(
            StatusCode::FORBIDDEN,
            "This is the sandbox of a widget. It opens inside the widget only.",
        );
        response.headers_mut().insert(VARY, HeaderValue::from_static("sec-fetch-dest"));
        return response;
    }
    apps.respond(request, "/s/", |pages| &pages.document)
}

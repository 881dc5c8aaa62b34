//! Requests of scripts of the widget's origin: JSON to that origin. And answers other than the wished one.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use c2c_names::Origin;
use c2c_policy::PagePolicy;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::header::{
    CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, ORIGIN, RETRY_AFTER,
};
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::response::{Body, closing};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks that a request is JSON of a page of this origin, as far as browsers are concerned.
///
/// Any web page can send requests here. A browser says where a request comes from, and lets a page send
/// JSON elsewhere only if the other side agrees, which this server never does.
pub(crate) fn check(headers: &HeaderMap, ours: &Origin) -> Result<(), Refusal> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let is_ours =
        origins.next().is_some_and(|origin| origin.as_bytes() == ours.as_str().as_bytes());
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    if !is_ours || origins.next().is_some() || !sites.all(|site| site == "same-origin") {
        let detail = "only pages of this origin may ask";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not-from-the-page", detail));
    }
    let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if media_type != Some(b"application/json") {
        let detail = "the header Content-Type: application/json is needed";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", detail));
    }
    Ok(())
}

/// Reads a body of at most `bytes_max` bytes, which arrives in time.
pub(crate) async fn read<B>(
    request: Request<B>,
    bytes_max: usize,
    patience: Duration,
) -> Result<Bytes, Refusal>
where
    B: hyper::body::Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let too_large = || {
        let detail = format!("the body has more than {bytes_max} bytes");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail).closing()
    };
    // A body that is announced as too large is rejected before a byte of it is read.
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|value| value.parse::<u64>().ok());
    if announced.unwrap_or(request.body().size_hint().lower()) > bytes_max as u64 {
        return Err(too_large());
    }
    let body = Limited::new(request.into_body(), bytes_max).collect();
    let body = timeout(patience, body).await.map_err(|_| {
        let detail = "the body took too long to arrive";
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail).closing()
    })?;
    let body = body.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large();
        }
        Refusal::new(StatusCode::BAD_REQUEST, "body-incomplete", "the body is incomplete").closing()
    })?;
    Ok(body.to_bytes())
}

/// An answer other than the wished one, with a sentence.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    /// When to try again.
    pub(crate) retry_after: Option<Duration>,
    /// The rest of the request was not read.
    pub(crate) closes: bool,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), retry_after: None, closes: false }
    }

    pub(crate) fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    /// Says when to try again.
    pub(crate) fn again_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// A problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), as the console's API has them.
    pub(crate) fn respond(self) -> Response<Body> {
        let Self { status, code, detail, retry_after, closes } = self;
        let title = status.canonical_reason().unwrap_or_default();
        let body =
            json!({"status": status.as_u16(), "code": code, "title": title, "detail": detail});
        let mut response = json_body(status, &body);
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        if let Some(wait) = retry_after {
            // In whole seconds, so rounded up.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if closes { closing(response) } else { response }
    }
}

/// An answer of JSON.
pub(crate) fn json_body(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    *response.headers_mut() = PagePolicy::api().headers().clone();
    response
}

//! The check of every write: it comes from the console, or shows a token. Every request passes here.

use axum::body::Body;
use axum::extract::State as Extracted;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use c2c_names::Origin;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use hyper::{Request, Response, StatusCode};

use super::State;
use super::caller::shows_token;
use super::failure::Failure;
use crate::traces::Route;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Rejects writes that neither come from the console nor show a token, before anything of them is read.
pub(super) async fn check(
    Extracted(state): Extracted<State>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    Route::note(&request);
    // By a safe method (RFC 9110 §9.2.1) nothing can be written; most of them get 405.
    if !request.method().is_safe() {
        // No browser adds a token by itself, and no other page may add one.
        let ours = if shows_token(request.headers()) {
            Ok(())
        } else {
            is_from(request.headers(), &state.sites.console.origin)
        };
        if let Err(failure) = ours.and_then(|()| is_json(request.headers())) {
            return failure.into_response();
        }
    }
    next.run(request).await
}

/// Any web page can send requests to a loopback port. A browser says where a request comes from, and lets
/// a page send JSON elsewhere only if the other side agrees, which this server never does.
fn is_from(headers: &HeaderMap, console: &Origin) -> Result<(), Failure> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let ours =
        origins.next().is_some_and(|origin| origin.as_bytes() == console.as_str().as_bytes());
    if !ours || origins.next().is_some() {
        let error = format!("a write needs the header Origin: {console}");
        return Err(Failure::new(StatusCode::FORBIDDEN, "not-from-the-console", error));
    }
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin") {
        let detail = "only the console may write";
        return Err(Failure::new(StatusCode::FORBIDDEN, "not-from-the-console", detail));
    }
    Ok(())
}

fn is_json(headers: &HeaderMap) -> Result<(), Failure> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        let error = "a write needs the header Content-Type: application/json";
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", error));
    }
    Ok(())
}

//! The parts of a request that handlers take: an app's id, and a body of JSON within the limits.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path};
use c2c_names::AppId;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;
use hyper::header::CONTENT_LENGTH;
use hyper::http::request::Parts;
use hyper::{Request, StatusCode};
use serde::de::DeserializeOwned;

use super::State;
use super::failure::Failure;
use crate::settings::Limits;

/// The `{app}` of an address.
pub(super) struct Id(pub(super) AppId);

impl FromRequestParts<State> for Id {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Failure::not_found(&error))?;
        Ok(Self(id.parse().map_err(|error: c2c_names::AppIdError| Failure::not_found(&error))?))
    }
}

/// A body of JSON: one object, within the limits.
pub(super) struct Input<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<State> for Input<T> {
    type Rejection = Failure;

    async fn from_request(request: Request<Body>, state: &State) -> Result<Self, Failure> {
        let body = read(request, &state.limits).await?;
        // serde would also read the fields from an array, in order: two spellings for one request.
        if body.trim_ascii_start().first().is_some_and(|&first| first != b'{') {
            return Err(bad(&"invalid type: expected an object at line 1 column 1"));
        }
        serde_json::from_slice(&body).map(Self).map_err(|error| bad(&error))
    }
}

fn bad(error: &dyn ToString) -> Failure {
    Failure::bad_request(format!("the body: {}", error.to_string()))
}

async fn read(request: Request<Body>, limits: &Limits) -> Result<bytes::Bytes, Failure> {
    let bytes_max = limits.body_bytes_max;
    let too_large = || {
        let error = format!("the body has more than {bytes_max} bytes");
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, error).closing()
    };
    // A body that is announced as too large is rejected before a byte of it is read.
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|value| value.parse::<u64>().ok());
    if announced.unwrap_or(request.body().size_hint().lower()) > bytes_max as u64 {
        return Err(too_large());
    }
    let body = Limited::new(request.into_body(), bytes_max).collect();
    let body = within(limits.body_timeout, body).await?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large();
        }
        Failure::bad_request("the body is incomplete").closing()
    })?;
    Ok(body.to_bytes())
}

async fn within<F: Future>(timeout: Duration, future: F) -> Result<F::Output, Failure> {
    tokio::time::timeout(timeout, future).await.map_err(|_| {
        Failure::new(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive").closing()
    })
}

//! The parts of a request that handlers take: an app's id, and a body of JSON within the limits.

use std::collections::HashMap;
use std::num::ParseIntError;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query};
use c2c_access::{CredentialError, CredentialId};
use c2c_delivery::{EndpointId, EndpointIdError, EventId, EventIdError};
use c2c_names::AppId;
use c2c_store::{Actor, Note, Version};
use hyper::header::{HeaderValue, IF_MATCH};
use hyper::http::request::Parts;
use hyper::{Request, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::State;
use super::caller::{Caller, Surface};
use super::failure::Failure;
use crate::object;
use crate::posted;
use crate::settings::Limits;

/// The `{app}` of an address.
pub(super) struct Id(pub(super) AppId);

impl FromRequestParts<State> for Id {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let id = place(parts, state, "app").await?;
        Ok(Self(id.parse().map_err(|error: c2c_names::AppIdError| Failure::not_found(&error))?))
    }
}

/// The part of an address that its route gives this name.
async fn place(parts: &mut Parts, state: &State, name: &str) -> Result<String, Failure> {
    let Path(mut all) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
        .await
        .map_err(|error| Failure::not_found(&error))?;
    Ok(all.remove(name).unwrap_or_default())
}

/// The caller, as the logs have them.
pub(super) struct By(pub(super) Actor);

impl FromRequestParts<State> for By {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        Ok(Self(Caller::from_request_parts(parts, state).await?.actor))
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Failure> {
        // The guard has added it, unless the route needs none.
        parts.extensions.get().cloned().ok_or_else(Failure::no_caller)
    }
}

impl FromRequestParts<State> for Surface {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Failure> {
        Ok(Self::of(&parts.extensions))
    }
}

/// The `{id}` of an address: that of a token, a sign-in link or a session.
pub(super) struct CredentialPath(pub(super) CredentialId);

impl FromRequestParts<State> for CredentialPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Failure::not_found(&error))?;
        id.parse().map(Self).map_err(|error: CredentialError| Failure::not_found(&error))
    }
}

/// The `{app}` and the `{endpoint}` of an address.
pub(super) struct EndpointPath(pub(super) AppId, pub(super) EndpointId);

impl FromRequestParts<State> for EndpointPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let Id(app) = Id::from_request_parts(parts, state).await?;
        let id = place(parts, state, "endpoint").await?.parse();
        Ok(Self(app, id.map_err(|error: EndpointIdError| Failure::not_found(&error))?))
    }
}

/// The `{app}`, the `{endpoint}` and the `{key}` of an address.
pub(super) struct KeyPath(pub(super) AppId, pub(super) EndpointId, pub(super) String);

impl FromRequestParts<State> for KeyPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let EndpointPath(app, endpoint) = EndpointPath::from_request_parts(parts, state).await?;
        Ok(Self(app, endpoint, place(parts, state, "key").await?))
    }
}

/// The `{app}`, the `{endpoint}` and the `{seq}` of an address: a delivery.
pub(super) struct DeliveryPath(pub(super) AppId, pub(super) EndpointId, pub(super) i64);

impl FromRequestParts<State> for DeliveryPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let EndpointPath(app, endpoint) = EndpointPath::from_request_parts(parts, state).await?;
        let seq = place(parts, state, "seq").await?.parse();
        Ok(Self(app, endpoint, seq.map_err(|error: ParseIntError| Failure::not_found(&error))?))
    }
}

/// The `{app}` and the `{event}` of an address.
pub(super) struct EventPath(pub(super) AppId, pub(super) EventId);

impl FromRequestParts<State> for EventPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let Id(app) = Id::from_request_parts(parts, state).await?;
        let id = place(parts, state, "event").await?.parse();
        Ok(Self(app, id.map_err(|error: EventIdError| Failure::not_found(&error))?))
    }
}

/// The `{app}` and the `{token}` of an address: an event token.
pub(super) struct EventTokenPath(pub(super) AppId, pub(super) CredentialId);

impl FromRequestParts<State> for EventTokenPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let Id(app) = Id::from_request_parts(parts, state).await?;
        let id = place(parts, state, "token").await?.parse();
        Ok(Self(app, id.map_err(|error: CredentialError| Failure::not_found(&error))?))
    }
}

/// The query of an address.
pub(super) struct Search<T>(pub(super) Query<T>);

impl<T: DeserializeOwned> FromRequestParts<State> for Search<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(Self).map_err(|error| Failure::bad_request(error.body_text()))
    }
}

/// Entries of a list in one answer, unless fewer are asked for.
const ENTRIES_MAX: u32 = 100;

/// The part of a list that a query asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Only entries before this one.
    pub(super) before: Option<i64>,
    /// At most this many, up to 100.
    limit: Option<u32>,
}

impl Part {
    /// The first entries, of which a query wants so many.
    pub(super) fn up_to(limit: Option<u32>) -> Self {
        Self { before: None, limit }
    }

    fn limit(&self) -> u32 {
        self.limit.unwrap_or(ENTRIES_MAX).min(ENTRIES_MAX)
    }

    /// The entries to read: one more than are shown, which tells whether there are more.
    pub(super) fn wanted(&self) -> u32 {
        self.limit() + 1
    }

    /// Removes that one, and tells whether it was there.
    pub(super) fn cut<T>(&self, found: &mut Vec<T>) -> bool {
        let limit = self.limit() as usize;
        let more = found.len() > limit;
        found.truncate(limit);
        more
    }
}

/// A note or a reason, from the place `pointer` of the body.
pub(super) fn note(text: &str, pointer: &str) -> Result<Note, Failure> {
    text.parse().map_err(|error| Failure::bad_request(format!("{pointer}: it {error}")))
}

/// The version in `If-Match`: the strong entity tag that a response had
/// ([RFC 9110 §13.1.1](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1)).
pub(super) struct IfMatch(pub(super) Version);

impl FromRequestParts<State> for IfMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Failure> {
        let mut tags = parts.headers.get_all(IF_MATCH).iter();
        let Some(tag) = tags.next() else {
            let detail =
                "the header If-Match is needed, with the ETag of the version that was edited";
            let status = StatusCode::PRECONDITION_REQUIRED;
            return Err(Failure::new(status, "precondition-required", detail));
        };
        let version = if tags.next().is_none() { version_of(tag) } else { None };
        version.map(Self).ok_or_else(|| {
            Failure::bad_request("the header If-Match: one ETag of this address, such as \"7\"")
        })
    }
}

/// The version with this tag. A number in another spelling, such as `"07"`, is no tag of this server.
fn version_of(tag: &HeaderValue) -> Option<Version> {
    let text = tag.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?;
    let version = Version::new(text.parse().ok()?);
    (version.to_string() == text).then_some(version)
}

/// In a request's extensions: a smaller limit for its body than usual, in bytes.
#[derive(Clone, Copy)]
pub(super) struct BodyBytesMax(pub(super) usize);

/// A body of JSON: one object, within the limits.
pub(super) struct Input<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<State> for Input<T> {
    type Rejection = Failure;

    async fn from_request(request: Request<Body>, state: &State) -> Result<Self, Failure> {
        let body = read(request, &state.limits).await?;
        let bad = |error| Failure::bad_request(format!("the body: {error}"));
        object::read(&body).map(Self).map_err(bad)
    }
}

/// A body within the limits, as it came.
pub(super) struct Raw(pub(super) bytes::Bytes);

impl FromRequest<State> for Raw {
    type Rejection = Failure;

    async fn from_request(request: Request<Body>, state: &State) -> Result<Self, Failure> {
        read(request, &state.limits).await.map(Self)
    }
}

async fn read(request: Request<Body>, limits: &Limits) -> Result<bytes::Bytes, Failure> {
    let most = request.extensions().get().map_or(usize::MAX, |BodyBytesMax(most)| *most);
    let bytes_max = limits.body_bytes_max.min(most);
    let body = posted::read(request, bytes_max, limits.body_timeout).await;
    body.map_err(Failure::of_refusal)
}

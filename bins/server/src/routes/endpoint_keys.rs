//! The keys of an endpoint, with which its requests are signed.

use std::time::Duration;

use axum::extract::State as Extracted;
use c2c_delivery::Scheme;
use c2c_store::{EndpointSecret, Timestamp};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::endpoints::ShownKey;
use super::failure::Failure;
use super::input::{By, EndpointPath, Input, KeyPath};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json, nothing};

/// How long keys go on signing beside a new one, unless a request says otherwise, in hours.
const OVERLAP: u32 = 24;
/// The longest such time: a week.
const OVERLAP_MAX: u32 = 168;

/// A key that signs, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EndpointKey)]
struct KeyBody {
    id: String,
    /// `v1` (a shared secret) or `v1a` (a key pair).
    scheme: String,
    /// By which a receiver checks signatures of the scheme v1a.
    #[schema(example = "whpk_…")]
    public_key: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    made_at: Time,
    /// Until then it signs beside a newer one. Null for a current key.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Time>,
}

impl From<EndpointSecret> for KeyBody {
    fn from(secret: EndpointSecret) -> Self {
        Self {
            id: secret.id,
            scheme: secret.scheme,
            public_key: secret.public,
            made_at: secret.made_at.into(),
            ends_at: secret.ends_at.map(Time::from),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = EndpointKeys)]
struct Keys {
    /// The newest first.
    keys: Vec<KeyBody>,
}

/// The keys that sign an endpoint's requests
#[utoipa::path(
    get,
    path = "/api/apps/{app}/endpoints/{endpoint}/keys",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
    ),
    responses((status = 200, body = Keys), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn list(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
) -> Answer {
    // It is the app's.
    state.store().endpoint(&app, id).await.map_err(state.failure())?;
    let keys = state.store().endpoint_secrets(id, Timestamp::now()).await;
    let keys = keys.map_err(state.failure())?;
    Ok(json(StatusCode::OK, &Keys { keys: keys.into_iter().map(KeyBody::from).collect() }))
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewEndpointKey)]
pub(super) struct NewKey {
    /// `v1` (a shared secret) or `v1a` (a key pair).
    #[schema(value_type = String, example = "v1")]
    scheme: Scheme,
    /// How many hours the present keys of the scheme go on signing beside the new one: 0 to 168; 24 by default.
    #[serde(default = "overlap")]
    #[schema(minimum = 0, maximum = 168)]
    overlap_hours: u32,
}

fn overlap() -> u32 {
    OVERLAP
}

/// Make a new key of an endpoint. It signs from now on
#[utoipa::path(
    post,
    path = "/api/apps/{app}/endpoints/{endpoint}/keys",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
    ),
    request_body = NewKey,
    responses(
        (status = 201, body = ShownKey, description = "the key; its secret cannot be read again"),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "it has as many keys as it can have"),
    ),
)]
pub(super) async fn make(
    Extracted(state): Extracted<State>,
    EndpointPath(app, id): EndpointPath,
    By(by): By,
    Input(NewKey { scheme, overlap_hours }): Input<NewKey>,
) -> Answer {
    if overlap_hours > OVERLAP_MAX {
        return Err(Failure::bad_request(format!("/overlapHours: 0 to {OVERLAP_MAX}")));
    }
    let others_end_at = Timestamp::now().after(Duration::from_hours(overlap_hours.into()));
    let made = state.integrations.rotate(&by, &app, id, scheme, others_end_at).await;
    let shown = made.map_err(state.unmanaged())?;
    Ok(json(StatusCode::CREATED, &ShownKey::from(shown)))
}

/// Remove a key at once. It signs nothing any more
#[utoipa::path(
    delete,
    path = "/api/apps/{app}/endpoints/{endpoint}/keys/{key}",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
        ("key" = String, Path, description = "the key's id"),
    ),
    responses(
        (status = 204),
        (status = 404, body = Problem, content_type = PROBLEM, description = "there is no such key, or it is the only current one"),
    ),
)]
pub(super) async fn remove(
    Extracted(state): Extracted<State>,
    KeyPath(app, endpoint, key): KeyPath,
    By(by): By,
) -> Answer {
    let removed = state.store().remove_secret(&by, &app, endpoint, &key).await;
    removed.map_err(state.failure())?;
    Ok(nothing())
}

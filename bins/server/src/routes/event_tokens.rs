//! Event tokens: with one of them, a backend sends events of one app, and does nothing else.

use std::time::Duration;

use axum::extract::State as Extracted;
use c2c_store::{ActorName, EventToken, Timestamp};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::EVENT_TOKEN_PREFIX;
use super::failure::Failure;
use super::input::{By, EventTokenPath, Id, Input};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json, nothing};

/// An event token that has not ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventToken)]
struct TokenBody {
    id: String,
    /// Of the backend.
    name: String,
    #[schema(value_type = String, format = DateTime)]
    made_at: Time,
    made_by: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// To the minute; null if it was not used yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Time>,
}

impl From<EventToken> for TokenBody {
    fn from(token: EventToken) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.to_string(),
            made_at: token.made_at.into(),
            made_by: token.made_by.to_string(),
            expires_at: token.expires_at.into(),
            used_at: token.used_at.map(Time::from),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = EventTokens)]
struct Tokens {
    /// The newest first.
    tokens: Vec<TokenBody>,
}

/// The event tokens of an app
#[utoipa::path(
    get,
    path = "/api/apps/{app}/event-tokens",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 200, body = Tokens), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn list(Extracted(state): Extracted<State>, Id(app): Id) -> Answer {
    let tokens = state.store().event_tokens(&app, Timestamp::now()).await;
    let tokens = tokens.map_err(state.failure())?.into_iter().map(TokenBody::from);
    Ok(json(StatusCode::OK, &Tokens { tokens: tokens.collect() }))
}

/// An event token to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEventToken)]
pub(super) struct NewToken {
    /// Of the backend: 1 to 200 characters.
    name: String,
    /// For how many hours it lasts: at most 8,784 (366 days).
    hours: u32,
}

/// A new event token, with its text.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeEventToken)]
struct MadeToken {
    #[serde(flatten)]
    token: TokenBody,
    /// The text to send as `Authorization: Bearer …`. It cannot be read again.
    #[schema(example = "c2ce_…")]
    secret: String,
}

/// Make an event token
#[utoipa::path(
    post,
    path = "/api/apps/{app}/event-tokens",
    params(("app" = String, Path, description = "the app's id")),
    request_body = NewToken,
    responses(
        (status = 201, body = MadeToken),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "the app has as many as it can have"),
    ),
)]
pub(super) async fn make(
    Extracted(state): Extracted<State>,
    Id(app): Id,
    By(by): By,
    Input(NewToken { name, hours }): Input<NewToken>,
) -> Answer {
    let name: ActorName =
        name.parse().map_err(|error| Failure::bad_request(format!("/name: it {error}")))?;
    let lifetime = Duration::from_hours(hours.into());
    let made = state.store().make_event_token(&by, &app, &name, lifetime).await;
    let (token, secret) = made.map_err(state.failure())?;
    let secret = format!("{EVENT_TOKEN_PREFIX}{}", secret.reveal());
    Ok(json(StatusCode::CREATED, &MadeToken { token: token.into(), secret }))
}

/// Revoke an event token
#[utoipa::path(
    delete,
    path = "/api/apps/{app}/event-tokens/{token}",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("token" = String, Path, description = "the token's id"),
    ),
    responses((status = 204), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn revoke(
    Extracted(state): Extracted<State>,
    EventTokenPath(app, token): EventTokenPath,
    By(by): By,
) -> Answer {
    let revoked = state.store().revoke_event_token(&by, &app, token).await;
    revoked.map_err(state.failure())?;
    Ok(nothing())
}

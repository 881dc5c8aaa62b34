//! API tokens.

use std::time::Duration;

use axum::extract::State as Extracted;
use c2c_store::{ApiToken, StoreError, Timestamp};
use hyper::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{AccessBody, NewAccess};
use super::caller::Caller;
use super::input::{CredentialPath, Input};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json, nothing};

/// A token that has not ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Token)]
struct TokenBody {
    id: String,
    #[serde(flatten)]
    access: AccessBody,
    #[schema(value_type = String, format = DateTime)]
    made_at: Time,
    made_by: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// To the minute; null if it was not used yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Time>,
}

impl From<ApiToken> for TokenBody {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id.to_string(),
            access: token.grant.into(),
            made_at: token.made_at.into(),
            made_by: token.made_by.to_string(),
            expires_at: token.expires_at.into(),
            used_at: token.used_at.map(Time::from),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Tokens {
    /// The newest first.
    tokens: Vec<TokenBody>,
}

/// The API tokens that the caller may revoke
#[utoipa::path(get, path = "/api/tokens", responses((status = 200, body = Tokens)))]
pub(super) async fn list(Extracted(state): Extracted<State>, caller: Caller) -> Answer {
    let tokens = state.store().tokens(Timestamp::now()).await.map_err(state.failure())?;
    let tokens = tokens.into_iter().filter(|token| caller.principal.covers(&token.grant.principal));
    Ok(json(StatusCode::OK, &Tokens { tokens: tokens.map(TokenBody::from).collect() }))
}

/// A new token, with its text.
#[derive(Serialize, ToSchema)]
struct MadeToken {
    #[serde(flatten)]
    token: TokenBody,
    /// The text to send as `Authorization: Bearer …`. It cannot be read again.
    #[schema(example = "c2c_…")]
    secret: String,
}

/// Make an API token, for at most 8,784 hours (366 days)
#[utoipa::path(
    post,
    path = "/api/tokens",
    request_body = NewAccess,
    responses(
        (status = 201, body = MadeToken),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "there are as many as there can be"),
    ),
)]
pub(super) async fn make(
    Extracted(state): Extracted<State>,
    caller: Caller,
    Input(wish): Input<NewAccess>,
) -> Answer {
    let lifetime = Duration::from_hours(wish.hours.into());
    let grant = wish.by(&caller)?;
    let made = state.store().make_token(&caller.actor, grant, lifetime).await;
    let made = made.map_err(state.failure())?;
    let secret = made.text.reveal().to_string();
    Ok(json(StatusCode::CREATED, &MadeToken { token: made.token.into(), secret }))
}

/// Revoke an API token
#[utoipa::path(
    delete,
    path = "/api/tokens/{id}",
    params(("id" = String, Path, description = "the token's id")),
    responses((status = 204), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn revoke(
    Extracted(state): Extracted<State>,
    caller: Caller,
    CredentialPath(id): CredentialPath,
) -> Answer {
    let tokens = state.store().tokens(Timestamp::now()).await.map_err(state.failure())?;
    let found = tokens.iter().find(|token| token.id == id);
    // One that is hidden from the list does not exist.
    if !found.is_some_and(|token| caller.principal.covers(&token.grant.principal)) {
        return Err(state.failure()(StoreError::NoSuchToken));
    }
    state.store().revoke_token(&caller.actor, id).await.map_err(state.failure())?;
    Ok(nothing())
}

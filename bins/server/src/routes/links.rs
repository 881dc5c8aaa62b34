//! Sign-in links, as those see them who make them. `session` has the side of the one who signs in.

use std::time::Duration;

use axum::extract::State as Extracted;
use c2c_store::{SignInLink, StoreError, Timestamp};
use hyper::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{AccessBody, NewAccess};
use super::caller::Caller;
use super::input::{CredentialPath, Input};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json, nothing};
use crate::paths::sign_in_url;

/// A link that was not used yet and has not ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignInLink)]
struct LinkBody {
    id: String,
    #[serde(flatten)]
    access: AccessBody,
    #[schema(value_type = String, format = DateTime)]
    made_at: Time,
    made_by: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

impl From<SignInLink> for LinkBody {
    fn from(link: SignInLink) -> Self {
        Self {
            id: link.id.to_string(),
            access: link.grant.into(),
            made_at: link.made_at.into(),
            made_by: link.made_by.to_string(),
            expires_at: link.expires_at.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct SignInLinks {
    /// The newest first.
    links: Vec<LinkBody>,
}

/// The sign-in links that the caller may revoke
#[utoipa::path(get, path = "/api/links", responses((status = 200, body = SignInLinks)))]
pub(super) async fn list(Extracted(state): Extracted<State>, caller: Caller) -> Answer {
    let links = state.store().sign_in_links(Timestamp::now()).await.map_err(state.failure())?;
    let links = links.into_iter().filter(|link| caller.principal.covers(&link.grant.principal));
    Ok(json(StatusCode::OK, &SignInLinks { links: links.map(LinkBody::from).collect() }))
}

/// A new link, with its address.
#[derive(Serialize, ToSchema)]
struct MadeLink {
    #[serde(flatten)]
    link: LinkBody,
    /// The address to open. It begins one session, and cannot be read again.
    #[schema(example = "https://console.example/sign-in#…")]
    url: String,
}

/// Make a sign-in link, for at most 168 hours
#[utoipa::path(
    post,
    path = "/api/links",
    request_body = NewAccess,
    responses(
        (status = 201, body = MadeLink),
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
    let made = state.store().make_sign_in_link(&caller.actor, grant, lifetime).await;
    let made = made.map_err(state.failure())?;
    let url = sign_in_url(&state.sites.console.origin, &made.secret);
    Ok(json(StatusCode::CREATED, &MadeLink { link: made.link.into(), url }))
}

/// Revoke a sign-in link
#[utoipa::path(
    delete,
    path = "/api/links/{id}",
    params(("id" = String, Path, description = "the link's id")),
    responses((status = 204), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn revoke(
    Extracted(state): Extracted<State>,
    caller: Caller,
    CredentialPath(id): CredentialPath,
) -> Answer {
    let links = state.store().sign_in_links(Timestamp::now()).await.map_err(state.failure())?;
    let found = links.iter().find(|link| link.id == id);
    if !found.is_some_and(|link| caller.principal.covers(&link.grant.principal)) {
        return Err(state.failure()(StoreError::NoSuchLink));
    }
    state.store().revoke_sign_in_link(&caller.actor, id).await.map_err(state.failure())?;
    Ok(nothing())
}

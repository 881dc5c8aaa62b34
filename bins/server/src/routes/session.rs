//! The caller's own session: sign in, look at it, sign out.

use axum::Extension;
use axum::extract::State as Extracted;
use c2c_access::{Role, Secret};
use c2c_names::AppId;
use c2c_store::{NewSession, SignInLink, StoreError, Timestamp};
use hyper::StatusCode;
use hyper::header::{HeaderMap, SET_COOKIE};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{AccessBody, RoleName, SubjectBody};
use super::caller::{Caller, Surface};
use super::failure::Failure;
use super::input::Input;
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json, nothing};
use crate::forwarded::ClientAddress;

/// The secret of a sign-in link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// As in the link's address, after `#`.
    secret: String,
}

impl SignIn {
    /// A text that cannot be a secret belongs to no link.
    fn secret(&self) -> Result<Secret, StoreError> {
        self.secret.parse().map_err(|_| StoreError::NoSuchLink)
    }
}

/// A sign-in link, before it is used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Offer {
    /// For whom it was made.
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
    /// The person, if more than the name is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectBody>,
    /// The apps; null for all.
    apps: Option<Vec<OfferedApp>>,
    made_by: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

#[derive(Serialize, ToSchema)]
struct OfferedApp {
    #[schema(value_type = String)]
    id: AppId,
    name: String,
}

/// Look at a sign-in link; this does not use it
#[utoipa::path(
    post,
    path = "/api/session/offer",
    request_body = SignIn,
    security(()),
    responses(
        (status = 200, body = Offer),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM, description = "there is none, or it was used, or is too old"),
    ),
)]
pub(super) async fn look(
    Extracted(state): Extracted<State>,
    client: Option<Extension<ClientAddress>>,
    Input(wish): Input<SignIn>,
) -> Answer {
    let found = async { state.store().sign_in_link(&wish.secret()?, Timestamp::now()).await };
    let link = found.await.map_err(|error| unlinked(&state, client, error))?;
    let apps = offered_apps(&state, &link).await.map_err(state.failure())?;
    let offer = Offer {
        name: link.grant.name.to_string(),
        role: link.grant.principal.role,
        subject: link.grant.subject.clone().map(SubjectBody::from),
        apps,
        made_by: link.made_by.to_string(),
        expires_at: link.expires_at.into(),
    };
    Ok(json(StatusCode::OK, &offer))
}

async fn offered_apps(
    state: &State,
    link: &SignInLink,
) -> Result<Option<Vec<OfferedApp>>, StoreError> {
    let scope = &link.grant.principal.scope;
    let Some(ids) = scope.named() else { return Ok(None) };
    let limit = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let apps = state.store().apps(scope, "", None, limit).await?;
    let offered =
        |app: c2c_store::App| OfferedApp { id: app.id, name: app.settings.name.to_string() };
    Ok(Some(apps.into_iter().map(offered).collect()))
}

/// Counts a wrong secret.
fn unlinked(state: &State, client: Option<Extension<ClientAddress>>, error: StoreError) -> Failure {
    let address = client.map(|Extension(ClientAddress(address))| address);
    if let StoreError::NoSuchLink = error
        && let Err(wait) = state.throttle.guess(address)
    {
        return Failure::too_many(wait);
    }
    state.failure()(error)
}

/// The caller's access, and their session if they have one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Own {
    #[serde(flatten)]
    access: AccessBody,
    /// When the session ends in any case; null for a token.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
}

/// Sign in with a link: it is used up, and a session begins
#[utoipa::path(
    post,
    path = "/api/session",
    request_body = SignIn,
    security(()),
    responses(
        (status = 201, body = Own, headers(("Set-Cookie" = String, description = "the session"))),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM, description = "there is none, or it was used, or is too old"),
    ),
)]
pub(super) async fn sign_in(
    Extracted(state): Extracted<State>,
    client: Option<Extension<ClientAddress>>,
    surface: Surface,
    headers: HeaderMap,
    Input(wish): Input<SignIn>,
) -> Answer {
    let address = client.map(|Extension(ClientAddress(address))| address);
    // The session that the browser had ends, so that none goes on which was put there.
    let before = state.callers.cookie(surface).read(&headers);
    let limits = surface.limits(state.limits.session);
    let begun =
        async { state.store().sign_in(&wish.secret()?, address, limits, before.as_ref()).await };
    let begun = begun.await.map_err(|error| unlinked(&state, client, error))?;
    Ok(signed_in(&state, surface, begun))
}

/// The answer to a sign-in.
pub(super) fn signed_in(
    state: &State,
    surface: Surface,
    begun: NewSession,
) -> hyper::Response<axum::body::Body> {
    tracing::info!(role = %begun.session.grant.principal.role, "signed in");
    let cookie = state.callers.cookie(surface);
    let limits = surface.limits(state.limits.session);
    let cookie = cookie.set(&begun.secret, limits.lifetime);
    let expires_at = Some(begun.session.expires_at.into());
    let mut response =
        json(StatusCode::CREATED, &Own { access: begun.session.grant.into(), expires_at });
    response.headers_mut().insert(SET_COOKIE, cookie);
    response
}

/// The caller: who they are, and what they may do
#[utoipa::path(get, path = "/api/session", responses((status = 200, body = Own)))]
pub(super) async fn show(caller: Caller) -> Answer {
    let access = caller.grant().into();
    let expires_at = caller.session.map(|session| session.expires_at.into());
    Ok(json(StatusCode::OK, &Own { access, expires_at }))
}

/// Sign out: the session ends
#[utoipa::path(delete, path = "/api/session", responses((status = 204)))]
pub(super) async fn sign_out(
    Extracted(state): Extracted<State>,
    surface: Surface,
    caller: Caller,
) -> Answer {
    if let Some(session) = &caller.session {
        match state.store().end_session(&caller.actor, session.id).await {
            // Another window has done it.
            Ok(()) | Err(StoreError::NoSuchSession) => {}
            Err(error) => return Err(state.failure()(error)),
        }
    }
    Ok(signed_out(&state, surface))
}

/// Sign out in all browsers: the caller's sessions end that give no more access than the caller has
#[utoipa::path(delete, path = "/api/session/everywhere", responses((status = 204)))]
pub(super) async fn sign_out_everywhere(
    Extracted(state): Extracted<State>,
    surface: Surface,
    caller: Caller,
) -> Answer {
    let ended = state.store().end_sessions_of(&caller.actor, &caller.grant()).await;
    let ended = ended.map_err(state.failure())?;
    tracing::info!(ended, "signed out everywhere");
    Ok(signed_out(&state, surface))
}

fn signed_out(state: &State, surface: Surface) -> hyper::Response<axum::body::Body> {
    let mut response = nothing();
    response.headers_mut().insert(SET_COOKIE, state.callers.cookie(surface).forget());
    response
}

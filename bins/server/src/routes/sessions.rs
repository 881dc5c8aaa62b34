//! Sessions, as owners see them.

use axum::extract::State as Extracted;
use c2c_store::{Session, StoreError, Timestamp};
use hyper::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::AccessBody;
use super::caller::Caller;
use super::input::CredentialPath;
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json, nothing};

/// A session that has not ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(super) struct SessionBody {
    id: String,
    #[serde(flatten)]
    access: AccessBody,
    #[schema(value_type = String, format = DateTime)]
    began_at: Time,
    /// The client's address when it began; null if not known.
    address: Option<String>,
    /// To the minute.
    #[schema(value_type = String, format = DateTime)]
    used_at: Time,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

impl From<Session> for SessionBody {
    fn from(session: Session) -> Self {
        Self {
            id: session.id.to_string(),
            access: session.grant.into(),
            began_at: session.began_at.into(),
            address: session.address.map(|address| address.to_string()),
            used_at: session.used_at.into(),
            expires_at: session.expires_at.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Sessions {
    /// The newest first.
    sessions: Vec<SessionBody>,
}

/// The sessions that the caller may end
#[utoipa::path(get, path = "/api/sessions", responses((status = 200, body = Sessions)))]
pub(super) async fn list(Extracted(state): Extracted<State>, caller: Caller) -> Answer {
    let all = state.store().sessions(Timestamp::now()).await.map_err(state.failure())?;
    let all = all.into_iter().filter(|one| caller.principal.covers(&one.grant.principal));
    Ok(json(StatusCode::OK, &Sessions { sessions: all.map(SessionBody::from).collect() }))
}

/// End a session
#[utoipa::path(
    delete,
    path = "/api/sessions/{id}",
    params(("id" = String, Path, description = "the session's id")),
    responses((status = 204), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn end(
    Extracted(state): Extracted<State>,
    caller: Caller,
    CredentialPath(id): CredentialPath,
) -> Answer {
    let all = state.store().sessions(Timestamp::now()).await.map_err(state.failure())?;
    let found = all.iter().find(|session| session.id == id);
    if !found.is_some_and(|session| caller.principal.covers(&session.grant.principal)) {
        return Err(state.failure()(StoreError::NoSuchSession));
    }
    state.store().end_session(&caller.actor, id).await.map_err(state.failure())?;
    Ok(nothing())
}

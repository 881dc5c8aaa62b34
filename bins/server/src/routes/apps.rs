//! Apps: list them, create one, delete one and bring it back.

use axum::extract::{Query, State as Extracted};
use c2c_names::AppId;
use c2c_store::{NewApp, Settings};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::failure::Failure;
use super::input::{By, Id, Input, Search};
use super::schema::{AppBody, Problem};
use super::{Answer, PROBLEM, State, json, nothing};

/// Apps in one answer, unless fewer are asked for.
const APPS_MAX: u32 = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    /// Only apps with this text in their name or id.
    #[serde(default)]
    search: String,
    /// Only apps after this one in the list.
    after: Option<AppId>,
    /// At most this many, up to 200.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct List {
    apps: Vec<AppBody>,
    /// Whether there are more after the last one.
    more: bool,
}

/// Apps, by name
#[utoipa::path(
    get,
    path = "/api/apps",
    params(
        ("search" = Option<String>, Query, description = "only apps with this text in their name or id"),
        ("after" = Option<String>, Query, description = "only apps after this id in the list"),
        ("limit" = Option<u32>, Query, description = "at most this many, up to 200"),
    ),
    responses((status = 200, body = List), (status = 400, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn list(
    Extracted(state): Extracted<State>,
    caller: Caller,
    Search(Query(selection)): Search<Selection>,
) -> Answer {
    let Selection { search, after, limit } = selection;
    let limit = limit.unwrap_or(APPS_MAX).min(APPS_MAX);
    if search.contains('\0') {
        // No name has it. PostgreSQL cannot take it, and SQLite would end the text there.
        return Ok(json(StatusCode::OK, &List { apps: Vec::new(), more: false }));
    }
    let found =
        state.store().apps(&caller.principal.scope, &search, after.as_ref(), limit + 1).await;
    let mut found = found.map_err(state.failure())?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let apps = found.iter().map(|app| AppBody::new(app, &state.sites)).collect();
    Ok(json(StatusCode::OK, &List { apps, more }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApp)]
pub(super) struct New {
    /// 1 to 100 characters, without the white space around them.
    name: String,
}

/// Create an app without code
#[utoipa::path(
    post,
    path = "/api/apps",
    request_body = New,
    responses((status = 201, body = AppBody), (status = 400, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn create(
    Extracted(state): Extracted<State>,
    By(by): By,
    Input(New { name }): Input<New>,
) -> Answer {
    let name = name.parse().map_err(|error| Failure::bad_request(format!("/name: it {error}")))?;
    let (id, settings) = (new_id(), Settings { name, ..NewApp::default() });
    state.apps.create(&by, &id, &settings).await.map_err(state.failure())?;
    let app = state.store().app(&id).await.map_err(state.failure())?;
    Ok(json(StatusCode::CREATED, &AppBody::new(&app, &state.sites)))
}

/// An app
#[utoipa::path(
    get,
    path = "/api/apps/{app}",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 200, body = AppBody), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn show(Extracted(state): Extracted<State>, Id(id): Id) -> Answer {
    let app = state.store().app(&id).await.map_err(state.failure())?;
    Ok(json(StatusCode::OK, &AppBody::new(&app, &state.sites)))
}

/// Delete an app; for 30 days it can come back
#[utoipa::path(
    delete,
    path = "/api/apps/{app}",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 204), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn delete(Extracted(state): Extracted<State>, Id(id): Id, By(by): By) -> Answer {
    state.apps.delete(&by, &id).await.map_err(state.failure())?;
    Ok(nothing())
}

/// Bring a deleted app back, as it was
#[utoipa::path(
    post,
    path = "/api/apps/{app}/restore",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 200, body = AppBody), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn restore(Extracted(state): Extracted<State>, Id(id): Id, By(by): By) -> Answer {
    state.apps.restore(&by, &id).await.map_err(state.failure())?;
    let app = state.store().app(&id).await.map_err(state.failure())?;
    Ok(json(StatusCode::OK, &AppBody::new(&app, &state.sites)))
}

/// An id that says nothing about the app: visitors and vendors see it.
fn new_id() -> AppId {
    let id = uuid::Uuid::new_v4().simple().to_string();
    id[..16].parse().expect("hexadecimal digits are an app id")
}

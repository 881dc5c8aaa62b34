//! The kill switch of an app.

use axum::extract::State as Extracted;
use hyper::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::input::{By, Id, Input, note};
use super::schema::{AppBody, Problem};
use super::{Answer, PROBLEM, State, json};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Switch {
    /// Whether visitors get an empty sandbox.
    off: bool,
    /// Why, for the audit log: at most 1,000 characters.
    #[serde(default)]
    reason: String,
}

/// Switch the code of an app off for all visitors, or on again
#[utoipa::path(
    put,
    path = "/api/apps/{app}/switch",
    params(("app" = String, Path, description = "the app's id")),
    request_body = Switch,
    responses(
        (status = 200, body = AppBody),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "it is so already"),
    ),
)]
pub(super) async fn switch(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    Input(Switch { off, reason }): Input<Switch>,
) -> Answer {
    let reason = note(&reason, "/reason")?;
    let switched = state.apps.switch(&by, &id, off, &reason).await;
    switched.map_err(state.failure())?;
    tracing::info!(app = %id, off, "switched");
    let app = state.store().app(&id).await.map_err(state.failure())?;
    Ok(json(StatusCode::OK, &AppBody::new(&app, &state.sites)))
}

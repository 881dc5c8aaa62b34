//! The settings of an app.

use axum::extract::State as Extracted;
use c2c_names::Origin;
use c2c_store::{Jar, Settings};
use hyper::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::failure::Failure;
use super::input::{By, Id, IfMatch, Input};
use super::schema::{AppBody, AppProblem, JarName, Problem, SettingsBody};
use super::{Answer, PROBLEM, State, json, tagged};

/// The greatest number of parent origins of an app.
const PARENT_ORIGINS_MAX: usize = 50;

/// The settings of an app
#[utoipa::path(
    get,
    path = "/api/apps/{app}/settings",
    params(("app" = String, Path, description = "the app's id")),
    responses(
        (status = 200, body = SettingsBody, headers(("ETag" = String, description = "their version"))),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
)]
pub(super) async fn show(Extracted(state): Extracted<State>, Id(id): Id) -> Answer {
    let app = state.store().app(&id).await.map_err(state.failure())?;
    let body = json(StatusCode::OK, &SettingsBody::from(&app.settings));
    Ok(tagged(body, app.settings_version))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NewSettings {
    /// 1 to 100 characters, without the white space around them.
    name: String,
    /// The origins of the pages that may embed the widget, at most 50.
    #[schema(value_type = Vec<String>, example = json!(["https://shop.example"]))]
    parent_origins: Vec<Origin>,
    #[schema(value_type = JarName)]
    jar: Jar,
    /// Whether it has a staging environment. Without it, nothing is staged any more.
    staging: bool,
    /// Whether one who has changed the draft since the last publication cannot publish it.
    approval: bool,
}

/// Change the settings of an app
#[utoipa::path(
    put,
    path = "/api/apps/{app}/settings",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("If-Match" = String, Header, description = "the ETag of the settings that were edited"),
    ),
    request_body = NewSettings,
    responses(
        (status = 200, body = AppBody, headers(("ETag" = String, description = "their new version"))),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 412, body = AppProblem, content_type = PROBLEM, description = "they were changed in the meantime"),
        (status = 428, body = Problem, content_type = PROBLEM, description = "there is no If-Match"),
    ),
)]
pub(super) async fn change(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    IfMatch(edited): IfMatch,
    Input(settings): Input<NewSettings>,
) -> Answer {
    let NewSettings { name, parent_origins, jar, staging, approval } = settings;
    if parent_origins.len() > PARENT_ORIGINS_MAX {
        return Err(Failure::bad_request(format!("/parentOrigins: at most {PARENT_ORIGINS_MAX}")));
    }
    let name = name.parse().map_err(|error| Failure::bad_request(format!("/name: it {error}")))?;
    let settings = Settings { name, parent_origins, jar, staging, approval };
    let changed = state.apps.configure(&by, &id, edited, settings).await;
    let version = changed.map_err(state.failure()).map_err(Failure::of_if_match)?;
    let app = state.store().app(&id).await.map_err(state.failure())?;
    Ok(tagged(json(StatusCode::OK, &AppBody::new(&app, &state.sites)), version))
}

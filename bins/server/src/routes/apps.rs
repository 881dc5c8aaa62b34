//! Apps and their settings.

use axum::extract::State as Extracted;
use c2c_names::{AppId, Origin};
use hyper::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::failure::Failure;
use super::input::{Id, Input};
use super::schema::{AppBody, ErrorBody};
use super::{Answer, State, json};
use crate::pages::snippet_limits;
use crate::store::{App, Jar, Listed};

/// The greatest length of an app's name, in characters.
const NAME_CHARS_MAX: usize = 100;
/// The greatest number of parent origins of an app.
const PARENT_ORIGINS_MAX: usize = 50;

#[derive(Serialize, ToSchema)]
struct List {
    apps: Vec<ListedApp>,
}

/// An app, and how new its code is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedApp {
    #[serde(flatten)]
    app: AppBody,
    /// The number of the newest revision; 0 if nothing was saved yet.
    revision: i64,
    /// When it was saved (RFC 3339).
    #[schema(value_type = Option<String>, format = DateTime)]
    saved_at: Option<Timestamp>,
}

/// All apps, by name
#[utoipa::path(get, path = "/api/apps", responses((status = 200, body = List)))]
pub(super) async fn list(Extracted(state): Extracted<State>) -> Answer {
    let listed = state.apps.list().await?;
    let apps = listed.into_iter().map(|Listed { app, revision, saved_at }| ListedApp {
        app: AppBody::new(&app, &state.sites),
        revision,
        saved_at,
    });
    Ok(json(StatusCode::OK, &List { apps: apps.collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApp {
    /// 1 to 100 characters, without the white space around them.
    name: String,
}

/// Create an app without code
#[utoipa::path(
    post,
    path = "/api/apps",
    request_body = NewApp,
    responses((status = 201, body = AppBody), (status = 400, body = ErrorBody)),
)]
pub(super) async fn create(
    Extracted(state): Extracted<State>,
    Input(NewApp { name }): Input<NewApp>,
) -> Answer {
    let name = checked_name(&name)?;
    let app = App { id: new_id(), name, parent_origins: Vec::new(), jar: Jar::default() };
    state.apps.create(app.clone()).await?;
    Ok(json(StatusCode::CREATED, &AppBody::new(&app, &state.sites)))
}

/// An app with its code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WholeApp {
    #[serde(flatten)]
    app: AppBody,
    /// The number of the newest revision; 0 if nothing was saved yet.
    revision: i64,
    head: String,
    body_end: String,
    /// The greatest size of each snippet.
    snippet_bytes_max: usize,
}

/// An app and its newest revision
#[utoipa::path(
    get,
    path = "/api/apps/{app}",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 200, body = WholeApp), (status = 404, body = ErrorBody)),
)]
pub(super) async fn show(Extracted(state): Extracted<State>, Id(id): Id) -> Answer {
    let found = state.apps.get(&id).await?;
    let (app, revision) = found.ok_or_else(|| no_such_app(&id))?;
    let body = WholeApp {
        app: AppBody::new(&app, &state.sites),
        revision: revision.number,
        head: revision.head,
        body_end: revision.body_end,
        snippet_bytes_max: snippet_limits().snippet_bytes_max(),
    };
    Ok(json(StatusCode::OK, &body))
}

fn no_such_app(id: &AppId) -> Failure {
    Failure::not_found(&format_args!("there is no app {id}"))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AppSettings {
    /// 1 to 100 characters, without the white space around them.
    name: String,
    /// The origins of the pages that may embed the widget, at most 50.
    #[schema(value_type = Vec<String>, example = json!(["https://shop.example"]))]
    parent_origins: Vec<Origin>,
    jar: Jar,
}

/// Change the settings of an app
#[utoipa::path(
    put,
    path = "/api/apps/{app}",
    params(("app" = String, Path, description = "the app's id")),
    request_body = AppSettings,
    responses(
        (status = 200, body = AppBody),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
pub(super) async fn configure(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    Input(settings): Input<AppSettings>,
) -> Answer {
    let AppSettings { name, parent_origins, jar } = settings;
    if parent_origins.len() > PARENT_ORIGINS_MAX {
        return Err(Failure::bad_request(format!("/parentOrigins: at most {PARENT_ORIGINS_MAX}")));
    }
    let app = App { id, name: checked_name(&name)?, parent_origins, jar };
    state.apps.configure(app.clone()).await?;
    Ok(json(StatusCode::OK, &AppBody::new(&app, &state.sites)))
}

fn checked_name(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(Failure::bad_request(format!("/name: 1 to {NAME_CHARS_MAX} characters")));
    }
    Ok(name.to_owned())
}

/// An id that says nothing about the app: visitors and vendors see it.
fn new_id() -> AppId {
    let id = uuid::Uuid::new_v4().simple().to_string();
    id[..16].parse().expect("hexadecimal digits are an app id")
}

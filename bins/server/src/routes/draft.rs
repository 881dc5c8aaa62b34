//! The draft of an app: read it, save it.

use axum::extract::State as Extracted;
use c2c_store::{Snippets, Version};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::failure::Failure;
use super::input::{By, Id, IfMatch, Input};
use super::schema::{Diagnostic, DraftBody, DraftProblem, Problem};
use super::{Answer, PROBLEM, State, json, tagged};

/// The draft of an app
#[utoipa::path(
    get,
    path = "/api/apps/{app}/draft",
    params(("app" = String, Path, description = "the app's id")),
    responses(
        (status = 200, body = DraftBody, headers(("ETag" = String, description = "its version"))),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
)]
pub(super) async fn show(Extracted(state): Extracted<State>, Id(id): Id) -> Answer {
    let draft = state.store().draft(&id).await.map_err(state.failure())?;
    let version = draft.version;
    Ok(tagged(json(StatusCode::OK, &DraftBody::from(draft)), version))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NewDraft {
    head: String,
    body_end: String,
}

#[derive(Serialize, ToSchema)]
struct SavedDraft {
    /// The new version; the old one if the code is the same as before.
    #[schema(value_type = i64)]
    version: Version,
    /// Errors and warnings. A draft with errors cannot be published.
    #[schema(value_type = Vec<Diagnostic>)]
    diagnostics: Vec<c2c::Diagnostic>,
}

/// Save the draft; visitors get nothing of it
#[utoipa::path(
    put,
    path = "/api/apps/{app}/draft",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("If-Match" = String, Header, description = "the ETag of the draft that was edited"),
    ),
    request_body = NewDraft,
    responses(
        (status = 200, body = SavedDraft, headers(("ETag" = String, description = "its version"))),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 412, body = DraftProblem, content_type = PROBLEM, description = "it was saved in the meantime"),
        (status = 422, body = Problem, content_type = PROBLEM, description = "a snippet is too large"),
        (status = 428, body = Problem, content_type = PROBLEM, description = "there is no If-Match"),
    ),
)]
pub(super) async fn save(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    IfMatch(edited): IfMatch,
    Input(NewDraft { head, body_end }): Input<NewDraft>,
) -> Answer {
    let snippets = Snippets { head, body_end };
    let saved = state.apps.save_draft(&by, &id, edited, snippets).await;
    let saved = saved.map_err(state.failure()).map_err(Failure::of_if_match)?;
    let body = SavedDraft { version: saved.version, diagnostics: saved.findings };
    Ok(tagged(json(StatusCode::OK, &body), saved.version))
}

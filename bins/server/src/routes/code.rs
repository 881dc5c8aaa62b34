//! Custom code that is not saved: check it, preview it.

use axum::extract::State as Extracted;
use c2c::{Area, Snippets};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Id, Input};
use super::schema::{Diagnostic, Links, Problem, RejectedProblem};
use super::{Answer, PROBLEM, State, json};
use crate::paths::Paths;

/// Code that is not saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Code {
    head: String,
    body_end: String,
}

impl Code {
    fn snippets(self) -> Snippets {
        Snippets { head: self.head.into(), body_end: self.body_end.into() }
    }
}

#[derive(Serialize, ToSchema)]
struct Preview {
    id: String,
    /// The pages of the draft, until newer drafts need their place.
    links: Links,
    areas: Areas,
    #[schema(value_type = Vec<Diagnostic>)]
    diagnostics: Vec<c2c::Diagnostic>,
}

/// The places of the two snippets in the sandbox document.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Areas {
    head: Places,
    body_end: Places,
}

#[derive(Serialize, ToSchema)]
struct Places {
    start: Place,
    end: Place,
}

/// A line and a column, both from 1; columns count UTF-16 code units.
#[derive(Serialize, ToSchema)]
struct Place {
    line: usize,
    column: usize,
}

impl Places {
    fn of(compiled: &c2c::Compiled, area: Area) -> Self {
        let range = compiled.area_range(area);
        let place = |at: c2c::Position| Place { line: at.line, column: at.column };
        Self { start: place(range.start), end: place(range.end) }
    }
}

/// Stage code to look at; nothing is saved
#[utoipa::path(
    post,
    path = "/api/apps/{app}/previews",
    params(("app" = String, Path, description = "the app's id")),
    request_body = Code,
    responses(
        (status = 201, body = Preview),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 422, body = RejectedProblem, content_type = PROBLEM),
    ),
)]
pub(super) async fn preview(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    Input(code): Input<Code>,
) -> Answer {
    let staged = state.apps.preview(&id, code.snippets()).await.map_err(state.failure())?;
    let body = Preview {
        links: Links::new(&id, &Paths::of_preview(&staged.id), &state.sites),
        areas: Areas {
            head: Places::of(&staged.compiled, Area::Head),
            body_end: Places::of(&staged.compiled, Area::BodyEnd),
        },
        diagnostics: staged.compiled.warnings().to_vec(),
        id: staged.id,
    };
    Ok(json(StatusCode::CREATED, &body))
}

#[derive(Serialize, ToSchema)]
struct Checked {
    /// Whether the code could not be published.
    rejected: bool,
    #[schema(value_type = Vec<Diagnostic>)]
    diagnostics: Vec<c2c::Diagnostic>,
}

/// Check code; nothing is saved
#[utoipa::path(
    post,
    path = "/api/check",
    request_body = Code,
    responses((status = 200, body = Checked), (status = 400, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn check(Extracted(state): Extracted<State>, Input(code): Input<Code>) -> Answer {
    let checked = state.apps.check(code.snippets()).await.map_err(state.failure())?;
    let (rejected, diagnostics) = match checked {
        Ok(compiled) => (false, compiled.warnings().to_vec()),
        Err(findings) => (true, findings),
    };
    Ok(json(StatusCode::OK, &Checked { rejected, diagnostics }))
}

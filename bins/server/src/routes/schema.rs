//! Shapes of the API that several handlers share, and of what the libraries print.

use c2c_names::AppId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::paths::Paths;
use crate::sites::Sites;
use crate::store::{App, Jar};

/// An app without its code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = App)]
pub(super) struct AppBody {
    /// The id, which never changes.
    #[schema(value_type = String, example = "demo")]
    id: AppId,
    /// The name that people see.
    #[schema(example = "Demo shop")]
    name: String,
    /// The origins of the pages that may embed its widget.
    #[schema(value_type = Vec<String>, example = json!(["https://shop.example"]))]
    parent_origins: Vec<c2c_names::Origin>,
    /// How long cookies and storage of its code last.
    jar: Jar,
    links: Links,
}

impl AppBody {
    pub(super) fn new(app: &App, sites: &Sites) -> Self {
        Self {
            id: app.id.clone(),
            name: app.name.clone(),
            parent_origins: app.parent_origins.clone(),
            jar: app.jar,
            links: Links::new(&Paths::of_app(&app.id), sites),
        }
    }
}

/// The URLs of the three pages of an app, or of a preview.
#[derive(Serialize, ToSchema)]
pub(super) struct Links {
    parent: String,
    widget: String,
    sandbox: String,
}

impl Links {
    pub(super) fn new(paths: &Paths, sites: &Sites) -> Self {
        Self {
            parent: format!("{}{}", sites.parent.origin, paths.parent),
            widget: format!("{}{}", sites.widget.origin, paths.widget),
            sandbox: format!("{}{}", sites.sandbox.origin, paths.sandbox),
        }
    }
}

/// An error.
#[derive(ToSchema)]
#[schema(as = Error)]
pub(super) struct ErrorBody {
    /// One sentence.
    #[expect(dead_code, reason = "`Failure` writes it")]
    error: String,
}

/// The code cannot be served.
#[derive(ToSchema)]
#[schema(as = Rejected)]
#[expect(dead_code, reason = "`Failure` writes it")]
pub(super) struct RejectedBody {
    /// One sentence.
    error: String,
    diagnostics: Vec<Diagnostic>,
}

/// Another save came first.
#[derive(ToSchema)]
#[schema(as = Conflict)]
#[expect(dead_code, reason = "`Failure` writes it")]
pub(super) struct ConflictBody {
    /// One sentence.
    error: String,
    /// The number of the newest revision.
    revision: i64,
}

/// A finding in one of the two snippets, as `c2c_injector::Diagnostic` prints it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the injector prints it; a test compares the two")]
pub(super) struct Diagnostic {
    severity: Severity,
    /// The kind of finding, stable over releases; docs/diagnostics.md lists them.
    #[schema(example = "unclosed-script")]
    code: String,
    area: Area,
    /// The bytes of the snippet that began the problem.
    span: Span,
    /// The line of the span's first byte, from 1.
    #[schema(minimum = 1)]
    line: u32,
    /// The column of the span's first byte, from 1, in Unicode scalar values.
    #[schema(minimum = 1)]
    column: u32,
    /// The problem, in one sentence.
    message: String,
    /// How to fix it, in one sentence.
    help: String,
    /// A change that removes the finding. Absent where none can be made safely.
    #[schema(required = false)]
    fix: Option<Fix>,
}

/// An `error` stops publication, a `warning` does not.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the injector prints it")]
enum Severity {
    Error,
    Warning,
}

/// The snippet that a finding is in.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the injector prints it")]
enum Area {
    Head,
    BodyEnd,
}

/// Bytes of a snippet: the first, and the one after the last.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the injector prints it")]
struct Span {
    start: u32,
    end: u32,
}

/// Put `replacement` in the place of `span`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the injector prints it")]
struct Fix {
    span: Span,
    replacement: String,
}

//! Shapes of the API that several handlers share, and of what the libraries print.

use c2c_names::AppId;
use c2c_store::{App, Environment, Jar, RevisionNumber, Settings, Version};
use serde::Serialize;
use utoipa::ToSchema;

use crate::pages::snippet_limits;
use crate::paths::Paths;
use crate::sites::Sites;

/// An app without its code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = App)]
pub(super) struct AppBody {
    /// The id, which never changes.
    #[schema(value_type = String, example = "demo")]
    id: AppId,
    #[serde(flatten)]
    settings: SettingsBody,
    /// The version of the settings, as in the `ETag` of `/settings`.
    #[schema(value_type = i64)]
    settings_version: Version,
    /// The newest revision, live or not.
    #[schema(value_type = Option<i64>)]
    newest: Option<RevisionNumber>,
    /// The revision that visitors get, unless the app is off.
    #[schema(value_type = Option<i64>)]
    live: Option<RevisionNumber>,
    /// The revision in staging.
    #[schema(value_type = Option<i64>)]
    staged: Option<RevisionNumber>,
    /// Not null if visitors get an empty sandbox.
    off: Option<OffBody>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    links: Links,
    /// The pages in staging; null without staging.
    staging_links: Option<Links>,
    /// The greatest size of each snippet, in bytes.
    snippet_bytes_max: usize,
}

/// Since when an app is off, and why.
#[derive(Serialize, ToSchema)]
struct OffBody {
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    by: String,
    reason: String,
}

/// The settings of an app. They apply to visitors at once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Settings)]
pub(super) struct SettingsBody {
    /// The name that people see.
    #[schema(example = "Demo shop")]
    name: String,
    /// The origins of the pages that may embed its widget.
    #[schema(value_type = Vec<String>, example = json!(["https://shop.example"]))]
    parent_origins: Vec<c2c_names::Origin>,
    /// How long cookies and storage of its code last.
    #[schema(value_type = JarName)]
    jar: Jar,
    /// Whether it has a staging environment.
    staging: bool,
    /// Whether one who has changed the draft since the last publication cannot publish it.
    approval: bool,
}

/// `none`: using cookies or storage is an error. `visit`: they last as long as the page. `kept`: they are
/// kept for the visitor.
#[derive(ToSchema)]
#[schema(as = Jar, rename_all = "lowercase")]
#[expect(dead_code, reason = "c2c_store::Jar has the same names")]
pub(super) enum JarName {
    None,
    Visit,
    Kept,
}

/// A time of the store, in RFC 3339.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Time(jiff::Timestamp);

impl From<c2c_store::Timestamp> for Time {
    fn from(at: c2c_store::Timestamp) -> Self {
        Self(jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default())
    }
}

impl From<&Settings> for SettingsBody {
    fn from(settings: &Settings) -> Self {
        Self {
            name: settings.name.to_string(),
            parent_origins: settings.parent_origins.clone(),
            jar: settings.jar,
            staging: settings.staging,
            approval: settings.approval,
        }
    }
}

impl AppBody {
    pub(super) fn new(app: &App, sites: &Sites) -> Self {
        let links = |environment| Links::new(&app.id, &Paths::of_app(&app.id, environment), sites);
        Self {
            id: app.id.clone(),
            settings: (&app.settings).into(),
            settings_version: app.settings_version,
            newest: app.newest,
            live: app.live,
            staged: app.staged,
            off: app.off.as_ref().map(|off| OffBody {
                at: off.at.into(),
                by: off.by.to_string(),
                reason: off.reason.to_string(),
            }),
            created_at: app.created_at.into(),
            links: links(Environment::Live),
            staging_links: app.settings.staging.then(|| links(Environment::Staging)),
            snippet_bytes_max: snippet_limits().snippet_bytes_max(),
        }
    }
}

/// The draft of an app.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Draft)]
pub(super) struct DraftBody {
    /// Its version, as in the `ETag`.
    #[schema(value_type = i64)]
    version: Version,
    #[schema(value_type = String, format = DateTime)]
    saved_at: Time,
    saved_by: String,
    head: String,
    body_end: String,
}

impl From<c2c_store::Draft> for DraftBody {
    fn from(draft: c2c_store::Draft) -> Self {
        Self {
            version: draft.version,
            saved_at: draft.saved_at.into(),
            saved_by: draft.saved_by.to_string(),
            head: draft.snippets.head,
            body_end: draft.snippets.body_end,
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
    pub(super) fn new(app: &AppId, paths: &Paths, sites: &Sites) -> Self {
        Self {
            parent: format!("{}{}", sites.parent.origin, paths.parent),
            widget: format!("{}{}", sites.widget.origin, paths.widget),
            sandbox: format!("{}{}", sites.sandbox.origin_for(app), paths.sandbox),
        }
    }
}

/// A problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
#[derive(ToSchema)]
#[expect(dead_code, reason = "`Failure` writes it")]
pub(super) struct Problem {
    /// The status code.
    status: u16,
    /// The kind of problem, stable over releases.
    #[schema(example = "no-such-app")]
    code: String,
    /// The status in words.
    title: String,
    /// One sentence.
    detail: String,
}

/// The code cannot be served.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`Failure` writes it")]
pub(super) struct RejectedProblem {
    status: u16,
    #[schema(example = "code-rejected")]
    code: String,
    title: String,
    detail: String,
    diagnostics: Vec<Diagnostic>,
}

/// The draft has a newer version than the one that was edited or checked.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`Failure` writes it")]
pub(super) struct DraftProblem {
    status: u16,
    #[schema(example = "draft-conflict")]
    code: String,
    title: String,
    detail: String,
    /// The draft that is there.
    draft: DraftBody,
}

/// The app has changed since it was read.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`Failure` writes it")]
pub(super) struct AppProblem {
    status: u16,
    #[schema(example = "live-conflict")]
    code: String,
    title: String,
    detail: String,
    /// The app as it is.
    app: AppBody,
}

/// The draft or the environment has changed since it was read, or the app has no staging.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`Failure` writes it")]
pub(super) struct PublicationProblem {
    status: u16,
    #[schema(example = "draft-conflict")]
    code: String,
    title: String,
    detail: String,
    /// The draft that is there, with `draft-conflict`.
    #[schema(required = false)]
    draft: Option<DraftBody>,
    /// The app as it is, with `live-conflict`.
    #[schema(required = false)]
    app: Option<AppBody>,
}

/// Staging or live has changed since it was read, or nothing is staged.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`Failure` writes it")]
pub(super) struct PromotionProblem {
    status: u16,
    #[schema(example = "live-conflict")]
    code: String,
    title: String,
    detail: String,
    /// The app as it is, with `live-conflict`.
    #[schema(required = false)]
    app: Option<AppBody>,
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

//! Revisions: publish the draft, list and read old ones, put one live.

use axum::extract::{Path, Query, State as Extracted};
use c2c_store::{Environment, RevisionMark, RevisionNumber, Version};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::failure::Failure;
use super::input::{By, Id, Input, Part, Search, note};
use super::schema::{
    AppBody, AppProblem, Diagnostic, Problem, PromotionProblem, PublicationProblem,
    RejectedProblem, Time,
};
use super::{Answer, PROBLEM, State, json};
use crate::apps::{Published, Wish};

/// A revision without its code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RevisionMark)]
pub(super) struct MarkBody {
    #[schema(value_type = i64)]
    number: RevisionNumber,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    author: String,
    note: String,
    /// The older revision with the same content that it brought back.
    #[schema(value_type = Option<i64>)]
    copy_of: Option<RevisionNumber>,
}

impl From<RevisionMark> for MarkBody {
    fn from(mark: RevisionMark) -> Self {
        Self {
            number: mark.number,
            created_at: mark.created_at.into(),
            author: mark.author.to_string(),
            note: mark.note.to_string(),
            copy_of: mark.copy_of,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct History {
    /// The newest first.
    revisions: Vec<MarkBody>,
    /// Whether there are older ones.
    more: bool,
}

/// The revisions of an app
#[utoipa::path(
    get,
    path = "/api/apps/{app}/revisions",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("before" = Option<i64>, Query, description = "only revisions before this one"),
        ("limit" = Option<u32>, Query, description = "at most this many, up to 100"),
    ),
    responses(
        (status = 200, body = History),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
)]
pub(super) async fn list(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    Search(Query(part)): Search<Part>,
) -> Answer {
    let found =
        state.store().history(&id, part.before.map(RevisionNumber::new), part.wanted()).await;
    let mut found = found.map_err(state.failure())?;
    let more = part.cut(&mut found);
    let revisions = found.into_iter().map(MarkBody::from).collect();
    Ok(json(StatusCode::OK, &History { revisions, more }))
}

/// A revision. It never changes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Revision)]
struct RevisionBody {
    #[serde(flatten)]
    mark: MarkBody,
    head: String,
    body_end: String,
    /// The version of the catalogue of events that it was checked with; empty if not known.
    catalogue: String,
    /// The checker's findings at publication.
    #[schema(value_type = Vec<Diagnostic>)]
    diagnostics: Box<RawValue>,
}

/// A revision of an app
#[utoipa::path(
    get,
    path = "/api/apps/{app}/revisions/{number}",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("number" = i64, Path, description = "the revision's number"),
    ),
    responses((status = 200, body = RevisionBody), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn show(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    number: Result<Path<(String, i64)>, axum::extract::rejection::PathRejection>,
) -> Answer {
    let Path((_, number)) = number.map_err(|error| Failure::not_found(&error))?;
    let found = state.store().revision(&id, RevisionNumber::new(number)).await;
    let revision = found.map_err(state.failure())?;
    let body = RevisionBody {
        mark: revision.mark.into(),
        head: revision.snippets.head,
        body_end: revision.snippets.body_end,
        catalogue: revision.catalogue,
        diagnostics: RawValue::from_string(revision.diagnostics).unwrap_or_default(),
    };
    Ok(json(StatusCode::OK, &body))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Publication {
    /// The version of the draft to publish.
    draft: i64,
    /// The revision in the environment that it replaces; null if there is none.
    replaces: Option<i64>,
    /// `live` (the default) or `staging`.
    #[serde(default = "live")]
    #[schema(value_type = Option<String>, example = "live")]
    to: Environment,
    /// The reason, for the history: at most 1,000 characters.
    #[serde(default)]
    note: String,
    /// When it goes live (RFC 3339), if not now. Not for `staging`.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<jiff::Timestamp>,
}

fn live() -> Environment {
    Environment::Live
}

#[derive(Serialize, ToSchema)]
struct NewRevision {
    #[schema(value_type = i64)]
    revision: RevisionNumber,
    /// Warnings about its code.
    #[schema(value_type = Vec<Diagnostic>)]
    diagnostics: Vec<c2c::Diagnostic>,
}

impl From<Published> for NewRevision {
    fn from(Published { revision, warnings }: Published) -> Self {
        Self { revision, diagnostics: warnings }
    }
}

/// Publish the draft: make a revision of it, which goes live or into staging
#[utoipa::path(
    post,
    path = "/api/apps/{app}/revisions",
    params(("app" = String, Path, description = "the app's id")),
    request_body = Publication,
    responses(
        (status = 201, body = NewRevision),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = PublicationProblem, content_type = PROBLEM, description = "the draft or the environment has changed, or there is no staging"),
        (status = 422, body = RejectedProblem, content_type = PROBLEM, description = "the code cannot be served"),
    ),
)]
pub(super) async fn publish(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    Input(Publication { draft, replaces, to, note: why, at }): Input<Publication>,
) -> Answer {
    if to == Environment::Staging && at.is_some() {
        return Err(Failure::bad_request("/at: a planned publication goes live, not into staging"));
    }
    let wish = Wish {
        draft: Version::new(draft),
        replaces: replaces.map(RevisionNumber::new),
        to,
        note: note(&why, "/note")?,
        at: at.map(|at| c2c_store::Timestamp::from_millis(at.as_millisecond())),
    };
    let published = state.apps.publish(&by, &id, wish).await;
    let published = published.map_err(state.failure())?;
    tracing::info!(app = %id, revision = %published.revision, ?to, ?at, "published");
    Ok(json(StatusCode::CREATED, &NewRevision::from(published)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Rollback {
    /// The revision whose content goes live again.
    to: i64,
    /// The revision that is live now; null if there is none.
    replaces: Option<i64>,
    /// The reason, for the history.
    #[serde(default)]
    note: String,
}

/// Roll back: put the content of an old revision live, as a new one
#[utoipa::path(
    post,
    path = "/api/apps/{app}/rollback",
    params(("app" = String, Path, description = "the app's id")),
    request_body = Rollback,
    responses(
        (status = 201, body = NewRevision),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = AppProblem, content_type = PROBLEM, description = "another revision is live by now"),
        (status = 422, body = RejectedProblem, content_type = PROBLEM, description = "the checker rejects the old code now"),
    ),
)]
pub(super) async fn roll_back(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    Input(Rollback { to, replaces, note: why }): Input<Rollback>,
) -> Answer {
    let (to, replaces) = (RevisionNumber::new(to), replaces.map(RevisionNumber::new));
    let why = note(&why, "/note")?;
    let published = state.apps.roll_back(&by, &id, to, replaces, why).await;
    let published = published.map_err(state.failure())?;
    tracing::info!(app = %id, revision = %published.revision, %to, "rolled back");
    Ok(json(StatusCode::CREATED, &NewRevision::from(published)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Promotion {
    /// The revision in staging.
    staged: i64,
    /// The revision that is live now; null if there is none.
    replaces: Option<i64>,
}

/// Put the staged revision live
#[utoipa::path(
    post,
    path = "/api/apps/{app}/promote",
    params(("app" = String, Path, description = "the app's id")),
    request_body = Promotion,
    responses(
        (status = 200, body = AppBody),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = PromotionProblem, content_type = PROBLEM, description = "staging or live has changed, or nothing is staged"),
    ),
)]
pub(super) async fn promote(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    Input(Promotion { staged, replaces }): Input<Promotion>,
) -> Answer {
    let (staged, replaces) = (RevisionNumber::new(staged), replaces.map(RevisionNumber::new));
    let promoted = state.apps.promote(&by, &id, staged, replaces).await;
    promoted.map_err(state.failure())?;
    let app = state.store().app(&id).await.map_err(state.failure())?;
    Ok(json(StatusCode::OK, &AppBody::new(&app, &state.sites)))
}

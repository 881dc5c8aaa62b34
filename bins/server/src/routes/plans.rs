//! Plans: a publication and a return to an older revision, each at one time.

use axum::extract::State as Extracted;
use c2c_names::AppId;
use c2c_store::{Actor, RevisionNumber, Task};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{By, Id, Input};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json, nothing};

/// A task that is carried out later.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Plan {
    /// `publish` or `switch-back`.
    #[schema(value_type = String, example = "publish")]
    task: Task,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// The revision that goes live, or whose content does.
    #[schema(value_type = i64)]
    revision: RevisionNumber,
    planned_by: String,
}

#[derive(Serialize, ToSchema)]
struct Plans {
    /// The earliest first.
    plans: Vec<Plan>,
}

/// The plans of an app
#[utoipa::path(
    get,
    path = "/api/apps/{app}/plans",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 200, body = Plans), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn list(Extracted(state): Extracted<State>, Id(id): Id) -> Answer {
    let plans = state.store().plans(&id).await.map_err(state.failure())?;
    let plans = plans.into_iter().map(|plan| Plan {
        task: plan.task,
        at: plan.at.into(),
        revision: plan.revision,
        planned_by: plan.planned_by.to_string(),
    });
    Ok(json(StatusCode::OK, &Plans { plans: plans.collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SwitchBack {
    /// The revision whose content goes live again.
    to: i64,
    /// When (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    at: jiff::Timestamp,
}

/// Plan the return to an older revision
#[utoipa::path(
    put,
    path = "/api/apps/{app}/plans/switch-back",
    params(("app" = String, Path, description = "the app's id")),
    request_body = SwitchBack,
    responses(
        (status = 204),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
)]
pub(super) async fn switch_back(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    Input(SwitchBack { to, at }): Input<SwitchBack>,
) -> Answer {
    let at = c2c_store::Timestamp::from_millis(at.as_millisecond());
    let planned = state.store().plan_switch_back(&by, &id, RevisionNumber::new(to), at).await;
    planned.map_err(state.failure())?;
    Ok(nothing())
}

/// Give up the planned publication
#[utoipa::path(
    delete,
    path = "/api/apps/{app}/plans/publish",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 204), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn cancel_publication(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
) -> Answer {
    cancel(&state, &by, &id, Task::Publish).await
}

/// Give up the planned return
#[utoipa::path(
    delete,
    path = "/api/apps/{app}/plans/switch-back",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 204), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn cancel_switch_back(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
) -> Answer {
    cancel(&state, &by, &id, Task::SwitchBack).await
}

async fn cancel(state: &State, by: &Actor, id: &AppId, task: Task) -> Answer {
    state.store().cancel_plan(by, id, task).await.map_err(state.failure())?;
    Ok(nothing())
}

//! Replays: all deliveries of an endpoint for events of some time are sent again.

use std::time::Instant;

use axum::extract::{Query, State as Extracted};
use c2c_delivery::{EndpointId, Outcome};
use c2c_names::AppId;
use c2c_store::{Actor, Replay, StoreError};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deliveries::stored;
use super::failure::Failure;
use super::input::{By, Id, Input, Search};
use super::schema::Problem;
use super::{Answer, PROBLEM, State, json};

/// The most deliveries of one replay.
const DELIVERIES_MAX: i64 = 100_000;
/// Deliveries that are opened in one transaction: few, since events that come in wait for it.
const STEP: u32 = 250;
/// The deliveries to count: those that have ended, of events whose content is still there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sought {
    endpoint: EndpointId,
    #[serde(default)]
    outcome: Option<Outcome>,
    from: jiff::Timestamp,
    to: jiff::Timestamp,
}

/// The deliveries to replay: those that have ended, of events whose content is still there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReplay)]
pub(super) struct Wish {
    #[schema(value_type = String)]
    endpoint: EndpointId,
    /// How they ended: `delivered`, `refused`, `expired` or `suppressed`. Null or nothing means all.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    /// Their event came in then, or later (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    from: jiff::Timestamp,
    /// Their event came in before (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    to: jiff::Timestamp,
    /// Where to go on: `next` of the answer before. Null or nothing begins a replay.
    #[serde(default)]
    after: Option<i64>,
}

impl From<Sought> for Replay {
    fn from(Sought { endpoint, outcome, from, to }: Sought) -> Self {
        Self { endpoint, outcome, from: stored(from), to: stored(to) }
    }
}

/// How much a replay would send.
#[derive(Serialize, ToSchema)]
struct Counted {
    deliveries: i64,
    /// A replay of more is refused.
    max: i64,
}

/// How many deliveries a replay would send
#[utoipa::path(
    get,
    path = "/api/apps/{app}/replays",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Query, description = "the endpoint's id"),
        ("outcome" = Option<String>, Query, description = "how they ended: `delivered`, `refused`, `expired` or `suppressed`"),
        ("from" = String, Query, description = "their event came in then, or later (RFC 3339)"),
        ("to" = String, Query, description = "their event came in before (RFC 3339)"),
    ),
    responses(
        (status = 200, body = Counted),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
)]
pub(super) async fn count(
    Extracted(state): Extracted<State>,
    Id(app): Id,
    Search(Query(sought)): Search<Sought>,
) -> Answer {
    let deliveries = counted(&state, &app, &sought.into()).await?;
    Ok(json(StatusCode::OK, &Counted { deliveries, max: DELIVERIES_MAX }))
}

async fn counted(state: &State, app: &AppId, replay: &Replay) -> Result<i64, Failure> {
    // It is the app's.
    state.store().endpoint(app, replay.endpoint).await.map_err(state.failure())?;
    state.store().count_replay(replay).await.map_err(state.failure())
}

#[derive(Serialize, ToSchema)]
struct Replayed {
    /// The number of deliveries that are pending again, by this request.
    replayed: u64,
    /// Null if all are. Otherwise send the same again, with this as `after`.
    next: Option<i64>,
}

/// Send the events of some time to an endpoint again
///
/// Many deliveries take several requests, since each works for a limited time. If the client does not wait for the answer,
/// the work of this request is done nevertheless.
#[utoipa::path(
    post,
    path = "/api/apps/{app}/replays",
    params(("app" = String, Path, description = "the app's id")),
    request_body = Wish,
    responses(
        (status = 200, body = Replayed),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "there are too many deliveries, or too many replays are at work"),
    ),
)]
pub(super) async fn start(
    Extracted(state): Extracted<State>,
    Id(app): Id,
    By(by): By,
    Input(wish): Input<Wish>,
) -> Answer {
    let Wish { endpoint, outcome, from, to, after } = wish;
    let replay = Sought { endpoint, outcome, from, to }.into();
    let place = state.replays.place(&app)?;
    // Also if it goes on: `after` may be anything.
    let deliveries = counted(&state, &app, &replay).await?;
    if deliveries > DELIVERIES_MAX {
        let detail = format!(
            "these are {deliveries} deliveries, and one replay sends {DELIVERIES_MAX} at most; choose a shorter time"
        );
        return Err(Failure::new(StatusCode::CONFLICT, "too-many-deliveries", detail));
    }
    let in_background = state.clone();
    let part = async move {
        let _place = place;
        replay_part(&in_background, &by, &app, &replay, after).await
    };
    // A request that takes too long is dropped. Its part of a replay is not left half done.
    let replayed = tokio::spawn(part).await.map_err(|error| {
        tracing::error!(%error, "a replay has ended early");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "the server failed")
    })?;
    Ok(json(StatusCode::OK, &replayed.map_err(state.failure())?))
}

/// Opens deliveries for half of the time that the database may take.
async fn replay_part(
    state: &State,
    by: &Actor,
    app: &AppId,
    replay: &Replay,
    after: Option<i64>,
) -> Result<Replayed, StoreError> {
    let end = Instant::now() + state.limits.database_timeout / 2;
    // The audit log has each request, since `after` may be anything.
    state.store().start_replay(by, app, replay).await?;
    let mut done = Replayed { replayed: 0, next: Some(after.unwrap_or_default()) };
    while let Some(seq) = done.next {
        let step = state.store().replay_step(by, app, replay, seq, STEP).await?;
        done.replayed += u64::from(step.replayed);
        done.next = step.next;
        if Instant::now() >= end {
            break;
        }
    }
    Ok(done)
}

//! Replays: all deliveries of an endpoint for events of some time are sent again.

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

/// The most deliveries of one replay: they are opened while the request waits.
const DELIVERIES_MAX: i64 = 100_000;
/// Deliveries that are opened in one transaction.
const STEP: u32 = 1_000;

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
}

impl From<Wish> for Replay {
    fn from(Wish { endpoint, outcome, from, to }: Wish) -> Self {
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
    Search(Query(wish)): Search<Wish>,
) -> Answer {
    let deliveries = counted(&state, &app, &wish.into()).await?;
    Ok(json(StatusCode::OK, &Counted { deliveries, max: DELIVERIES_MAX }))
}

async fn counted(state: &State, app: &AppId, replay: &Replay) -> Result<i64, Failure> {
    // It is the app's.
    state.store().endpoint(app, replay.endpoint).await.map_err(state.failure())?;
    state.store().count_replay(replay).await.map_err(state.failure())
}

#[derive(Serialize, ToSchema)]
struct Replayed {
    /// The number of deliveries that are pending again.
    replayed: u64,
}

/// Send the events of some time to an endpoint again
///
/// The answer comes when all deliveries are pending. If the client does not wait for it, they are nevertheless.
#[utoipa::path(
    post,
    path = "/api/apps/{app}/replays",
    params(("app" = String, Path, description = "the app's id")),
    request_body = Wish,
    responses(
        (status = 200, body = Replayed),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "there are too many deliveries"),
    ),
)]
pub(super) async fn start(
    Extracted(state): Extracted<State>,
    Id(app): Id,
    By(by): By,
    Input(wish): Input<Wish>,
) -> Answer {
    let replay = wish.into();
    let deliveries = counted(&state, &app, &replay).await?;
    if deliveries > DELIVERIES_MAX {
        let detail = format!(
            "these are {deliveries} deliveries, and one replay sends {DELIVERIES_MAX} at most; choose a shorter time"
        );
        return Err(Failure::new(StatusCode::CONFLICT, "too-many-deliveries", detail));
    }
    let in_background = state.clone();
    let all = async move { replay_all(&in_background, &by, &app, &replay).await };
    // A request whose client leaves is dropped. A replay is not left half done.
    let replayed = tokio::spawn(all).await.map_err(|error| {
        tracing::error!(%error, "a replay has ended early");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "the server failed")
    })?;
    Ok(json(StatusCode::OK, &Replayed { replayed: replayed.map_err(state.failure())? }))
}

async fn replay_all(
    state: &State,
    by: &Actor,
    app: &AppId,
    replay: &Replay,
) -> Result<u64, StoreError> {
    state.store().start_replay(by, app, replay).await?;
    let (mut replayed, mut after) = (0, Some(0));
    while let Some(seq) = after {
        let step = state.store().replay_step(by, app, replay, seq, STEP).await?;
        replayed += u64::from(step.replayed);
        after = step.next;
    }
    Ok(replayed)
}

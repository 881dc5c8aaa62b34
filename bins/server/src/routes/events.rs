//! Events of an app: one from its envelope to the answers of endpoints; deletion on request; and those of backends.

use std::collections::BTreeSet;

use axum::extract::State as Extracted;
use c2c_delivery::{Consent, EndpointId, EventId};
use c2c_names::AppId;
use c2c_store::{Actor, Forget, Forgotten, StoreError, TracedEvent};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

use super::deliveries::{EnvelopeBody, PresentEndpoints, TracedBody, WithheldBody, envelope};
use super::failure::Failure;
use super::input::{By, EventPath, Id, Input, Raw};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json};
use crate::collect::context_value;

/// Events that are read at once, to look for a value in them.
const LOOK: u32 = 200;
/// The longest key of a context, and the longest value, in bytes.
const KEY_BYTES_MAX: usize = 16 * 1024;

/// All that is known of an event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
struct EventBody {
    /// Its number.
    seq: i64,
    id: String,
    /// Whether a backend with a token has sent it.
    verified: bool,
    name: String,
    /// By the sender's clock.
    #[schema(value_type = String, format = DateTime)]
    happened_at: Time,
    #[schema(value_type = String, format = DateTime)]
    received_at: Time,
    /// `granted`, `not-asked` or `unknown`.
    #[schema(value_type = String)]
    consent: Consent,
    /// The parts that the catalogue does not allow.
    marks: Vec<String>,
    /// Null if it was deleted, or is too old.
    #[schema(value_type = Option<EnvelopeBody>)]
    envelope: Option<Box<RawValue>>,
    /// One for each endpoint for which it was meant.
    deliveries: Vec<TracedBody>,
    /// The other endpoints of the app, without those that were removed.
    withheld: Vec<WithheldBody>,
}

impl EventBody {
    fn of(traced: TracedEvent, endpoints: &PresentEndpoints) -> Self {
        let TracedEvent { event, deliveries, .. } = traced;
        let withheld = endpoints.withheld(&event, &deliveries);
        let deliveries = deliveries.into_iter().map(|one| endpoints.traced(&event, one)).collect();
        let marks = event.marks.and_then(|marks| serde_json::from_str(&marks).ok());
        Self {
            seq: event.seq,
            id: event.id.to_string(),
            verified: event.verified,
            name: event.name,
            happened_at: event.happened_at.into(),
            received_at: event.received_at.into(),
            consent: event.consent,
            marks: marks.unwrap_or_default(),
            envelope: envelope(event.body),
            deliveries,
            withheld,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Events {
    /// That of a page, and that of a backend with the same id: at least one of them.
    events: Vec<EventBody>,
}

/// An event, from its envelope to the answers of endpoints
#[utoipa::path(
    get,
    path = "/api/apps/{app}/events/{event}",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("event" = String, Path, description = "the id of its envelope"),
    ),
    responses((status = 200, body = Events), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn show(
    Extracted(state): Extracted<State>,
    EventPath(app, id): EventPath,
) -> Answer {
    state.store().app(&app).await.map_err(state.failure())?;
    let events = state.store().event(&app, id).await.map_err(state.failure())?;
    let endpoints = PresentEndpoints::read(&state, &app).await?;
    let events = events.into_iter().map(|traced| EventBody::of(traced, &endpoints)).collect();
    Ok(json(StatusCode::OK, &Events { events }))
}

/// The events to delete: by `id`, or by `key` and `value`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Forget)]
pub(super) struct ForgetBody {
    /// The id of an envelope.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    id: Option<EventId>,
    /// A key of the context.
    #[serde(default)]
    key: Option<String>,
    /// The value that it has.
    #[serde(default)]
    value: Option<String>,
    /// The `next` of the answer before, to look further.
    #[serde(default)]
    after: Option<i64>,
}

/// Events to look for.
enum Sought {
    Id(EventId),
    Value { key: String, value: String, after: Option<i64> },
}

impl TryFrom<ForgetBody> for Sought {
    type Error = Failure;

    fn try_from(body: ForgetBody) -> Result<Self, Failure> {
        match body {
            ForgetBody { id: Some(id), key: None, value: None, after: None } => Ok(Self::Id(id)),
            ForgetBody { id: None, key: Some(key), value: Some(value), after } => {
                if key.len().max(value.len()) > KEY_BYTES_MAX {
                    let detail = format!("/key, /value: at most {KEY_BYTES_MAX} bytes");
                    return Err(Failure::bad_request(detail));
                }
                if key.contains('\0') {
                    // PostgreSQL has no text with it.
                    return Err(Failure::bad_request("/key: no key has the character U+0000"));
                }
                Ok(Self::Value { key, value, after })
            }
            _ => Err(Failure::bad_request("the body: either /id, or /key and /value")),
        }
    }
}

/// The events that were deleted.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Forgotten)]
struct ForgottenBody {
    /// The number of events whose content is gone.
    forgotten: u64,
    /// The number of deliveries that will not take place.
    pending_cancelled: u64,
    /// The ids of endpoints that have got some of these events, or may have, since a request was under way or has failed:
    /// their owners have to delete them, too.
    #[schema(value_type = Vec<String>)]
    sent_to: BTreeSet<EndpointId>,
    /// Null if all events were looked at. Otherwise send the same again, with this as `after`.
    next: Option<i64>,
}

impl ForgottenBody {
    fn add(&mut self, forgotten: Forgotten) {
        self.forgotten += u64::from(forgotten.events);
        self.pending_cancelled += u64::from(forgotten.pending);
        self.sent_to.extend(forgotten.sent_to);
    }
}

/// Delete the content of events
///
/// Events with a value are found by an index, if the app's settings had the key when they came; the others by looking
/// at each event, which takes several requests if there are many. An id or a value that no event has is no error.
///
/// If the client does not wait for the answer, the work of this request is done nevertheless. The entries of the audit
/// log have `sentTo`, too; and for an `id`, the same request gives it again, as long as the event is known.
#[utoipa::path(
    post,
    path = "/api/apps/{app}/events/forget",
    params(("app" = String, Path, description = "the app's id")),
    request_body = ForgetBody,
    responses(
        (status = 200, body = ForgottenBody),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "too many deletions are at work"),
    ),
)]
pub(super) async fn forget(
    Extracted(state): Extracted<State>,
    Id(app): Id,
    By(by): By,
    Input(body): Input<ForgetBody>,
) -> Answer {
    let sought = Sought::try_from(body)?;
    state.store().app(&app).await.map_err(state.failure())?;
    let place = state.deletions.place(&app)?;
    let in_background = state.clone();
    // The time of a request is limited, and a deletion is not left half done. A server that stops waits for the
    // transaction that is under way.
    let forgotten = tokio::spawn(async move {
        let _place = place;
        let forgetting = Forgetting { state: &in_background, by: &by, app: &app };
        let forgotten = forgetting.forget(sought).await;
        // The client may not wait for the answer.
        forgotten.inspect_err(|error| {
            tracing::error!(%app, %error, "a deletion of events has ended early; repeat it");
        })
    });
    let forgotten = forgotten.await.map_err(|error| {
        tracing::error!(%error, "a deletion of events has ended early; repeat it");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "the server failed")
    })?;
    Ok(json(StatusCode::OK, &forgotten.map_err(state.failure())?))
}

/// A deletion. It outlives its request, so each of its steps has a limit for a database that does not answer.
struct Forgetting<'a> {
    state: &'a State,
    by: &'a Actor,
    app: &'a AppId,
}

impl Forgetting<'_> {
    async fn forget(&self, sought: Sought) -> Result<ForgottenBody, StoreError> {
        let mut forgotten = ForgottenBody::default();
        match sought {
            Sought::Id(id) => self.all(&Forget::Event(id), &mut forgotten).await?,
            Sought::Value { key, value, after } => {
                if after.is_none() {
                    let digests = self.state.integrations.event_digests(self.app, &key, &value);
                    let by_index = Forget::Key { key: key.clone(), digests };
                    self.all(&by_index, &mut forgotten).await?;
                }
                self.look(&key, &value, after.unwrap_or_default(), &mut forgotten).await?;
            }
        }
        Ok(forgotten)
    }

    async fn all(&self, forget: &Forget, sum: &mut ForgottenBody) -> Result<(), StoreError> {
        loop {
            let step = self.state.store().forget(self.by, self.app, forget);
            let step = timeout(self.state.limits.look_timeout, step).await;
            let forgotten = step.unwrap_or_else(|_| Err(StoreError::hung()))?;
            let more = forgotten.more;
            sum.add(forgotten);
            if !more {
                return Ok(());
            }
        }
    }

    /// Looks at events that came after the number `after`, for half of the time that the database may take.
    async fn look(
        &self,
        key: &str,
        value: &str,
        after: i64,
        sum: &mut ForgottenBody,
    ) -> Result<(), StoreError> {
        let end = Instant::now() + self.state.limits.database_timeout / 2;
        let mut last = after;
        loop {
            let step = self.state.store().events_with_body(self.app, last, LOOK);
            let step = timeout(self.state.limits.look_timeout, step).await;
            let events = step.unwrap_or_else(|_| Err(StoreError::hung()))?;
            let found = events.iter().filter(|event| {
                let found = event.body.as_deref().and_then(|body| context_value(body, key));
                found.is_some_and(|found| found == value)
            });
            let found: Vec<_> = found.map(|event| event.seq).collect();
            if !found.is_empty() {
                self.all(&Forget::Seqs(found), sum).await?;
            }
            match events.last() {
                Some(event) if Instant::now() < end => last = event.seq,
                more => {
                    sum.next = more.map(|event| event.seq);
                    return Ok(());
                }
            }
        }
    }
}

/// Events of a backend.
#[derive(ToSchema)]
#[schema(as = EventBatch)]
#[expect(dead_code, reason = "`Collect` reads it")]
pub(super) struct BatchBody {
    /// The version of the form: 1.
    c2c: u32,
    /// The visitor's decision: `granted` or `not-asked`; without it, it is not known.
    #[schema(required = false)]
    consent: Option<String>,
    /// 1 to 100 events.
    events: Vec<EnvelopeBody>,
}

/// The fate of events.
#[derive(ToSchema)]
#[schema(as = EventReceipt)]
#[expect(dead_code, reason = "`Collect` writes it")]
struct ReceiptBody {
    /// The number of new ones. They are kept.
    accepted: u64,
    /// The number of those that were there before.
    known: u64,
    /// Those that are not kept.
    refused: Vec<RefusedBody>,
}

#[derive(ToSchema)]
#[schema(as = RefusedEvent)]
#[expect(dead_code, reason = "`Collect` writes it")]
struct RefusedBody {
    /// Null if it has none.
    id: Option<String>,
    /// `form`, `size`, `catalogue` or `off`.
    reason: String,
}

/// Send events of a backend, with an event token of the app
///
/// `Authorization: Bearer c2ce_…`. Neither a session nor an API token can send events.
#[utoipa::path(
    post,
    path = "/api/apps/{app}/events",
    params(("app" = String, Path, description = "the app's id")),
    request_body = BatchBody,
    responses(
        (status = 200, body = ReceiptBody, description = "they are kept"),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM, description = "the app takes no events"),
    ),
)]
pub(super) async fn take(
    Extracted(state): Extracted<State>,
    Id(app): Id,
    Raw(body): Raw,
) -> Answer {
    let receipt: Result<Value, _> = state.collect.take_verified(app, &body).await;
    Ok(json(StatusCode::OK, &receipt.map_err(Failure::of_refusal)?))
}

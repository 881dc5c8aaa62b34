//! Deliveries of an app: what became of each event, for each endpoint.

use axum::extract::{Query, State as Extracted};
use c2c_delivery::{EndpointId, EndpointState, Kind, Outcome, Reason};
use c2c_names::{AppId, Origin};
use c2c_store::{
    Attempt, Delivery, DeliveryFilter, Endpoint, Progress, Stage, StoreError, StoredEvent,
    Timestamp, TracedDelivery,
};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::failure::Failure;
use super::input::{By, DeliveryPath, Id, Part, Search};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json};
use crate::delivery::Envelope;

/// The word for a delivery that has not ended, beside those of [`Outcome`].
const PENDING: &str = "pending";

/// An event on its way to an endpoint, or at the end of that way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Delivery)]
pub(super) struct DeliveryBody {
    endpoint: String,
    /// The number of the event.
    seq: i64,
    /// The id of its envelope.
    event: String,
    /// Whether a backend with a token has sent it.
    verified: bool,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    received_at: Time,
    /// How many times a server has taken it up.
    attempts: u32,
    /// How often it was replayed.
    round: u32,
    /// `pending`, `delivered`, `refused`, `expired` or `suppressed`.
    outcome: &'static str,
    /// Why it ended so; null if it has not ended.
    reason: Option<&'static str>,
    /// When it ended. Of one that is pending: when it is tried next, or when its server has to be done with it.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// Whether a server is at it now.
    under_way: bool,
    /// The failures of this round, if it has not ended.
    tries: u32,
    /// The status of the last answer, if it has ended with one.
    status: Option<u16>,
    /// How long the last request took, if it has ended with one.
    took_ms: Option<u32>,
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let body = Self {
            endpoint: delivery.endpoint.to_string(),
            seq: delivery.seq,
            event: delivery.event.to_string(),
            verified: delivery.verified,
            name: delivery.name,
            received_at: delivery.received_at.into(),
            attempts: delivery.attempt,
            round: delivery.round,
            outcome: PENDING,
            reason: None,
            at: delivery.received_at.into(),
            under_way: false,
            tries: 0,
            status: None,
            took_ms: None,
        };
        match delivery.progress {
            Progress::Pending { at, leased, tries } => {
                Self { at: at.into(), under_way: leased, tries, ..body }
            }
            Progress::Ended { at, outcome, reason, status, took_ms } => Self {
                at: at.into(),
                outcome: outcome.word(),
                reason: Some(reason.word()),
                status,
                took_ms,
                ..body
            },
        }
    }
}

/// One request to an endpoint, and its answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Attempt)]
struct AttemptBody {
    /// Its number. Some are missing if a server has stopped in between.
    attempt: u32,
    /// When it began. In whole seconds since 1970, this is the `webhook-timestamp` of the request.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    took_ms: u32,
    /// `success`, or what failed.
    result: &'static str,
    /// Null if there was no answer.
    status: Option<u16>,
    /// The address that answered.
    address: Option<String>,
    /// The beginning of the answer. It is text of the endpoint.
    answer: String,
}

impl From<Attempt> for AttemptBody {
    fn from(attempt: Attempt) -> Self {
        Self {
            attempt: attempt.attempt,
            at: attempt.at.into(),
            took_ms: attempt.took_ms,
            result: attempt.result.word(),
            status: attempt.status,
            address: attempt.address,
            answer: String::from_utf8_lossy(&attempt.answer).into_owned(),
        }
    }
}

/// The request of each attempt, made again with the endpoint's present host and format: an earlier attempt may have gone to
/// another host, or had another format.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryRequest)]
struct RequestBody {
    #[schema(example = "POST")]
    method: &'static str,
    /// The host of the endpoint's present address. The rest may hold a secret, so it is not shown.
    host: String,
    #[schema(example = "application/json")]
    content_type: &'static str,
    /// The header `webhook-id`.
    webhook_id: String,
    /// The text of the body. Its bytes are those that were sent, unless the endpoint had another format then.
    body: String,
}

impl RequestBody {
    /// `None` if the endpoint gets no webhooks, or if the event has no content any more.
    fn of(endpoint: &Endpoint, event: &StoredEvent, widget: &Origin) -> Option<Self> {
        if endpoint.kind != Kind::Webhook {
            return None;
        }
        let envelope = Envelope::of(event).ok()?;
        let told = envelope.told(&endpoint.app, event);
        let body = told.body(endpoint.settings.format, widget);
        Some(Self {
            method: "POST",
            host: endpoint.settings.host.clone(),
            content_type: body.content_type,
            webhook_id: told.message_id().to_string(),
            body: String::from_utf8(body.bytes).ok()?,
        })
    }
}

/// A delivery, with its attempts.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryWithLog)]
pub(super) struct TracedBody {
    #[serde(flatten)]
    delivery: DeliveryBody,
    /// The attempts, oldest first. One that succeeded at once is not among them: of its answer, only the delivery's `status` and
    /// `tookMs` are kept.
    log: Vec<AttemptBody>,
    /// Null for a vendor's endpoint, for one that was removed, and if the event's content was deleted, or is too old.
    request: Option<RequestBody>,
}

/// An endpoint of the app to which the event has no delivery.
#[derive(Serialize, ToSchema)]
#[schema(as = WithheldEvent)]
pub(super) struct WithheldBody {
    endpoint: String,
    /// `added-later`: the endpoint was added after the event came. `filter`: its filter does not name the event. `consent`: it
    /// gets no events with this decision of the visitor. `not-agreed`: it had not agreed when the event came. `changed`:
    /// none of these, so when the event came, it had not agreed, or had other settings. The settings of that time are
    /// not kept: `filter` and `consent` are by the present ones.
    reason: &'static str,
}

/// The reason for which an endpoint has no delivery of an event, in the order in which the accounts have them.
fn why_withheld(endpoint: &Endpoint, event: &StoredEvent) -> &'static str {
    let (settings, came) = (&endpoint.settings, event.received_at);
    if endpoint.made_at > came {
        "added-later"
    } else if !settings.filter.has(&event.name) {
        Reason::Filter.word()
    } else if !settings.consents.contains(&event.consent) {
        Reason::Consent.word()
    } else if endpoint.state == EndpointState::Asked && endpoint.state_at <= came {
        Reason::NotAgreed.word()
    } else {
        "changed"
    }
}

/// The endpoints of an app as they are now, without those that were removed: by them, the deliveries of an event are shown.
pub(super) struct PresentEndpoints {
    endpoints: Vec<Endpoint>,
    /// The origin of the widget's page, which an event in the format `cloudevents` names.
    widget: Origin,
}

impl PresentEndpoints {
    pub(super) async fn read(state: &State, app: &AppId) -> Result<Self, Failure> {
        let endpoints = state.store().endpoints(app).await.map_err(state.failure())?;
        Ok(Self { endpoints, widget: state.sites.widget.origin.clone() })
    }

    /// A delivery of an event.
    pub(super) fn traced(&self, event: &StoredEvent, traced: TracedDelivery) -> TracedBody {
        let TracedDelivery { delivery, attempts, .. } = traced;
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.id == delivery.endpoint);
        TracedBody {
            request: endpoint.and_then(|endpoint| RequestBody::of(endpoint, event, &self.widget)),
            log: attempts.into_iter().map(AttemptBody::from).collect(),
            delivery: delivery.into(),
        }
    }

    /// The endpoints to which an event has none of these deliveries, which are all that it has.
    pub(super) fn withheld(
        &self,
        event: &StoredEvent,
        deliveries: &[TracedDelivery],
    ) -> Vec<WithheldBody> {
        let is_without = |endpoint: &&Endpoint| {
            deliveries.iter().all(|traced| traced.delivery.endpoint != endpoint.id)
        };
        let without = self.endpoints.iter().filter(is_without);
        let shown = without.map(|endpoint| WithheldBody {
            endpoint: endpoint.id.to_string(),
            reason: why_withheld(endpoint, event),
        });
        shown.collect()
    }
}

/// An event as it came in.
#[derive(ToSchema)]
#[schema(as = Envelope)]
#[expect(dead_code, reason = "the text that was stored is sent")]
pub(super) struct EnvelopeBody {
    /// With `custom:` before the name of an event of custom code.
    #[schema(example = "custom:chat_opened")]
    name: String,
    /// With the visitor's `context`.
    data: Value,
    /// By the visitor's clock.
    #[schema(value_type = String, format = DateTime)]
    timestamp: String,
    /// A UUID of version 7.
    id: String,
    /// Its number among the events of its page.
    seq: u64,
}

/// The text of an envelope. It was JSON when it was stored.
pub(super) fn envelope(body: Option<Vec<u8>>) -> Option<Box<RawValue>> {
    let text = String::from_utf8(body?).ok()?;
    RawValue::from_string(text).ok()
}

/// The deliveries that a query asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    endpoint: Option<EndpointId>,
    outcome: Option<String>,
    name: Option<String>,
    from: Option<jiff::Timestamp>,
    to: Option<jiff::Timestamp>,
    before: Option<String>,
    limit: Option<u32>,
}

impl Wanted {
    fn filter(&self) -> Result<DeliveryFilter, Failure> {
        let stage = match self.outcome.as_deref() {
            None => None,
            Some(PENDING) => Some(Stage::Pending),
            Some(word) => Some(Stage::Ended(word.parse::<Outcome>().map_err(|error| {
                Failure::bad_request(format!("outcome: {error}, and not {PENDING:?}"))
            })?)),
        };
        Ok(DeliveryFilter {
            endpoint: self.endpoint,
            stage,
            name: self.name.clone(),
            from: self.from.map(stored),
            to: self.to.map(stored),
        })
    }

    /// The delivery before which the page begins, as a page before this one has given it.
    fn before(&self) -> Result<Option<(i64, EndpointId)>, Failure> {
        let Some(text) = &self.before else { return Ok(None) };
        let parsed = text
            .split_once('.')
            .and_then(|(seq, endpoint)| Some((seq.parse().ok()?, endpoint.parse().ok()?)));
        let wrong = "before: not the `next` of an answer";
        parsed.map(Some).ok_or_else(|| Failure::bad_request(wrong))
    }
}

/// A time as the store has it.
pub(super) fn stored(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millisecond())
}

#[derive(Serialize, ToSchema)]
struct Deliveries {
    /// Those of the newest events first.
    deliveries: Vec<DeliveryBody>,
    /// The `before` of the next page; null if this is the last.
    next: Option<String>,
}

/// The deliveries of an app's events
#[utoipa::path(
    get,
    path = "/api/apps/{app}/deliveries",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = Option<String>, Query, description = "only this endpoint's"),
        ("outcome" = Option<String>, Query, description = "only `pending`, `delivered`, `refused`, `expired` or `suppressed` ones"),
        ("name" = Option<String>, Query, description = "only those of events with this name"),
        ("from" = Option<String>, Query, description = "only those of events that came then or later (RFC 3339)"),
        ("to" = Option<String>, Query, description = "only those of events that came before (RFC 3339)"),
        ("before" = Option<String>, Query, description = "the `next` of the page before this one"),
        ("limit" = Option<u32>, Query, description = "at most this many, up to 100"),
    ),
    responses(
        (status = 200, body = Deliveries),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
    ),
)]
pub(super) async fn list(
    Extracted(state): Extracted<State>,
    Id(app): Id,
    Search(Query(wanted)): Search<Wanted>,
) -> Answer {
    let (filter, before) = (wanted.filter()?, wanted.before()?);
    state.store().app(&app).await.map_err(state.failure())?;
    if let Some(endpoint) = filter.endpoint {
        state.store().endpoint(&app, endpoint).await.map_err(state.failure())?;
    }
    let part = Part::up_to(wanted.limit);
    let found = state.store().deliveries(&app, &filter, before, part.wanted()).await;
    let mut found = found.map_err(state.failure())?;
    let more = part.cut(&mut found);
    let next = found.last().filter(|_| more);
    let next = next.map(|last| format!("{}.{}", last.seq, last.endpoint));
    let deliveries = found.into_iter().map(DeliveryBody::from).collect();
    Ok(json(StatusCode::OK, &Deliveries { deliveries, next }))
}

/// A delivery with all that is known of it.
#[derive(Serialize, ToSchema)]
struct WholeDelivery {
    #[serde(flatten)]
    traced: TracedBody,
    /// Null if it was deleted, or is too old.
    #[schema(value_type = Option<EnvelopeBody>)]
    envelope: Option<Box<RawValue>>,
}

/// A delivery, with its event and its requests
#[utoipa::path(
    get,
    path = "/api/apps/{app}/deliveries/{endpoint}/{seq}",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
        ("seq" = i64, Path, description = "the number of the event"),
    ),
    responses((status = 200, body = WholeDelivery), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn show(
    Extracted(state): Extracted<State>,
    DeliveryPath(app, endpoint, seq): DeliveryPath,
) -> Answer {
    let traced = find(&state, &app, endpoint, seq).await?;
    let events = state.store().event(&app, traced.delivery.event).await;
    let events = events.map_err(state.failure())?;
    let mut events = events.into_iter().map(|traced| traced.event);
    let event = events.find(|event| event.seq == seq).ok_or(StoreError::NoSuchDelivery);
    let event = event.map_err(state.failure())?;
    let endpoints = PresentEndpoints::read(&state, &app).await?;
    let traced = endpoints.traced(&event, traced);
    Ok(json(StatusCode::OK, &WholeDelivery { traced, envelope: envelope(event.body) }))
}

async fn find(
    state: &State,
    app: &AppId,
    endpoint: EndpointId,
    seq: i64,
) -> Result<TracedDelivery, Failure> {
    state.store().app(app).await.map_err(state.failure())?;
    state.store().delivery(app, endpoint, seq).await.map_err(state.failure::<StoreError>())
}

/// Send an event to an endpoint again
#[utoipa::path(
    post,
    path = "/api/apps/{app}/deliveries/{endpoint}/{seq}/replay",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("endpoint" = String, Path, description = "the endpoint's id"),
        ("seq" = i64, Path, description = "the number of the event"),
    ),
    responses(
        (status = 200, body = DeliveryBody, description = "the delivery, which is pending again"),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 409, body = Problem, content_type = PROBLEM, description = "it has not ended, or its content is not there any more"),
    ),
)]
pub(super) async fn replay(
    Extracted(state): Extracted<State>,
    DeliveryPath(app, endpoint, seq): DeliveryPath,
    By(by): By,
) -> Answer {
    let replayed = state.store().replay_one(&by, &app, endpoint, seq).await;
    replayed.map_err(state.failure())?;
    let traced = find(&state, &app, endpoint, seq).await?;
    Ok(json(StatusCode::OK, &DeliveryBody::from(traced.delivery)))
}

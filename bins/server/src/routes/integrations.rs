//! Integrations of an app: whether it takes events, its endpoints, and the account of all events.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State as Extracted;
use c2c_delivery::{
    Agreement, CollectMode, Consent, EndpointId, EndpointState, Format, Kind, Outcome,
};
use c2c_store::{
    Collect, CollectSettings, Endpoint, EndpointAccount, EndpointHealth, Intake, Version,
};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::failure::Failure;
use super::input::{By, Id, IfMatch, Input};
use super::schema::{Problem, Time};
use super::{Answer, PROBLEM, State, json, tagged};

/// How an app takes events, and how long it keeps them.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Collect)]
pub(super) struct CollectBody {
    /// `off`: it takes none. `refuse`: it takes those that the catalogue allows. `mark`: it takes the others, too, with
    /// findings.
    #[schema(value_type = String, example = "refuse")]
    mode: CollectMode,
    /// How many days the content of events is kept: 1 to 90.
    #[schema(minimum = 1, maximum = 90)]
    body_days: u32,
    /// How many days it is known that there was an event, and what became of it: 1 to 400, and not fewer.
    #[schema(minimum = 1, maximum = 400)]
    meta_days: u32,
    /// Keys of the context by whose values events can be deleted: at most 4.
    search_keys: Vec<String>,
}

/// The most days for which the content of events is kept, and for which the rest is.
const BODY_DAYS_MAX: u32 = 90;
const META_DAYS_MAX: u32 = 400;
/// The most keys of the context by whose values events can be found, and the longest, in bytes.
const SEARCH_KEYS_MAX: usize = 4;
const SEARCH_KEY_BYTES_MAX: usize = 100;

impl CollectBody {
    fn check(&self) -> Result<(), Failure> {
        let wrong = |place: String| Err(Failure::bad_request(place));
        if !(1..=BODY_DAYS_MAX).contains(&self.body_days) {
            return wrong(format!("/bodyDays: 1 to {BODY_DAYS_MAX}"));
        }
        if !(1..=META_DAYS_MAX).contains(&self.meta_days) {
            return wrong(format!("/metaDays: 1 to {META_DAYS_MAX}"));
        }
        let keys: BTreeSet<_> = self.search_keys.iter().collect();
        if keys.len() != self.search_keys.len() || keys.len() > SEARCH_KEYS_MAX {
            return wrong(format!("/searchKeys: {SEARCH_KEYS_MAX} different ones at most"));
        }
        if keys.iter().any(|key| key.is_empty() || key.len() > SEARCH_KEY_BYTES_MAX) {
            return wrong(format!("/searchKeys: each of 1 to {SEARCH_KEY_BYTES_MAX} bytes"));
        }
        if keys.iter().any(|key| key.contains('\0')) {
            // PostgreSQL has no text with it.
            return wrong("/searchKeys: none with the character U+0000".to_owned());
        }
        Ok(())
    }
}

impl From<CollectSettings> for CollectBody {
    fn from(settings: CollectSettings) -> Self {
        let CollectSettings { mode, body_days, meta_days, search_keys } = settings;
        Self { mode, body_days, meta_days, search_keys }
    }
}

/// An endpoint, without its address and secrets.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Endpoint)]
pub(super) struct EndpointBody {
    id: String,
    /// `webhook`, `ga4` or `meta`.
    #[schema(value_type = String)]
    kind: Kind,
    /// For people: 1 to 100 characters.
    name: String,
    /// The host of its address. The rest may hold a secret, so it is not shown.
    host: String,
    /// The form of a webhook's requests: `standard` or `cloudevents`; null for a vendor.
    #[schema(value_type = Option<String>)]
    format: Option<Format>,
    /// The names of the events that it gets (`custom:` is before those of custom code), or `["*"]`. For a vendor, they are
    /// those of the mapping.
    filter: Vec<String>,
    /// Which event becomes which of a vendor's, as it was given; null for a webhook.
    #[schema(value_type = Value)]
    mapping: Option<Value>,
    /// Whether a vendor gets events of pages that do not ask their visitors. A webhook gets them.
    takes_not_asked: bool,
    /// How many requests it gets at a time, at most.
    in_flight_max: u32,
    /// How many requests a minute it wants at most; null for any number.
    rate_per_minute: Option<u32>,
    #[schema(value_type = i64)]
    version: Version,
    /// `asked`: it has not agreed, and gets nothing. `active`. `paused`: a person stopped it. `disabled`: it failed for
    /// too long, or wants no more. `removed`.
    #[schema(value_type = String)]
    state: EndpointState,
    /// Why it is in this state.
    state_reason: String,
    #[schema(value_type = String, format = DateTime)]
    state_at: Time,
    /// `handshake`, `challenge`, `skipped`, `not-needed` or `no`.
    #[schema(value_type = String)]
    agreed: Agreement,
    #[schema(value_type = String, format = DateTime)]
    made_at: Time,
    made_by: String,
    health: HealthBody,
}

/// How an endpoint fares.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EndpointHealth)]
struct HealthBody {
    /// Failures since the last success.
    failures: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Time>,
    /// Until then it gets nothing, since it failed several times.
    #[schema(value_type = Option<String>, format = DateTime)]
    blocked_until: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    succeeded_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    failed_at: Option<Time>,
    /// The last result: `success`, or what failed.
    last: Option<&'static str>,
}

impl From<EndpointHealth> for HealthBody {
    fn from(health: EndpointHealth) -> Self {
        let blocked = health.blocked_until;
        Self {
            failures: u32::try_from(health.failures).unwrap_or_default(),
            failing_since: health.failing_since.map(Time::from),
            blocked_until: (blocked.as_millis() > 0).then(|| blocked.into()),
            succeeded_at: health.succeeded_at.map(Time::from),
            failed_at: health.failed_at.map(Time::from),
            last: health.last.map(c2c_delivery::Reason::word),
        }
    }
}

impl From<Endpoint> for EndpointBody {
    fn from(endpoint: Endpoint) -> Self {
        let settings = endpoint.settings;
        let is_webhook = endpoint.kind == Kind::Webhook;
        Self {
            id: endpoint.id.to_string(),
            kind: endpoint.kind,
            name: settings.name.to_string(),
            host: settings.host,
            format: is_webhook.then_some(settings.format),
            mapping: serde_json::from_str(&settings.mapping).ok().filter(|_| !is_webhook),
            takes_not_asked: settings.consents.contains(&Consent::NotAsked),
            filter: settings.filter.into(),
            in_flight_max: settings.in_flight_max,
            rate_per_minute: settings.rate_per_minute,
            version: endpoint.version,
            state: endpoint.state,
            state_reason: endpoint.state_reason,
            state_at: endpoint.state_at.into(),
            agreed: endpoint.agreed,
            made_at: endpoint.made_at.into(),
            made_by: endpoint.made_by.to_string(),
            health: endpoint.health.into(),
        }
    }
}

/// The fate of the events that came in: `accepted` + `known` + all of `refused` is what was heard.
#[derive(Serialize, ToSchema)]
#[schema(as = Intake)]
struct IntakeBody {
    /// New ones, which were kept.
    accepted: i64,
    /// Those that had come before.
    known: i64,
    /// Those that were not kept, by reason. `rate-limited`: they came too fast, and their senders may send them again.
    refused: BTreeMap<String, i64>,
}

impl From<Intake> for IntakeBody {
    fn from(Intake { accepted, known, refused, .. }: Intake) -> Self {
        Self { accepted, known, refused }
    }
}

/// The fate of the events that were accepted since the endpoint was added: `pending` + all of `ended` is
/// `accepted`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EndpointAccount)]
struct AccountBody {
    endpoint: String,
    accepted: i64,
    /// Those that wait, or are under way.
    pending: i64,
    /// When the oldest of them came.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_pending: Option<Time>,
    ended: Vec<Ended>,
    /// The attempts that failed, by reason, of these deliveries and of those that wait.
    #[serde(rename = "failedAttempts")]
    failed: BTreeMap<&'static str, i64>,
}

impl From<(EndpointId, EndpointAccount)> for AccountBody {
    fn from((endpoint, account): (EndpointId, EndpointAccount)) -> Self {
        let ended = account.ended.into_iter();
        let failed = account.failed.into_iter();
        Self {
            endpoint: endpoint.to_string(),
            accepted: account.accepted,
            pending: account.pending,
            oldest_pending: account.oldest.map(Time::from),
            ended: ended
                .map(|((outcome, reason), number)| Ended { outcome, reason: reason.word(), number })
                .collect(),
            failed: failed.map(|(reason, number)| (reason.word(), number)).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = EndedDeliveries)]
struct Ended {
    /// `delivered`, `refused`, `expired` or `suppressed`.
    #[schema(value_type = String)]
    outcome: Outcome,
    reason: &'static str,
    number: i64,
}

/// All about the integrations of an app.
#[derive(Serialize, ToSchema)]
struct Integrations {
    collect: CollectBody,
    /// The version of `collect`, as in its `ETag`.
    #[serde(rename = "collectVersion")]
    #[schema(value_type = i64)]
    version: Version,
    endpoints: Vec<EndpointBody>,
    intake: IntakeBody,
    /// One for each endpoint, those that were removed among them.
    accounts: Vec<AccountBody>,
}

/// The integrations of an app
#[utoipa::path(
    get,
    path = "/api/apps/{app}/integrations",
    params(("app" = String, Path, description = "the app's id")),
    responses((status = 200, body = Integrations), (status = 404, body = Problem, content_type = PROBLEM)),
)]
pub(super) async fn show(Extracted(state): Extracted<State>, Id(id): Id) -> Answer {
    let store = state.store();
    let Collect { settings, version, .. } = store.collect(&id).await.map_err(state.failure())?;
    let endpoints = store.endpoints(&id).await.map_err(state.failure())?;
    let accounts = store.accounts(&id).await.map_err(state.failure())?;
    let body = Integrations {
        collect: settings.into(),
        version,
        endpoints: endpoints.into_iter().map(EndpointBody::from).collect(),
        intake: accounts.intake.into(),
        accounts: accounts.endpoints.into_iter().map(AccountBody::from).collect(),
    };
    Ok(json(StatusCode::OK, &body))
}

/// Change how an app takes events
#[utoipa::path(
    put,
    path = "/api/apps/{app}/integrations/collect",
    params(
        ("app" = String, Path, description = "the app's id"),
        ("If-Match" = String, Header, description = "the version that was edited: `\"0\"` for the first"),
    ),
    request_body = CollectBody,
    responses(
        (status = 200, body = CollectBody, headers(("ETag" = String, description = "the new version"))),
        (status = 400, body = Problem, content_type = PROBLEM),
        (status = 404, body = Problem, content_type = PROBLEM),
        (status = 412, body = Problem, content_type = PROBLEM, description = "it was changed in the meantime"),
        (status = 428, body = Problem, content_type = PROBLEM, description = "there is no If-Match"),
    ),
)]
pub(super) async fn collect(
    Extracted(state): Extracted<State>,
    Id(id): Id,
    By(by): By,
    IfMatch(edited): IfMatch,
    Input(body): Input<CollectBody>,
) -> Answer {
    body.check()?;
    let CollectBody { mode, body_days, meta_days, search_keys } = body;
    let settings = CollectSettings { mode, body_days, meta_days, search_keys };
    let changed = state.apps.collect(&by, &id, edited, &settings).await;
    let version = changed.map_err(state.failure()).map_err(Failure::of_if_match)?;
    Ok(tagged(json(StatusCode::OK, &CollectBody::from(settings)), version))
}

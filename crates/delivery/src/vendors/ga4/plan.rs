//! Requests for events.

use serde_json::{Map, Value, json};

use super::credentials::Credentials;
use super::mapping::{Mapping, Rule};
use super::names::{ITEMS, PURCHASE, REFUND, TRANSACTION};
use super::value::value;
use crate::Reason;
use crate::vendors::event::Event;
use crate::vendors::leak::looks_personal;
use crate::vendors::request::{Ended, Now, Omission, Omitted, Plan, Request, Unsent};

/// Google takes events of the last 72 hours, and moves older ones there without a word. An hour is for clocks and waiting.
const AGE_MS_MAX: i64 = 71 * 60 * 60 * 1000;
/// The greatest number of events of a request.
const EVENTS_MAX: usize = 25;
/// Google takes less than 130 kB; the rest is for the other members.
const EVENTS_BYTES_MAX: usize = 120_000;

/// An event as Google takes it, and its size.
struct Made {
    event: usize,
    client_id: String,
    json: Value,
    bytes: usize,
    omitted: Vec<Omitted>,
}

/// The requests for some events: those of one client together, at most 25.
pub fn plan(credentials: &Credentials, mapping: &Mapping, events: &[Event<'_>], now: Now) -> Plan {
    let mut plan = Plan::default();
    let mut open: Vec<Vec<Made>> = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let made = match make(mapping, index, event, now) {
            Ok(made) => made,
            Err(unsent) => {
                plan.ended.push(unsent.of(index));
                continue;
            }
        };
        match open.iter_mut().find(|batch| has_room(batch, &made)) {
            Some(batch) => batch.push(made),
            None => open.push(vec![made]),
        }
    }
    for batch in open {
        plan.requests.push(request(credentials, mapping, batch, "/mp/collect", false));
    }
    plan
}

/// The request by which Google's validation server says what is wrong with an event. It does not check the
/// credentials, and the event is in no report.
///
/// # Errors
///
/// Fails if the event would not be sent.
pub fn check(
    credentials: &Credentials,
    mapping: &Mapping,
    event: &Event<'_>,
    now: Now,
) -> Result<Request, Ended> {
    let made = make(mapping, 0, event, now).map_err(|unsent| unsent.of(0))?;
    Ok(request(credentials, mapping, vec![made], "/debug/mp/collect", true))
}

fn has_room(batch: &[Made], made: &Made) -> bool {
    let bytes: usize = batch.iter().map(|made| made.bytes).sum();
    batch.len() < EVENTS_MAX
        && batch.first().is_some_and(|first| first.client_id == made.client_id)
        && bytes + made.bytes <= EVENTS_BYTES_MAX
}

fn request(
    credentials: &Credentials,
    mapping: &Mapping,
    batch: Vec<Made>,
    path: &str,
    is_check: bool,
) -> Request {
    let mut body = Map::new();
    let (mut indexes, mut events, mut omitted) = (Vec::new(), Vec::new(), Vec::new());
    for made in batch {
        body.insert("client_id".to_owned(), Value::String(made.client_id));
        indexes.push(made.event);
        events.push(made.json);
        omitted.extend(made.omitted);
    }
    body.insert("events".to_owned(), Value::Array(events));
    if !mapping.consent.is_empty() {
        let consent =
            mapping.consent.iter().map(|(key, decision)| (key.clone(), json!(decision.word())));
        body.insert("consent".to_owned(), Value::Object(consent.collect()));
    }
    if is_check {
        body.insert("validation_behavior".to_owned(), json!("ENFORCE_RECOMMENDATIONS"));
    }
    let body = Value::Object(body).to_string().into_bytes();
    let mut request = Request::new(credentials.origin(), credentials.target(path), body);
    request.events = indexes;
    request.omitted = omitted;
    request
}

fn make(mapping: &Mapping, index: usize, event: &Event<'_>, now: Now) -> Result<Made, Unsent> {
    if !now.allows(event.consent) {
        return Err(Unsent::suppressed(Reason::Consent));
    }
    let rule = mapping.rules.get(event.name).ok_or(Unsent::suppressed(Reason::Mapping))?;
    let at_ms = now.told(event, AGE_MS_MAX).ok_or(Unsent::too_old())?;
    let client = rule.client_id.as_ref().unwrap_or(&mapping.client_id).find(event);
    let client_id = client.and_then(|value| client_id(&value));
    let client_id = client_id.ok_or(Unsent::suppressed(Reason::NoClientId))?;
    let (mut params, omitted) = params(rule, index, event);
    check_whole(rule, &params)?;
    let session = rule.session_id.as_ref().or(mapping.session_id.as_ref());
    if let Some(session) = session.and_then(|source| session_id(&source.find(event)?)) {
        params.insert("session_id".to_owned(), session);
    }
    let json = json!({
        "name": rule.name,
        "params": params,
        "timestamp_micros": at_ms.saturating_mul(1_000),
    });
    let bytes = json.to_string().len() + 1;
    if bytes > EVENTS_BYTES_MAX {
        return Err(Unsent::suppressed(Reason::Mapping));
    }
    Ok(Made { event: index, client_id, json, bytes, omitted })
}

fn params(rule: &Rule, index: usize, event: &Event<'_>) -> (Map<String, Value>, Vec<Omitted>) {
    let (mut params, mut omitted) = (Map::new(), Vec::new());
    for (name, source) in &rule.params {
        let Some(found) = source.find(event) else { continue };
        if let Some(value) = value(name, &found) {
            params.insert(name.clone(), value);
        } else {
            let is_personal = found.as_str().is_some_and(looks_personal);
            let why = if is_personal { Omission::Personal } else { Omission::Form };
            omitted.push(Omitted { event: index, name: name.clone(), why });
        }
    }
    // Without its currency, a value is of no use to Google.
    if !params.contains_key("currency") && params.remove("value").is_some() {
        omitted.push(Omitted { event: index, name: "value".to_owned(), why: Omission::Form });
    }
    (params, omitted)
}

/// Purchases and refunds without their required parameters would count wrongly.
fn check_whole(rule: &Rule, params: &Map<String, Value>) -> Result<(), Unsent> {
    let needed: &[&str] = match rule.name.as_str() {
        PURCHASE => &[TRANSACTION, "currency", "value", ITEMS],
        REFUND => &[TRANSACTION],
        _ => &[],
    };
    let is_whole = needed.iter().all(|name| params.contains_key(*name));
    is_whole.then_some(()).ok_or(Unsent::suppressed(Reason::Mapping))
}

/// The id of a client: two positive numbers with a full stop between them, as the tag tells it, or the whole value of
/// its cookie `_ga`, which has these at its end. The protocol takes no other.
fn client_id(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    let parts: Vec<&str> = text.split('.').collect();
    let is_id = match *parts.as_slice() {
        [one, two] => is_positive(one) && is_positive(two),
        [version, domain, one, two] => {
            version.strip_prefix("GA").is_some_and(is_positive)
                && is_positive(domain)
                && is_positive(one)
                && is_positive(two)
        }
        _ => false,
    };
    is_id.then(|| text.to_owned())
}

/// The id of a session: digits, by [the protocol](https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference?client_type=gtag).
fn session_id(value: &Value) -> Option<Value> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    is_positive(&text).then_some(Value::String(text))
}

fn is_positive(text: &str) -> bool {
    (1..=20).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte != b'0')
}

//! Requests for events.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::credentials::Credentials;
use super::mapping::{Hashed, Limited, Mapping, Rule};
use super::names::PURCHASE;
use super::page::{origin, page};
use super::value::{custom, event_id, plain};
use crate::Reason;
use crate::vendors::event::{Event, Hit};
use crate::vendors::hash::Sha256Hex;
use crate::vendors::leak::looks_personal;
use crate::vendors::normal::UserKey;
use crate::vendors::request::{Now, Omission, Omitted, Plan, Request, Unsent};

/// Each version is supported for at least two years: this one is of February 2026.
const VERSION: &str = "v25.0";
/// Meta takes events of the last seven days, and refuses the whole request otherwise. Some hours are for clocks and
/// waiting.
const AGE_MS_MAX: i64 = (7 * 24 - 3) * 60 * 60 * 1000;
/// Meta takes 1,000. One wrong event fails all, and then each is sent alone.
const EVENTS_MAX: usize = 50;
/// Ours, so that an event with much data does not make a large request.
const EVENTS_BYTES_MAX: usize = 500_000;
/// The greatest length of a user agent, in characters.
const USER_AGENT_MAX: usize = 1_000;
/// Shorter values of hashed fields are words like "de", which a text may have by chance: only a text that is equal counts.
const WITHIN_MIN: usize = 6;

/// An event with nothing but one of these, or a part of one, [is refused][page]: too many people are like that.
///
/// [page]: https://developers.facebook.com/documentation/ads-commerce/conversions-api/best-practices#baseline-requirements-for-matching
const TOO_BROAD: &[&[&str]] = &[
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];

/// An event as Meta takes it, and its size.
struct Made {
    event: usize,
    json: Value,
    bytes: usize,
    omitted: Vec<Omitted>,
}

/// The requests for some events.
pub fn plan(credentials: &Credentials, mapping: &Mapping, events: &[Event<'_>], now: Now) -> Plan {
    let mut plan = Plan::default();
    let mut batch: Vec<Made> = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let made = match make(mapping, index, event, now) {
            Ok(made) => made,
            Err(unsent) => {
                plan.ended.push(unsent.of(index));
                continue;
            }
        };
        let bytes: usize = batch.iter().map(|made| made.bytes).sum();
        let is_full = batch.len() == EVENTS_MAX || bytes + made.bytes > EVENTS_BYTES_MAX;
        if is_full && !batch.is_empty() {
            plan.requests.push(request(credentials, std::mem::take(&mut batch)));
        }
        batch.push(made);
    }
    if !batch.is_empty() {
        plan.requests.push(request(credentials, batch));
    }
    plan
}

fn request(credentials: &Credentials, batch: Vec<Made>) -> Request {
    let (mut indexes, mut events, mut omitted) = (Vec::new(), Vec::new(), Vec::new());
    for made in batch {
        indexes.push(made.event);
        events.push(made.json);
        omitted.extend(made.omitted);
    }
    let mut body = json!({ "data": events });
    if let Some(code) = credentials.test_event_code() {
        body["test_event_code"] = json!(code);
    }
    let target = format!("/{VERSION}/{}/events", credentials.dataset_id());
    let request = Request::new(credentials.origin(), target, body.to_string().into_bytes());
    let mut request = request.with_bearer(credentials.bearer());
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
    let hit = event.hit.ok_or(Unsent::suppressed(Reason::NoUserData))?;
    let mut making = Making { index, event, hidden: hidden(rule, event), omitted: Vec::new() };
    let user_data = making.user_data(rule, hit)?;
    let page = hit.page.as_deref().and_then(page).ok_or(Unsent::suppressed(Reason::NoUserData))?;
    let mut json = json!({
        "event_name": rule.name,
        "event_time": at_ms.div_euclid(1_000),
        "event_id": making.event_id(rule),
        "action_source": "website",
        "event_source_url": if making.shows_hidden(&page) { origin(&page) } else { page },
        "user_data": user_data,
    });
    let custom = making.custom_data(rule)?;
    if !custom.is_empty() {
        json["custom_data"] = Value::Object(custom);
    }
    if let Some(limited) = mapping.limited {
        limit(&mut json, limited, hit)?;
    }
    let bytes = json.to_string().len() + 1;
    Ok(Made { event: index, json, bytes, omitted: making.omitted })
}

/// Marks an event for limited use. Meta cannot find out the state without the address.
fn limit(json: &mut Value, limited: Limited, hit: &Hit) -> Result<(), Unsent> {
    let by_address = limited.country == 0 || limited.state == 0;
    if by_address && hit.address.is_none() {
        return Err(Unsent::suppressed(Reason::NoUserData));
    }
    json["data_processing_options"] = json!(["LDU"]);
    json["data_processing_options_country"] = json!(limited.country);
    json["data_processing_options_state"] = json!(limited.state);
    Ok(())
}

/// The values of the fields that are sent as hashes, and their normal forms, in lower case: nothing else may show them.
fn hidden(rule: &Rule, event: &Event<'_>) -> BTreeSet<String> {
    let mut hidden = BTreeSet::new();
    for (key, hashed) in &rule.people.hashed {
        let found = hashed.source.place().and_then(|_| hashed.source.find(event));
        let Some(text) = found.as_ref().and_then(text_of) else { continue };
        hidden.extend(key.normalize(&text));
        hidden.insert(text.to_lowercase());
    }
    hidden.remove("");
    hidden
}

struct Making<'a> {
    index: usize,
    event: &'a Event<'a>,
    hidden: BTreeSet<String>,
    omitted: Vec<Omitted>,
}

impl Making<'_> {
    fn user_data(&mut self, rule: &Rule, hit: &Hit) -> Result<Map<String, Value>, Unsent> {
        let mut data = Map::new();
        for (key, hashed) in &rule.people.hashed {
            let Some(found) = hashed.source.find(self.event) else { continue };
            match text_of(&found).and_then(|text| digest(*key, hashed, &text)) {
                Some(hash) => {
                    data.insert(key.word().to_owned(), json!([hash.as_str()]));
                }
                None => self.omit(key.word(), Omission::Form),
            }
        }
        for (key, source) in &rule.people.plain {
            let Some(found) = source.find(self.event) else { continue };
            match plain(*key, &found) {
                Some(value) if !self.leaks(&value) => {
                    data.insert(key.word().to_owned(), value);
                }
                Some(_) => self.omit(key.word(), Omission::Personal),
                None => self.omit(key.word(), Omission::Form),
            }
        }
        data.extend(hit.address.map(|address| {
            ("client_ip_address".to_owned(), json!(address.to_canonical().to_string()))
        }));
        // Required for events of websites.
        let agent = hit.user_agent.as_deref().map(str::trim).filter(|agent| !agent.is_empty());
        let agent = agent.ok_or(Unsent::suppressed(Reason::NoUserData))?;
        let agent: String = agent.chars().take(USER_AGENT_MAX).collect();
        data.insert("client_user_agent".to_owned(), json!(agent));
        let is_broad =
            TOO_BROAD.iter().any(|keys| data.keys().all(|key| keys.contains(&key.as_str())));
        if is_broad { Err(Unsent::suppressed(Reason::NoUserData)) } else { Ok(data) }
    }

    fn custom_data(&mut self, rule: &Rule) -> Result<Map<String, Value>, Unsent> {
        let mut data = Map::new();
        for (name, source) in &rule.custom {
            let Some(found) = source.find(self.event) else { continue };
            let is_personal = found.as_str().is_some_and(looks_personal);
            match custom(name, &found) {
                Some(value) if source.place().is_none() || !self.leaks(&value) => {
                    data.insert(name.clone(), value);
                }
                None if !is_personal => self.omit(name, Omission::Form),
                _ => self.omit(name, Omission::Personal),
            }
        }
        if !data.contains_key("currency") && data.remove("value").is_some() {
            self.omit("value", Omission::Form);
        }
        let is_whole = rule.name != PURCHASE || data.contains_key("value");
        is_whole.then_some(data).ok_or(Unsent::suppressed(Reason::Mapping))
    }

    /// The id by which Meta knows the pixel's event: the field of the mapping, or that of the envelope.
    fn event_id(&mut self, rule: &Rule) -> String {
        let found = rule.event_id.as_ref().and_then(|source| source.find(self.event));
        let id = found.as_ref().and_then(event_id).filter(|id| !self.shows_hidden(id));
        if id.is_none() && found.is_some() {
            self.omit("event_id", Omission::Form);
        }
        id.unwrap_or_else(|| self.event.id.to_string())
    }

    /// Whether a value, or a part of it, shows the source of a hash.
    fn leaks(&self, value: &Value) -> bool {
        match value {
            Value::Array(values) => values.iter().any(|value| self.leaks(value)),
            Value::Object(members) => members.values().any(|value| self.leaks(value)),
            _ => text_of(value).is_some_and(|text| self.shows_hidden(&text)),
        }
    }

    fn shows_hidden(&self, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        self.hidden.iter().any(|hidden| {
            text == *hidden || (hidden.chars().count() >= WITHIN_MIN && text.contains(hidden))
        })
    }

    fn omit(&mut self, name: &str, why: Omission) {
        self.omitted.push(Omitted { event: self.index, name: name.to_owned(), why });
    }
}

fn digest(key: UserKey, hashed: &Hashed, text: &str) -> Option<Sha256Hex> {
    if hashed.is_digest { Sha256Hex::read(text) } else { key.hash(text) }
}

/// A text or a number, as a text.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

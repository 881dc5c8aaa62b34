//! Stand-ins for the two vendors, which check the rules that their documentation has. They share no code with the
//! product: a rule that the product misread is not misread here, too.
//!
//! They are functions of a request. A test with HTTP includes this file by its path, and calls them from a server.
//!
//! Google: <https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference?client_type=gtag>, and
//! `sending-events`, `validating-events`, `policy` there; <https://support.google.com/analytics/answer/9267744> (limits),
//! `13316687` (names), `12313109` (transaction ids). Meta:
//! <https://developers.facebook.com/documentation/ads-commerce/conversions-api>, `parameters/server-event`,
//! `parameters/customer-information-parameters`, `parameters/custom-data`, `best-practices`.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Map, Value, json};

/// A request as a server saw it. Names of headers are in lower case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) method: &'a str,
    /// The path and query.
    pub(crate) target: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
    /// The present time, in milliseconds since 1970.
    pub(crate) now_ms: i64,
}

impl Seen<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| *other == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(*value)
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn query(&self) -> Vec<(&str, &str)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect()
    }
}

const HOUR_MS: i64 = 60 * 60 * 1000;

/// A fault in Google's words: place, code, description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) place: String,
    pub(crate) code: &'static str,
    pub(crate) text: String,
}

/// Google's answer, and what is wrong with the request whatever the answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) faults: Vec<Fault>,
}

/// Google's `/mp/collect`, which answers 204 to anything, and `/debug/mp/collect`, which tells the faults.
pub(crate) fn ga4_collect(seen: &Seen<'_>) -> Verdict {
    let mut ga4 = Ga4 { now_ms: seen.now_ms, faults: Vec::new() };
    ga4.request(seen);
    let faults = ga4.faults;
    let messages = |fault: &Fault| json!({"fieldPath": fault.place, "description": fault.text, "validationCode": fault.code});
    let (status, body) = match (seen.method, seen.path()) {
        ("POST", "/mp/collect") => (204, String::new()),
        ("POST", "/debug/mp/collect") => {
            let messages: Vec<_> = faults.iter().map(messages).collect();
            (200, json!({ "validationMessages": messages }).to_string())
        }
        _ => (404, String::new()),
    };
    Verdict { status, body, faults }
}

const GA4_EVENTS: &str = "ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data \
    app_exception app_install app_remove app_store_refund app_update app_upgrade dynamic_link_app_open \
    dynamic_link_app_update dynamic_link_first_open error firebase_campaign firebase_in_app_message_action \
    firebase_in_app_message_dismiss firebase_in_app_message_impression first_open first_visit notification_dismiss \
    notification_foreground notification_open notification_receive notification_send os_update session_start \
    user_engagement ad_impression in_app_purchase screen_view app_store_subscription_cancel \
    app_store_subscription_renew click file_download form_start form_submit page_view scroll view_complete \
    video_progress video_start view_search_results";
const GA4_DIMENSIONS: &str =
    "cid customer_id customerid dclid gclid sessionid sfmc_id sid srsltid uid user_id userid";
const GA4_ITEM: &str = "item_id item_name affiliation coupon discount index item_brand item_category item_category2 \
    item_category3 item_category4 item_category5 item_list_id item_list_name item_variant location_id price quantity";

struct Ga4 {
    now_ms: i64,
    faults: Vec<Fault>,
}

impl Ga4 {
    fn fault(&mut self, place: &str, code: &'static str, text: impl Into<String>) {
        self.faults.push(Fault { place: place.to_owned(), code, text: text.into() });
    }

    fn require(&mut self, holds: bool, place: &str, code: &'static str, text: &str) {
        if !holds {
            self.fault(place, code, text);
        }
    }

    fn request(&mut self, seen: &Seen<'_>) {
        let query = seen.query();
        let names: Vec<_> = query.iter().map(|(name, _)| *name).collect();
        self.require(
            names == ["measurement_id", "api_secret"],
            "query",
            "VALUE_REQUIRED",
            "measurement_id and api_secret",
        );
        for (name, value) in query {
            let is_stream = value
                .strip_prefix("G-")
                .is_some_and(|id| !id.is_empty() && id.chars().all(char::is_alphanumeric));
            self.require(
                !value.is_empty() && (name != "measurement_id" || is_stream),
                name,
                "VALUE_INVALID",
                value,
            );
        }
        self.require(
            seen.header("content-type") == Some("application/json"),
            "headers",
            "VALUE_INVALID",
            "JSON",
        );
        self.require(seen.body.len() < 130_000, "body", "VALUE_OUT_OF_BOUNDS", "130 kB");
        match serde_json::from_slice(seen.body) {
            Ok(Value::Object(body)) => self.body(&body),
            _ => self.fault("body", "VALUE_INVALID", "not a JSON object"),
        }
    }

    fn body(&mut self, body: &Map<String, Value>) {
        for (key, value) in body {
            match key.as_str() {
                "client_id" => self.require(
                    is_client(value),
                    key,
                    "VALUE_INVALID",
                    "two positive numbers, or the cookie",
                ),
                "timestamp_micros" => self.time(key, value),
                "consent" => self.consent(value),
                "validation_behavior" => {
                    let known = value == "RELAXED" || value == "ENFORCE_RECOMMENDATIONS";
                    self.require(known, key, "VALUE_INVALID", "RELAXED or ENFORCE_RECOMMENDATIONS");
                }
                "events" => {}
                _ => self.fault(key, "NAME_INVALID", "not known, or not for this product"),
            }
        }
        self.require(body.contains_key("client_id"), "client_id", "VALUE_REQUIRED", "missing");
        let events = body.get("events").and_then(Value::as_array).cloned().unwrap_or_default();
        self.require(!events.is_empty(), "events", "VALUE_REQUIRED", "none");
        self.require(events.len() <= 25, "events", "EXCEEDED_MAX_ENTITIES", "more than 25");
        for (index, event) in events.iter().enumerate() {
            self.event(&format!("events[{index}]"), event);
        }
    }

    fn consent(&mut self, consent: &Value) {
        let known = consent.as_object().is_some_and(|consent| {
            consent.iter().all(|(key, value)| {
                ["ad_user_data", "ad_personalization"].contains(&key.as_str())
                    && (value == "GRANTED" || value == "DENIED")
            })
        });
        self.require(known, "consent", "VALUE_INVALID", "GRANTED or DENIED");
    }

    fn time(&mut self, place: &str, value: &Value) {
        let micros = value.as_i64().unwrap_or_default();
        let (first, last) = ((self.now_ms - 72 * HOUR_MS) * 1000, self.now_ms * 1000);
        self.require(
            (first..=last).contains(&micros),
            place,
            "VALUE_OUT_OF_BOUNDS",
            "within the last 72 hours",
        );
    }

    fn event(&mut self, place: &str, event: &Value) {
        for key in event.as_object().into_iter().flatten().map(|(key, _)| key) {
            let known = ["name", "params", "timestamp_micros"].contains(&key.as_str());
            self.require(known, &format!("{place}.{key}"), "NAME_INVALID", "not known");
        }
        if let Some(time) = event.get("timestamp_micros") {
            self.time(&format!("{place}.timestamp_micros"), time);
        }
        let name = event["name"].as_str().unwrap_or_default();
        self.name(&format!("{place}.name"), name);
        let reserved = GA4_EVENTS.split_whitespace().any(|reserved| reserved == name);
        self.require(!reserved, &format!("{place}.name"), "NAME_RESERVED", name);
        let empty = Map::new();
        let params = event.get("params").map_or(Some(&empty), Value::as_object);
        let Some(params) = params else {
            return self.fault(place, "VALUE_INVALID", "params must be an object");
        };
        self.require(params.len() <= 25, place, "EXCEEDED_MAX_ENTITIES", "more than 25 parameters");
        for (param, value) in params {
            self.param(&format!("{place}.params.{param}"), param, value);
        }
        self.commerce(place, name, params);
    }

    fn name(&mut self, place: &str, name: &str) {
        let starts = name.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
        self.require(
            starts,
            place,
            "NAME_INVALID",
            "Names must start with an alphabetic character.",
        );
        let form = name.len() <= 40
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        self.require(form, place, "NAME_INVALID", "40 letters, digits and underscores");
        let prefix = ["_", "firebase_", "ga_", "google_", "gtag.", "query_id"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        self.require(!prefix, place, "NAME_RESERVED", "a reserved prefix");
    }

    fn param(&mut self, place: &str, name: &str, value: &Value) {
        self.name(place, name);
        let reserved = name == "firebase_conversion"
            || GA4_DIMENSIONS.split_whitespace().any(|reserved| reserved == name);
        self.require(!reserved, place, "NAME_RESERVED", name);
        match name {
            "items" => return self.items(place, value),
            "debug_mode" => {
                return self.require(
                    value == 1 || value == true,
                    place,
                    "VALUE_INVALID",
                    "1 or true",
                );
            }
            "session_id" => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let digits = !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
                self.require(digits, place, "VALUE_INVALID", "digits");
            }
            "engagement_time_msec" => {
                self.require(
                    value.as_f64().is_some_and(|ms| ms > 0.0),
                    place,
                    "VALUE_INVALID",
                    "a positive number",
                );
            }
            "value" | "tax" | "shipping" => {
                self.require(value.is_number(), place, "VALUE_INVALID", "a number");
            }
            "currency" => self.require(is_currency(value), place, "VALUE_INVALID", "ISO 4217"),
            "transaction_id" => {
                self.require(
                    value.as_str().is_some_and(|id| !id.is_empty()),
                    place,
                    "VALUE_INVALID",
                    "an id",
                );
            }
            _ => {}
        }
        let max = match name {
            "page_title" => 300,
            "page_referrer" => 420,
            "page_location" => 1000,
            _ => 100,
        };
        self.scalar(place, value, max);
    }

    fn scalar(&mut self, place: &str, value: &Value, max: usize) {
        match value {
            Value::String(text) => {
                self.require(text.chars().count() <= max, place, "VALUE_OUT_OF_BOUNDS", "too long");
                self.require(
                    !has_email(text),
                    place,
                    "VALUE_INVALID",
                    "an e-mail address: Google's policy forbids it",
                );
            }
            Value::Number(_) => {}
            _ => self.fault(place, "VALUE_INVALID", "a text or a number"),
        }
    }

    fn items(&mut self, place: &str, items: &Value) {
        let Some(items) = items.as_array() else {
            return self.fault(place, "VALUE_INVALID", "a list");
        };
        self.require(!items.is_empty(), place, "VALUE_REQUIRED", "an item");
        self.require(items.len() <= 200, place, "EXCEEDED_MAX_ENTITIES", "more than 200 items");
        for item in items {
            let Some(item) = item.as_object() else {
                return self.fault(place, "VALUE_INVALID", "an object");
            };
            let known = item.contains_key("item_id") || item.contains_key("item_name");
            self.require(known, place, "VALUE_REQUIRED", "item_id or item_name");
            let custom =
                item.keys().filter(|name| !GA4_ITEM.split_whitespace().any(|known| known == *name));
            self.require(
                custom.count() <= 10,
                place,
                "EXCEEDED_MAX_ENTITIES",
                "more than 10 custom parameters",
            );
            for (name, value) in item {
                self.name(place, name);
                self.scalar(place, value, 100);
                let number = !["discount", "index", "price", "quantity"].contains(&name.as_str())
                    || value.is_number();
                self.require(number, place, "VALUE_INVALID", "a number");
            }
        }
    }

    fn commerce(&mut self, place: &str, name: &str, params: &Map<String, Value>) {
        let needed: &[&str] = match name {
            "purchase" => &["transaction_id", "currency", "value", "items"],
            "refund" => &["transaction_id"],
            _ if params.contains_key("value") => &["currency"],
            _ => &[],
        };
        for needed in needed {
            self.require(
                params.contains_key(*needed),
                &format!("{place}.params.{needed}"),
                "VALUE_REQUIRED",
                name,
            );
        }
    }
}

fn is_client(value: &Value) -> bool {
    let positive =
        |text: &&str| text.parse::<u128>().is_ok_and(|number| number > 0) && !text.starts_with('+');
    let text = value.as_str().unwrap_or_default();
    let text = match text.strip_prefix("GA") {
        Some(cookie) => cookie.splitn(3, '.').nth(2).unwrap_or_default(),
        None => text,
    };
    let parts: Vec<_> = text.split('.').collect();
    parts.len() == 2 && parts.iter().all(positive)
}

fn is_currency(value: &Value) -> bool {
    value.as_str().is_some_and(|code| {
        code.len() == 3 && code.chars().all(|letter| letter.is_ascii_uppercase())
    })
}

/// A word with `@` within it and a full stop behind that.
fn has_email(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        word.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.trim_end_matches('.').contains('.')
        })
    })
}

/// Meta's `/{version}/{dataset}/events`: the status and the body. `token` is the only one that it knows.
pub(crate) fn meta_events(seen: &Seen<'_>, token: &str) -> (u16, Value) {
    let parts: Vec<_> = seen.path().split('/').collect();
    let is_dataset = |id: &str| !id.is_empty() && id.chars().all(|digit| digit.is_ascii_digit());
    let known = matches!(*parts.as_slice(), ["", version, dataset, "events"] if version.starts_with('v') && is_dataset(dataset));
    if seen.method != "POST" || !known {
        return refusal(400, 100, "Unsupported request", "No such object");
    }
    // Meta takes a token there, too. But then it is in logs.
    if !seen.query().is_empty() {
        return refusal(400, 100, "Token in the URL", "Send it in the header");
    }
    if seen.header("authorization") != Some(&format!("Bearer {token}")) {
        let error = json!({"message": "Invalid OAuth access token.", "type": "OAuthException", "code": 190, "fbtrace_id": "A1"});
        return (401, json!({ "error": error }));
    }
    match meta_body(seen) {
        Ok(received) => {
            (200, json!({"events_received": received, "messages": [], "fbtrace_id": "A1"}))
        }
        Err(why) => refusal(400, 100, "Invalid parameter", &why),
    }
}

fn refusal(status: u16, code: i64, title: &str, why: &str) -> (u16, Value) {
    let error = json!({
        "message": "Invalid parameter", "type": "OAuthException", "code": code, "error_subcode": 2_804_003,
        "is_transient": false, "error_user_title": title, "error_user_msg": why, "fbtrace_id": "A1"
    });
    (status, json!({ "error": error }))
}

type Checked = Result<(), String>;

fn must(holds: bool, why: &str) -> Checked {
    if holds { Ok(()) } else { Err(why.to_owned()) }
}

fn meta_body(seen: &Seen<'_>) -> Result<usize, String> {
    must(seen.header("content-type") == Some("application/json"), "content-type: JSON")?;
    let body: Value = serde_json::from_slice(seen.body).map_err(|error| error.to_string())?;
    only(&body, "data test_event_code")?;
    if let Some(code) = body.get("test_event_code") {
        must(code.as_str().is_some_and(|code| !code.is_empty()), "test_event_code: a text")?;
    }
    let events = body["data"].as_array().ok_or("data: a list")?;
    must((1..=1000).contains(&events.len()), "data: 1 to 1,000 events")?;
    for event in events {
        meta_event(event, seen.now_ms)?;
    }
    Ok(events.len())
}

fn only(value: &Value, known: &str) -> Checked {
    let object = value.as_object().ok_or("an object")?;
    let known: BTreeSet<_> = known.split_whitespace().collect();
    match object.keys().find(|key| !known.contains(key.as_str())) {
        Some(key) => Err(format!("{key}: not known")),
        None => Ok(()),
    }
}

fn meta_event(event: &Value, now_ms: i64) -> Checked {
    only(
        event,
        "event_name event_time user_data custom_data event_source_url event_id action_source \
         data_processing_options data_processing_options_country data_processing_options_state",
    )?;
    let name = event["event_name"].as_str().unwrap_or_default();
    must((1..=50).contains(&name.len()), "event_name: a text")?;
    let seconds = event["event_time"].as_i64().ok_or("event_time: whole seconds")?;
    must(seconds <= now_ms / 1000, "event_time: in the future")?;
    must(seconds >= now_ms / 1000 - 7 * 24 * 3600, "event_time: more than 7 days ago")?;
    if let Some(id) = event.get("event_id") {
        must(id.as_str().is_some_and(|id| !id.is_empty()), "event_id: a text")?;
    }
    let sources = "email website app phone_call chat physical_store system_generated business_messaging other";
    let source = event["action_source"].as_str().unwrap_or_default();
    must(sources.split_whitespace().any(|known| known == source), "action_source: not known")?;
    let people = event["user_data"].as_object().ok_or("user_data: an object")?;
    if source == "website" {
        let page = event["event_source_url"].as_str().unwrap_or_default();
        must(
            page.starts_with("https://") || page.starts_with("http://"),
            "event_source_url: required",
        )?;
        must(!has_email(page), "event_source_url: an e-mail address")?;
        must(people.contains_key("client_user_agent"), "client_user_agent: required")?;
    }
    for (key, value) in people {
        meta_person(key, value)?;
    }
    broad(people)?;
    meta_custom(name, event.get("custom_data"))?;
    limited_use(event, people.contains_key("client_ip_address"))
}

fn meta_person(key: &str, value: &Value) -> Checked {
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let digest = |value: &Value| {
        let hash = value.as_str().unwrap_or_default();
        let hex = |digit: char| digit.is_ascii_digit() || ('a'..='f').contains(&digit);
        hash.len() == 64 && hash.chars().all(hex) && hash != EMPTY
    };
    let text = value.as_str().unwrap_or_default();
    let holds = match key {
        "em" | "ph" | "fn" | "ln" | "db" | "ge" | "ct" | "st" | "zp" | "country"
        | "external_id" => match value {
            Value::Array(values) => !values.is_empty() && values.iter().all(digest),
            _ => digest(value),
        },
        "client_ip_address" => text.parse::<IpAddr>().is_ok(),
        "client_user_agent" => !text.trim().is_empty(),
        "fbp" | "fbc" => facebook_cookie(key, text),
        "subscription_id" => !text.is_empty() && !has_email(text),
        "lead_id" | "fb_login_id" => value.is_u64(),
        _ => return Err(format!("{key}: not known in user_data")),
    };
    must(holds, &format!("{key}: has not the form"))
}

/// `fb.<subdomain>.<milliseconds>.<value>`, with or without an appendix.
fn facebook_cookie(key: &str, text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    let digits = |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit());
    (4..=5).contains(&parts.len())
        && parts[0] == "fb"
        && digits(parts[1])
        && digits(parts[2])
        && if key == "fbp" {
            digits(parts[3])
        } else {
            !parts[3].is_empty() && !has_email(parts[3])
        }
}

fn broad(people: &Map<String, Value>) -> Checked {
    let sets = ["ct country st zp ge client_user_agent", "db client_user_agent", "fn ge", "ln ge"];
    let keys: BTreeSet<_> = people.keys().map(String::as_str).collect();
    let too_broad = sets.iter().any(|set| keys.is_subset(&set.split_whitespace().collect()));
    must(!too_broad, "user_data: too broad to match")
}

fn meta_custom(event: &str, custom: Option<&Value>) -> Checked {
    let empty = Map::new();
    let custom = match custom {
        Some(custom) => custom.as_object().ok_or("custom_data: an object")?,
        None => &empty,
    };
    for (name, value) in custom {
        let of_person = "em ph fn ln db ge ct st zp country external_id fbp fbc client_ip_address client_user_agent email phone";
        must(
            !of_person.split_whitespace().any(|key| key == name),
            &format!("{name}: in the clear"),
        )?;
        must(
            !texts(value).iter().any(|text| has_email(text)),
            &format!("{name}: an e-mail address"),
        )?;
        let holds = match name.as_str() {
            "value" | "predicted_ltv" | "net_revenue" | "num_items" => value.is_number(),
            "currency" => is_currency(value),
            "content_type" => value == "product" || value == "product_group",
            "delivery_category" => {
                value == "in_store" || value == "curbside" || value == "home_delivery"
            }
            "content_ids" => value.as_array().is_some_and(|ids| ids.iter().all(Value::is_string)),
            "contents" => value.as_array().is_some_and(|things| {
                things.iter().all(|thing| {
                    thing["id"].is_string()
                        && only(thing, "id quantity item_price delivery_category").is_ok()
                })
            }),
            _ => value.is_string() || value.is_number() || value.is_boolean(),
        };
        must(holds, &format!("custom_data.{name}: has not the form"))?;
    }
    let needs: &[&str] = if event == "Purchase" { &["value", "currency"] } else { &[] };
    needs.iter().try_for_each(|needed| {
        must(custom.contains_key(*needed), &format!("{needed}: required for Purchase"))
    })
}

/// All texts in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn limited_use(event: &Value, has_address: bool) -> Checked {
    let part = |name: &str| event.get(format!("data_processing_options{name}"));
    let Some(options) = part("") else {
        return must(
            part("_country").is_none() && part("_state").is_none(),
            "data_processing_options: missing",
        );
    };
    must(*options == json!(["LDU"]) || *options == json!([]), "data_processing_options: LDU")?;
    if *options == json!([]) {
        return Ok(());
    }
    let country = part("_country")
        .and_then(Value::as_u64)
        .ok_or("data_processing_options_country: required")?;
    let state =
        part("_state").and_then(Value::as_u64).ok_or("data_processing_options_state: required")?;
    must(country <= 1, "data_processing_options_country: 0 or 1")?;
    must(
        state == 0 || (1000..2000).contains(&state),
        "data_processing_options_state: 0 or a state",
    )?;
    must(
        has_address || (country != 0 && state != 0),
        "client_ip_address: required to find out the state",
    )
}

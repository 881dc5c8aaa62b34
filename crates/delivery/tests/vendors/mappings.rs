//! Mappings: the default ones, and the faults that are found in others.

use std::collections::BTreeSet;

use c2c_delivery::vendors::{MappingError, PersonalFields, RULES_MAX, ga4, meta};
use serde_json::{Map, Value, json};

const CATALOGUE: &str = include_str!("../../../catalogue/reference/catalogue.json");
const GA4: &str = include_str!("../../../../bins/server/mappings/ga4.json");
const META: &str = include_str!("../../../../bins/server/mappings/meta.json");
/// The console's examples of Google's tag.
const GA4_TAGS: [&str; 2] = [
    include_str!("../../../../bins/server/pages/examples/ga4.html"),
    include_str!("../../../../bins/server/pages/examples/ga4-beside.html"),
];

/// The personal fields of the reference catalogue.
fn personal() -> PersonalFields {
    let catalogue: Value = serde_json::from_str(CATALOGUE).expect("the catalogue");
    let mut found = Vec::new();
    for (event, it) in catalogue["events"].as_object().expect("events") {
        for (field, it) in it["fields"].as_object().unwrap_or(&Map::new()) {
            if it["privacy"] == "personal" {
                found.push((event.clone(), field.clone()));
            }
        }
    }
    assert!(!found.is_empty(), "the catalogue has personal fields");
    found.into_iter().collect()
}

/// All places that a mapping takes values from, with the event of each.
fn places(mapping: &str) -> BTreeSet<(String, String)> {
    fn collect(event: &str, value: &Value, found: &mut BTreeSet<(String, String)>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(place) if name == "from" => {
                    found.insert((event.to_owned(), place.to_owned()));
                }
                _ => collect(event, value, found),
            }
        }
    }
    let mapping: Value = serde_json::from_str(mapping).expect("JSON");
    let mut found = BTreeSet::new();
    for (event, rule) in mapping["events"].as_object().expect("events") {
        collect(event, rule, &mut found);
    }
    found
}

#[test]
fn the_default_mappings_fit_the_reference_catalogue() {
    ga4::Mapping::parse(GA4, &personal()).expect("the default mapping for GA4");
    meta::Mapping::parse(META, &personal()).expect("the default mapping for Meta");
    let catalogue: Value = serde_json::from_str(CATALOGUE).expect("the catalogue");
    for (event, place) in places(GA4).into_iter().chain(places(META)) {
        let field = place.strip_prefix("/data/").expect("a field");
        let fields = &catalogue["events"][&event]["fields"];
        assert!(fields.get(field).is_some(), "{event} has no {field}");
    }
}

/// Google counts an event twice that the tag and the server both send.
#[test]
fn the_default_mapping_sends_nothing_to_ga4_that_the_examples_send() {
    let mapping: Value = serde_json::from_str(GA4).expect("JSON");
    let rules = mapping["events"].as_object().expect("events").values();
    let names: BTreeSet<_> = rules.map(|rule| rule["name"].as_str().expect("a name")).collect();
    for tag in GA4_TAGS {
        let calls = tag.split("gtag('event', '").skip(1);
        let sent: BTreeSet<_> = calls.filter_map(|call| call.split('\'').next()).collect();
        assert!(sent.contains("call_ended"), "{sent:?}");
        assert!(sent.is_disjoint(&names), "{sent:?} and {names:?}");
    }
}

fn of_ga4(mapping: &Value) -> Result<ga4::Mapping, MappingError> {
    ga4::Mapping::parse(&mapping.to_string(), &personal())
}

fn of_meta(mapping: &Value) -> Result<meta::Mapping, MappingError> {
    meta::Mapping::parse(&mapping.to_string(), &personal())
}

fn refused<T: std::fmt::Debug>(result: Result<T, MappingError>, pointer: &str, problem: &str) {
    let error = result.expect_err(pointer);
    assert_eq!(error.pointer, pointer, "{error}");
    assert!(error.problem.contains(problem), "{error}");
}

/// A mapping for GA4 with one rule.
fn rule(rule: Value) -> Result<ga4::Mapping, MappingError> {
    of_ga4(&json!({"client_id": {"from": "/data/context/cid"}, "events": {"custom:x": rule}}))
}

fn param(name: &str, source: Value) -> Result<ga4::Mapping, MappingError> {
    rule(json!({"name": "x", "params": {"currency": {"value": "EUR"}, name: source}}))
}

#[test]
fn the_form() {
    refused(ga4::Mapping::parse("{", &personal()), "", "is not JSON");
    refused(ga4::Mapping::parse("[]", &personal()), "", "must be an object");
    refused(of_ga4(&json!({"events": {}})), "", "needs \"client_id\"");
    refused(of_meta(&json!({})), "", "needs \"events\"");
    refused(of_meta(&json!({"events": {}, "e/v~": 1})), "/e~1v~0", "is not known");
    refused(rule(json!({"name": 1})), "/events/custom:x/name", "must be a string");
    refused(rule(json!({})), "/events/custom:x", "needs \"name\"");
    let at = "/events/custom:x/params/a";
    refused(param("a", json!("/data/a")), at, "must be an object");
    refused(param("a", json!({})), at, "either \"from\"");
    refused(param("a", json!({"from": "/data/a", "value": 1})), at, "either \"from\"");
    refused(
        param("a", json!({"from": "/data/a", "hashed": true})),
        &format!("{at}/hashed"),
        "not known",
    );
    for place in ["data/a", "/a", "", "/data", "/name", "/id/x"] {
        refused(param("a", json!({"from": place})), &format!("{at}/from"), "JSON pointer");
    }
    for place in ["/data/~", "/data/a~2", "/data/a~0/~"] {
        refused(param("a", json!({"from": place})), &format!("{at}/from"), "neither \"~0\"");
    }
    refused(
        param("a", json!({"from": format!("/data/{}", "a".repeat(200))})),
        &format!("{at}/from"),
        "longer",
    );
    for value in [json!(null), json!([1]), json!({})] {
        refused(
            param("a", json!({"value": value})),
            &format!("{at}/value"),
            "must be a string, a number",
        );
    }
    refused(param("a", json!({"value": " "})), &format!("{at}/value"), "must not be empty");
    param("a", json!({"from": "/id"})).expect("the id");
    param("a", json!({"from": "/data/a~1b/0"})).expect("an inner place");
}

#[test]
fn events_have_names_of_events() {
    for name in ["1x", "custom:", "custom:a b", "a b", ""] {
        let mapping = json!({"events": {name: {"name": "Lead"}}});
        refused(of_meta(&mapping), &format!("/events/{name}"), "not the name of an event");
    }
    let many: Map<_, _> =
        (0..=RULES_MAX).map(|n| (format!("custom:x{n}"), json!({"name": "Lead"}))).collect();
    refused(of_meta(&json!({"events": many})), "/events", "more than 100 events");
}

#[test]
fn ga4_names() {
    let at = "/events/custom:x/name";
    for name in [
        "page_view",
        "click",
        "session_start",
        "user_engagement",
        "notification_send",
        "screen_view",
    ] {
        refused(rule(json!({"name": name})), at, "Google makes itself");
    }
    for name in ["_x", "ga_x", "google_x", "firebase_x", "query_id_x", "gtag.x"] {
        refused(rule(json!({"name": name})), at, "which Google reserves");
    }
    for name in ["", "1x", "a-b", "a b", "é", &"x".repeat(41)] {
        refused(rule(json!({"name": name})), at, "must be at most 40 letters");
    }
    refused(rule(json!({"name": "Purchase"})), at, "whose case matters");
    rule(json!({"name": "x".repeat(40)})).expect("a long name");
    for name in ["session_id", "timestamp_micros", "debug_mode"] {
        let at = format!("/events/custom:x/params/{name}");
        refused(param(name, json!({"value": 1})), &at, "is set by us");
    }
    for name in ["firebase_conversion", "user_id", "gclid"] {
        let at = format!("/events/custom:x/params/{name}");
        refused(param(name, json!({"value": 1})), &at, "Google reserves");
    }
    refused(
        param("ga_x", json!({"value": 1})),
        "/events/custom:x/params/ga_x",
        "which Google reserves",
    );
}

#[test]
fn ga4_limits() {
    let params = |number| -> Map<_, _> {
        (0..number).map(|n| (format!("p{n}"), json!({"value": n}))).collect()
    };
    rule(json!({"name": "x", "params": params(23)})).expect("23 parameters and two of ours");
    let many = rule(json!({"name": "x", "params": params(24)}));
    refused(many, "/events/custom:x/params", "more than 23 parameters");
    let long = param("a", json!({"value": "x".repeat(101)}));
    refused(long, "/events/custom:x/params/a/value", "longer than 100 characters");
}

#[test]
fn ga4_values() {
    let wrong = |name: &str, value: Value| {
        let at = format!("/events/custom:x/params/{name}/value");
        refused(param(name, json!({"value": value})), &at, "has not the form");
    };
    wrong("value", json!("much"));
    wrong("engagement_time_msec", json!(0));
    wrong("currency", json!("euro"));
    let personal = |text: &str| {
        refused(
            param("a", json!({"value": text})),
            "/events/custom:x/params/a/value",
            "looks like an e-mail",
        );
    };
    personal("ask info@shop.example");
    personal("+49 (30) 123-4567");
    param("a", json!({"value": "8 pm @ the shop + 1234567"})).expect("neither");
    let at = "/events/custom:x";
    let value = rule(json!({"name": "x", "params": {"value": {"value": 1}}}));
    refused(value, at, "needs the parameter \"currency\" (Google requires it with \"value\")");
}

#[test]
fn ga4_purchases_count_once() {
    let at = "/events/custom:x";
    let whole = json!({
        "transaction_id": {"from": "/data/order"}, "currency": {"value": "EUR"},
        "value": {"from": "/data/total"}, "items": {"from": "/data/items"}
    });
    rule(json!({"name": "purchase", "params": whole})).expect("a purchase");
    for needed in ["transaction_id", "currency", "value", "items"] {
        let mut params = whole.clone();
        params.as_object_mut().expect("parameters").remove(needed);
        let problem =
            format!("needs the parameter \"{needed}\" (Google requires it with \"purchase\")");
        refused(rule(json!({"name": "purchase", "params": params})), at, &problem);
    }
    refused(
        rule(json!({"name": "refund"})),
        at,
        "\"transaction_id\" (Google requires it with \"refund\")",
    );
    let same = json!({"name": "refund", "params": {"transaction_id": {"value": "1"}}});
    refused(rule(same), "/events/custom:x/params/transaction_id/value", "all purchases one");
    let same = json!({"name": "x", "params": {"items": {"value": "1"}}});
    refused(rule(same), "/events/custom:x/params/items/value", "must be a list");
}

#[test]
fn ga4_ids_and_consent() {
    let with = |key: &str, value: Value| {
        let mut mapping = json!({"client_id": {"from": "/data/context/cid"}, "events": {}});
        mapping[key] = value;
        of_ga4(&mapping)
    };
    for key in ["client_id", "session_id"] {
        refused(
            with(key, json!({"value": "1.2"})),
            &format!("/{key}"),
            "the same for all visitors",
        );
        refused(with(key, json!({"from": "/data/comment"})), &format!("/{key}"), "personal");
    }
    for key in ["client_id", "session_id"] {
        let own = rule(json!({"name": "x", key: {"value": "1.2"}}));
        refused(own, &format!("/events/custom:x/{key}"), "the same for all visitors");
    }
    with("consent", json!({"ad_user_data": "DENIED", "ad_personalization": "GRANTED"}))
        .expect("consent");
    refused(
        with("consent", json!({"ad_user_data": "denied"})),
        "/consent/ad_user_data",
        "must be \"GRANTED\"",
    );
    refused(
        with("consent", json!({"ad_storage": "DENIED"})),
        "/consent/ad_storage",
        "is not known",
    );
}

#[test]
fn personal_fields_are_hashed_or_nowhere() {
    let event = "survey_submitted";
    let ga4 = |event: &str, place: &str| {
        of_ga4(&json!({"client_id": {"from": "/data/context/cid"},
            "events": {event: {"name": "x", "params": {"a": {"from": place}}}}}))
    };
    for place in ["/data/comment", "/data/comment/0"] {
        refused(ga4(event, place), &format!("/events/{event}/params/a"), "personal");
    }
    ga4(event, "/data/rating").expect("no personal field");
    ga4("custom:x", "/data/comment").expect("another event's field");
    let meta = |part: &str, name: &str| {
        of_meta(
            &json!({"events": {event: {"name": "Lead", part: {name: {"from": "/data/comment"}}}}}),
        )
    };
    refused(meta("custom_data", "a"), &format!("/events/{event}/custom_data/a"), "personal");
    refused(meta("user_data", "fbp"), &format!("/events/{event}/user_data/fbp"), "personal");
    meta("user_data", "fn").expect("a hash");
    let shared = json!({"user_data": {"subscription_id": {"from": "/data/comment"}}, "events": {}});
    refused(of_meta(&shared), "/user_data/subscription_id", "personal");
    let id = json!({"events": {event: {"name": "Lead", "event_id": {"from": "/data/comment"}}}});
    refused(of_meta(&id), &format!("/events/{event}/event_id"), "personal");
}

/// A mapping for Meta with one rule.
fn lead(more: Value) -> Result<meta::Mapping, MappingError> {
    let mut rule = json!({"name": "Lead"});
    rule.as_object_mut().expect("a rule").extend(more.as_object().expect("members").clone());
    of_meta(
        &json!({"user_data": {"em": {"from": "/data/person/email"}}, "events": {"custom:x": rule}}),
    )
}

#[test]
fn a_hashed_field_is_in_no_other_place() {
    for place in ["/data/person/email", "/data/person", "/data/person/email/0"] {
        for (part, name) in [("custom_data", "a"), ("user_data", "fbp")] {
            let result = lead(json!({part: {name: {"from": place}}}));
            refused(result, &format!("/events/custom:x/{part}/{name}"), "is hashed as \"em\"");
        }
        let id = lead(json!({"event_id": {"from": place}}));
        refused(id, "/events/custom:x/event_id", "is hashed as \"em\"");
    }
    lead(json!({"custom_data": {"a": {"from": "/data/person/emailed"}}})).expect("another field");
    let shared = of_meta(&json!({
        "user_data": {"em": {"from": "/data/email"}, "fbp": {"from": "/data/email"}},
        "events": {"custom:x": {"name": "Lead"}}
    }));
    refused(shared, "/user_data/fbp", "is hashed as \"em\"");
}

#[test]
fn meta_names() {
    let at = "/events/custom:x/name";
    refused(lead(json!({"name": "purchase"})), at, "is not Meta's \"Purchase\"");
    for name in ["", "1x", "a.b", " a", "a ", "é", &"x".repeat(51)] {
        refused(lead(json!({"name": name})), at, "must be at most 50 letters");
    }
    lead(json!({"name": "Call over 30 s"})).expect("a custom name");
    for name in ["em", "fbp", "client_ip_address", "Email", "phone_number"] {
        let result = lead(json!({"custom_data": {name: {"value": "a"}}}));
        refused(result, &format!("/events/custom:x/custom_data/{name}"), "in the clear");
    }
    for name in ["", "a b", "1", &"x".repeat(41)] {
        let result = lead(json!({"custom_data": {name: {"value": "a"}}}));
        refused(result, &format!("/events/custom:x/custom_data/{name}"), "at most 40 letters");
    }
    let ids = lead(json!({"user_data": {"client_ip_address": {"from": "/data/ip"}}}));
    refused(ids, "/events/custom:x/user_data/client_ip_address", "taken from the request");
}

#[test]
fn meta_values() {
    let needs = |name: &str, data: Value, problem: &str| {
        refused(lead(json!({"name": name, "custom_data": data})), "/events/custom:x", problem);
    };
    let (value, currency) = (json!({"from": "/data/total"}), json!({"value": "EUR"}));
    needs("Purchase", json!({"currency": currency}), "needs \"value\"");
    needs("Purchase", json!({"value": value}), "needs \"currency\"");
    needs("Lead", json!({"value": value}), "needs \"currency\"");
    lead(json!({"name": "Purchase", "custom_data": {"value": value, "currency": currency}}))
        .expect("a purchase");
    for (name, value) in
        [("currency", "euro"), ("content_type", "shoe"), ("value", "1,50"), ("contents", "a")]
    {
        let data = json!({"currency": {"value": "EUR"}, name: {"value": value}});
        let at = format!("/events/custom:x/custom_data/{name}");
        refused(lead(json!({"custom_data": data})), &at, "has not the form");
    }
    let many: Map<_, _> = (0..26).map(|n| (format!("d{n}"), json!({"value": n}))).collect();
    refused(lead(json!({"custom_data": many})), "/events/custom:x/custom_data", "more than 25");
}

#[test]
fn meta_ids_and_limits() {
    for (key, value) in [("em", "a@b.de"), ("ph", "+4930123456789"), ("external_id", "1")] {
        let result = lead(json!({"user_data": {key: {"value": value}}}));
        let error = result.expect_err(key);
        assert!(error.pointer.starts_with(&format!("/events/custom:x/user_data/{key}")), "{error}");
    }
    lead(json!({"user_data": {"country": {"value": "de"}}})).expect("a country");
    let name = lead(json!({"user_data": {"country": {"value": "Germany"}}}));
    refused(name, "/events/custom:x/user_data/country", "has not the form");
    let yes = lead(json!({"user_data": {"em": {"from": "/data/h", "hashed": "yes"}}}));
    refused(yes, "/events/custom:x/user_data/em/hashed", "must be true or false");
    let same = lead(json!({"event_id": {"value": "1"}}));
    refused(same, "/events/custom:x/event_id", "all events one");
    let same = lead(json!({"user_data": {"fbp": {"value": "1"}}}));
    refused(same, "/events/custom:x/user_data/fbp", "the same for all visitors");
    let limited = |value: Value| of_meta(&json!({"data_processing": value, "events": {}}));
    limited(json!({"country": 0, "state": 0})).expect("by the address");
    limited(json!({"country": 1, "state": 1000})).expect("California");
    refused(limited(json!({"country": 49, "state": 0})), "/data_processing/country", "must be 0");
    refused(limited(json!({"country": 1, "state": 1})), "/data_processing/state", "must be 0");
    refused(limited(json!({"country": 1})), "/data_processing", "needs \"state\"");
}

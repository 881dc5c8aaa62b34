//! The stand-ins refuse each fault that the documentation names.

use serde_json::{Value, json};

use crate::standin::{Seen, ga4_collect, meta_events};
use crate::support::{HOUR_MS, NOW_MS};

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const TARGET: &str = "/mp/collect?measurement_id=G-ABC123&api_secret=secret";
const META: &[(&str, &str)] =
    &[("content-type", "application/json"), ("authorization", "Bearer token")];
const EVENTS: &str = "/v25.0/123/events";

fn ga4() -> Value {
    json!({
        "client_id": "12.34",
        "consent": {"ad_user_data": "GRANTED"},
        "events": [{
            "name": "purchase",
            "timestamp_micros": NOW_MS * 1_000,
            "params": {
                "session_id": "5", "engagement_time_msec": 1, "transaction_id": "1", "currency": "EUR", "value": 1,
                "items": [{"item_id": "1", "price": 1}], "a": "b"
            }
        }]
    })
}

fn codes_at(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<&'static str> {
    let verdict = ga4_collect(&Seen { method, target, headers, body, now_ms: NOW_MS });
    verdict.faults.iter().map(|fault| fault.code).collect()
}

/// The codes for a right request with another value at a place; null removes it.
fn codes(place: &str, value: Value) -> Vec<&'static str> {
    codes_at("POST", TARGET, JSON, changed(ga4(), place, value).to_string().as_bytes())
}

fn changed(mut body: Value, place: &str, value: Value) -> Value {
    let (parent, key) = place.rsplit_once('/').expect("a pointer");
    let parent = body.pointer_mut(parent).expect("a place");
    match (parent, value) {
        (Value::Object(members), Value::Null) => {
            members.remove(key);
        }
        (Value::Object(members), value) => {
            members.insert(key.to_owned(), value);
        }
        (other, value) => other[key.parse::<usize>().expect("an index")] = value,
    }
    body
}

#[test]
fn google_takes_a_right_request() {
    assert_eq!(codes_at("POST", TARGET, JSON, ga4().to_string().as_bytes()), [""; 0]);
    let seen = |target| Seen { method: "POST", target, headers: JSON, body: b"{}", now_ms: NOW_MS };
    let collect = ga4_collect(&seen(TARGET));
    assert_eq!((collect.status, collect.body.as_str()), (204, ""), "2xx whatever comes");
    assert_eq!(collect.faults.len(), 2, "{collect:?}");
    let debug = ga4_collect(&seen("/debug/mp/collect?measurement_id=G-ABC123&api_secret=secret"));
    let messages: Value = serde_json::from_str(&debug.body).expect("JSON");
    assert_eq!(messages["validationMessages"][0]["validationCode"], "VALUE_REQUIRED");
}

#[test]
fn google_refuses_wrong_requests() {
    let body = ga4().to_string();
    let at = |method, target, headers: &[(&str, &str)]| {
        codes_at(method, target, headers, body.as_bytes())
    };
    assert_eq!(at("POST", "/mp/collect?measurement_id=G-ABC123", JSON), ["VALUE_REQUIRED"]);
    assert_eq!(at("POST", "/mp/collect?measurement_id=123&api_secret=s", JSON), ["VALUE_INVALID"]);
    assert_eq!(
        at("POST", "/mp/collect?measurement_id=G-ABC123&api_secret=", JSON),
        ["VALUE_INVALID"]
    );
    assert_eq!(at("POST", TARGET, &[]), ["VALUE_INVALID"]);
    assert_eq!(codes_at("POST", TARGET, JSON, b"[]"), ["VALUE_INVALID"]);
    assert_eq!(codes("/x", json!("x".repeat(130_000))), ["VALUE_OUT_OF_BOUNDS", "NAME_INVALID"]);
    let event = ga4()["events"][0].clone();
    assert_eq!(codes("/events", json!(vec![event; 26])), ["EXCEEDED_MAX_ENTITIES"]);
    assert_eq!(codes("/events", json!([])), ["VALUE_REQUIRED"]);
}

#[test]
fn google_refuses_wrong_ids_times_and_consents() {
    for (place, value, code) in [
        ("/client_id", json!(null), "VALUE_REQUIRED"),
        ("/client_id", json!("jane@shop.example"), "VALUE_INVALID"),
        ("/client_id", json!("0.1"), "VALUE_INVALID"),
        ("/client_id", json!("+1.1"), "VALUE_INVALID"),
        ("/consent/ad_user_data", json!("granted"), "VALUE_INVALID"),
        ("/consent/ad_storage", json!("GRANTED"), "VALUE_INVALID"),
        ("/validation_behavior", json!("STRICT"), "VALUE_INVALID"),
        ("/user_id", json!("1"), "NAME_INVALID"),
        ("/timestamp_micros", json!(NOW_MS), "VALUE_OUT_OF_BOUNDS"),
        ("/events/0/timestamp_micros", json!((NOW_MS + 1) * 1_000), "VALUE_OUT_OF_BOUNDS"),
        (
            "/events/0/timestamp_micros",
            json!((NOW_MS - 72 * HOUR_MS) * 1_000 - 1),
            "VALUE_OUT_OF_BOUNDS",
        ),
        ("/events/0/event_id", json!("1"), "NAME_INVALID"),
    ] {
        assert_eq!(codes(place, value.clone()), [code], "{place} {value}");
    }
    assert_eq!(codes("/client_id", json!("GA1.2.3.4")), [""; 0]);
}

#[test]
fn google_refuses_wrong_names() {
    for (name, code) in [
        ("page_view", "NAME_RESERVED"),
        ("session_start", "NAME_RESERVED"),
        ("ga_x", "NAME_RESERVED"),
        ("a-b", "NAME_INVALID"),
        ("1a", "NAME_INVALID"),
        (&"x".repeat(41), "NAME_INVALID"),
    ] {
        assert_eq!(codes("/events/0/name", json!(name)), [code], "{name}");
    }
    for (name, code) in [
        ("firebase_conversion", "NAME_RESERVED"),
        ("user_id", "NAME_RESERVED"),
        ("google_x", "NAME_RESERVED"),
        ("a.b", "NAME_INVALID"),
        (&"x".repeat(41), "NAME_INVALID"),
    ] {
        assert!(codes(&format!("/events/0/params/{name}"), json!(1)).contains(&code), "{name}");
    }
    let many: serde_json::Map<_, _> = (0..26).map(|n| (format!("p{n}"), json!(n))).collect();
    let event = json!([{"name": "x", "params": many}]);
    assert_eq!(codes("/events", event), ["EXCEEDED_MAX_ENTITIES"]);
}

#[test]
fn google_refuses_wrong_values() {
    for (name, value) in [
        ("session_id", json!("a")),
        ("engagement_time_msec", json!(0)),
        ("value", json!("1")),
        ("currency", json!("eur")),
        ("transaction_id", json!("")),
        ("a", json!("jane@shop.example")),
        ("a", json!(true)),
        ("a", json!({})),
        ("debug_mode", json!(0)),
        ("items", json!({})),
        ("items", json!(["x"])),
    ] {
        assert_eq!(
            codes(&format!("/events/0/params/{name}"), value.clone()),
            ["VALUE_INVALID"],
            "{name} {value}"
        );
    }
    assert_eq!(codes("/events/0/params/a", json!("x".repeat(101))), ["VALUE_OUT_OF_BOUNDS"]);
    assert_eq!(codes("/events/0/params/page_location", json!("x".repeat(1_000))), [""; 0]);
    for needed in ["transaction_id", "currency", "value", "items"] {
        assert_eq!(
            codes(&format!("/events/0/params/{needed}"), json!(null)),
            ["VALUE_REQUIRED"],
            "{needed}"
        );
    }
    for (items, code) in [
        (json!([]), "VALUE_REQUIRED"),
        (json!([{"price": 1}]), "VALUE_REQUIRED"),
        (json!(vec![json!({"item_id": "1"}); 201]), "EXCEEDED_MAX_ENTITIES"),
        (json!([{"item_id": "1", "price": "1"}]), "VALUE_INVALID"),
        (json!([{"item_id": "jane@shop.example"}]), "VALUE_INVALID"),
    ] {
        assert_eq!(codes("/events/0/params/items", items.clone()), [code], "{items}");
    }
}

fn meta() -> Value {
    json!({"data": [{
        "event_name": "Purchase",
        "event_time": NOW_MS / 1_000,
        "event_id": "1",
        "action_source": "website",
        "event_source_url": "https://shop.example/",
        "user_data": {
            "em": ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"],
            "client_ip_address": "192.0.2.1", "client_user_agent": "UA", "fbp": "fb.1.1596403881668.1116446470"
        },
        "custom_data": {"value": 1, "currency": "EUR"},
        "data_processing_options": ["LDU"], "data_processing_options_country": 0, "data_processing_options_state": 0
    }]})
}

fn answered(target: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
    let body = body.to_string();
    meta_events(
        &Seen { method: "POST", target, headers, body: body.as_bytes(), now_ms: NOW_MS },
        "token",
    )
}

#[test]
fn meta_takes_a_right_request() {
    let (status, answer) = answered(EVENTS, META, &meta());
    assert_eq!((status, &answer["events_received"]), (200, &json!(1)), "{answer}");
}

#[test]
fn meta_refuses_wrong_requests() {
    for headers in
        [JSON, &[("content-type", "application/json"), ("authorization", "Bearer other")]]
    {
        let (status, answer) = answered(EVENTS, headers, &meta());
        assert_eq!((status, &answer["error"]["code"]), (401, &json!(190)));
    }
    for target in ["/v25.0/123/events?access_token=token", "/v25.0/x/events", "/events"] {
        assert_eq!(answered(target, META, &meta()).0, 400, "{target}");
    }
    assert_eq!(answered(EVENTS, &META[1..], &meta()).0, 400);
    let event = meta()["data"][0].clone();
    for body in [json!([]), json!({}), json!({"data": []}), json!({"data": vec![event; 1_001]})] {
        assert_eq!(answered(EVENTS, META, &body).0, 400);
    }
    assert_eq!(answered(EVENTS, META, &changed(meta(), "/test_event_code", json!(""))).0, 400);
    assert_eq!(answered(EVENTS, META, &changed(meta(), "/access_token", json!("token"))).0, 400);
}

#[test]
fn meta_refuses_wrong_events() {
    let refuses = |place: &str, value: Value, why: &str| {
        let (status, answer) =
            answered(EVENTS, META, &changed(meta(), &format!("/data/0{place}"), value.clone()));
        let said = answer["error"]["error_user_msg"].as_str().unwrap_or_default();
        assert!(status == 400 && said.contains(why), "{place} {value}: {status} {said}");
    };
    let seconds = NOW_MS / 1_000;
    for key in ["event_name", "event_time", "action_source", "event_source_url", "user_data"] {
        refuses(&format!("/{key}"), json!(null), key);
    }
    refuses("/event_name", json!("x".repeat(51)), "event_name");
    refuses("/event_time", json!(seconds + 1), "future");
    refuses("/event_time", json!(NOW_MS), "future");
    refuses("/event_time", json!(seconds - 7 * 24 * 3_600 - 1), "7 days");
    refuses("/event_id", json!(""), "event_id");
    refuses("/action_source", json!("web"), "action_source");
    refuses("/event_source_url", json!("https://shop.example/jane@shop.example"), "e-mail");
    refuses("/email", json!("x"), "not known");
    for key in ["value", "currency"] {
        refuses(&format!("/custom_data/{key}"), json!(null), "required for Purchase");
    }
    for (name, value) in [
        ("email", json!("x")),
        ("em", json!("x")),
        ("a", json!("jane@shop.example")),
        ("a", json!({})),
        ("value", json!("1")),
        ("contents", json!([{"id": "1", "note": "jane@shop.example"}])),
        ("contents", json!([{}])),
        ("content_ids", json!([1])),
        ("content_type", json!("shoe")),
        ("delivery_category", json!("mail")),
        ("currency", json!("eur")),
    ] {
        refuses(&format!("/custom_data/{name}"), value, name);
    }
}

#[test]
fn meta_refuses_wrong_people() {
    let refuses = |place: &str, value: Value| {
        let (status, answer) =
            answered(EVENTS, META, &changed(meta(), &format!("/data/0{place}"), value.clone()));
        assert_eq!(status, 400, "{place} {value}: {answer}");
    };
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for value in [
        json!("john_smith@gmail.com"),
        json!([]),
        json!([empty]),
        json!("62A14E44F765419D10FEA99367361A727C12365E2520F32218D505ED9AA0F62F"),
    ] {
        refuses("/user_data/em", value);
    }
    for (key, value) in [
        ("client_ip_address", json!("192.0.2")),
        ("client_ip_address", json!(empty)),
        ("client_user_agent", json!(null)),
        ("fbp", json!("1116446470")),
        ("fbc", json!("fb.1.a.x")),
        ("lead_id", json!("x")),
        ("name", json!("x")),
    ] {
        refuses(&format!("/user_data/{key}"), value);
    }
    let hash = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    for people in [
        json!({"client_user_agent": "UA"}),
        json!({"client_user_agent": "UA", "ct": hash, "zp": hash}),
        json!({"client_user_agent": "UA", "db": hash}),
    ] {
        refuses("/user_data", people);
    }
    for (key, value) in [
        ("", json!(null)),
        ("", json!(["X"])),
        ("_country", json!(null)),
        ("_state", json!(null)),
        ("_country", json!(49)),
        ("_state", json!(1)),
    ] {
        refuses(&format!("/data_processing_options{key}"), value);
    }
    refuses("/user_data/client_ip_address", json!(null));
}

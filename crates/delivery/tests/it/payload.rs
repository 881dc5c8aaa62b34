//! The bodies of webhooks, byte by byte.

use c2c_delivery::{Body, Event, Format, Timestamp};
use c2c_names::{AppId, Origin};
use serde_json::{Map, Value, json};

const ID: &str = "01956b4e-3c00-7000-8000-000000000000";

fn with_event<T>(data: &Value, verified: bool, name: &str, use_it: impl Fn(Event<'_>) -> T) -> T {
    let app: AppId = "shop".parse().expect("an app's id");
    let empty = Map::new();
    use_it(Event {
        app: &app,
        id: ID.parse().expect("an event's id"),
        verified,
        name,
        happened_at: Timestamp::from_millis(1_767_225_600_007),
        received_at: Timestamp::from_millis(1_767_225_601_500),
        seq: 3,
        data: data.as_object().unwrap_or(&empty),
    })
}

fn body(data: &Value, verified: bool, name: &str, format: Format) -> Body {
    let widget: Origin = "https://widget.example".parse().expect("an origin");
    with_event(data, verified, name, |event| event.body(format, &widget))
}

fn check(body: &Body, content_type: &str, expected: &str) {
    assert_eq!(body.content_type, content_type);
    assert_eq!(String::from_utf8_lossy(&body.bytes), expected.replace('\n', ""));
}

#[test]
fn the_standard_body() {
    let data = json!({"zeta": 1.5, "alpha": {"b": [true, null], "a": "ü \u{2028} </script>"}, "context": {}});
    let expected = "{\"type\":\"custom.order_called\",\"timestamp\":\"2026-01-01T00:00:00.007Z\",\
        \"data\":{\"alpha\":{\"a\":\"ü \u{2028} </script>\",\"b\":[true,null]},\"context\":{},\"zeta\":1.5},\
        \"app\":\"shop\",\"verified\":false,\"received\":\"2026-01-01T00:00:01.500Z\",\"seq\":3}";
    let body = body(&data, false, "custom:order_called", Format::Standard);
    check(&body, "application/json", expected);
}

#[test]
fn the_cloud_event() {
    let data = json!({"b": 2, "a": 1});
    let expected = r#"{"specversion":"1.0","id":"01956b4e-3c00-7000-8000-000000000000_v",
"source":"https://widget.example/e/shop","type":"widget.chat.closed","time":"2026-01-01T00:00:00.007Z",
"datacontenttype":"application/json","recordedtime":"2026-01-01T00:00:01.500Z","c2cverified":true,"c2cseq":"3",
"data":{"a":1,"b":2}}"#;
    let body = body(&data, true, "chat.closed", Format::CloudEvents);
    check(&body, "application/cloudevents+json; charset=utf-8", expected);
    let content: Value = serde_json::from_slice(&body.bytes).expect("JSON");
    // https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#naming-conventions
    let permitted = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    for name in content.as_object().expect("an object").keys() {
        assert!(name.len() <= 20 && name.chars().all(permitted), "{name}");
    }
}

#[test]
fn a_custom_event_is_never_taken_for_one_of_the_widget() {
    let kind = |name: &str| with_event(&json!({}), false, name, |event| event.kind());
    assert_eq!(kind("custom:x"), "custom.x");
    assert_eq!(kind("custom.x"), "widget.custom.x");
    assert_eq!(kind("custom:widget.x"), "custom.widget.x");
}

#[test]
fn a_claim_and_a_verified_event_of_one_id_are_two_messages() {
    let id = |verified| with_event(&json!({}), verified, "x", |event| event.message_id());
    assert_eq!(id(false).as_str(), ID);
    assert_eq!(id(true).as_str(), format!("{ID}_v"));
}

#[test]
fn the_order_of_fields_in_the_database_does_not_matter() {
    let [one, other] = [r#"{"a":{"x":1,"y":2},"b":0}"#, r#"{"b":0,"a":{"y":2,"x":1}}"#]
        .map(|text| serde_json::from_str(text).expect("JSON"));
    for format in [Format::Standard, Format::CloudEvents] {
        assert_eq!(body(&one, false, "x", format), body(&other, false, "x", format));
    }
}

#[test]
fn times_print_as_rfc_3339() {
    let print = |millis| Timestamp::from_millis(millis).to_string();
    assert_eq!(print(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(print(i64::MIN), "1970-01-01T00:00:00.000Z");
    assert_eq!(print(1_709_210_096_789), "2024-02-29T12:34:56.789Z");
    assert!(print(i64::MAX).starts_with("9999-12-30T"), "{}", print(i64::MAX));
}

//! Asking endpoints whether they want events.

use c2c_delivery::{
    ALLOWED_ORIGIN, ALLOWED_RATE, Challenge, Handshake, NotAgreed, REQUEST_ORIGIN, REQUEST_RATE,
    Timestamp,
};
use c2c_names::Origin;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;

fn handshake() -> Handshake {
    let origin: Origin = "https://widget.example:8443".parse().expect("an origin");
    Handshake::new(&origin)
}

fn headers(headers: &[(HeaderName, &str)]) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).expect("a header");
    headers.iter().map(|(name, text)| (name.clone(), value(text))).collect()
}

/// The rate, or a part of the error.
fn check(answer: &[(HeaderName, &str)], expected: Result<Option<u32>, &str>) {
    match (handshake().judge(&headers(answer)), expected) {
        (Ok(granted), Ok(rate)) => assert_eq!(granted.rate_per_minute, rate, "{answer:?}"),
        (Err(error), Err(part)) => {
            let error = error.to_string();
            assert!(error.contains(part), "{answer:?}: {error} does not say {part:?}");
        }
        (result, expected) => panic!("{answer:?}: {result:?}, expected {expected:?}"),
    }
}

#[test]
fn the_handshake_names_the_sender_and_a_rate() {
    let expected = [(REQUEST_ORIGIN, "widget.example"), (REQUEST_RATE, "600")];
    assert_eq!(handshake().headers(), headers(&expected));
    let (name, value) = handshake().delivery_header();
    assert_eq!((name, value.as_bytes()), (REQUEST_ORIGIN, &b"widget.example"[..]));
}

#[test]
fn an_endpoint_agrees_by_naming_the_sender() {
    let origin = |value| (ALLOWED_ORIGIN, value);
    let rate = |value| (ALLOWED_RATE, value);
    check(&[origin("widget.example"), rate("120")], Ok(Some(120)));
    check(&[origin("WIDGET.example"), rate("*")], Ok(None));
    check(&[origin("*"), rate("1")], Ok(Some(1)));
    check(&[origin("*"), rate("99999999999")], Ok(Some(u32::MAX)));
    check(&[origin("widget.example")], Ok(Some(600)));
}

#[test]
fn nothing_else_is_consent() {
    let origin = |value| (ALLOWED_ORIGIN, value);
    let rate = |value| (ALLOWED_RATE, value);
    check(&[], Err("no header webhook-allowed-origin"));
    check(&[rate("120")], Err("no header webhook-allowed-origin"));
    let cors = HeaderName::from_static("access-control-allow-origin");
    check(&[(cors, "*")], Err("no header webhook-allowed-origin"));
    for other in [
        "",
        "other.example",
        "widget.example:8443",
        "https://widget.example",
        "*.example",
        "**",
        "widget.example, *",
        "xwidget.example",
        "widget.example.",
        "wıdget.example",
    ] {
        check(&[origin(other), rate("120")], Err("not \"widget.example\" or \"*\""));
    }
    for other in ["", "0", "-1", "1.5", "many", "1 2", "000"] {
        check(&[origin("*"), rate(other)], Err("not a number from 1"));
    }
    let long = "x".repeat(5_000);
    let error = handshake().judge(&headers(&[origin(&long)])).expect_err("another origin");
    assert!(error.to_string().len() < 300, "{error}");
}

const TEXT: &str = "KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio";

fn challenge() -> Challenge {
    Challenge::new([42; 32])
}

#[test]
fn the_challenge_is_a_webhook() {
    assert_eq!(challenge().text(), TEXT);
    let body = challenge().body(Timestamp::from_millis(1_767_225_600_000));
    assert_eq!(body.content_type, "application/json");
    let expected = r#"{"type":"c2c.challenge","timestamp":"2026-01-01T00:00:00.000Z","data":{"challenge":"TEXT"}}"#;
    assert_eq!(String::from_utf8_lossy(&body.bytes), expected.replace("TEXT", TEXT));
    let id = challenge().message_id();
    assert_eq!(id.as_str().parse(), Ok(id), "an id has a form");
}

#[test]
fn an_endpoint_agrees_by_returning_the_text() {
    let ok = |body: &str| challenge().judge(StatusCode::OK, body.as_bytes());
    assert_eq!(ok(TEXT), Ok(()));
    assert_eq!(ok(&format!("\n {TEXT}\r\n")), Ok(()));
    assert_eq!(ok(&format!(r#" {{ "challenge": "{TEXT}" }} "#)), Ok(()));
    assert_eq!(challenge().judge(StatusCode::ACCEPTED, TEXT.as_bytes()), Ok(()));
    let other = Challenge::new([43; 32]).text().to_owned();
    let echo = challenge().body(Timestamp::from_millis(0)).bytes;
    let echo = String::from_utf8(echo).expect("text");
    for wrong in [
        "",
        "ok",
        &other,
        &TEXT[1..],
        &format!("{TEXT}{TEXT}"),
        &TEXT.to_lowercase(),
        &format!("\"{TEXT}\""),
        &echo,
        &format!(r#"{{"challenge":"{other}"}}"#),
        &format!(r#"{{"body":"x","challenge":"{TEXT}"}}"#),
        &format!(r#"{{"data":{{"challenge":"{TEXT}"}}}}"#),
    ] {
        assert_eq!(ok(wrong), Err(NotAgreed::Text), "{wrong}");
    }
    for status in [100, 301, 404, 410, 500] {
        let status = StatusCode::from_u16(status).expect("a status");
        let answer = challenge().judge(status, TEXT.as_bytes());
        assert_eq!(answer, Err(NotAgreed::Status { status }));
    }
}

#[test]
fn a_receiver_finds_the_text() {
    let body = challenge().body(Timestamp::from_millis(0));
    assert_eq!(Challenge::asked(&body.bytes).as_deref(), Some(TEXT));
    let event = r#"{"type":"custom.c2c.challenge","timestamp":"","data":{"challenge":"x"}}"#;
    assert_eq!(Challenge::asked(event.as_bytes()), None);
    assert_eq!(Challenge::asked(b"{}"), None);
}

proptest! {
    #[test]
    fn what_a_receiver_returns_agrees(random: [u8; 32], other: [u8; 32]) {
        let challenge = Challenge::new(random);
        let text = Challenge::asked(&challenge.body(Timestamp::from_millis(0)).bytes).expect("a challenge");
        prop_assert_eq!(challenge.judge(StatusCode::OK, text.as_bytes()), Ok(()));
        let agrees = Challenge::new(other).judge(StatusCode::OK, text.as_bytes()).is_ok();
        prop_assert_eq!(agrees, random == other);
    }
}

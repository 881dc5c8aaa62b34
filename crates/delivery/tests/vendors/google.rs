//! Requests to Google Analytics.

use c2c_delivery::vendors::ga4::{
    Credentials, CredentialsError, Finding, Mapping, Region, check, findings, judge, plan,
};
use c2c_delivery::vendors::{Ended, Event, Now, Omission, PersonalFields, Verdict};
use c2c_delivery::{Consent, Outcome, Reason};
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{HOUR_MS, ID, NOW, NOW_MS, body, event, object, sent_to_ga4};

const SECRET: &str = "s3cr3t-Of_the-stream";

fn credentials() -> Credentials {
    Credentials::new("G-ABC123", SECRET, Region::Global).expect("credentials")
}

fn mapping(rule: Value) -> Mapping {
    let mapping = json!({
        "client_id": {"from": "/data/context/client"},
        "session_id": {"from": "/data/context/session"},
        "events": {"custom:x": rule}
    });
    Mapping::parse(&mapping.to_string(), &PersonalFields::default()).expect("a mapping")
}

/// The one event of the one request for an event with these fields.
fn sent(rule: Value, data: Value) -> Value {
    let mut data = object(data);
    data.insert("context".to_owned(), json!({"client": "12.34", "session": "56"}));
    let plan = plan(&credentials(), &mapping(rule), &[event("custom:x", &data, None)], NOW);
    let [request] = &plan.requests[..] else { panic!("not one request: {plan:?}") };
    assert_eq!(sent_to_ga4(request).faults, []);
    let body = body(request);
    assert_eq!(body["client_id"], "12.34");
    body["events"][0].clone()
}

/// How an event without a request ends.
fn ended(rule: Value, event: &Event<'_>, now: Now) -> (Outcome, Reason) {
    let plan = plan(&credentials(), &mapping(rule), std::slice::from_ref(event), now);
    let [Ended { event: 0, outcome, reason }] = plan.ended[..] else {
        panic!("not ended: {plan:?}")
    };
    assert!(plan.requests.is_empty(), "{plan:?}");
    (outcome, reason)
}

#[test]
fn an_event() {
    let rule = json!({"name": "generate_lead", "params": {
        "source": {"value": "call"}, "team": {"from": "/data/team"}, "sure": {"from": "/data/sure"},
        "absent": {"from": "/data/absent"}, "none": {"from": "/data/none"}, "event_id": {"from": "/id"}
    }});
    let event =
        sent(rule, json!({"team": " sales ", "sure": true, "none": null, "other": "not mapped"}));
    assert_eq!(
        event,
        json!({
            "name": "generate_lead",
            "timestamp_micros": (NOW_MS - 1_000) * 1_000,
            "params": {"source": "call", "team": "sales", "sure": "true", "event_id": ID, "session_id": "56"}
        })
    );
}

#[test]
fn where_it_goes() {
    let data = object(json!({"context": {"client": "12.34"}}));
    let events = [event("custom:x", &data, None)];
    let rule = json!({"name": "x"});
    let plan = plan(&credentials(), &mapping(rule.clone()), &events, NOW);
    let [request] = &plan.requests[..] else { panic!("not one request") };
    assert_eq!(request.origin(), "https://www.google-analytics.com");
    assert_eq!(
        request.target(),
        format!("/mp/collect?measurement_id=G-ABC123&api_secret={SECRET}")
    );
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(sent_to_ga4(request).status, 204);
    assert_eq!(request.events, [0]);
    assert!(!format!("{plan:?}").contains(SECRET), "{plan:?}");

    let eu = Credentials::new("G-ABC123", SECRET, Region::Eu).expect("credentials");
    let request = check(&eu, &mapping(rule), &events[0], NOW).expect("a check");
    assert_eq!(request.origin(), "https://region1.google-analytics.com");
    assert!(request.target().starts_with("/debug/mp/collect?"), "{request:?}");
    assert_eq!(body(&request)["validation_behavior"], "ENFORCE_RECOMMENDATIONS");
    let verdict = sent_to_ga4(&request);
    assert_eq!((verdict.status, findings(verdict.body.as_bytes()).expect("JSON")), (200, vec![]));
}

#[test]
fn without_consent_nothing_is_sent() {
    let data = object(json!({"context": {"client": "12.34"}}));
    let rule = json!({"name": "x"});
    let also = Now { takes_not_asked: true, ..NOW };
    for (consent, now) in
        [(Consent::Unknown, NOW), (Consent::NotAsked, NOW), (Consent::Unknown, also)]
    {
        let event = Event { consent, ..event("custom:x", &data, None) };
        assert_eq!(
            ended(rule.clone(), &event, now),
            (Outcome::Suppressed, Reason::Consent),
            "{consent}"
        );
    }
    for (consent, now) in [(Consent::Granted, NOW), (Consent::NotAsked, also)] {
        let event = Event { consent, ..event("custom:x", &data, None) };
        assert_eq!(
            plan(&credentials(), &mapping(rule.clone()), &[event], now).requests.len(),
            1,
            "{consent}"
        );
    }
}

#[test]
fn events_without_a_rule_or_client_are_not_sent() {
    let rule = json!({"name": "x"});
    let data = object(json!({"context": {"client": "12.34"}}));
    let other = event("custom:y", &data, None);
    assert_eq!(ended(rule.clone(), &other, NOW), (Outcome::Suppressed, Reason::Mapping));
    let none = [
        "",
        "1",
        "1.",
        "0.1",
        "1.0",
        "a.b",
        "1.2.3",
        "jane@shop.example",
        "XX1.1.2.3",
        "GA1.1.2",
        "-1.2",
    ];
    for client in
        none.map(|text| json!(text)).into_iter().chain([json!(null), json!(1.2), json!({})])
    {
        let data = object(json!({"context": {"client": client}}));
        let event = event("custom:x", &data, None);
        assert_eq!(
            ended(rule.clone(), &event, NOW),
            (Outcome::Suppressed, Reason::NoClientId),
            "{client}"
        );
    }
    let cookie = object(json!({"context": {"client": "GA1.1.11.22", "session": "a56"}}));
    let plan = plan(&credentials(), &mapping(rule), &[event("custom:x", &cookie, None)], NOW);
    let body = body(&plan.requests[0]);
    assert_eq!(body["client_id"], "GA1.1.11.22");
    assert_eq!(body["events"][0]["params"], json!({}), "a session's id is digits");
}

#[test]
fn a_rule_can_have_ids_of_its_own() {
    let rule = json!({
        "name": "x", "client_id": {"from": "/data/client"}, "session_id": {"from": "/data/session"}
    });
    let data = object(json!({
        "client": "7.8", "session": 9, "context": {"client": "12.34", "session": "56"}
    }));
    let plan = plan(&credentials(), &mapping(rule), &[event("custom:x", &data, None)], NOW);
    let body = body(&plan.requests[0]);
    assert_eq!(body["client_id"], "7.8");
    assert_eq!(body["events"][0]["params"], json!({"session_id": "9"}));
}

#[test]
fn old_events_expire() {
    let data = object(json!({"context": {"client": "12.34"}}));
    let at = |at_ms| Event { at_ms, ..event("custom:x", &data, None) };
    let rule = json!({"name": "x"});
    for at_ms in [NOW_MS - 71 * HOUR_MS - 1, 0, -1, i64::MIN] {
        assert_eq!(
            ended(rule.clone(), &at(at_ms), NOW),
            (Outcome::Expired, Reason::TooOld),
            "{at_ms}"
        );
    }
    let time = |at_ms| {
        let plan = plan(&credentials(), &mapping(rule.clone()), &[at(at_ms)], NOW);
        body(&plan.requests[0])["events"][0]["timestamp_micros"].as_i64().expect("a time")
    };
    assert_eq!(time(NOW_MS - 71 * HOUR_MS), (NOW_MS - 71 * HOUR_MS) * 1_000);
    assert_eq!(time(NOW_MS + HOUR_MS), NOW_MS * 1_000, "not in the future");
}

#[test]
fn personal_data_is_left_out() {
    let rule = json!({"name": "x", "params": {"note": {"from": "/data/note"}, "tel": {"from": "/data/tel"}, "n": {"from": "/data/n"}}});
    let data = object(json!({
        "note": "from jane@shop.example", "tel": "+49 30 1234567", "n": {}, "context": {"client": "12.34"}
    }));
    let plan = plan(&credentials(), &mapping(rule), &[event("custom:x", &data, None)], NOW);
    let [request] = &plan.requests[..] else { panic!("not one request") };
    assert_eq!(body(request)["events"][0]["params"], json!({}));
    let omitted: Vec<_> =
        request.omitted.iter().map(|it| (it.event, it.name.as_str(), it.why)).collect();
    let expected =
        [(0, "n", Omission::Form), (0, "note", Omission::Personal), (0, "tel", Omission::Personal)];
    assert_eq!(omitted, expected);
    assert!(!format!("{plan:?}").contains("jane"));
}

#[test]
fn texts_are_cut() {
    let rule = json!({"name": "x", "params": {"a": {"from": "/data/a"}, "page_title": {"from": "/data/a"}}});
    let params = sent(rule, json!({"a": "é".repeat(400)}))["params"].clone();
    assert_eq!(
        (params["a"].as_str(), params["page_title"].as_str()),
        (Some("é".repeat(100).as_str()), Some("é".repeat(300).as_str()))
    );
}

fn purchase() -> Value {
    json!({"name": "purchase", "params": {
        "transaction_id": {"from": "/data/order"}, "currency": {"from": "/data/currency"},
        "value": {"from": "/data/total"}, "items": {"from": "/data/items"}
    }})
}

#[test]
fn purchases() {
    let items = json!([
        {"item_id": 7, "price": "9.50", "quantity": 2, "buyer": "Jane", "item_brand": "jane@shop.example"},
        {"quantity": 1}, "no item"
    ]);
    let data = json!({"order": "A-1", "currency": "eur", "total": "19.00", "items": items});
    assert_eq!(
        sent(purchase(), data)["params"],
        json!({
            "transaction_id": "A-1", "currency": "EUR", "value": 19.0, "session_id": "56",
            "items": [{"item_id": "7", "price": 9.5, "quantity": 2}]
        })
    );
}

#[test]
fn a_purchase_has_at_most_200_items() {
    let items = vec![json!({"item_id": "1"}); 201];
    let event =
        sent(purchase(), json!({"order": "A-1", "currency": "EUR", "total": 1, "items": items}));
    assert_eq!(event["params"]["items"].as_array().map(Vec::len), Some(200));
}

#[test]
fn purchases_that_would_count_wrongly_are_not_sent() {
    let whole = json!({"order": "A-1", "currency": "EUR", "total": 1, "items": [{"item_id": "1"}], "context": {"client": "12.34"}});
    let wrong = [
        ("order", json!("")),
        ("order", json!(null)),
        ("order", json!("x".repeat(101))),
        ("order", json!("a@b.de")),
        ("currency", json!("euros")),
        ("total", json!("1,00")),
        ("items", json!([])),
        ("items", json!([{}])),
    ];
    for (field, value) in wrong {
        let mut data = object(whole.clone());
        data.insert(field.to_owned(), value.clone());
        let ended = ended(purchase(), &event("custom:x", &data, None), NOW);
        assert_eq!(ended, (Outcome::Suppressed, Reason::Mapping), "{field} {value}");
    }
}

#[test]
fn a_value_without_its_currency_is_left_out() {
    let rule = json!({"name": "x", "params": {"value": {"from": "/data/total"}, "currency": {"from": "/data/currency"}}});
    assert_eq!(sent(rule.clone(), json!({"total": 1}))["params"], json!({"session_id": "56"}));
    let both = sent(rule, json!({"total": 1, "currency": "EUR"}));
    assert_eq!(both["params"], json!({"value": 1, "currency": "EUR", "session_id": "56"}));
}

#[test]
fn a_request_has_one_client_and_at_most_25_events() {
    let clients: Vec<_> = (0..60)
        .map(|n| object(json!({"context": {"client": format!("1.{}", 1 + n % 2)}})))
        .collect();
    let events: Vec<_> = clients.iter().map(|data| event("custom:x", data, None)).collect();
    let plan = plan(&credentials(), &mapping(json!({"name": "x"})), &events, NOW);
    let sizes: Vec<_> = plan.requests.iter().map(|request| request.events.len()).collect();
    assert_eq!(sizes, [25, 25, 5, 5]);
    let mut all: Vec<_> = plan.requests.iter().flat_map(|request| request.events.clone()).collect();
    all.sort_unstable();
    assert_eq!(all, (0..60).collect::<Vec<_>>());
    for request in &plan.requests {
        assert_eq!(sent_to_ga4(request).faults, []);
    }
}

#[test]
fn a_body_stays_below_the_limit() {
    let items: Vec<_> =
        (0..200).map(|n| json!({"item_id": n, "item_name": "x".repeat(100)})).collect();
    let data = object(json!({
        "order": "A-1", "currency": "EUR", "total": 1, "items": items, "context": {"client": "12.34"}
    }));
    let events: Vec<_> = (0..20).map(|_| event("custom:x", &data, None)).collect();
    let plan = plan(&credentials(), &mapping(purchase()), &events, NOW);
    assert!(plan.requests.len() > 1, "{plan:?}");
    for request in &plan.requests {
        assert_eq!(sent_to_ga4(request).faults, []);
    }
    let items: Vec<_> = (0..200).map(|n| json!({"item_id": n, "item_name": "\u{1}x".repeat(50), "item_brand": "\u{1}x".repeat(50), "coupon": "\u{1}x".repeat(50)})).collect();
    let data = object(json!({
        "order": "A-1", "currency": "EUR", "total": 1, "items": items, "context": {"client": "12.34"}
    }));
    let ended = ended(purchase(), &event("custom:x", &data, None), NOW);
    assert_eq!(ended, (Outcome::Suppressed, Reason::Mapping), "larger than a request");
}

#[test]
fn the_consent_for_advertising_is_the_mappings() {
    let data = object(json!({"context": {"client": "12.34"}}));
    let events = [event("custom:x", &data, None)];
    let with = |consent: Value| {
        let mut mapping = json!({"client_id": {"from": "/data/context/client"}, "events": {"custom:x": {"name": "x"}}});
        if !consent.is_null() {
            mapping["consent"] = consent;
        }
        let mapping =
            Mapping::parse(&mapping.to_string(), &PersonalFields::default()).expect("a mapping");
        let plan = plan(&credentials(), &mapping, &events, NOW);
        assert_eq!(sent_to_ga4(&plan.requests[0]).faults, []);
        body(&plan.requests[0]).get("consent").cloned()
    };
    assert_eq!(with(Value::Null), None);
    let consent = json!({"ad_user_data": "DENIED", "ad_personalization": "DENIED"});
    assert_eq!(with(consent.clone()), Some(consent));
}

#[test]
fn answers() {
    let judged = |status: u16| judge(StatusCode::from_u16(status).expect("a status"));
    assert_eq!(judged(204), Verdict::Delivered);
    assert_eq!(judged(200), Verdict::Delivered);
    for status in [429, 408, 500, 503, 302] {
        assert!(matches!(judged(status), Verdict::Again { .. }), "{status}");
    }
    for status in [400, 403, 404, 413] {
        assert!(matches!(judged(status), Verdict::Refused { .. }), "{status}");
    }
    let answer = json!({"validationMessages": [{
        "fieldPath": "events", "validationCode": "NAME_INVALID",
        "description": "Event at index: [0] has invalid name [_badEventName].\n\u{1b}[31m Names must start with an alphabetic character."
    }]});
    let found = findings(answer.to_string().as_bytes()).expect("JSON");
    let text = "Event at index: [0] has invalid name [_badEventName]. [31m Names must start with an alphabetic character.";
    let finding = Finding {
        place: "events".to_owned(),
        code: "NAME_INVALID".to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(found, [finding]);
    assert_eq!(findings(b"{}").expect("JSON"), []);
    findings(b"<html>").expect_err("no JSON");
}

#[test]
fn credentials_have_googles_form_and_stay_secret() {
    let new = |id: &str, secret: &str| Credentials::new(id, secret, Region::Global);
    for id in ["", "G-", "G-abc123", "UA-123456", "1234567", "G-ABC123&x=1"] {
        assert_eq!(new(id, SECRET), Err(CredentialsError::MeasurementId), "{id}");
    }
    for secret in ["", "short", "with space in it", "with&and=in-it", "with/slash+in-it"] {
        assert_eq!(new("G-ABC123", secret), Err(CredentialsError::ApiSecret), "{secret}");
    }
    let credentials = credentials();
    assert!(!format!("{credentials:?}").contains(SECRET));
    let text = serde_json::to_string(&credentials).expect("JSON");
    assert_eq!(serde_json::from_str::<Credentials>(&text).expect("the same"), credentials);
    let wrong = text.replace("G-ABC123", "ABC123");
    let error = serde_json::from_str::<Credentials>(&wrong).expect_err("no id").to_string();
    assert!(error.contains("measurement_id") && !error.contains(SECRET), "{error}");
}

//! Requests to Meta.

use c2c_delivery::vendors::meta::{Credentials, CredentialsError, Mapping, judge, plan};
use c2c_delivery::vendors::{
    Ended, Event, Hit, Now, Omission, PersonalFields, Plan, Sha256Hex, Verdict,
};
use c2c_delivery::{Consent, Outcome, Reason};
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{HOUR_MS, ID, NOW, NOW_MS, TOKEN, body, event, hit, object, sent_to_meta};

fn credentials() -> Credentials {
    Credentials::new("1234567890", TOKEN, None).expect("credentials")
}

fn mapping(rule: Value) -> Mapping {
    let mapping = json!({"events": {"custom:x": rule}});
    Mapping::parse(&mapping.to_string(), &PersonalFields::default()).expect("a mapping")
}

fn planned(rule: Value, data: Value, hit: &Hit) -> Plan {
    let data = object(data);
    plan(&credentials(), &mapping(rule), &[event("custom:x", &data, Some(hit))], NOW)
}

/// The one event of the one request, and the names of what was left out.
fn sent_with(rule: Value, data: Value, hit: &Hit) -> (Value, Vec<(String, Omission)>) {
    let plan = planned(rule, data, hit);
    let [request] = &plan.requests[..] else { panic!("not one request: {plan:?}") };
    let (status, answer) = sent_to_meta(request);
    assert_eq!(status, 200, "{answer}");
    let omitted = request.omitted.iter().map(|it| (it.name.clone(), it.why)).collect();
    (body(request)["data"][0].clone(), omitted)
}

fn sent(rule: Value, data: Value) -> Value {
    sent_with(rule, data, &hit()).0
}

fn ended(plan: &Plan) -> (Outcome, Reason) {
    let [Ended { event: 0, outcome, reason }] = plan.ended[..] else {
        panic!("not ended: {plan:?}")
    };
    assert!(plan.requests.is_empty(), "{plan:?}");
    (outcome, reason)
}

#[test]
fn an_event() {
    let rule = json!({
        "name": "Contact",
        "user_data": {"em": {"from": "/data/email"}, "fbp": {"from": "/data/context/fbp"}, "country": {"value": "DE"}},
        "custom_data": {"content_name": {"value": "Call"}, "team": {"from": "/data/team"}, "sure": {"from": "/data/sure"}}
    });
    let data = json!({
        "email": " John_Smith@gmail.com", "team": "sales", "sure": false, "other": "not mapped",
        "context": {"fbp": "fb.1.1596403881668.1116446470"}
    });
    assert_eq!(
        sent(rule, data),
        json!({
            "event_name": "Contact",
            "event_time": (NOW_MS - 1_000) / 1_000,
            "event_id": ID,
            "action_source": "website",
            "event_source_url": "https://shop.example/cart",
            "user_data": {
                "em": ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"],
                "country": [Sha256Hex::of("de").as_str()],
                "fbp": "fb.1.1596403881668.1116446470",
                "client_ip_address": "192.0.2.7",
                "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64)"
            },
            "custom_data": {"content_name": "Call", "team": "sales", "sure": false}
        })
    );
}

#[test]
fn where_it_goes() {
    let plan = planned(json!({"name": "Lead"}), json!({}), &hit());
    let [request] = &plan.requests[..] else { panic!("not one request") };
    assert_eq!(request.origin(), "https://graph.facebook.com");
    assert_eq!(request.target(), "/v25.0/1234567890/events");
    assert_eq!(request.headers()["authorization"], format!("Bearer {TOKEN}"));
    assert!(!format!("{plan:?} {:?}", request.headers()).contains(TOKEN), "{plan:?}");
    assert!(!String::from_utf8_lossy(request.body()).contains(TOKEN));
    assert_eq!(body(request).get("test_event_code"), None);

    let data = object(json!({}));
    let test = Credentials::new("1234567890", TOKEN, Some("TEST123")).expect("credentials");
    let hit = hit();
    let plan = c2c_delivery::vendors::meta::plan(
        &test,
        &mapping(json!({"name": "Lead"})),
        &[event("custom:x", &data, Some(&hit))],
        NOW,
    );
    assert_eq!(body(&plan.requests[0])["test_event_code"], "TEST123");
    assert_eq!(sent_to_meta(&plan.requests[0]).0, 200);
}

#[test]
fn without_consent_nothing_is_sent() {
    let (data, hit) = (object(json!({})), hit());
    let mapping = mapping(json!({"name": "Lead"}));
    let also = Now { takes_not_asked: true, ..NOW };
    let planned = |consent, now| {
        let event = Event { consent, ..event("custom:x", &data, Some(&hit)) };
        plan(&credentials(), &mapping, &[event], now)
    };
    for (consent, now) in
        [(Consent::Unknown, NOW), (Consent::NotAsked, NOW), (Consent::Unknown, also)]
    {
        assert_eq!(
            ended(&planned(consent, now)),
            (Outcome::Suppressed, Reason::Consent),
            "{consent}"
        );
    }
    for (consent, now) in [(Consent::Granted, NOW), (Consent::NotAsked, also)] {
        assert_eq!(planned(consent, now).requests.len(), 1, "{consent}");
    }
}

#[test]
fn old_events_expire() {
    let (data, hit) = (object(json!({})), hit());
    let mapping = mapping(json!({"name": "Lead"}));
    let at = |at_ms| {
        plan(
            &credentials(),
            &mapping,
            &[Event { at_ms, ..event("custom:x", &data, Some(&hit)) }],
            NOW,
        )
    };
    for at_ms in [NOW_MS - 165 * HOUR_MS - 1, 0, i64::MIN] {
        assert_eq!(ended(&at(at_ms)), (Outcome::Expired, Reason::TooOld), "{at_ms}");
    }
    for at_ms in [NOW_MS - 165 * HOUR_MS, NOW_MS + HOUR_MS] {
        let plan = at(at_ms);
        assert_eq!(body(&plan.requests[0])["data"][0]["event_time"], at_ms.min(NOW_MS) / 1_000);
    }
}

#[test]
fn events_that_tell_too_little_are_not_sent() {
    let none = (Outcome::Suppressed, Reason::NoUserData);
    let lead = json!({"name": "Lead"});
    for hit in [
        Hit { user_agent: None, ..hit() },
        Hit { user_agent: Some(" ".to_owned()), ..hit() },
        Hit { page: None, ..hit() },
        Hit { page: Some("about:srcdoc".to_owned()), ..hit() },
        Hit { page: Some("javascript://x/".to_owned()), ..hit() },
        Hit { page: Some("https://".to_owned()), ..hit() },
        Hit { address: None, ..hit() },
    ] {
        assert_eq!(ended(&planned(lead.clone(), json!({}), &hit)), none);
    }
    let data = object(json!({}));
    let no_hit =
        plan(&credentials(), &mapping(lead.clone()), &[event("custom:x", &data, None)], NOW);
    assert_eq!(ended(&no_hit), none);
    let other = plan(&credentials(), &mapping(lead), &[event("custom:y", &data, None)], NOW);
    assert_eq!(ended(&other), (Outcome::Suppressed, Reason::Mapping));

    // Meta's own combinations that are too broad, beside the user agent that it requires.
    let no_address = Hit { address: None, ..hit() };
    let with = |keys: &[&str]| {
        let people: serde_json::Map<_, _> = keys
            .iter()
            .map(|key| ((*key).to_owned(), json!({"from": format!("/data/{key}")})))
            .collect();
        let data = json!({"ct": "Bonn", "country": "DE", "st": "NW", "zp": "53111", "ge": "f", "db": "1997-02-16", "em": "a@b.de", "fn": "Mary"});
        planned(json!({"name": "Lead", "user_data": people}), data, &no_address)
    };
    assert_eq!(ended(&with(&["ct", "country", "st", "zp", "ge"])), none);
    assert_eq!(ended(&with(&["ge"])), none);
    assert_eq!(ended(&with(&["db"])), none);
    for keys in [&["em"][..], &["db", "ge"], &["fn", "zp"]] {
        assert_eq!(sent_to_meta(&with(keys).requests[0]).0, 200, "{keys:?}");
    }
}

#[test]
fn the_page_is_told_without_its_query() {
    let page = |page: &str| {
        let hit = Hit { page: Some(page.to_owned()), ..hit() };
        sent_with(json!({"name": "Lead"}), json!({}), &hit).0["event_source_url"]
            .as_str()
            .expect("a page")
            .to_owned()
    };
    assert_eq!(page("https://shop.example"), "https://shop.example/");
    assert_eq!(
        page("https://shop.example:8443/a/b?email=jane@shop.example"),
        "https://shop.example:8443/a/b"
    );
    assert_eq!(page("https://shop.example?email=jane@shop.example"), "https://shop.example/");
    assert_eq!(page("http://jane:pw@shop.example/a#jane"), "http://shop.example/a");
    assert_eq!(page("https://shop.example/user/jane@shop.example"), "https://shop.example/");
    assert_eq!(page("https://shop.example/user/jane%40shop.example/x"), "https://shop.example/");
    assert_eq!(page("https://shop.example/ü"), "https://shop.example/");
    assert_eq!(
        page(&format!("https://shop.example/{}", "x".repeat(2_000))),
        "https://shop.example/"
    );
}

#[test]
fn the_source_of_a_hash_is_not_beside_it() {
    let rule = json!({
        "name": "Lead",
        "event_id": {"from": "/data/digits"},
        "user_data": {
            "em": {"from": "/data/email"}, "ph": {"from": "/data/phone"}, "ge": {"from": "/data/gender"},
            "subscription_id": {"from": "/data/digits"}
        },
        "custom_data": {
            "a": {"from": "/data/copy"}, "b": {"from": "/data/text"}, "c": {"from": "/data/digits"},
            "d": {"from": "/data/letter"}, "contents": {"from": "/data/contents"}, "fine": {"from": "/data/fine"},
            "note": {"from": "/data/note"}
        }
    });
    let data = json!({
        "email": "Jane@Shop.example", "phone": "+49 30 1234567", "gender": "f",
        "copy": "JANE@shop.example", "text": "x jane@shop.example x", "digits": "49301234567", "letter": "F",
        "contents": [{"id": "x-49301234567"}], "fine": "fabulous", "note": "ask bob@shop.example"
    });
    let hit = Hit { page: Some("https://shop.example/49301234567".to_owned()), ..hit() };
    let (event, omitted) = sent_with(rule, data, &hit);
    assert_eq!(event["custom_data"], json!({"fine": "fabulous"}));
    assert_eq!(event["event_id"], ID);
    assert_eq!(event["event_source_url"], "https://shop.example/");
    let people: Vec<_> =
        event["user_data"].as_object().expect("user_data").keys().map(String::as_str).collect();
    assert_eq!(people, ["client_ip_address", "client_user_agent", "em", "ge", "ph"]);
    let names: Vec<_> = omitted.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["subscription_id", "event_id", "a", "b", "c", "contents", "d", "note"]);
}

#[test]
fn values_without_a_normal_form_are_left_out() {
    let rule = json!({"name": "Lead", "user_data": {
        "em": {"from": "/data/a"}, "ph": {"from": "/data/b"}, "external_id": {"from": "/data/c"},
        "fn": {"from": "/data/d", "hashed": true}, "ln": {"from": "/data/e", "hashed": true},
        "fbp": {"from": "/data/f"}, "lead_id": {"from": "/data/g"}
    }});
    let digest = Sha256Hex::of("mary");
    let data = json!({
        "a": "no address", "b": "030 1234567", "c": digest.as_str(), "d": "Mary", "e": digest.as_str().to_uppercase(),
        "f": "fb.1.x.1", "g": "7"
    });
    let (event, omitted) = sent_with(rule, data, &hit());
    assert_eq!(event["user_data"]["ln"], json!([digest.as_str()]));
    assert_eq!(event["user_data"]["lead_id"], 7);
    assert_eq!(event["user_data"].as_object().expect("user_data").len(), 4);
    let expected =
        ["em", "ph", "fn", "external_id", "fbp"].map(|name| (name.to_owned(), Omission::Form));
    assert_eq!(omitted, expected);
}

#[test]
fn cookies_have_metas_form() {
    let person = |key: &str, value: &str| {
        let rule = json!({"name": "Lead", "user_data": {key: {"from": "/data/id"}}});
        sent(rule, json!({ "id": value }))["user_data"].get(key).cloned()
    };
    for value in [
        "fb.1.1554763741205.IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk",
        "fb.1.2.abc.AQEBAQIA",
    ] {
        assert_eq!(person("fbc", value), Some(json!(value)));
    }
    for value in [
        "",
        "fb.1.2",
        "fb.1.2.",
        "fb.1.2.a b",
        "xx.1.2.a",
        "fb.a.2.a",
        "fb.1.2.a.b.c",
        "fb.1.2.a@b",
    ] {
        assert_eq!(person("fbc", value), None, "{value}");
    }
    assert_eq!(person("fbp", "fb.1.2.abc"), None);
}

#[test]
fn the_pixels_id_can_come_from_the_event() {
    let rule = json!({"name": "Lead", "event_id": {"from": "/data/event_id"}});
    let id = |value: Value| sent(rule.clone(), json!({ "event_id": value }))["event_id"].clone();
    assert_eq!(id(json!("Order-7.A")), "Order-7.A");
    assert_eq!(id(json!(7)), "7");
    for other in [
        json!(null),
        json!(""),
        json!("a b"),
        json!("x".repeat(101)),
        json!("jane@shop.example"),
        json!({}),
    ] {
        assert_eq!(id(other.clone()), ID, "{other}");
    }
}

#[test]
fn purchases() {
    let rule = json!({"name": "Purchase", "custom_data": {
        "value": {"from": "/data/total"}, "currency": {"from": "/data/currency"}, "contents": {"from": "/data/things"},
        "content_ids": {"from": "/data/ids"}, "content_type": {"value": "product"}
    }});
    let data = json!({
        "total": "19.5", "currency": "eur", "ids": ["a", 7, {}],
        "things": [{"id": 7, "quantity": "2", "item_price": 9.75, "buyer": "Jane", "delivery_category": "in_store"}, {"quantity": 1}]
    });
    assert_eq!(
        sent(rule.clone(), data.clone())["custom_data"],
        json!({
            "value": 19.5, "currency": "EUR", "content_ids": ["a", "7"], "content_type": "product",
            "contents": [{"id": "7", "quantity": 2.0, "item_price": 9.75, "delivery_category": "in_store"}]
        })
    );
    for (field, value) in [
        ("total", json!("1,00")),
        ("total", json!(null)),
        ("currency", json!("euros")),
        ("currency", json!(null)),
    ] {
        let mut data = data.clone();
        data[field] = value.clone();
        let ended = ended(&planned(rule.clone(), data, &hit()));
        assert_eq!(ended, (Outcome::Suppressed, Reason::Mapping), "{field} {value}");
    }
    let lead = json!({"name": "Lead", "custom_data": {"value": {"from": "/data/total"}, "currency": {"from": "/data/c"}}});
    assert_eq!(
        sent(lead, json!({"total": 1})).get("custom_data"),
        None,
        "a value without its currency"
    );
}

#[test]
fn limited_data_use() {
    let with = |country: u32, state: u32, hit: &Hit| {
        let mapping = json!({
            "data_processing": {"country": country, "state": state},
            "user_data": {"em": {"from": "/data/email"}},
            "events": {"custom:x": {"name": "Lead"}}
        });
        let mapping =
            Mapping::parse(&mapping.to_string(), &PersonalFields::default()).expect("a mapping");
        let data = object(json!({"email": "a@b.de"}));
        plan(&credentials(), &mapping, &[event("custom:x", &data, Some(hit))], NOW)
    };
    let no_address = Hit { address: None, ..hit() };
    for (country, state, hit) in [(0, 0, &hit()), (1, 1000, &hit()), (1, 1000, &no_address)] {
        let plan = with(country, state, hit);
        assert_eq!(sent_to_meta(&plan.requests[0]).0, 200);
        let event = body(&plan.requests[0])["data"][0].clone();
        assert_eq!(event["data_processing_options"], json!(["LDU"]));
        assert_eq!(event["data_processing_options_country"], country);
        assert_eq!(event["data_processing_options_state"], state);
    }
    for (country, state) in [(0, 0), (1, 0), (0, 1000)] {
        assert_eq!(
            ended(&with(country, state, &no_address)),
            (Outcome::Suppressed, Reason::NoUserData)
        );
    }
}

#[test]
fn batches_are_small() {
    let (data, hit) = (object(json!({})), hit());
    let events: Vec<_> = (0..120).map(|_| event("custom:x", &data, Some(&hit))).collect();
    let plan = plan(&credentials(), &mapping(json!({"name": "Lead"})), &events, NOW);
    let sizes: Vec<_> = plan.requests.iter().map(|request| request.events.len()).collect();
    assert_eq!(sizes, [50, 50, 20]);
    let all: Vec<_> = plan.requests.iter().flat_map(|request| request.events.clone()).collect();
    assert_eq!(all, (0..120).collect::<Vec<_>>());
    assert_eq!(sent_to_meta(&plan.requests[2]).1["events_received"], 20);
}

fn judged(status: u16, answer: Value, sent: usize) -> Verdict {
    judge(StatusCode::from_u16(status).expect("a status"), answer.to_string().as_bytes(), sent)
}

#[test]
fn answers() {
    let received = |number: u64| json!({"events_received": number, "messages": ["one\nis wrong"], "fbtrace_id": "A"});
    assert_eq!(judged(200, received(2), 2), Verdict::Delivered);
    assert!(matches!(judged(200, received(1), 2), Verdict::Split { .. }));
    let text = "Meta received 0 of 1 events. [\"one\\nis wrong\"]".to_owned();
    assert_eq!(judged(200, received(0), 1), Verdict::Refused { text });
    assert!(matches!(judged(200, json!({}), 1), Verdict::Again { .. }));
    assert!(matches!(judge(StatusCode::OK, b"<html>", 1), Verdict::Again { .. }));

    let old = json!({"error": {
        "message": "Invalid parameter", "type": "OAuthException", "code": 100, "error_subcode": 2_804_003,
        "is_transient": false, "error_user_title": "Event Timestamp Too Old", "error_user_msg": "Send\u{7} it\nearlier.", "fbtrace_id": "A"
    }});
    let text = "Event Timestamp Too Old: Send it earlier. (status 400, code 100)".to_owned();
    assert_eq!(judged(400, old.clone(), 1), Verdict::Refused { text: text.clone() });
    assert_eq!(judged(400, old, 2), Verdict::Split { text });
    let text = "Meta answered 404 Not Found".to_owned();
    assert_eq!(judged(404, json!("?"), 1), Verdict::Refused { text });
}

#[test]
fn errors_that_pass_and_errors_of_the_token() {
    let error = |code: i64, transient: Option<bool>, subcode: i64| json!({"error": {"message": "m", "code": code, "is_transient": transient, "error_subcode": subcode}});
    for (status, code, transient) in [
        (400, 100, Some(true)),
        (500, 190, None),
        (503, 100, None),
        (400, 4, None),
        (403, 17, Some(false)),
        (429, 100, None),
        (302, 0, None),
    ] {
        assert!(
            matches!(judged(status, error(code, transient, 0), 1), Verdict::Again { .. }),
            "{status} {code}"
        );
    }
    for (status, code, subcode) in
        [(401, 190, 0), (400, 190, 463), (401, 0, 0), (403, 200, 0), (403, 10, 0), (400, 100, 33)]
    {
        let verdict = judged(status, error(code, None, subcode), 1);
        assert!(matches!(verdict, Verdict::Credentials { .. }), "{status} {code}: {verdict:?}");
    }
}

#[test]
fn credentials_have_metas_form_and_stay_secret() {
    for id in ["", "1234", "12345x", "12345/events?"] {
        assert_eq!(Credentials::new(id, TOKEN, None), Err(CredentialsError::DatasetId), "{id}");
    }
    for token in ["", "short", "with a space that must not be", "with\r\nheader: x0123456789"] {
        assert_eq!(
            Credentials::new("12345", token, None),
            Err(CredentialsError::AccessToken),
            "{token}"
        );
    }
    for code in ["", "TEST 1", "TEST-1"] {
        assert_eq!(
            Credentials::new("12345", TOKEN, Some(code)),
            Err(CredentialsError::TestEventCode),
            "{code}"
        );
    }
    let credentials = Credentials::new("12345", TOKEN, Some("TEST1")).expect("credentials");
    assert!(!format!("{credentials:?}").contains(TOKEN));
    let text = serde_json::to_string(&credentials).expect("JSON");
    assert_eq!(serde_json::from_str::<Credentials>(&text).expect("the same"), credentials);
    let error = serde_json::from_str::<Credentials>(&text.replace("12345\"", "x\""))
        .expect_err("no id")
        .to_string();
    assert!(error.contains("dataset_id") && !error.contains(TOKEN), "{error}");
}

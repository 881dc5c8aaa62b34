//! `c2c listen` as an endpoint of the real server.

use std::thread::sleep;
use std::time::{Duration, Instant};

use c2c_delivery::Timestamp;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

use super::real::Real;
use crate::listen::{Listener, now};

/// How long a webhook may be on its way.
const PATIENCE: Duration = Duration::from_secs(20);
const ID: &str = "01956b4e-3c00-7000-8000-000000000001";

/// An event of a backend, with the event token that the app has for it.
fn emit(real: &Real, data: &Value) {
    let token = real.send("POST", "/event-tokens", &json!({"name": "shop", "hours": 1}));
    let at = Timestamp::from_millis(now() * 1000).to_string();
    let event =
        json!({"name": "custom:visit_ended", "data": data, "timestamp": at, "id": ID, "seq": 1});
    let batch = json!({"c2c": 1, "consent": "granted", "events": [event]});
    let request = Request::post(format!("{}/api/apps/{}/events", real.origin, real.app))
        .header("authorization", format!("Bearer {}", text(&token["secret"])))
        .header("content-type", "application/json")
        .body(batch.to_string())
        .expect("a request");
    let agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
    let answer = agent.run(request).expect("an answer").body_mut().read_to_string();
    let answer: Value = serde_json::from_str(&answer.expect("text")).expect("JSON");
    assert_eq!(answer, json!({"accepted": 1, "known": 0, "refused": []}));
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Waits until the server has the answer to its event: then the line is printed.
fn delivered(real: &Real) {
    let end = Instant::now() + PATIENCE;
    loop {
        let all = real.get("/deliveries");
        if all["deliveries"][0]["outcome"] == "delivered" {
            return;
        }
        assert!(Instant::now() < end, "{all}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_listener_verifies_what_the_server_sends() {
    let port = c2c_ports::free().expect("a port");
    let real = Real::delivering("webhooks", port);
    let collect = json!({"mode": "refuse", "bodyDays": 1, "metaDays": 90, "searchKeys": []});
    let path = format!("/api/apps/{}/integrations/collect", real.app);
    real.api("PUT", &path, Some(&json!(0)), &collect);
    let url = format!("http://127.0.0.1:{port}/hooks");
    let made = real.send("POST", "/endpoints", &json!({"name": "Here", "url": url}));
    let endpoint = format!("/endpoints/{}", text(&made["endpoint"]["id"]));
    let mut listener = Listener::start_at(port, &["--key", text(&made["secret"]), "--json"]);

    let asked = real.send("POST", &format!("{endpoint}/agreement"), &json!({}));
    assert_eq!(asked["endpoint"]["agreed"], "handshake", "{asked}");
    let note = listener.json();
    assert!(text(&note["note"]).ends_with("with OPTIONS, and agreed"), "{note}");

    let data = json!({"context": {}, "pages": 3});
    emit(&real, &data);
    delivered(&real);
    let line = listener.json();
    assert_eq!((&line["verified"], &line["error"]), (&json!("v1"), &Value::Null), "{line}");
    // The event is a backend's.
    assert_eq!(line["id"], format!("{ID}_v"));
    assert_eq!((&line["repeated"], &line["answer"]), (&json!(false), &json!(204)), "{line}");
    assert_eq!(line["body"]["type"], "custom.visit_ended", "{line}");
    assert_eq!(line["body"]["data"], data, "{line}");

    // The listener does not know the next key.
    let wish = json!({"scheme": "v1", "overlapHours": 0});
    real.send("POST", &format!("{endpoint}/keys"), &wish);
    let test = real.send("POST", &format!("{endpoint}/test"), &json!({}));
    assert_eq!(test["status"], 401, "{test}");
    let line = listener.json();
    assert_eq!((&line["verified"], &line["answer"]), (&Value::Null, &json!(401)), "{line}");
    assert!(text(&line["error"]).contains("no signature"), "{line}");
}

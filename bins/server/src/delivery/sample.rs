//! An event of no visitor, with which a person tries a vendor's endpoint: each place that the mapping names has a value
//! of the form that the vendor wants.

use c2c_catalogue::Catalogue;
use serde_json::{Map, Value, json};

/// A name and the data of an event with the first rule of a mapping.
pub(super) fn event(
    mapping: &Value,
    catalogue: &Catalogue,
) -> Option<(String, Map<String, Value>)> {
    let (name, rule) = mapping["events"].as_object()?.iter().next()?;
    let mut sample = Sample { catalogue, event: name, data: json!({"context": {}}) };
    for (key, value) in mapping.as_object()?.iter().filter(|(key, _)| *key != "events") {
        sample.fill(key, value);
    }
    sample.fill("", rule);
    let Value::Object(data) = sample.data else { return None };
    Some((name.clone(), data))
}

struct Sample<'a> {
    catalogue: &'a Catalogue,
    event: &'a str,
    data: Value,
}

impl Sample<'_> {
    /// Gives a value to each place that is named below a member of the mapping.
    fn fill(&mut self, key: &str, member: &Value) {
        let Some(members) = member.as_object() else { return };
        if let Some(place) = members.get("from").and_then(Value::as_str) {
            let value = if members.get("hashed") == Some(&Value::Bool(true)) {
                json!(DIGEST)
            } else {
                self.value(key, place)
            };
            self.put(place, value);
            return;
        }
        for (key, member) in members {
            self.fill(key, member);
        }
    }

    fn value(&self, key: &str, place: &str) -> Value {
        of_vendor(key).or_else(|| self.of_catalogue(place)).unwrap_or_else(|| json!("1"))
    }

    fn of_catalogue(&self, place: &str) -> Option<Value> {
        let field = place.strip_prefix("/data/")?;
        let fields = &self.catalogue.event(self.event)?.fields;
        let known = fields.iter().find(|known| known.name == field)?;
        Some(known.example.clone())
    }

    fn put(&mut self, place: &str, value: Value) {
        let Some(way) = place.strip_prefix("/data/") else { return };
        let mut at = &mut self.data;
        for key in way.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")) {
            if !at.is_object() {
                *at = json!({});
            }
            at = &mut at[key];
        }
        *at = value;
    }
}

/// The SHA-256 digest of "test".
const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A value for a parameter that a vendor takes in one form only.
fn of_vendor(key: &str) -> Option<Value> {
    Some(match key {
        "client_id" => json!("1000000001.1700000000"),
        "session_id" => json!("1700000000"),
        "transaction_id" | "event_id" | "external_id" => json!("c2c-test"),
        "currency" => json!("EUR"),
        "items" => json!([{"item_id": "c2c-test", "price": 1, "quantity": 1}]),
        "fbp" => json!("fb.1.1700000000000.1000000001"),
        "fbc" => json!("fb.1.1700000000000.AbCdEfGh"),
        "em" => json!("test@example.com"),
        "ph" => json!("+15555550100"),
        "fn" | "ln" | "ct" => json!("test"),
        "db" => json!("20000101"),
        "ge" => json!("f"),
        "st" => json!("ca"),
        "zp" => json!("94035"),
        "country" => json!("us"),
        "content_type" => json!("product"),
        "content_ids" => json!(["c2c-test"]),
        "contents" => json!([{"id": "c2c-test", "quantity": 1}]),
        "delivery_category" => json!("in_store"),
        _ => return None,
    })
}

//! Examples of valid and invalid envelopes, for the tests of senders and receivers.

use serde_json::{Value, json};

use crate::model::SAFE_MAX;
use crate::problem::Place;
use crate::{Catalogue, Field, Type, UnknownFields, file, shape};
use c2c_names::is_custom_name;

/// An envelope, valid or with one fault.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fixture {
    /// The point of the fixture.
    pub name: String,
    /// The JSON pointer of its only fault; `None` if there is none. (Unknown fields are a fault here.)
    pub fault: Option<String>,
    /// The envelope.
    pub envelope: Value,
}

impl Catalogue {
    /// For each event, valid envelopes and envelopes with one fault: each field left out, and each field
    /// with every kind of value that it may not have.
    pub fn fixtures(&self) -> Vec<Fixture> {
        let mut made = Fixtures(Vec::new());
        for event in self.events() {
            let good = envelope(event.name.as_str(), example(&event.fields));
            made.add(&good, "example", None);
            made.fields("/data", &event.fields, &good);
            made.with(&good, "/data/c2c-unknown", true.into(), "is not known");
        }
        if let Some(event) = self.events().first() {
            made.around(&envelope(event.name.as_str(), example(&event.fields)));
        }
        made.custom(self);
        made.0
    }

    /// The [fixtures](Catalogue::fixtures) as a JSON file, one per line.
    pub fn fixtures_json(&self) -> String {
        let lines = self.fixtures().into_iter().map(|Fixture { name, fault, mut envelope }| {
            envelope.sort_all_objects();
            let (name, fault) = (json!(name), json!(fault));
            format!(r#"{{"name":{name},"fault":{fault},"envelope":{envelope}}}"#)
        });
        format!("[\n{}\n]\n", lines.collect::<Vec<_>>().join(",\n"))
    }
}

fn envelope(name: &str, mut data: Value) -> Value {
    data["context"] = json!({"orderId": "A-1"});
    json!({
        "name": name,
        "data": data,
        "timestamp": "2026-03-01T12:00:00.125Z",
        "id": "01956b4e-3c00-7000-8000-000000000000",
        "seq": 0,
    })
}

fn example(fields: &[Field]) -> Value {
    let examples = fields.iter().map(|field| (field.name.clone(), field.example.clone()));
    Value::Object(examples.collect())
}

struct Fixtures(Vec<Fixture>);

impl Fixtures {
    fn add(&mut self, envelope: &Value, what: &str, fault: Option<&str>) {
        let name = envelope["name"].as_str().unwrap_or("an envelope");
        let fixture = Fixture {
            name: format!("{name}: {what}"),
            fault: fault.map(str::to_owned),
            envelope: envelope.clone(),
        };
        self.0.push(fixture);
    }

    /// Adds a copy with this faulty value at this place.
    fn with(&mut self, good: &Value, pointer: &str, value: Value, what: &str) {
        let bad = changed(good, pointer, Some(value));
        self.add(&bad, &format!("{pointer} {what}"), Some(pointer));
    }

    fn without(&mut self, good: &Value, pointer: &str) {
        let bad = changed(good, pointer, None);
        self.add(&bad, &format!("{pointer} is missing"), Some(pointer));
    }

    fn fields(&mut self, pointer: &str, fields: &[Field], good: &Value) {
        for field in fields {
            let pointer = format!("{pointer}/{}", field.name);
            self.without(good, &pointer);
            self.values(&pointer, &field.kind, good);
        }
    }

    fn values(&mut self, pointer: &str, kind: &Type, good: &Value) {
        for value in candidates(kind) {
            let problems = shape::value(kind, &value, &Place::Root, UnknownFields::Reject);
            match &*problems {
                [] => {
                    let good = changed(good, pointer, Some(value.clone()));
                    self.add(&good, &format!("{pointer} may be {value}"), None);
                }
                [problem] if problem.pointer.is_empty() => {
                    self.with(good, pointer, value.clone(), &format!("may not be {value}"));
                }
                // Fields are missing, and `fields` already leaves them out one by one.
                _ => {}
            }
        }
        let inner = if let Type::Nullable(inner) = kind { inner } else { kind };
        match (inner, good.pointer(pointer)) {
            (Type::Object(fields), Some(Value::Object(_))) => self.fields(pointer, fields, good),
            (Type::List(item), Some(Value::Array(items))) if !items.is_empty() => {
                self.values(&format!("{pointer}/0"), item, good);
            }
            _ => {}
        }
    }

    /// Adds fixtures for the envelope around the data.
    fn around(&mut self, good: &Value) {
        for pointer in ["/name", "/data", "/timestamp", "/id", "/seq", "/data/context"] {
            self.without(good, pointer);
        }
        for (pointer, values) in [
            ("/name", json!(["c2c_no_such_event", null, 1])),
            ("/data", json!([null, [], "text"])),
            ("/data/context", json!([null, [], "text"])),
            ("/data/context/orderId", json!([null, 1, {}])),
            (
                "/timestamp",
                json!(["", "2026-03-01", "2026-13-01T12:00:00Z", "2026-03-01T24:00:00Z", 0]),
            ),
            ("/id", json!(["", "01956b4e-3c00-4000-8000-000000000000", 7])),
            ("/seq", json!([-1, 0.5, "0", SAFE_MAX + 1])),
        ] {
            for value in values.as_array().into_iter().flatten() {
                self.with(good, pointer, value.clone(), &format!("may not be {value}"));
            }
        }
        self.with(good, "/c2c-unknown", true.into(), "is not known");
        let good = changed(good, "/data/context", Some(json!({})));
        self.add(&good, "/data/context may be empty", None);
    }

    fn custom(&mut self, catalogue: &Catalogue) {
        let mut names = (1..).map(|number| format!("lead.qualified-{number}"));
        let name =
            names.find(|name| is_custom_name(catalogue.event_names(), name)).unwrap_or_default();
        let good = envelope(&format!("custom:{name}"), json!({"any": [{"thing": null}]}));
        self.add(&good, "example", None);
        self.without(&good, "/data/context");
        let events = catalogue.event_names().flat_map(|event| {
            [event.to_owned(), event.to_uppercase(), event.replace(['_', '-', '.'], "")]
        });
        let others = ["", "1st", "a b", "custom:x", "c2c_ready", "C-2.c"].map(str::to_owned);
        for name in events.chain(others) {
            self.with(&good, "/name", format!("custom:{name}").into(), "is no custom event's");
        }
    }
}

/// Values of every kind, and values next to the bounds.
fn candidates(kind: &Type) -> Vec<Value> {
    let mut candidates = vec![
        json!(null),
        json!(true),
        json!(-0.5),
        json!("c2c no such value"),
        json!([]),
        json!({}),
    ];
    let inner = if let Type::Nullable(inner) = kind { inner } else { kind };
    match inner {
        Type::Enum(values) => candidates.extend(values.iter().map(|value| json!(value))),
        Type::Integer { min, max } => {
            let (min, max) = (min.unwrap_or(-SAFE_MAX), max.unwrap_or(SAFE_MAX));
            candidates.extend([min - 1, min, max, max + 1].map(Value::from));
        }
        Type::Number { min, max } => {
            candidates.push(json!(0.5));
            let min = min.map(|min| [min - 1.0, min]);
            let max = max.map(|max| [max, max + 1.0]);
            let bounds = min.into_iter().chain(max).flatten();
            candidates.extend(bounds.map(|bound| Value::Number(file::number(bound))));
        }
        _ => {}
    }
    // The bounds may be among the other values.
    let mut distinct: Vec<Value> = Vec::new();
    for candidate in candidates {
        if !distinct.contains(&candidate) {
            distinct.push(candidate);
        }
    }
    distinct
}

/// Returns a copy with another value at a place, or without that place.
fn changed(value: &Value, pointer: &str, new: Option<Value>) -> Value {
    let mut copy = value.clone();
    if let Some((above, key)) = pointer.rsplit_once('/') {
        match (copy.pointer_mut(above), new) {
            (Some(Value::Object(fields)), Some(new)) => {
                fields.insert(key.to_owned(), new);
            }
            (Some(Value::Object(fields)), None) => {
                fields.remove(key);
            }
            (Some(Value::Array(items)), Some(new)) => items[0] = new,
            _ => {}
        }
    }
    copy
}

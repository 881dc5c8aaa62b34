//! The vectors that this crate and the scripts both pass (the browser tests run them too).

use c2c_names::{CustomName, CustomNameError, EventName, OriginRule};
use serde::Deserialize;

#[test]
fn custom_names() {
    #[derive(Deserialize)]
    struct Vectors {
        events: Vec<EventName>,
        names: Vec<Vector>,
    }
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        fault: Option<String>,
    }
    let Vectors { events, names } =
        serde_json::from_str(include_str!("../../vectors/custom_name.json")).expect("vectors");
    for Vector { name, fault } in names {
        let found = CustomName::beside(&events, &name).err().map(|error| match error {
            CustomNameError::Reserved => "reserved",
            CustomNameError::LooksBuiltIn { .. } => "looks_built_in",
            _ => "form",
        });
        assert_eq!(found, fault.as_deref(), "{name:?}");
    }
}

#[test]
fn origins() {
    #[derive(Deserialize)]
    struct Vector {
        rule: String,
        error: bool,
        #[serde(default)]
        matches: Vec<String>,
        #[serde(default)]
        others: Vec<String>,
    }
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../vectors/origin.json")).expect("vectors");
    for Vector { rule: text, error, matches, others } in vectors {
        let rule = text.parse::<OriginRule>();
        assert_eq!(rule.is_err(), error, "{text:?}");
        let Ok(rule) = rule else { continue };
        assert_eq!(rule.to_string(), text);
        assert!(matches.iter().all(|origin| rule.matches(origin)), "{text:?}: {matches:?}");
        assert!(!others.iter().any(|origin| rule.matches(origin)), "{text:?}: {others:?}");
    }
}

#[test]
fn an_opaque_origin_is_meant_by_one_rule_only() {
    assert!(OriginRule::Opaque.matches("null"));
    assert!(!OriginRule::Opaque.matches("https://shop.example"));
}

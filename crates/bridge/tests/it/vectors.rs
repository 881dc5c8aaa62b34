//! The vectors that this crate and the host script both pass (the browser tests run them too).

use std::collections::BTreeMap;

use c2c_bridge::{ContextLimits, Effect, Host, HostOptions, Input, OriginRule, parse_context};
use c2c_catalogue::{CustomName, CustomNameError};
use serde::Deserialize;

#[test]
fn contexts() {
    #[derive(Deserialize)]
    struct Vector {
        case: String,
        query: String,
        context: BTreeMap<String, String>,
        rejected: Vec<(String, String)>,
    }
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../vectors/context.json")).expect("vectors");
    for vector in vectors {
        let parsed = parse_context(&vector.query, &ContextLimits::default());
        let rejected: Vec<(String, String)> = parsed
            .rejected
            .iter()
            .map(|reject| (reject.key.clone(), reject.reason.as_str().to_owned()))
            .collect();
        assert_eq!(
            (parsed.context, rejected),
            (vector.context, vector.rejected),
            "{}",
            vector.case
        );
    }
}

#[test]
fn custom_names() {
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        fault: Option<String>,
    }
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../vectors/custom_name.json")).expect("vectors");
    for Vector { name, fault } in vectors {
        let found = name.parse::<CustomName>().err().map(|error| match error {
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

#[test]
fn the_host() {
    #[derive(Deserialize)]
    struct Vector {
        case: String,
        options: HostOptions,
        steps: Vec<(f64, Input, Vec<Effect>)>,
    }
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../vectors/host.json")).expect("vectors");
    for Vector { case, options, steps } in vectors {
        let mut host = Host::new(options);
        for (now, input, effects) in steps {
            assert_eq!(host.handle(now, input.clone()), effects, "{case}: {now} {input:?}");
        }
    }
}

//! The vectors that this crate and the host script both pass (the browser tests run them too).

use std::collections::BTreeMap;

use c2c_bridge::{ContextLimits, parse_context};
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

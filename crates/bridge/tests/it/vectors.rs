//! The vectors that this crate and the host script both pass (the browser tests run them too; those of
//! the host are in `bins/e2e/tests/machine`).

use std::collections::BTreeMap;

use c2c_bridge::parse_context;
use c2c_names::ContextLimits;
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

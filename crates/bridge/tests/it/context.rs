//! Limits of the context that would need long vectors.

use c2c_bridge::{RejectReason, parse_context};
use c2c_names::ContextLimits;
use proptest::prelude::*;

fn rejected(query: &str) -> Vec<RejectReason> {
    let parsed = parse_context(query, &ContextLimits::default());
    parsed.rejected.iter().map(|reject| reject.reason).collect()
}

#[test]
fn a_value_is_at_most_1024_bytes() {
    assert_eq!(rejected(&format!("a={}", "v".repeat(1024))), []);
    assert_eq!(rejected(&format!("a={}", "v".repeat(1025))), [RejectReason::ValueTooLong]);
}

#[test]
fn there_are_at_most_32_entries() {
    let query: Vec<String> = (0..33).map(|i| format!("k{i}=v")).collect();
    assert_eq!(rejected(&query[..32].join("&")), []);
    assert_eq!(rejected(&query.join("&")), [RejectReason::TooManyEntries]);
}

#[test]
fn all_entries_together_have_at_most_8_kib() {
    let query: Vec<String> = (0..9).map(|i| format!("k{i}={}", "v".repeat(1000))).collect();
    assert_eq!(rejected(&query.join("&")), [RejectReason::TooLarge]);
}

proptest! {
    #[test]
    fn every_entry_is_taken_or_rejected_and_no_limit_is_passed(query in "([a-c2%=&+]|c2c|\\PC){0,60}") {
        let mut limits = ContextLimits::default();
        (limits.entries_max, limits.key_bytes_max) = (3, 4);
        (limits.value_bytes_max, limits.total_bytes_max) = (5, 12);
        let parsed = parse_context(&query, &limits);
        let entries = form_urlencoded::parse(query.as_bytes()).count();
        prop_assert_eq!(parsed.context.len() + parsed.rejected.len(), entries);
        prop_assert!(parsed.context.len() <= 3);
        let mut total = 0;
        for (key, value) in &parsed.context {
            prop_assert!((1..=4).contains(&key.len()) && value.len() <= 5);
            prop_assert!(!key.to_ascii_lowercase().starts_with("c2c"));
            total += key.len() + value.len();
        }
        prop_assert!(total <= 12);
    }
}

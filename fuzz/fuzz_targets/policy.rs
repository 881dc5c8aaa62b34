//! Any text, parsed with all of the policy crate's parsers: an accepted text means the same to a
//! browser, and its printed form parses back.
//!
//! The input's lines are also the ancestors and the allowed hosts of whole policies.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The crate's random tests use the same properties, which are not part of its interface.
#[path = "../../crates/policy/tests/it/properties.rs"]
mod properties;

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        properties::hold_for(text);
    }
});

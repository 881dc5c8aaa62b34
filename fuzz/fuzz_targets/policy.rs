//! Any text, read as everything that the policy crate reads: what it accepts means to a browser what it says, and prints
//! to a text that is read back.
//!
//! The input's lines are also the ancestors and the allowed hosts of whole policies.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The same properties as the random tests of the crate: they are no part of its interface.
#[path = "../../crates/policy/tests/it/properties.rs"]
mod properties;

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        properties::hold_for(text);
    }
});

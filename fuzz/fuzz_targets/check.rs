//! Any two snippets: what the injector promises holds for them.
//!
//! The input is the head snippet, and after the first U+001F, if there is one, the body-end snippet. So seeds are files
//! that a person can read, and the fuzzer can move text from one place to the other by moving one byte.
//!
//! No nightly compiler is needed: the coverage that libFuzzer wants is an ordinary LLVM pass. `cargo xtask` knows the
//! flags; `cargo fuzz run -s none check` uses the same ones.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The same properties and the same judge as the random tests of the crate: they are no part of its interface.
#[path = "../../crates/injector/tests/it/judge.rs"]
mod judge;
#[path = "../../crates/injector/tests/it/properties.rs"]
mod properties;

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let (head, body_end) = input.split_once('\u{1f}').unwrap_or((input, ""));
    properties::hold_for(head, body_end);
});

//! Any two snippets: the injector's promises hold for them.
//!
//! The input is the head snippet, and after the first U+001F, if there is one, the body-end snippet. So seeds are files
//! that a person can read, and the fuzzer can move text from one place to the other by moving one byte.
//!
//! It needs no nightly compiler: libFuzzer's coverage is an ordinary LLVM pass. `cargo xtask` knows
//! the flags; `cargo fuzz run -s none check` uses the same ones.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The crate's random tests use the same properties and the same judge, which are not part of its
// interface.
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

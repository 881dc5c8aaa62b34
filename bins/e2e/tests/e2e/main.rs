//! Tests of the whole product in real browsers. How to write one: see the crate's documentation.
//!
//! `cargo test -p c2c-e2e [-- <part of a name>]`, or as a step of `cargo xtask test`.

mod harness; // the harness itself: what a probe can do where nothing stops it

fn main() -> std::process::ExitCode {
    c2c_e2e::run(&[("harness", harness::TESTS)])
}

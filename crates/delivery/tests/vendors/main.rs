//! The vendors' requests, against their documented rules.
#![expect(clippy::needless_pass_by_value, reason = "`json!` at the call reads better without `&`")]

mod facebook;
mod google;
mod hashes;
mod mappings;
mod properties;
mod standin;
mod standins;
mod support;

//! Tests of the crate's public behavior.

mod payload;
mod secret;
mod sign;

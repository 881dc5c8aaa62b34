//! Tests of the crate's public behavior.

mod address;
mod answer;
mod breaker;
mod endpoint_url;
mod machine;
mod payload;
mod secret;
mod sign;

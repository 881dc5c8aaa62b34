//! Tests of the crate's public behavior.

mod address;
mod agreement;
mod answer;
mod breaker;
mod endpoint_url;
mod machine;
mod payload;
mod seal;
mod secret;
mod sign;

//! Tests of the crate's public behavior.

mod address;
mod endpoint_url;
mod payload;
mod secret;
mod sign;

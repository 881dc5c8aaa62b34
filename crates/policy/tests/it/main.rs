//! Tests of the crate's public behavior.

mod allow;
mod csp;
mod headers;
mod host_source;
mod permissions;
mod properties;
mod referrer;
mod sandbox;

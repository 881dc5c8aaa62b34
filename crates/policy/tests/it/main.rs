//! What the crate promises to those who embed it.

mod allow;
mod csp;
mod headers;
mod host_source;
mod permissions;
mod properties;
mod referrer;
mod sandbox;

//! What the crate promises to those who embed it.

mod headers;
mod properties;
mod sandbox;
mod source;

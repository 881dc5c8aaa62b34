//! What the crate promises to those who embed it.

mod envelope;
mod name;

//! The crate's promises to embedders.

mod context;
mod script;
mod vectors;

//! What the crate promises to those who embed it.

mod app_id;
mod context;
mod origin;
mod script;
mod vectors;

//! Tests of the crate's public behavior.

mod app_id;
mod event_name;
mod origin;
mod sandbox_hosts;
mod vectors;

//! The server: the only place that knows all crates, and hyper.
//!
//! One process has two listeners. The console's is bound to loopback and serves the console and its
//! API. The other serves three sites, told apart by the request's host: the parent page, the widget
//! and the sandbox. Four host names, so that no cookie of one is seen by another, and the sandbox
//! on a *site* of its own.
//!
//! A request flows through the modules in this order:
//! `places` (how many connections, and which one gives way) → `serve` (connections, timeouts) → `sites` (which host, or 421) → one of `console`,
//! `parent`, `widget`, `sandbox` → `resource` (bytes that were made at publication).
//! A save flows `api` → `apps` (check, compile) → `store` (an embedded database) → `pages`.
//! A preview flows `api` → `apps` (check, compile) → `pages` → `previews` (in memory only).

mod activity;
mod api;
mod apps;
mod client;
mod console;
mod demo;
mod descriptors;
mod encoding;
mod examples;
mod pages;
mod parent;
mod places;
mod previews;
mod resource;
mod response;
mod run;
mod sandbox;
mod scripts;
mod serve;
mod settings;
mod sites;
mod store;
mod templates;
mod widget;

pub use apps::SaveError;
pub use run::{Running, StartError, start};
pub use settings::{Limits, Settings};
pub use sites::{Site, Sites, SitesError};
pub use store::StoreError;

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}

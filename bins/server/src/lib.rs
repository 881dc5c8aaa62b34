//! The server: the facade behind hyper, with a console, its API and a database.
//!
//! One process has two listeners. The console's is bound to loopback and serves the console and its
//! API. The other serves three sites, distinguished by the request's host: the parent page, the
//! widget and the sandbox. The four host names keep cookies apart, and the sandbox is on a separate
//! *site*.
//!
//! A request passes through the modules in this order:
//! `places` (connection limits, and the choice of a connection to close) → `listeners` (connections,
//! timeouts) → `server` (the host, or 421) → one of `sites::console`, `routes` (the API), `live` (pages
//! prepared at publication).
//! A save passes `routes` → `apps` (check, compile) → `store` (an embedded database) → `live` → `pages`.
//! A preview passes `routes` → `apps` (check, compile) → `live` → `pages`, `previews` (in memory only).

mod activity;
mod apps;
mod client;
mod demo;
mod descriptors;
mod examples;
mod listeners;
mod live;
mod pages;
mod paths;
mod places;
mod previews;
mod response;
mod routes;
mod run;
mod scripts;
mod server;
mod settings;
mod sites;
mod store;

pub use apps::{BuildError, CreateError, SaveError};
pub use demo::SeedError;
pub use listeners::ListenError;
pub use routes::openapi;
pub use run::{Running, StartError, start};
pub use settings::{Limits, Settings};
pub use sites::{Site, Sites, SitesError};
pub use store::StoreError;

//! The server: the only place that knows all crates, and hyper.
//!
//! One process has two listeners. The console's is bound to loopback and serves the console and its
//! API. The other serves three sites, told apart by the request's host: the parent page, the widget
//! and the sandbox. Four host names, so that no cookie of one is seen by another, and the sandbox
//! on a *site* of its own.
//!
//! A request flows through the modules in this order:
//! [`serve`] (connections, timeouts) → [`sites`] (which host, or 421) → one of [`console`],
//! [`parent`], [`widget`], [`sandbox`] → [`resource`] (bytes that were made at publication).
//! A save flows [`api`] → [`apps`] (check, compile) → [`store`] (SQLite).

pub mod api;
pub mod apps;
pub mod console;
pub mod encoding;
pub mod parent;
pub mod resource;
pub mod response;
pub mod sandbox;
pub mod scripts;
pub mod serve;
pub mod settings;
pub mod sites;
pub mod store;
pub mod widget;

mod demo;
mod run;

pub use run::{Running, StartError, start};

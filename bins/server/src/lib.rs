//! The server: the facade behind hyper, with a console, its API and a database.
//!
//! One process has two listeners, and a third for the operator's machines if it is asked for (`admin`). The console's is bound to loopback and serves the console and its
//! API. The other serves three sites, distinguished by the request's host: the parent page, the
//! widget and the sandbox. The four host names keep cookies apart, and the sandbox is on a separate
//! *site*.
//!
//! A request passes through the modules in this order:
//! `places` (connection limits, and the choice of a connection to close) → `listeners` (connections,
//! timeouts) → `forwarded` (the client's address behind a proxy) → `server` (the host, or 421) → one of `sites::console`, `routes` (the API), `live` (pages in
//! a cache).
//! A publication passes `routes` → `apps` → `compile` (the check) → the crate `c2c_store` → `live`, which
//! forgets the app's pages; the next request for them passes `live` → the store → `documents` → `pages`.
//! A document is compiled at publication (`compile`) and kept in the database; `renew` compiles those of all
//! apps again after an upgrade. `purge` tells a content delivery network about changes.
//! A preview passes `routes` → `apps` → `compile` → `live` → `pages`, `previews` (in memory only).
//! A preview link passes `preview_links` → `apps` → the store → `compile`; nothing of it is kept in memory.
//! Staff signs in with an OpenID Connect provider by `routes` → `oidc` → the provider. Users of the operator's product
//! sign in with an assertion of it by `routes` → `assertion`, which asks the product for its keys; both ask by `outgoing`.
//! Requests to the API, and those for pages that are not in the cache, leave a span in `traces`, if the operator
//! asks for it.
//! `follow` looks for changes by other servers, and carries out plans.

mod activity;
mod admin;
mod apps;
mod assertion;
mod assertion_settings;
mod backup;
mod catalogue;
mod client;
mod collect;
mod collecting;
mod compile;
mod config;
mod delivery;
mod delivery_limits;
mod delivery_settings;
mod demo;
mod descriptors;
mod doctor;
mod documents;
mod error;
mod examples;
mod first_link;
mod follow;
mod forwarded;
mod link;
mod listeners;
mod live;
mod logs;
mod metrics;
mod network;
mod object;
mod oidc;
mod oidc_settings;
mod outgoing;
mod pages;
mod paths;
mod places;
mod posted;
mod preview_links;
mod previews;
mod purge;
mod rate;
mod renew;
mod response;
mod routes;
mod run;
mod scripts;
mod secrets;
mod server;
mod settings;
mod sites;
mod sweep;
mod traces;
mod transfer;
mod trust;

pub use assertion_settings::AssertionSettings;
pub use backup::{BackUpError, Backup, back_up};
pub use catalogue::CatalogueFileError;
pub use compile::BuildError;
pub use config::{Config, ConfigError};
pub use delivery::KeysError;
pub use delivery_limits::DeliveryLimits;
pub use delivery_settings::DeliverySettings;
pub use doctor::{DoctorOptions, Report, doctor};
pub use error::AppError;
pub use forwarded::AddressHeader;
pub use link::{NewLink, NewToken, make_link, make_token};
pub use listeners::ListenError;
pub use logs::{LogFilter, LogFormat, begin_log};
pub use oidc_settings::OidcSettings;
pub use routes::{access_table, openapi};
pub use run::{Running, StartError, start};
pub use secrets::{Secrets, SecretsError, secrets};
pub use settings::{Access, CollectLimits, Limits, OtlpEndpoint, Settings};
pub use sites::{Site, Sites, SitesError};
pub use transfer::{Transfer, TransferError, transfer};

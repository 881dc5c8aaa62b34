//! Names and limits that all crates of c2c share.
//!
//! Each rule is defined once, here. The scripts' constants and name rules (`crates/bridge/js/shared`) are
//! generated from this crate.
//!
//! ```
//! use c2c_names::{AppId, CustomName, EventName, Origin};
//!
//! let app: AppId = "demo".parse()?;
//! let shop: Origin = "https://shop.example".parse()?;
//!
//! // A custom event's name never reads like a widget event's.
//! let events: [EventName; 2] = ["chat.opened".parse()?, "chat.closed".parse()?];
//! assert!(CustomName::beside(&events, "order_placed").is_ok());
//! assert!(CustomName::beside(&events, "Chat_Closed").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate does no IO, and depends on no other crate of the workspace.

mod app_id;
mod event_name;
mod limits;
mod load_kind;
mod origin;
mod sandbox_hosts;

pub use app_id::{AppId, AppIdError};
pub use event_name::{
    CUSTOM_PREFIX, CustomName, CustomNameError, EventName, EventNameError, NAME_LENGTH_MAX,
    RESERVED_NAMES, is_custom_name, letters, reads_like,
};
pub use limits::{
    BridgeLimits, CollectLimits, ContextLimits, DiagnosticLimits, JarLimits, PageLimits,
    TraceLimits,
};
pub use load_kind::LoadKind;
pub use origin::{Origin, OriginError, OriginRule};
pub use sandbox_hosts::{AppHosts, SandboxHosts, SandboxHostsError};

//! The bridge between a widget and the custom code in its sandboxed frame.
//!
//! Two scripts speak over one `MessagePort`: the **shim**, the first thing in the sandbox document
//! ([`Shim`]), and the **host**, a module in the widget page ([`HOST_MODULES`]). This crate holds
//! both, and the Rust types of what they agree on. `docs/protocol.md` describes the conversation.
//!
//! ```
//! use c2c_bridge::{AppId, BridgeLimits, ContextLimits, Origin, parse_context, shim_attributes};
//!
//! // What a server writes into the tag of the shim, so that its text is the same for every app.
//! let app: AppId = "demo".parse()?;
//! let widget: Origin = "https://widget.example".parse()?;
//! let attributes = shim_attributes(&app, &[widget], &BridgeLimits::default());
//! assert_eq!(attributes[1], ("data-widget-origins", "https://widget.example".to_owned()));
//!
//! // What a widget's query becomes, by the same rules as in the browser.
//! let parsed = parse_context("orderId=A-1&c2c_debug=1", &ContextLimits::default());
//! assert_eq!(parsed.context["orderId"], "A-1");
//! assert_eq!(parsed.rejected[0].to_string(), "\"c2c_debug\": keys that begin with c2c are reserved");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate does no IO.

mod app_id;
mod context;
mod host;
mod limits;
mod message;
mod origin;
mod payload;
mod script;

pub use app_id::{AppId, AppIdError};
pub use context::{Context, ContextReject, ParsedContext, RejectReason, parse_context};
pub use host::{
    Consent, Effect, Host, HostOptions, Input, Reason, Source, State, Status, Told, WindowMessage,
};
pub use limits::{BridgeLimits, ContextLimits, DiagnosticLimits, JarLimits, PageLimits};
pub use message::{FrameEvent, FromFrame, Hello, PROTOCOL, ToFrame};
pub use origin::{Origin, OriginError, OriginRule};
pub use payload::{PayloadError, read_payload};
pub use script::{HOST_MODULES, HostModule, Shim, shim_attributes};

//! The bridge between a widget and the custom code in its sandboxed frame.
//!
//! Two scripts communicate over one `MessagePort`: the **shim**, the first thing in the sandbox
//! document ([`Shim`]), and the **host**, a module in the widget page ([`HOST_MODULES`]). This crate
//! holds both, and the Rust types of their protocol, which `docs/protocol.md` describes.
//!
//! ```
//! use c2c_bridge::{parse_context, shim_attributes};
//! use c2c_names::{AppId, BridgeLimits, ContextLimits, Origin};
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

mod context;
mod script;

pub use context::{Context, ContextReject, ParsedContext, RejectReason, parse_context};
pub use script::{Diagnostics, HOST_MODULES, HostModule, Shim, shim_attributes};

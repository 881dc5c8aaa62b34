//! Policies for documents: the headers and attributes that make a browser restrict them.
//!
//! Two things restrict the sandbox document: the `sandbox` attribute of its iframe and the headers that
//! it is served with. Neither is enough alone, and they must agree, so both come from one value,
//! [`DocumentPolicy`]. The pages around it (widget, parent, console) carry restrictions that the sandbox
//! depends on; theirs come from [`PagePolicy`].
//!
//! Functions that loosen the sandbox are named `dangerous_…`, and their docs say what is lost. Parsing a
//! setting or a header never loosens it.
//!
//! ```
//! use c2c_policy::{AncestorSource, DocumentPolicy};
//!
//! let widget: AncestorSource = "https://widget.example".parse()?;
//! let shop: AncestorSource = "https://*.shop.example".parse()?;
//! let policy = DocumentPolicy::strict(&[widget, shop]);
//!
//! assert_eq!(
//!     policy.headers()["content-security-policy"],
//!     "sandbox allow-scripts; \
//!      frame-ancestors https://widget.example https://*.shop.example; \
//!      form-action 'none'",
//! );
//! assert_eq!(policy.frame_attributes()[0].value, "allow-scripts");
//! # Ok::<(), c2c_policy::HostSourceError>(())
//! ```
//!
//! The crate does not handle HTML and does no IO. Header names are in lower case, as in HTTP/2.

mod allow;
mod csp;
mod document;
mod header;
mod page;
mod permissions;
mod referrer;
mod sandbox;

pub use allow::AllowList;
pub use csp::{
    AncestorSource, Csp, CspError, Directive, HostSource, HostSourceError, Nonce, Source,
    SourceDirective,
};
pub use document::{DocumentPolicy, FrameAttribute};
pub use page::PagePolicy;
pub use permissions::{
    FEATURES, Feature, FeatureSource, PermissionsPolicy, PermissionsPolicyError,
};
pub use referrer::{ReferrerPolicy, ReferrerPolicyError};
pub use sandbox::{SandboxError, SandboxToken, SandboxTokens};

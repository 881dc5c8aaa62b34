//! What a document may do, as the headers and attributes that make a browser enforce it.
//!
//! The sandbox document is held by two things at once: the `sandbox` attribute of its iframe and
//! the headers that it is served with. Neither is enough alone, and they must not disagree, so
//! both come from one value, [`DocumentPolicy`]. The pages around it (widget, parent, console)
//! carry restrictions that the sandbox depends on; theirs is [`PagePolicy`].
//!
//! What loosens the sandbox is called `dangerous_…` and says what is lost. Whatever is read from
//! text, a setting or a header, never gets there.
//!
//! ```
//! use c2c_policy::{Ancestor, DocumentPolicy};
//!
//! let widget: Ancestor = "https://widget.example".parse()?;
//! let shop: Ancestor = "https://*.shop.example".parse()?;
//! let policy = DocumentPolicy::strict(&[widget, shop]);
//!
//! let csp = policy.headers().iter().find(|header| header.name == "content-security-policy").unwrap();
//! assert_eq!(
//!     csp.value,
//!     "sandbox allow-scripts; \
//!      frame-ancestors https://widget.example https://*.shop.example; \
//!      form-action 'none'",
//! );
//! assert_eq!(policy.frame_attributes()[0].value, "allow-scripts");
//! # Ok::<(), c2c_policy::HostSourceError>(())
//! ```
//!
//! The crate knows no HTML and does no IO. Header names are lower case, as HTTP/2 has them.

mod allow;
mod csp;
mod document;
mod header;
mod page;
mod permissions;
mod referrer;
mod sandbox;

pub use allow::{AllowList, Load};
pub use csp::{
    Ancestor, Csp, CspError, Directive, HostSource, HostSourceError, Nonce, Source, SourceDirective,
};
pub use document::{DocumentPolicy, FrameAttribute};
pub use header::Header;
pub use page::PagePolicy;
pub use permissions::{
    FEATURES, Feature, FeatureSource, PermissionsPolicy, PermissionsPolicyError,
};
pub use referrer::{ReferrerPolicy, ReferrerPolicyError};
pub use sandbox::{SandboxError, SandboxToken, SandboxTokens};

//! What a document may do, as the headers and attributes that make a browser enforce it.
//!
//! The sandbox document is held by two things at once: the `sandbox` attribute of its iframe and
//! the headers that it is served with. Neither is enough alone, and they must not disagree, so
//! both come from one value, [`DocumentPolicy`]. The pages around it (widget, parent, console)
//! carry restrictions that the sandbox depends on; theirs is [`PagePolicy`].
//!
//! There is no way to build a looser policy than these: `allow-same-origin`, top navigation and
//! popups have no spelling in this crate.
//!
//! ```
//! use c2c_policy::{DocumentPolicy, HostSource};
//!
//! let widget: HostSource = "https://widget.example".parse()?;
//! let shop: HostSource = "https://*.shop.example".parse()?;
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

use std::borrow::Cow;

mod csp;
mod document;
mod nonce;
mod page;
mod permissions;
mod sandbox;
mod source;

pub use document::{DocumentPolicy, FrameAttribute};
pub use nonce::Nonce;
pub use page::PagePolicy;
pub use permissions::DENIED_FEATURES;
pub use sandbox::{SandboxError, SandboxToken, SandboxTokens};
pub use source::{HostSource, HostSourceError};

/// One response header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name, in lower case.
    pub name: &'static str,
    /// The value: visible ASCII and spaces only.
    pub value: Cow<'static, str>,
}

impl Header {
    fn new(name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        Self { name, value: value.into() }
    }
}

//! The source expressions of a policy.

use std::fmt;
use std::str::FromStr;

use super::{HostSource, HostSourceError, Nonce};

/// A source expression: an allowed origin or target of a resource
/// ([CSP 3 §2.3.1](https://www.w3.org/TR/CSP3/#framework-directive-source-list)).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// `'self'`, the document's own origin. Not for sandboxed documents: their origin is opaque, and
    /// engines interpret `'self'` differently there.
    SelfOrigin,
    /// A host.
    Host(HostSource),
    /// A host over `WebSocket`: `wss://…`. A source with `https` does not match it
    /// ([CSP 3 §6.7.2.8](https://www.w3.org/TR/CSP3/#match-schemes)).
    Socket(HostSource),
    /// `data:`, for resources that cannot run.
    Data,
    /// `blob:`, data that the document itself has created.
    Blob,
    /// `'nonce-…'`
    Nonce(Nonce),
    /// `'unsafe-inline'`. Only for sandboxed documents, which exist to run pasted code.
    UnsafeInline,
    /// `'unsafe-eval'`, which also allows WebAssembly. Only for sandboxed documents.
    UnsafeEval,
}

impl FromStr for Source {
    type Err = HostSourceError;

    /// Parses a keyword or scheme in any case, or a host.
    fn from_str(text: &str) -> Result<Self, HostSourceError> {
        for source in
            [Self::SelfOrigin, Self::Data, Self::Blob, Self::UnsafeInline, Self::UnsafeEval]
        {
            if source.to_string().eq_ignore_ascii_case(text) {
                return Ok(source);
            }
        }
        let nonce = text.strip_prefix("'nonce-").and_then(|rest| rest.strip_suffix('\''));
        if let Some(nonce) = nonce.and_then(Nonce::from_digits) {
            return Ok(Self::Nonce(nonce));
        }
        match text.strip_prefix("ws") {
            Some(rest) => Ok(Self::Socket(format!("http{rest}").parse()?)),
            None => Ok(Self::Host(text.parse()?)),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SelfOrigin => formatter.write_str("'self'"),
            Self::Host(host) => host.fmt(formatter),
            Self::Socket(host) => {
                let host = host.to_string();
                write!(formatter, "ws{}", host.strip_prefix("http").unwrap_or(&host))
            }
            Self::Data => formatter.write_str("data:"),
            Self::Blob => formatter.write_str("blob:"),
            Self::Nonce(nonce) => write!(formatter, "'nonce-{nonce}'"),
            Self::UnsafeInline => formatter.write_str("'unsafe-inline'"),
            Self::UnsafeEval => formatter.write_str("'unsafe-eval'"),
        }
    }
}

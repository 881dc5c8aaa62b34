//! Content-Security-Policy ([CSP 3](https://www.w3.org/TR/CSP3/)).
//!
//! A policy is text in a header, and two parsing rules turn mistakes into holes: browsers ignore
//! anything they do not understand, and of two directives with the same name they use the first. So
//! policies are built from types here, and [`Csp::new`] rejects directives and sources that would not
//! have their apparent effect. Policies parsed from text pass the same checks.

mod ancestor;
mod directive;
mod host_source;
mod nonce;
mod source;

use std::fmt;
use std::str::FromStr;

pub use ancestor::AncestorSource;
pub use directive::{Directive, SourceDirective};
pub use host_source::{HostSource, HostSourceError};
pub use nonce::Nonce;
pub use source::Source;

use http::header::CONTENT_SECURITY_POLICY;

use crate::SandboxError;
use crate::header::{self, Header};

/// One policy, sent as one header: each directive occurs once, each source where it has a meaning.
///
/// ```
/// use c2c_policy::{Csp, CspError, Directive, SandboxTokens, Source, SourceDirective};
///
/// let fonts = Directive::Sources(SourceDirective::Font, vec![Source::SelfOrigin]);
/// assert_eq!(Csp::new([fonts.clone()])?.to_string(), "font-src 'self'");
/// // An opaque origin is not the same as any: this would allow nothing, or not everywhere the same.
/// let sandboxed = Csp::new([Directive::Sandbox(SandboxTokens::strict()), fonts]);
/// assert!(matches!(sandboxed, Err(CspError::Misplaced { directive: "font-src", .. })));
/// # Ok::<(), CspError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csp(Vec<Directive>);

/// The reason why directives do not form a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CspError {
    /// There is no directive.
    #[error("there is no directive, so the policy would allow everything")]
    Empty,
    /// The text contains a comma, which separates policies.
    #[error("a comma begins another policy; send one, with all directives")]
    Comma,
    /// A directive is not one of ours. Browsers would ignore a misspelt one.
    #[error("{0:?} is not a supported directive")]
    Unknown(String),
    /// A directive occurs twice. Browsers would ignore the second.
    #[error("`{0}` is there twice, and browsers take the first")]
    Duplicate(&'static str),
    /// A directive has a value that it does not take, or none.
    #[error("`{directive}` does not take {value:?}")]
    Value {
        /// The directive's name.
        directive: &'static str,
        /// Its value.
        value: String,
    },
    /// A source has no meaning in its directive, or allows too much there.
    #[error(
        "{expression} has no place in this `{directive}`: `'self'` is for pages that are not \
         sandboxed, `'unsafe-…'` for those that are"
    )]
    Misplaced {
        /// The directive's name.
        directive: &'static str,
        /// The source.
        expression: Source,
    },
    /// The value of `sandbox` is invalid.
    #[error("`sandbox`: {0}")]
    Sandbox(#[from] SandboxError),
    /// A host is invalid, in any directive.
    #[error(transparent)]
    Host(#[from] HostSourceError),
}

impl Csp {
    /// Creates a policy of these directives, printed in this order.
    pub fn new(directives: impl IntoIterator<Item = Directive>) -> Result<Self, CspError> {
        let directives: Vec<Directive> = directives.into_iter().collect();
        if directives.is_empty() {
            return Err(CspError::Empty);
        }
        for (at, directive) in directives.iter().enumerate() {
            if directives[..at].iter().any(|before| before.name() == directive.name()) {
                return Err(CspError::Duplicate(directive.name()));
            }
        }
        let sandboxed = directives.iter().any(|one| matches!(one, Directive::Sandbox(_)));
        for directive in &directives {
            let Directive::Sources(kind, sources) = directive else { continue };
            if let Some(source) = sources.iter().find(|source| !kind.takes(source, sandboxed)) {
                let (directive, expression) = (kind.name(), source.clone());
                return Err(CspError::Misplaced { directive, expression });
            }
        }
        Ok(Self(directives))
    }

    /// The directives, in the order in which they are printed.
    pub fn directives(&self) -> &[Directive] {
        &self.0
    }

    pub(crate) fn header(&self) -> Header {
        header::printed(CONTENT_SECURITY_POLICY, self)
    }
}

impl FromStr for Csp {
    type Err = CspError;

    /// Parses a policy of the directives and sources that this crate knows, separated as in
    /// [CSP 3 §2.2.1](https://www.w3.org/TR/CSP3/#parse-serialized-policy). Rejects text that browsers
    /// would ignore by those rules.
    fn from_str(text: &str) -> Result<Self, CspError> {
        if text.contains(',') {
            return Err(CspError::Comma);
        }
        let directives = text.split(';').map(|part| part.trim_matches(is_space));
        let directives = directives.filter(|part| !part.is_empty()).map(str::parse);
        Self::new(directives.collect::<Result<Vec<Directive>, _>>()?)
    }
}

impl fmt::Display for Csp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, directive) in self.0.iter().enumerate() {
            write!(formatter, "{}{directive}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

fn is_space(next: char) -> bool {
    next.is_ascii_whitespace()
}

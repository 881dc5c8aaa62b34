//! Content-Security-Policy ([CSP 3](https://www.w3.org/TR/CSP3/)).
//!
//! A policy is text in a header, and two of its rules turn mistakes into holes: a browser ignores
//! what it does not understand, and of two directives with one name it takes the first. So a
//! policy is put together from types here, never from text, and [`Csp::new`] refuses what would
//! not do what it says. What is read from text goes the same way.

mod ancestor;
mod directive;
mod host_source;
mod nonce;
mod source;

use std::fmt;
use std::str::FromStr;

pub use ancestor::Ancestor;
pub use directive::{Directive, SourceDirective};
pub use host_source::{HostSource, HostSourceError};
pub use nonce::Nonce;
pub use source::Source;

use crate::{Header, SandboxError};

/// One policy, which is one header: each directive once, each source where it has a meaning.
///
/// ```
/// use c2c_policy::{Csp, CspError, Directive, SandboxTokens, Source, SourceDirective};
///
/// let fonts = Directive::Sources(SourceDirective::Font, vec![Source::Itself]);
/// assert_eq!(Csp::new([fonts.clone()])?.to_string(), "font-src 'self'");
/// // An opaque origin is not the same as any: this would allow nothing, or not everywhere the same.
/// let sandboxed = Csp::new([Directive::Sandbox(SandboxTokens::strict()), fonts]);
/// assert!(matches!(sandboxed, Err(CspError::Misplaced { directive: "font-src", .. })));
/// # Ok::<(), CspError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csp(Vec<Directive>);

/// Why directives are no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CspError {
    /// There is no directive.
    #[error("there is no directive, so the policy would allow everything")]
    Empty,
    /// There is a comma.
    #[error("a comma begins another policy; send one, with all directives")]
    Comma,
    /// A directive is not one of ours. Browsers would ignore it if it is misspelt.
    #[error("{0:?} is not a directive that we send")]
    Unknown(String),
    /// A directive is there twice. Browsers would ignore the second.
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
    /// A source has no meaning where it stands, or allows more than anybody wants there.
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
    /// The value of `sandbox`.
    #[error("`sandbox`: {0}")]
    Sandbox(#[from] SandboxError),
    /// A host, in any directive.
    #[error(transparent)]
    Host(#[from] HostSourceError),
}

impl Csp {
    /// A policy of these directives, printed in this order.
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
        Header::new("content-security-policy", self.to_string())
    }
}

impl FromStr for Csp {
    type Err = CspError;

    /// Reads a policy of the directives and sources that this crate knows, separated as
    /// [CSP 3 §2.2.1](https://www.w3.org/TR/CSP3/#parse-serialized-policy) says. Where that has
    /// browsers ignore something, this refuses it.
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

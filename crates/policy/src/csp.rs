//! Content-Security-Policy ([CSP 3](https://www.w3.org/TR/CSP3/)).

use std::fmt;

use crate::{Header, HostSource, Nonce, SandboxTokens};

/// One policy, printed as one header.
///
/// Each method adds a directive whose values are typed, so that no text from outside can end a
/// directive and begin another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Csp(Vec<String>);

impl Csp {
    pub(crate) fn directive(mut self, name: &str, values: &[Source<'_>]) -> Self {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        self.0.push(format!("{name} {}", values.join(" ")));
        self
    }

    /// `sandbox`, with the tokens of the frame's attribute.
    pub(crate) fn sandbox(mut self, tokens: SandboxTokens) -> Self {
        self.0.push(format!("sandbox {tokens}").trim_end().to_owned());
        self
    }

    /// `frame-ancestors`: who may stand anywhere above the document. No one, if the list is empty.
    pub(crate) fn frame_ancestors(self, ancestors: &[HostSource]) -> Self {
        let sources: Vec<Source<'_>> = ancestors.iter().map(Source::Host).collect();
        self.directive(
            "frame-ancestors",
            if sources.is_empty() { &[Source::None] } else { &sources },
        )
    }

    pub(crate) fn header(&self) -> Header {
        Header::new("content-security-policy", self.0.join("; "))
    }
}

/// A source expression, or the value of a directive that takes a keyword.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    None,
    Itself,
    Data,
    Host(&'a HostSource),
    Nonce(Nonce),
    /// `require-trusted-types-for` takes this one only.
    Script,
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("'none'"),
            Self::Itself => formatter.write_str("'self'"),
            Self::Data => formatter.write_str("data:"),
            Self::Script => formatter.write_str("'script'"),
            Self::Host(host) => host.fmt(formatter),
            Self::Nonce(nonce) => write!(formatter, "'nonce-{nonce}'"),
        }
    }
}

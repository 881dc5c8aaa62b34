//! The directives of a policy.

use std::fmt;
use std::str::FromStr;

use super::{AncestorSource, CspError, Source, is_space};
use crate::SandboxTokens;

/// A directive with its value ([CSP 3 §6](https://www.w3.org/TR/CSP3/#csp-directives)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Directive {
    /// `sandbox`: restricts the document like an iframe with this attribute.
    Sandbox(SandboxTokens),
    /// `frame-ancestors`: the pages that may be above the document, anywhere up to the top. An empty
    /// list is `'none'`.
    FrameAncestors(Vec<AncestorSource>),
    /// A directive that takes a source list. An empty one is `'none'`.
    Sources(SourceDirective, Vec<Source>),
    /// `require-trusted-types-for 'script'`
    /// ([Trusted Types](https://www.w3.org/TR/trusted-types/#require-trusted-types-for-csp-directive)).
    RequireTrustedTypesForScript,
    /// `trusted-types 'none'`: no trusted value can be made.
    TrustedTypesNone,
}

/// A directive with a source list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceDirective {
    /// `default-src`: all fetches that no other directive covers.
    Default,
    /// `script-src`, also for workers.
    Script,
    /// `style-src`
    Style,
    /// `img-src`
    Image,
    /// `connect-src`: `fetch`, beacons, sockets.
    Connect,
    /// `media-src`
    Media,
    /// `font-src`
    Font,
    /// `frame-src`: the documents that a frame may show, at first and after each navigation.
    Frame,
    /// `object-src`: `<object>` and `<embed>`.
    Object,
    /// `base-uri`: the allowed URLs of `<base>`.
    BaseUri,
    /// `form-action`: the allowed targets of forms.
    FormAction,
}

impl SourceDirective {
    const ALL: [Self; 11] = [
        Self::Default,
        Self::Script,
        Self::Style,
        Self::Image,
        Self::Connect,
        Self::Media,
        Self::Font,
        Self::Frame,
        Self::Object,
        Self::BaseUri,
        Self::FormAction,
    ];

    /// The directive's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default-src",
            Self::Script => "script-src",
            Self::Style => "style-src",
            Self::Image => "img-src",
            Self::Connect => "connect-src",
            Self::Media => "media-src",
            Self::Font => "font-src",
            Self::Frame => "frame-src",
            Self::Object => "object-src",
            Self::BaseUri => "base-uri",
            Self::FormAction => "form-action",
        }
    }

    /// Whether the source has a meaning in this directive and does not allow too much. A sandboxed
    /// document has no origin of its own: none to name as `'self'`, and none to protect from the code
    /// that runs in it.
    pub(super) fn takes(self, source: &Source, sandboxed: bool) -> bool {
        match source {
            Source::Host(_) => true,
            Source::SelfOrigin => !sandboxed,
            Source::Socket(_) => self == Self::Connect,
            Source::Nonce(_) => matches!(self, Self::Script | Self::Style),
            Source::Data => matches!(self, Self::Image | Self::Media | Self::Font),
            Source::Blob => {
                matches!(self, Self::Image | Self::Media) || self == Self::Script && sandboxed
            }
            Source::UnsafeInline => matches!(self, Self::Script | Self::Style) && sandboxed,
            Source::UnsafeEval => self == Self::Script && sandboxed,
        }
    }
}

impl Directive {
    /// The directive's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sandbox(_) => "sandbox",
            Self::FrameAncestors(_) => "frame-ancestors",
            Self::Sources(directive, _) => directive.name(),
            Self::RequireTrustedTypesForScript => "require-trusted-types-for",
            Self::TrustedTypesNone => "trusted-types",
        }
    }
}

impl FromStr for Directive {
    type Err = CspError;

    /// Parses a name, in any case, and its value.
    fn from_str(text: &str) -> Result<Self, CspError> {
        let (name, value) = text.split_once(is_space).unwrap_or((text, ""));
        let value = value.trim_matches(is_space);
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if let Some(directive) = SourceDirective::ALL.into_iter().find(|one| is(one.name())) {
            return Ok(Self::Sources(directive, list(directive.name(), value)?));
        }
        if is("frame-ancestors") {
            return Ok(Self::FrameAncestors(list("frame-ancestors", value)?));
        }
        if is("sandbox") {
            return Ok(Self::Sandbox(value.parse()?));
        }
        for (known, only, directive) in [
            ("require-trusted-types-for", "'script'", Self::RequireTrustedTypesForScript),
            ("trusted-types", "'none'", Self::TrustedTypesNone),
        ] {
            if is(known) {
                let matches = value.eq_ignore_ascii_case(only);
                let error = || CspError::Value { directive: known, value: value.to_owned() };
                return if matches { Ok(directive) } else { Err(error()) };
            }
        }
        Err(CspError::Unknown(name.to_owned()))
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())?;
        match self {
            Self::Sandbox(tokens) if *tokens == SandboxTokens::EMPTY => Ok(()),
            Self::Sandbox(tokens) => write!(formatter, " {tokens}"),
            Self::FrameAncestors(ancestors) => write_list(formatter, ancestors),
            Self::Sources(_, sources) => write_list(formatter, sources),
            Self::RequireTrustedTypesForScript => formatter.write_str(" 'script'"),
            Self::TrustedTypesNone => formatter.write_str(" 'none'"),
        }
    }
}

/// Parses `'none'` or items. Rejects an empty list: it is more likely a mistake than `'none'`.
fn list<T: FromStr>(directive: &'static str, value: &str) -> Result<Vec<T>, CspError>
where
    CspError: From<T::Err>,
{
    if value.is_empty() {
        return Err(CspError::Value { directive, value: String::new() });
    }
    if value.eq_ignore_ascii_case("'none'") {
        return Ok(Vec::new());
    }
    value.split_ascii_whitespace().map(|item| Ok(item.parse()?)).collect()
}

fn write_list<T: fmt::Display>(formatter: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    if items.is_empty() {
        return formatter.write_str(" 'none'");
    }
    items.iter().try_for_each(|item| write!(formatter, " {item}"))
}

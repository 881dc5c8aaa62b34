//! A response header, and those with one value only.

use std::borrow::Cow;

/// One response header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name, in lower case.
    pub name: &'static str,
    /// The value: visible ASCII and spaces only.
    pub value: Cow<'static, str>,
}

impl Header {
    /// `X-Content-Type-Options` ([Fetch](https://fetch.spec.whatwg.org/#x-content-type-options-header)):
    /// the document is what its `Content-Type` says, and nothing else.
    pub(crate) const NOSNIFF: Self = Self::constant("x-content-type-options", "nosniff");
    /// `Cache-Control` ([RFC 9111 §5.2.2.5](https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.5)):
    /// nobody keeps a copy.
    pub(crate) const NO_STORE: Self = Self::constant("cache-control", "no-store");
    /// `Cross-Origin-Opener-Policy` ([HTML](https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies)):
    /// who opened the page cannot lead it elsewhere.
    pub(crate) const OPENER_POLICY: Self =
        Self::constant("cross-origin-opener-policy", "same-origin");

    /// `Access-Control-Allow-Origin` ([Fetch](https://fetch.spec.whatwg.org/#http-access-control-allow-origin))
    /// for a file that is the same for everybody. Modules are always fetched with CORS.
    pub(crate) const ALLOW_ANY_ORIGIN: Self = Self::constant("access-control-allow-origin", "*");

    pub(crate) fn new(name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        Self { name, value: value.into() }
    }

    const fn constant(name: &'static str, value: &'static str) -> Self {
        Self { name, value: Cow::Borrowed(value) }
    }

    /// `Content-Type` ([RFC 9110 §8.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.3)).
    pub(crate) const fn content_type(value: &'static str) -> Self {
        Self::constant("content-type", value)
    }

    /// `Vary` ([RFC 9110 §12.5.5](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5)): what of
    /// the request the answer depends on.
    pub(crate) const fn vary(value: &'static str) -> Self {
        Self::constant("vary", value)
    }

    /// `Cross-Origin-Resource-Policy` ([Fetch](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header)):
    /// who may load the resource without CORS.
    pub(crate) const fn resource_policy(value: &'static str) -> Self {
        Self::constant("cross-origin-resource-policy", value)
    }
}

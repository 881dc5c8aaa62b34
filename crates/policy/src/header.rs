//! Response headers with one value only.

use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, VARY,
    X_CONTENT_TYPE_OPTIONS,
};

/// One response header.
pub(crate) type Header = (HeaderName, HeaderValue);

/// `X-Content-Type-Options` ([Fetch](https://fetch.spec.whatwg.org/#x-content-type-options-header)):
/// browsers take the document for exactly the type in its `Content-Type`.
pub(crate) fn nosniff() -> Header {
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
}

/// `Cache-Control` ([RFC 9111 §5.2.2.5](https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.5)):
/// no cache keeps a copy.
pub(crate) fn no_store() -> Header {
    (CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

/// `Cross-Origin-Opener-Policy` ([HTML](https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies)):
/// a page that opened this one cannot navigate it. With `same-origin-allow-popups`, pages that this one opens
/// know it as their opener.
pub(crate) fn opener_policy(value: &'static str) -> Header {
    let name = HeaderName::from_static("cross-origin-opener-policy");
    (name, HeaderValue::from_static(value))
}

/// `Access-Control-Allow-Origin` ([Fetch](https://fetch.spec.whatwg.org/#http-access-control-allow-origin))
/// for a file that is the same for all. Modules are always fetched with CORS.
pub(crate) fn allow_any_origin() -> Header {
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))
}

/// `Content-Type` ([RFC 9110 §8.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.3)).
pub(crate) fn content_type(value: &'static str) -> Header {
    (CONTENT_TYPE, HeaderValue::from_static(value))
}

/// `Vary` ([RFC 9110 §12.5.5](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5)): the request
/// headers that the response depends on.
pub(crate) fn vary(value: &'static str) -> Header {
    (VARY, HeaderValue::from_static(value))
}

/// `Cross-Origin-Resource-Policy` ([Fetch](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header)):
/// the pages that may load the resource without CORS.
pub(crate) fn resource_policy(value: &'static str) -> Header {
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static(value))
}

/// A header whose value is a printed policy.
///
/// # Panics
///
/// If a policy prints anything but visible ASCII and spaces. Its constructors do not allow that, and the
/// tests try any text.
pub(crate) fn printed(name: HeaderName, policy: &impl ToString) -> Header {
    let value = HeaderValue::try_from(policy.to_string()).expect("policies print visible ASCII");
    (name, value)
}

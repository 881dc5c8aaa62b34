//! A resource served from memory: its bytes and headers are made once, a request only picks.

use bytes::Bytes;
use c2c_injector::Document;
use c2c_policy::Header;
use hyper::header::{CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use hyper::{Method, Request, Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::encoding::{self, Encoding};
use crate::response::{Body, header_map, method_not_allowed};

/// Bytes in each of their encodings, each with its complete headers.
#[derive(Debug)]
pub(crate) struct Resource {
    identity: Form,
    compressed: Option<Compressed>,
}

#[derive(Debug)]
struct Compressed {
    gzip: Form,
    brotli: Form,
}

/// One encoding of a resource.
#[derive(Debug)]
struct Form {
    headers: HeaderMap,
    etag: String,
    bytes: Bytes,
}

impl Resource {
    /// A sandbox document with the headers of its policy.
    pub(crate) fn document(document: &Document, policy: &[Header]) -> Self {
        // The tag covers the policy too: a client must not keep a document under headers that
        // were changed since.
        let tag = format!("{}-{}", document.etag(), fingerprint(policy));
        let form = |encoding, bytes| Form::new(encoding, &tag, policy, bytes);
        Self {
            identity: form(Encoding::Identity, document.chunks().concat().into()),
            compressed: Some(Compressed {
                gzip: form(Encoding::Gzip, document.gzip().clone()),
                brotli: form(Encoding::Brotli, document.brotli().clone()),
            }),
        }
    }

    /// A page of the server's own, as it is: it is small, and made anew with each change of an app.
    pub(crate) fn page(text: impl Into<Bytes>, policy: &[Header]) -> Self {
        let text = text.into();
        let identity = Form::new(Encoding::Identity, &tag_of(&text, policy), policy, text);
        Self { identity, compressed: None }
    }

    /// A file of the server's own, in every encoding. Its policy varies by `Accept-Encoding`.
    pub(crate) fn file(text: impl Into<Bytes>, policy: &[Header]) -> Self {
        let text = text.into();
        let tag = tag_of(&text, policy);
        let form = |encoding, bytes| Form::new(encoding, &tag, policy, bytes);
        Self {
            compressed: Some(Compressed {
                gzip: form(Encoding::Gzip, encoding::gzip(&text)),
                brotli: form(Encoding::Brotli, encoding::brotli(&text)),
            }),
            identity: form(Encoding::Identity, text),
        }
    }

    /// The same, never kept by a client: it will be gone soon.
    pub(crate) fn unkept(mut self) -> Self {
        let compressed = self.compressed.iter_mut();
        let compressed = compressed.flat_map(|forms| [&mut forms.gzip, &mut forms.brotli]);
        for form in compressed.chain([&mut self.identity]) {
            form.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        self
    }

    /// Answers GET and HEAD; hyper leaves the body out for HEAD.
    pub(crate) fn respond<B>(&self, request: &Request<B>) -> Response<Body> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return method_not_allowed("GET, HEAD");
        }
        let form = match &self.compressed {
            Some(compressed) => match Encoding::negotiate(request.headers()) {
                Encoding::Identity => &self.identity,
                Encoding::Gzip => &compressed.gzip,
                Encoding::Brotli => &compressed.brotli,
            },
            None => &self.identity,
        };
        let unchanged = none_match(request.headers(), &form.etag);
        let body = if unchanged { Body::default() } else { Body::new(form.bytes.clone()) };
        let mut response = Response::new(body);
        *response.headers_mut() = form.headers.clone();
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response
    }
}

impl Form {
    fn new(encoding: Encoding, tag: &str, policy: &[Header], bytes: Bytes) -> Self {
        let etag = match encoding.token() {
            Some(token) => format!("\"{tag}-{token}\""),
            None => format!("\"{tag}\""),
        };
        let mut headers = header_map(policy);
        if let Some(token) = encoding.token() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(token));
        }
        let value = HeaderValue::from_str(&etag).expect("hexadecimal digits and hyphens");
        headers.insert(ETAG, value);
        // Ask each time, and pay 304 for it: a save is seen at once.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        Self { headers, etag, bytes }
    }
}

/// What an entity tag of a text under a policy begins with.
fn tag_of(text: &[u8], policy: &[Header]) -> String {
    let mut hash = Sha256::new();
    hash.update(text);
    format!("{}-{}", hex(&hash.finalize()), fingerprint(policy))
}

/// Whether `If-None-Match` names the tag, by weak comparison
/// ([RFC 9110 §13.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
fn none_match(headers: &HeaderMap, etag: &str) -> bool {
    let mut values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| {
        // Our tags contain no comma, so a list can be split at commas.
        value
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
    })
}

fn fingerprint(policy: &[Header]) -> String {
    let mut hash = Sha256::new();
    for header in policy {
        hash.update(header.name);
        hash.update([0]);
        hash.update(header.value.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize()[..8])
}

fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    bytes.iter().flat_map(digits).flatten().collect()
}

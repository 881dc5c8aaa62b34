//! Responses from memory: bytes and headers are made once, and a request only selects among them.

use std::sync::Arc;

use bytes::Bytes;
use c2c_policy::PagePolicy;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH,
};
use http::{Method, Request, Response, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::cdn::Cdn;
use crate::encoding::{self, Compression, Encoding};

/// Bytes in each of their encodings, with complete headers. Cloning costs one reference count.
#[derive(Clone, Debug)]
pub struct Resource(Arc<Forms>);

/// The memory for the headers of one encoding, in bytes: an estimate.
const HEADERS_BYTES: usize = 2048;

/// How clients may cache a response (`Cache-Control`,
/// [RFC 9111 §5.2.2](https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Clients keep a copy and revalidate it each time (304 if it is current): they see a change at once.
    Revalidate,
    /// Clients use a copy for a year without revalidating. For addresses that change with their content.
    Immutable,
    /// Clients keep no copy.
    Never,
}

#[derive(Clone, Debug)]
struct Forms {
    identity: Form,
    /// gzip and Brotli.
    compressed: Option<[Form; 2]>,
}

/// One encoding of a resource.
#[derive(Clone, Debug, Default)]
struct Form {
    bytes: Bytes,
    headers: HeaderMap,
    /// A strong entity tag, with its quotes.
    etag: String,
}

impl Resource {
    /// Creates a resource from the concatenated `chunks`, with the headers of a policy. If they are
    /// compressed, the policy's `Vary` must name `accept-encoding`.
    pub fn new(
        chunks: &[Bytes],
        policy: &HeaderMap,
        compression: Compression,
        caching: Caching,
    ) -> Self {
        let bytes = match chunks {
            [one] => one.clone(),
            chunks => chunks.concat().into(),
        };
        // The tag covers the policy too: a client must not keep a body under headers that have changed.
        let tag = tag_of(&bytes, policy);
        let form = |encoding| {
            let bytes = encoding::encode(&bytes, encoding, compression);
            Form::new(encoding, &tag, policy, caching, bytes)
        };
        Self(Arc::new(Forms {
            identity: form(Encoding::Identity),
            compressed: (compression != Compression::None)
                .then(|| [Encoding::Gzip, Encoding::Brotli].map(form)),
        }))
    }

    /// The resource whose [`forms`](Self::forms) these are.
    pub(crate) fn from_forms(forms: [Bytes; 3], policy: &HeaderMap, caching: Caching) -> Self {
        let [identity, gzip, brotli] = forms;
        let tag = tag_of(&identity, policy);
        let form = |encoding, bytes| Form::new(encoding, &tag, policy, caching, bytes);
        Self(Arc::new(Forms {
            identity: form(Encoding::Identity, identity),
            compressed: Some([form(Encoding::Gzip, gzip), form(Encoding::Brotli, brotli)]),
        }))
    }

    /// The bytes in each encoding: none, gzip, Brotli. Those that it does not have are empty.
    pub(crate) fn forms(&self) -> [Bytes; 3] {
        let forms = self.0.compressed.clone().unwrap_or_default();
        let [gzip, brotli] = forms.map(|form| form.bytes);
        [self.0.identity.bytes.clone(), gzip, brotli]
    }

    /// The memory that the resource takes, for a cache that is bounded in bytes: all encodings with an
    /// estimate of their headers.
    pub fn bytes_kept(&self) -> usize {
        let forms = self.0.compressed.iter().flatten().chain([&self.0.identity]);
        forms.map(|form| form.bytes.len() + HEADERS_BYTES).sum()
    }

    /// The same resource with another `Cache-Control`.
    #[must_use]
    pub fn with_caching(&self, caching: Caching) -> Self {
        self.with_headers(|headers| {
            headers.insert(CACHE_CONTROL, caching.value());
        })
    }

    /// The same resource, for a content delivery network to keep.
    #[must_use]
    pub fn with_cdn(&self, cdn: &Cdn) -> Self {
        self.with_headers(|headers| cdn.write(headers))
    }

    fn with_headers(&self, write: impl Fn(&mut HeaderMap)) -> Self {
        let mut forms = (*self.0).clone();
        for form in forms.compressed.iter_mut().flatten().chain([&mut forms.identity]) {
            write(&mut form.headers);
        }
        Self(Arc::new(forms))
    }

    /// Answers GET and HEAD, and rejects other methods.
    pub fn respond<B>(&self, request: &Request<B>) -> Response<Bytes> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return method_not_allowed();
        }
        let form = self.form(Encoding::negotiate(request.headers()));
        let unchanged = lists_tag(request.headers(), &form.etag);
        let mut response = Response::new(Bytes::new());
        *response.headers_mut() = form.headers.clone();
        if unchanged {
            response.headers_mut().remove(CONTENT_LENGTH);
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else if request.method() == Method::GET {
            *response.body_mut() = form.bytes.clone();
        }
        response
    }

    /// The uncompressed bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.0.identity.bytes
    }

    /// The headers that belong to [`bytes`](Self::bytes).
    pub fn headers(&self) -> &HeaderMap {
        &self.0.identity.headers
    }

    fn form(&self, encoding: Encoding) -> &Form {
        match (encoding, &self.0.compressed) {
            (Encoding::Gzip, Some([gzip, _])) => gzip,
            (Encoding::Brotli, Some([_, brotli])) => brotli,
            _ => &self.0.identity,
        }
    }
}

impl Caching {
    fn value(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Revalidate => "no-cache",
            Self::Immutable => "public, max-age=31536000, immutable",
            Self::Never => "no-store",
        })
    }
}

impl Form {
    fn new(
        encoding: Encoding,
        tag: &str,
        policy: &HeaderMap,
        caching: Caching,
        bytes: Bytes,
    ) -> Self {
        let mut headers = policy.clone();
        let mut etag = format!("\"{tag}\"");
        if let Some(token) = encoding.token() {
            etag = format!("\"{tag}-{token}\"");
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(token));
        }
        let value = HeaderValue::from_str(&etag).expect("hexadecimal digits and hyphens");
        headers.insert(ETAG, value);
        headers.insert(CACHE_CONTROL, caching.value());
        headers.insert(CONTENT_LENGTH, bytes.len().into());
        Self { bytes, headers, etag }
    }
}

/// Whether `If-None-Match` is `*` or lists the strong tag `etag`, by weak comparison
/// ([RFC 9110 §13.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
///
/// Another tag may have commas inside, but no quotes: no part of it has a quote at both ends, as `etag` has.
fn lists_tag(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    values.map(str::trim).any(|value| {
        let is_ours = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag) == etag;
        value == "*" || value.split(',').map(str::trim).any(is_ours)
    })
}

/// The common part of the entity tags of these bytes under these headers.
fn tag_of(bytes: &[u8], policy: &HeaderMap) -> String {
    let mut hash = hash_of(policy);
    hash.update(bytes);
    hex(&hash.finalize()[..16])
}

/// A hash of the headers of a policy, to which more can be added.
pub(crate) fn hash_of(policy: &HeaderMap) -> Sha256 {
    let mut headers: Vec<_> = policy.iter().collect();
    // A map has no order of its own, and the tag is the same on all servers.
    headers.sort_by_key(|(name, _)| name.as_str());
    let mut hash = Sha256::new();
    for (name, value) in headers {
        hash.update(name);
        hash.update([0]);
        hash.update(value);
        hash.update([0]);
    }
    hash
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    bytes.iter().flat_map(digits).flatten().collect()
}

fn method_not_allowed() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(b"This address takes GET, HEAD only.\n"));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    *response.headers_mut() = PagePolicy::message(&[]).headers().clone();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

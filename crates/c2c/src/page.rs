//! The sandbox document of one pair of snippets, as visitors get it.

use bytes::Bytes;
use c2c_policy::{DocumentPolicy, PagePolicy};
use http::header::{HeaderMap, HeaderName, HeaderValue, VARY};
use http::{Request, Response, StatusCode};

use crate::cdn::Cdn;
use crate::encoding::Compression;
use crate::resource::{Caching, Resource};

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// A sandbox document, ready to serve. Cloning copies no bytes.
#[derive(Clone, Debug)]
pub struct Page {
    resource: Resource,
}

impl Page {
    pub(crate) fn new(chunks: &[Bytes], policy: &HeaderMap) -> Self {
        Self { resource: Resource::new(chunks, policy, Compression::Fast, Caching::Revalidate) }
    }

    pub(crate) fn from_forms(forms: [Bytes; 3], policy: &HeaderMap) -> Self {
        Self { resource: Resource::from_forms(forms, policy, Caching::Revalidate) }
    }

    /// The bytes in each encoding: none, gzip, Brotli.
    pub(crate) fn forms(&self) -> [Bytes; 3] {
        self.resource.forms()
    }

    /// Answers a request for the document, whatever its path: GET and HEAD, in an encoding that the
    /// client accepts, with all headers; 304 if the client has the document already.
    ///
    /// A request that is not for a frame
    /// ([`Sec-Fetch-Dest`](https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header)) gets 403: opened
    /// as a page, the document would show a customer's content under your address.
    pub fn respond<B>(&self, request: &Request<B>) -> Response<Bytes> {
        let mut destinations = request.headers().get_all(SEC_FETCH_DEST).iter();
        if !destinations.all(|value| DocumentPolicy::accepts_destination(Some(value.as_bytes()))) {
            return not_a_page();
        }
        self.resource.respond(request)
    }

    /// The same page with `Cache-Control: no-store`, for a preview.
    #[must_use]
    pub fn not_stored(self) -> Self {
        Self { resource: self.resource.with_caching(Caching::Never) }
    }

    /// The same page, for a content delivery network to keep.
    #[must_use]
    pub fn with_cdn(self, cdn: &Cdn) -> Self {
        Self { resource: self.resource.with_cdn(cdn) }
    }

    /// The document's bytes, to serve by other means, always together with [`headers`](Self::headers).
    pub fn html(&self) -> &Bytes {
        self.resource.bytes()
    }

    /// The headers with which the document must be served.
    pub fn headers(&self) -> &HeaderMap {
        self.resource.headers()
    }

    /// The memory that the page takes, for a cache that is bounded in bytes: all encodings with an
    /// estimate of their headers.
    pub fn bytes_kept(&self) -> usize {
        self.resource.bytes_kept()
    }
}

fn not_a_page() -> Response<Bytes> {
    let text = "This is the sandbox of a widget. It opens inside the widget only.\n";
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    *response.headers_mut() = PagePolicy::message(&[]).headers().clone();
    response.headers_mut().insert(VARY, HeaderValue::from_static("sec-fetch-dest"));
    response
}

//! The sandbox document of one pair of snippets, as visitors get it.

use std::ops::Range;

use bytes::Bytes;
use c2c_injector::{Area, Checked, Diagnostic, Document, ExternalHost, Position};
use c2c_policy::{DocumentPolicy, PagePolicy};
use http::header::{HeaderMap, HeaderName, HeaderValue, VARY};
use http::{Request, Response, StatusCode};

use crate::encoding::Compression;
use crate::resource::{Caching, Resource};

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// A compiled sandbox document, ready to serve.
#[derive(Clone, Debug)]
pub struct Page {
    resource: Resource,
    document: Document,
    warnings: Vec<Diagnostic>,
    hosts: Vec<ExternalHost>,
}

impl Page {
    pub(crate) fn new(checked: &Checked, document: &Document, policy: &HeaderMap) -> Self {
        Self {
            resource: Resource::new(
                document.chunks(),
                policy,
                Compression::Fast,
                Caching::Revalidate,
            ),
            document: document.clone(),
            warnings: checked.diagnostics().to_vec(),
            hosts: checked.hosts().to_vec(),
        }
    }

    /// Problems that may keep the code from working as intended, in the order of the snippets.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The hosts that the snippets' markup loads from: sorted, each once per kind.
    pub fn hosts(&self) -> &[ExternalHost] {
        &self.hosts
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
        Self { resource: self.resource.with_caching(Caching::Never), ..self }
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
        // The document's parts are kept beside their concatenation.
        self.resource.bytes_kept() + self.resource.bytes().len()
    }

    /// The range of a snippet in the document, in lines and columns as browsers count them.
    pub fn area_range(&self, area: Area) -> Range<Position> {
        self.document.area_range(area)
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

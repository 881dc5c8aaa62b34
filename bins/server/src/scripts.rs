//! The server's own scripts, stylesheets, tables and texts, in memory with their headers.

use bytes::Bytes;
use c2c_bridge::HOST_MODULES;
use c2c_policy::PagePolicy;
use hyper::{Request, Response};
use matchit::Router;

use crate::resource::Resource;
use crate::response::Body;

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// A site's files by path.
#[derive(Debug)]
pub(crate) struct Files(Router<Resource>);

impl Files {
    /// The files of a site's pages: each its path and its text.
    pub(crate) fn new(table: &[(&str, &'static str)]) -> Self {
        table.iter().fold(Self(Router::new()), |files, &(path, text)| files.with(path, text))
    }

    /// The same with one more, whose text is made. The path's ending says what it is.
    pub(crate) fn with(mut self, path: &str, text: impl Into<Bytes>) -> Self {
        let content_type = match path.rsplit_once('.') {
            Some((_, "css")) => CSS,
            Some((_, "js")) => JAVASCRIPT,
            Some((_, "json")) => JSON,
            // Types, which people read or take away.
            _ => TEXT,
        };
        self.add(path, text, &PagePolicy::asset(content_type));
        self
    }

    /// The same with the host script, for pages that import it.
    pub(crate) fn with_host_script(mut self) -> Self {
        let policy = PagePolicy::shared_asset(JAVASCRIPT);
        for module in HOST_MODULES {
            self.add(&format!("/{}", module.path), module.text, &policy);
        }
        self
    }

    /// Answers a request for one of the files.
    pub(crate) fn respond<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let found = self.0.at(request.uri().path()).ok()?;
        Some(found.value.respond(request))
    }

    fn add(&mut self, path: &str, text: impl Into<Bytes>, policy: &PagePolicy) {
        let file = Resource::file(text, policy.headers());
        self.0.insert(path, file).expect("the paths of our own files differ");
    }
}

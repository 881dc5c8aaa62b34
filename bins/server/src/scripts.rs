//! The server's own scripts, stylesheets, tables and texts, in memory with their headers.

use std::sync::LazyLock;

use bytes::Bytes;
use c2c::{Caching, Compression, Resource};
use c2c_bridge::HOST_MODULES;
use c2c_policy::PagePolicy;
use hyper::{Request, Response};
use matchit::Router;

use crate::response::Body;

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// The modules of the host script. All visitors get them, so they are compressed as well as possible. That takes longer than
/// the rest of a start, so it is done once for both sites.
static HOST_SCRIPT: LazyLock<Vec<(String, Resource)>> = LazyLock::new(|| {
    let policy = PagePolicy::shared_asset(JAVASCRIPT);
    let modules = HOST_MODULES
        .iter()
        .map(|module| (format!("/{}", module.path), file(module.text, &policy, Compression::Best)));
    modules.collect()
});

/// A site's files by path.
#[derive(Debug)]
pub(crate) struct Files(Router<Resource>);

impl Files {
    /// Makes a site's files from their paths and texts.
    pub(crate) fn new(table: &[(&str, &'static str)]) -> Self {
        table.iter().fold(Self(Router::new()), |files, &(path, text)| files.with(path, text))
    }

    /// Adds a file with a generated text. Its extension gives the media type.
    pub(crate) fn with(mut self, path: &str, text: impl Into<Bytes>) -> Self {
        let content_type = match path.rsplit_once('.') {
            Some((_, "css")) => CSS,
            Some((_, "js")) => JAVASCRIPT,
            Some((_, "json")) => JSON,
            // TypeScript declarations, to read or download.
            _ => TEXT,
        };
        // The console has few readers, and the files of the example pages are small.
        self.insert(path, file(text, &PagePolicy::asset(content_type), Compression::Fast));
        self
    }

    /// Adds the host script, for pages that import it.
    pub(crate) fn with_host_script(mut self) -> Self {
        for (path, module) in &*HOST_SCRIPT {
            self.insert(path, module.clone());
        }
        self
    }

    /// Answers a request for one of the files.
    pub(crate) fn respond<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let found = self.0.at(request.uri().path()).ok()?;
        Some(found.value.respond(request).map(Body::new))
    }

    fn insert(&mut self, path: &str, file: Resource) {
        self.0.insert(path, file).expect("the paths of our own files differ");
    }
}

fn file(text: impl Into<Bytes>, policy: &PagePolicy, compression: Compression) -> Resource {
    Resource::new(&[text.into()], policy.headers(), compression, Caching::Revalidate)
}

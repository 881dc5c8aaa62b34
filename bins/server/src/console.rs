//! The console's site: the page where people paste, and the API.

use c2c_policy::PagePolicy;
use hyper::{Request, Response};

use crate::resource::Resource;
use crate::response::{Body, not_found};
use crate::scripts::Files;

/// The console's page and files, in memory.
#[derive(Debug)]
pub(crate) struct Console {
    page: Resource,
    files: Files,
}

impl Default for Console {
    fn default() -> Self {
        let page = include_str!("../pages/console.html");
        let script = include_str!("../pages/console.js");
        let style = include_str!("../pages/console.css");
        Self {
            page: Resource::file(page, PagePolicy::console().headers()),
            files: Files::new("console", script, style),
        }
    }
}

impl Console {
    /// Answers a request outside the API.
    pub(crate) fn respond<B>(&self, request: &Request<B>) -> Response<Body> {
        if let Some(response) = self.files.respond(request) {
            return response;
        }
        match request.uri().path() {
            "/" => self.page.respond(request),
            path if path.starts_with("/apps/") => self.page.respond(request),
            _ => not_found(),
        }
    }
}

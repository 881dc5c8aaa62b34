//! The console's site: the page where people paste, and the API.

use c2c_catalogue::REFERENCE;
use c2c_policy::PagePolicy;
use hyper::{Request, Response};
use serde_json::json;

use crate::examples::EXAMPLES;
use crate::resource::Resource;
use crate::response::{Body, not_found};
use crate::scripts::Files;
use crate::sites::Sites;
use crate::widget::with_config;

const PAGE: &str = include_str!("../pages/console.html");
const FILES: &[(&str, &str)] = &[
    ("/console.css", include_str!("../pages/console.css")),
    ("/console.js", include_str!("../pages/console.js")),
];

/// The console's page and files, in memory.
#[derive(Debug)]
pub(crate) struct Console {
    page: Resource,
    files: Files,
}

impl Console {
    /// The console of these sites.
    pub(crate) fn new(sites: &Sites) -> Self {
        let config = json!({
            "parentOrigin": sites.parent.origin,
            "widgetOrigin": sites.widget.origin,
            "sandboxOrigin": sites.sandbox.origin,
        });
        Self {
            page: Resource::file(
                with_config(PAGE, &config),
                PagePolicy::console(&sites.parent.source).headers(),
            ),
            files: Files::new(FILES)
                .with_json("/catalogue.json", &json!({"events": REFERENCE}))
                .with_json("/examples.json", &json!(EXAMPLES)),
        }
    }

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

//! The widget's site: the reference widget, and the host script.

use c2c_bridge::Origin;
use hyper::{Request, Response};
use serde_json::json;

use crate::apps::{Apps, parents_of};
use crate::response::{Body, not_found};
use crate::scripts::Files;
use crate::sites::Sites;
use crate::store::App;

const PAGE: &str = include_str!("../pages/widget.html");

/// The scripts and styles of this site.
pub(crate) fn files() -> Files {
    Files::new("widget", include_str!("../pages/widget.js"), include_str!("../pages/widget.css"))
        .with_host_script()
}

/// The widget page of an app. Its URL's query is the context.
pub(crate) fn page(app: &App, sites: &Sites) -> String {
    let parents: Vec<&Origin> = parents_of(app, sites).collect();
    let config = json!({
        "src": format!("{}/s/{}", sites.sandbox.origin, app.id),
        "parentOrigins": parents,
    });
    with_config(PAGE, &config)
}

/// Answers a request to the widget's host.
pub(crate) fn respond<B>(apps: &Apps, files: &Files, request: &Request<B>) -> Response<Body> {
    if let Some(response) = files.respond(request) {
        return response;
    }
    match request.uri().path().strip_prefix("/w/").and_then(|id| apps.published(id)) {
        Some(published) => published.widget.respond(request),
        None => not_found(),
    }
}

/// Writes a page's configuration into its `{{config}}`, the value of an attribute in quotes.
pub(crate) fn with_config(page: &str, config: &serde_json::Value) -> String {
    let escaped =
        config.to_string().replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let (before, after) = page.split_once("{{config}}").expect("the page has a place for it");
    [before, &escaped, after].concat()
}

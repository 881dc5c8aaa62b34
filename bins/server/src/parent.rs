//! The parent's site: the demo of an integrator's page that embeds the widget.

use hyper::{Request, Response};
use serde_json::json;

use crate::apps::Apps;
use crate::response::{Body, not_found};
use crate::scripts::Files;
use crate::sites::Sites;
use crate::store::App;
use crate::widget::with_config;

const PAGE: &str = include_str!("../pages/parent.html");

/// The scripts and styles of this site.
pub(crate) fn files() -> Files {
    Files::new("parent", include_str!("../pages/parent.js"), include_str!("../pages/parent.css"))
        .with_host_script()
}

/// The demo page of an app. Its URL's query goes on to the widget.
pub(crate) fn page(app: &App, sites: &Sites) -> String {
    let config = json!({
        "appName": app.name,
        "widgetOrigin": sites.widget.origin,
        "widgetPath": format!("/w/{}", app.id),
    });
    with_config(PAGE, &config)
}

/// Answers a request to the parent page's host.
pub(crate) fn respond<B>(apps: &Apps, files: &Files, request: &Request<B>) -> Response<Body> {
    if let Some(response) = files.respond(request) {
        return response;
    }
    match request.uri().path().strip_prefix("/p/").and_then(|id| apps.published(id)) {
        Some(published) => published.parent.respond(request),
        None => not_found(),
    }
}

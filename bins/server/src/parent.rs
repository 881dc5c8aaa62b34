//! The parent's site: the demo of an integrator's page that embeds the widget.

use c2c_bridge::Origin;
use hyper::{Request, Response};
use serde_json::json;

use crate::apps::Apps;
use crate::pages::Paths;
use crate::response::Body;
use crate::scripts::Files;
use crate::sites::Sites;
use crate::store::App;
use crate::widget::with_config;

const PAGE: &str = include_str!("../pages/parent.html");
const FILES: &[(&str, &str)] = &[
    (
        "/parent.css",
        concat!(include_str!("../pages/base.css"), include_str!("../pages/parent.css")),
    ),
    ("/parent.js", include_str!("../pages/parent.js")),
];

/// The scripts and styles of this site.
pub(crate) fn files() -> Files {
    Files::new(FILES).with_host_script()
}

/// The demo page of an app. Its URL's query goes on to the widget. A preview's is told the console's
/// origin, to report there that custom code took the focus.
pub(crate) fn page(app: &App, sites: &Sites, paths: &Paths, console: Option<&Origin>) -> String {
    let mut config = json!({
        "appName": app.name,
        "widgetOrigin": sites.widget.origin,
        "widgetPath": paths.widget,
    });
    if let Some(console) = console {
        config["console"] = json!(console);
    }
    with_config(PAGE, &config)
}

/// Answers a request to the parent page's host.
pub(crate) fn respond<B>(apps: &Apps, files: &Files, request: &Request<B>) -> Response<Body> {
    if let Some(response) = files.respond(request) {
        return response;
    }
    apps.respond(request, "/p/", |pages| &pages.parent)
}

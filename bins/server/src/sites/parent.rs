//! The parent's site: the demo of an integrator's page, which embeds the widget.

use c2c_names::Origin;
use c2c_store::App;
use serde_json::json;

use crate::paths::Paths;
use crate::scripts::Files;
use crate::sites::Sites;
use crate::sites::widget::with_config;

const PAGE: &str = include_str!("../../pages/parent.html");
const FILES: &[(&str, &str)] = &[
    (
        "/parent.css",
        concat!(include_str!("../../pages/base.css"), include_str!("../../pages/parent.css")),
    ),
    ("/parent.js", include_str!("../../pages/parent.js")),
];

/// The scripts and styles of this site.
pub(crate) fn files() -> Files {
    Files::new(FILES).with_host_script()
}

/// The demo page of an app. It passes its URL's query on to the widget. A preview's page gets the
/// console's origin, to report there that custom code took the focus.
pub(crate) fn page(app: &App, sites: &Sites, paths: &Paths, console: Option<&Origin>) -> String {
    let mut config = json!({
        "appName": app.settings.name,
        "widgetOrigin": sites.widget.origin,
        "widgetPath": paths.widget,
    });
    if let Some(console) = console {
        config["console"] = json!(console);
    }
    with_config(PAGE, &config)
}

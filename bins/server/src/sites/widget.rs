//! The widget's site: the reference widget with its catalogue, and the host script.

use c2c_catalogue::Catalogue;
use c2c_names::Origin;
use c2c_store::{App, Jar};
use serde_json::json;

use crate::paths::{Paths, parents_of};
use crate::scripts::Files;
use crate::sites::Sites;

const PAGE: &str = include_str!("../../pages/widget.html");
/// The page of a preview link: the same for all links, whose token only its script knows.
pub(crate) const PREVIEW_LINK_PAGE: &str = include_str!("../../pages/preview-link.html");
const FILES: &[(&str, &str)] = &[
    (
        "/widget.css",
        concat!(include_str!("../../pages/base.css"), include_str!("../../pages/widget.css")),
    ),
    ("/widget.js", include_str!("../../pages/widget.js")),
    ("/preview.js", include_str!("../../pages/preview.js")),
    ("/linked.js", include_str!("../../pages/linked.js")),
    ("/preview-link.js", include_str!("../../pages/preview-link.js")),
    (
        "/preview-link.css",
        concat!(include_str!("../../pages/base.css"), include_str!("../../pages/preview-link.css")),
    ),
];

/// The scripts and styles of this site.
pub(crate) fn files() -> Files {
    let catalogue = Catalogue::reference().to_json();
    // A module, since the page may load nothing but scripts.
    Files::new(FILES)
        .with("/catalogue.js", format!("export default {catalogue};\n"))
        .with_host_script()
}

/// The widget page of an app. Its URL's query is the context. A preview's page gets the console's
/// origin, to report events there.
pub(crate) fn page(app: &App, sites: &Sites, paths: &Paths, console: Option<&Origin>) -> String {
    let parents: Vec<&Origin> = parents_of(&app.settings, sites).collect();
    let mut config = json!({
        "app": app.id,
        "src": format!("{}{}", sites.sandbox.origin_for(&app.id), paths.sandbox),
        "parentOrigins": parents,
    });
    if let Some(console) = console {
        config["console"] = json!(console);
    } else if app.settings.jar == Jar::Kept {
        // Not for drafts: their storage ends with the page.
        config["keepJar"] = json!(true);
    }
    with_config(PAGE, &config)
}

/// Fills in a page's `{{config}}`, a quoted attribute value.
pub(crate) fn with_config(page: &str, config: &serde_json::Value) -> String {
    let escaped =
        config.to_string().replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let (before, after) = page.split_once("{{config}}").expect("the page has a place for it");
    [before, &escaped, after].concat()
}

//! The widget's site: the reference widget with its catalogue, and the host script.

use c2c_catalogue::Catalogue;
use c2c_names::Origin;
use c2c_store::{App, Jar};
use serde_json::json;

use crate::paths::{EVENTS, Paths, parents_of};
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

/// The scripts and styles of this site, for a widget with these events.
pub(crate) fn files(catalogue: &Catalogue) -> Files {
    let catalogue = catalogue.to_json();
    // A module, since the page may load nothing but scripts.
    Files::new(FILES)
        .with("/catalogue.js", format!("export default {catalogue};\n"))
        .with_host_script()
}

/// The widget page of an app. Its URL's query is the context. If it `collects`, it sends the events to this
/// server. A preview's page gets the console's origin, to report events there.
pub(crate) fn page(
    app: &App,
    sites: &Sites,
    paths: &Paths,
    console: Option<&Origin>,
    collects: bool,
) -> String {
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
    if collects {
        config["collect"] = json!(format!("{EVENTS}{}", app.id));
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

#[cfg(test)]
mod tests {
    use c2c_store::{Environment, Limits, NewApp, Store};
    use clap::Parser as _;

    use super::*;
    use crate::settings::Settings;

    #[tokio::test]
    async fn a_page_that_collects_has_the_address_for_events() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("c2c.db").display());
        let database = database.parse().expect("a database");
        let store = Store::open(&database, Limits::default()).await.expect("it opens");
        let (by, id) = ("a test".parse().expect("an actor"), "demo".parse().expect("an id"));
        store.create(&by, &id, &NewApp::default()).await.expect("it is created");
        let app = store.app(&id).await.expect("it is there");
        let sites = Sites::new(&Settings::parse_from(["c2c-server"]), 1, 2);
        let sites = sites.expect("the defaults work together");
        let paths = Paths::of_app(&id, Environment::Live);
        let [without, with] =
            [false, true].map(|collects| page(&app, &sites, &paths, None, collects));
        assert!(with.contains("&quot;collect&quot;:&quot;/e/demo&quot;"), "{with}");
        assert!(!without.contains("collect"), "{without}");
    }
}

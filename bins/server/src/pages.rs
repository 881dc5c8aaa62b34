//! The three pages around one compiled document: an app's for visitors, a draft's for the console.

use c2c_bridge::{AppId, Origin};
use c2c_injector::Document;
use c2c_policy::{Ancestor, DocumentPolicy, PagePolicy};
use serde_json::{Value, json};

use crate::resource::Resource;
use crate::sites::{Site, Sites};
use crate::store::App;
use crate::{parent, widget};

/// Before the id of a preview, on each of the three hosts.
pub(crate) const PREVIEW: &str = "/preview/";

/// What is served of one document.
#[derive(Debug)]
pub(crate) struct Pages {
    /// The sandbox document.
    pub(crate) document: Resource,
    /// The widget page.
    pub(crate) widget: Resource,
    /// The demo of a parent page.
    pub(crate) parent: Resource,
}

/// Where the pages are, each on its own host.
#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) parent: String,
    pub(crate) widget: String,
    pub(crate) sandbox: String,
}

impl Pages {
    /// What visitors get of an app. `parents` are the pages that may stand above its widget.
    pub(crate) fn published(
        app: &App,
        parents: &[Ancestor],
        sites: &Sites,
        compiled: &Document,
    ) -> Self {
        Self::new(app, parents, sites, compiled, &Paths::of_app(&app.id), None)
    }

    /// What the console shows of a draft: the same pages, but the console may stand above each of
    /// them, and nobody keeps a copy.
    pub(crate) fn preview(
        app: &App,
        parents: &[Ancestor],
        sites: &Sites,
        compiled: &Document,
        id: &str,
    ) -> Self {
        let console = Some(&sites.console);
        let pages = Self::new(app, parents, sites, compiled, &Paths::of_preview(id), console);
        Self {
            document: pages.document.unkept(),
            widget: pages.widget.unkept(),
            parent: pages.parent.unkept(),
        }
    }

    fn new(
        app: &App,
        parents: &[Ancestor],
        sites: &Sites,
        compiled: &Document,
        paths: &Paths,
        console: Option<&Site>,
    ) -> Self {
        let above_parent: Vec<Ancestor> =
            console.map(|site| site.source.clone().into()).into_iter().collect();
        let above_widget = [parents, &above_parent].concat();
        let above_document = [&[sites.widget.source.clone().into()], &above_widget[..]].concat();
        let console = console.map(|site| &site.origin);
        Self {
            document: Resource::document(
                compiled,
                DocumentPolicy::strict(&above_document).headers(),
            ),
            widget: Resource::page(
                widget::page(app, sites, paths, console),
                PagePolicy::widget(&sites.sandbox.source, &above_widget).headers(),
            ),
            parent: Resource::page(
                parent::page(app, sites, paths, console),
                PagePolicy::parent(&sites.widget.source, &above_parent).headers(),
            ),
        }
    }
}

impl Paths {
    /// The published pages of an app.
    pub(crate) fn of_app(id: &AppId) -> Self {
        Self { parent: format!("/p/{id}"), widget: format!("/w/{id}"), sandbox: format!("/s/{id}") }
    }

    /// The pages of a staged draft.
    pub(crate) fn of_preview(id: &str) -> Self {
        let path = format!("{PREVIEW}{id}");
        Self { parent: path.clone(), widget: path.clone(), sandbox: path }
    }

    /// The pages' addresses, as the API gives them.
    pub(crate) fn links(&self, sites: &Sites) -> Value {
        json!({
            "parent": format!("{}{}", sites.parent.origin, self.parent),
            "widget": format!("{}{}", sites.widget.origin, self.widget),
            "sandbox": format!("{}{}", sites.sandbox.origin, self.sandbox),
        })
    }
}

/// The origins that the widget of an app may post to: the demo page's, and those of its settings.
pub(crate) fn parents_of<'a>(app: &'a App, sites: &'a Sites) -> impl Iterator<Item = &'a Origin> {
    let demo = &sites.parent.origin;
    std::iter::once(demo).chain(app.parent_origins.iter().filter(move |&origin| origin != demo))
}

//! The three pages around one compiled document: an app's for visitors, a draft's for the console.

use std::time::Duration;

use bytes::Bytes;
use c2c::{Caching, Cdn, Compression, Page, Resource, Sandbox, SnippetLimits};
use c2c_catalogue::Catalogue;
use c2c_delivery::CollectMode;
use c2c_names::{AppId, BridgeLimits, Origin};
use c2c_policy::{AncestorSource, PagePolicy};
use c2c_store::{App, Environment, Jar, Settings};
use hyper::{Request, Response};

use crate::collecting::Collecting;
use crate::paths::Paths;
use crate::response::{Body, misdirected};
use crate::sites::{Site, Sites, parent, widget};

/// One of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The sandbox document.
    Document,
    /// The widget page.
    Widget,
    /// The demo of a parent page.
    Parent,
}

/// The pages of one document.
#[derive(Debug)]
pub(crate) struct Pages {
    /// The sandbox document.
    pub(crate) document: Page,
    /// The widget page.
    pub(crate) widget: Resource,
    /// The demo of a parent page.
    pub(crate) parent: Resource,
    /// Where the document is: no other app's host has it.
    sandbox: Site,
    /// How the app takes events from the widget.
    pub(crate) collecting: Collecting,
}

impl Pages {
    /// The pages of an app's environment. `above` are the pages that may be above its widget, `cdn`
    /// is how long a content delivery network may keep them.
    pub(crate) fn of_app(
        app: &App,
        environment: Environment,
        above: &[AncestorSource],
        sites: &Sites,
        document: Page,
        cdn: Option<Duration>,
        collecting: Collecting,
    ) -> Self {
        let paths = Paths::of_app(&app.id, environment);
        let pages = Self::new(app, above, sites, document, &paths, None, collecting);
        let Some(max_age) = cdn else { return pages };
        let cdn = Cdn::new(&app.id, max_age);
        Self {
            document: pages.document.with_cdn(&cdn),
            widget: pages.widget.with_cdn(&cdn),
            parent: pages.parent.with_cdn(&cdn),
            ..pages
        }
    }

    /// A draft's pages for the console: the same ones, but the console may be above each of them,
    /// and clients store no copy.
    pub(crate) fn preview(
        app: &App,
        above: &[AncestorSource],
        sites: &Sites,
        document: Page,
        id: &str,
    ) -> Self {
        let console = Some(&sites.console.origin);
        let pages = Self::new(
            app,
            above,
            sites,
            document,
            &Paths::of_preview(id),
            console,
            Collecting::NONE,
        );
        Self {
            document: pages.document.not_stored(),
            widget: pages.widget.with_caching(Caching::Never),
            parent: pages.parent.with_caching(Caching::Never),
            ..pages
        }
    }

    /// Answers a request with one of them.
    pub(crate) fn respond<B>(&self, request: &Request<B>, page: Kind) -> Response<Body> {
        match page {
            Kind::Document if !self.sandbox.is_addressed_by(request) => {
                return misdirected(request);
            }
            Kind::Document => self.document.respond(request),
            Kind::Widget => self.widget.respond(request),
            Kind::Parent => self.parent.respond(request),
        }
        .map(Body::new)
    }

    /// The size of all three in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.document.bytes_kept() + self.widget.bytes_kept() + self.parent.bytes_kept()
    }

    fn new(
        app: &App,
        above: &[AncestorSource],
        sites: &Sites,
        document: Page,
        paths: &Paths,
        console: Option<&Origin>,
        collecting: Collecting,
    ) -> Self {
        let above_parent: Vec<AncestorSource> =
            console.map(|_| sites.above_previews().collect()).unwrap_or_default();
        let sandbox = sites.sandbox_of(&app.id);
        let collects = collecting.mode != CollectMode::Off;
        Self {
            document,
            widget: page(
                widget::page(app, sites, paths, console, collects),
                &PagePolicy::widget(&sandbox.source, above, collects),
            ),
            parent: page(
                parent::page(app, sites, paths, console),
                &PagePolicy::parent(&sites.widget.source, &above_parent),
            ),
            sandbox,
            collecting,
        }
    }
}

/// A small page, sent uncompressed; each change of an app makes it anew.
fn page(text: String, policy: &PagePolicy) -> Resource {
    let text = [Bytes::from(text)];
    Resource::new(&text, policy.headers(), Compression::None, Caching::Revalidate)
}

/// The limits on the snippets of an app.
pub(crate) fn snippet_limits() -> SnippetLimits {
    SnippetLimits::default()
}

/// The kind of documents that a sandbox makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Documents {
    /// For visitors.
    Published,
    /// For the console's live preview: it reports the requests of its code, too.
    Preview,
}

/// Configures an app's sandbox for these sites and the pages above it.
pub(crate) fn sandbox_of(
    app: &AppId,
    settings: &Settings,
    above: &[AncestorSource],
    sites: &Sites,
    catalogue: &Catalogue,
    limits: BridgeLimits,
    documents: Documents,
) -> Sandbox {
    let sandbox = Sandbox::builder(app.clone())
        .catalogue(catalogue)
        .widget(sites.widget.origin.clone())
        .bridge_limits(limits)
        .snippet_limits(snippet_limits());
    let sandbox = above.iter().cloned().fold(sandbox, c2c::SandboxBuilder::ancestor);
    let sandbox = match documents {
        Documents::Published => sandbox,
        Documents::Preview => sandbox.with_trace(),
    };
    let sandbox = match settings.jar {
        Jar::None => sandbox.without_jar(),
        Jar::Visit | Jar::Kept => sandbox,
    };
    sandbox.build().expect("the widget's origin can be written in a policy: `Sites` has tried")
}

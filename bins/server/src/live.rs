//! The pages that the server answers with: those of each app, and those of the newest drafts.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use bytes::Bytes;
use c2c::Page;
use c2c_names::AppId;
use c2c_policy::AncestorSource;
use hyper::{Request, Response, StatusCode};

use crate::pages::Pages;
use crate::paths::PREVIEW;
use crate::previews::Previews;
use crate::response::{Body, framed_message, not_found};
use crate::sites::Sites;
use crate::store::App;

/// All pages, made and in memory.
#[derive(Debug)]
pub(crate) struct Live {
    sites: Arc<Sites>,
    published: RwLock<HashMap<AppId, Arc<Pages>>>,
    previews: Previews,
}

impl Live {
    /// No pages yet, and at most `previews_max` drafts.
    pub(crate) fn new(sites: Arc<Sites>, previews_max: usize) -> Self {
        Self { sites, published: RwLock::default(), previews: Previews::new(previews_max) }
    }

    /// Puts a document of an app in the place of the one that visitors got. `above` are the pages that may
    /// be above its widget.
    pub(crate) fn publish(&self, app: &App, above: &[AncestorSource], document: Page) {
        let pages = Pages::published(app, above, &self.sites, document);
        let mut all = self.published.write().expect("publishing does not panic");
        all.insert(app.id.clone(), Arc::new(pages));
    }

    /// Takes away the pages of an app.
    pub(crate) fn withdraw(&self, id: &AppId) {
        self.published.write().expect("publishing does not panic").remove(id);
    }

    /// Adds the pages of a draft, and gives their id.
    pub(crate) fn stage(&self, app: &App, above: &[AncestorSource], document: Page) -> String {
        let id = Previews::new_id();
        let pages = Pages::preview(app, above, &self.sites, document, &id);
        self.previews.stage(id.clone(), pages);
        id
    }

    /// Answers with one of the pages that the path names: those of a draft, or after `prefix` those of an
    /// app.
    pub(crate) fn respond<B>(
        &self,
        request: &Request<B>,
        prefix: &str,
        answer: fn(&Pages, &Request<B>) -> Response<Bytes>,
    ) -> Response<Body> {
        let path = request.uri().path();
        if let Some(id) = path.strip_prefix(PREVIEW) {
            return match self.previews.get(id) {
                Some(pages) => answer(&pages, request).map(Body::new),
                None => self.gone(),
            };
        }
        match path.strip_prefix(prefix).and_then(|id| self.of_app(id)) {
            Some(pages) => answer(&pages, request).map(Body::new),
            None => not_found(),
        }
    }

    fn of_app(&self, id: &str) -> Option<Arc<Pages>> {
        self.published.read().expect("publishing does not panic").get(id).cloned()
    }

    /// Readable in the place of the preview: in the console's frame, and in the parent page's.
    fn gone(&self) -> Response<Body> {
        let ancestors =
            [&self.sites.parent, &self.sites.console].map(|site| site.source.clone().into());
        let text = "This preview is no longer there. Run the preview again.";
        framed_message(StatusCode::NOT_FOUND, text, &ancestors)
    }
}

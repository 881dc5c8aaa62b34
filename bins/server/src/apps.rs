//! The apps: a save is checked, compiled and published; a visitor gets what was published. A draft
//! is checked, compiled and staged; the console gets what was staged.

use std::collections::HashMap;
use std::slice;
use std::sync::{Arc, RwLock};

use c2c_bridge::{AppId, BridgeLimits, shim_attributes};
use c2c_injector::{Checked, Diagnostic, Document, Refused, ScriptAttributes, Snippets};
use c2c_policy::Ancestor;
use hyper::{Request, Response, StatusCode};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::pages::{PREVIEW, Pages, parents_of};
use crate::previews::Previews;
use crate::resource::Resource;
use crate::response::{Body, framed_message, not_found};
use crate::sites::Sites;
use crate::store::{App, Jar, Listed, Revision, Store, StoreError};
use crate::templates::Templates;

/// All apps of this server.
#[derive(Debug)]
pub(crate) struct Apps {
    store: Store,
    sites: Sites,
    limits: BridgeLimits,
    templates: Templates,
    published: RwLock<HashMap<AppId, Arc<Pages>>>,
    previews: Previews,
    /// Held from the write to the database until the new state is published, so that the two never
    /// disagree about which revision is the newest.
    publishing: Mutex<()>,
}

/// A saved revision.
#[derive(Debug)]
pub(crate) struct Saved {
    /// The new revision's number.
    pub(crate) revision: i64,
    /// What will run, but perhaps not as hoped.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// A staged draft.
#[derive(Debug)]
pub(crate) struct Staged {
    /// Where its pages are: [`Paths::of_preview`](crate::pages::Paths::of_preview).
    pub(crate) id: String,
    /// The compiled draft.
    pub(crate) document: Document,
    /// What will run, but perhaps not as hoped.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// Why a save was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// There is no such app.
    #[error("there is no app {0}")]
    NoSuchApp(AppId),
    /// The code would swallow or break the page; nothing was saved.
    #[error("the code was refused")]
    Refused(Vec<Diagnostic>),
    /// Somebody else saved in between; nothing was saved.
    #[error("the newest revision is {newest}, not the one that was edited")]
    Conflict {
        /// The newest revision's number.
        newest: i64,
    },
    /// A parent origin cannot be written in a policy.
    #[error("{0}")]
    Origin(#[from] c2c_policy::HostSourceError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for SaveError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused.diagnostics().to_vec())
    }
}

impl Apps {
    /// Compiles and publishes every app of the store.
    pub(crate) async fn load(
        store: Store,
        sites: Sites,
        limits: BridgeLimits,
        previews: Previews,
    ) -> Result<Self, StoreError> {
        let apps = Self {
            store,
            sites,
            limits,
            templates: Templates::new(),
            published: RwLock::default(),
            previews,
            publishing: Mutex::default(),
        };
        for Listed { app, .. } in apps.store.apps().await? {
            let parents = apps.ancestors(&app);
            let published = match apps.build_newest(&app).await {
                Ok((document, _)) => parents.map(|parents| apps.publish(&app, &parents, &document)),
                Err(error) => Err(error),
            };
            // A checker that has grown stricter, say. The others must not suffer for it.
            if let Err(error) = published {
                let id = app.id;
                tracing::error!(%id, %error, "the app's code cannot be served until it is saved again");
            }
        }
        Ok(apps)
    }

    /// Answers with one of the pages that the path names: those of a preview, or after `prefix`
    /// those of an app.
    pub(crate) fn respond<B>(
        &self,
        request: &Request<B>,
        prefix: &str,
        pick: fn(&Pages) -> &Resource,
    ) -> Response<Body> {
        let path = request.uri().path();
        if let Some(id) = path.strip_prefix(PREVIEW) {
            return match self.previews.get(id) {
                Some(pages) => pick(&pages).respond(request),
                None => self.gone(),
            };
        }
        match path.strip_prefix(prefix).and_then(|id| self.published(id)) {
            Some(pages) => pick(&pages).respond(request),
            None => not_found(),
        }
    }

    /// Readable where the preview was: in the console's frame, and in the parent page's.
    fn gone(&self) -> Response<Body> {
        let ancestors =
            [&self.sites.parent, &self.sites.console].map(|site| site.source.clone().into());
        let text = "This preview is no longer there. Run the preview again.";
        framed_message(StatusCode::NOT_FOUND, text, &ancestors)
    }

    fn published(&self, id: &str) -> Option<Arc<Pages>> {
        self.published.read().expect("publishing does not panic").get(id).cloned()
    }

    /// All apps, by name.
    pub(crate) async fn list(&self) -> Result<Vec<Listed>, StoreError> {
        self.store.apps().await
    }

    /// An app and its newest revision.
    pub(crate) async fn get(&self, id: &AppId) -> Result<Option<(App, Revision)>, StoreError> {
        let Some(app) = self.store.app(id).await? else { return Ok(None) };
        let revision = self.store.newest_revision(id).await?;
        Ok(Some((app, revision)))
    }

    /// Makes an app without code.
    pub(crate) async fn create(&self, app: App) -> Result<(), SaveError> {
        let (document, _) = self.build(&app, Snippets::default()).await?;
        let _publishing = self.publishing.lock().await;
        let parents = self.ancestors(&app)?;
        self.store.insert_app(&app).await?;
        self.publish(&app, &parents, &document);
        Ok(())
    }

    /// Changes an app's settings.
    pub(crate) async fn configure(&self, app: App) -> Result<(), SaveError> {
        let _publishing = self.publishing.lock().await;
        let parents = self.ancestors(&app)?;
        let built = self.build_newest(&app).await;
        if !self.store.update_app(&app).await? {
            return Err(SaveError::NoSuchApp(app.id));
        }
        match built {
            Ok((document, _)) => self.publish(&app, &parents, &document),
            // An app whose code cannot be served is not served, until it is saved again: what was
            // published may be embedded by whom the settings no longer name.
            Err(error) => {
                self.withdraw(&app.id);
                tracing::error!(id = %app.id, %error, "the app's code cannot be served until it is saved again");
            }
        }
        Ok(())
    }

    /// Checks, compiles, stores and publishes custom code that was edited from the revision before
    /// `revision.number`.
    pub(crate) async fn save(&self, id: &AppId, revision: Revision) -> Result<Saved, SaveError> {
        let edited = self.store.app(id).await?.ok_or_else(|| SaveError::NoSuchApp(id.clone()))?;
        let (mut document, warnings) = self.build(&edited, revision.snippets()).await?;

        let _publishing = self.publishing.lock().await;
        // Read now: its settings may have changed while the code was compiled. And before the
        // write, after which nothing may fail.
        let app = self.store.app(id).await?.ok_or_else(|| SaveError::NoSuchApp(id.clone()))?;
        let parents = self.ancestors(&app)?;
        if app.jar != edited.jar {
            (document, _) = self.build(&app, revision.snippets()).await?;
        }
        if !self.store.insert_revision(id, &revision).await? {
            let newest = self.store.newest_revision(id).await?.number;
            return Err(SaveError::Conflict { newest });
        }
        self.publish(&app, &parents, &document);
        Ok(Saved { revision: revision.number, warnings })
    }

    /// Checks, compiles and stages custom code that was not saved. Nothing is stored, and nothing
    /// of it reaches visitors.
    pub(crate) async fn preview(&self, id: &AppId, draft: Snippets) -> Result<Staged, SaveError> {
        let app = self.store.app(id).await?.ok_or_else(|| SaveError::NoSuchApp(id.clone()))?;
        let parents = self.ancestors(&app)?;
        let (document, warnings) = self.build(&app, draft).await?;

        let id = Previews::new_id();
        let pages = Pages::preview(&app, &parents, &self.sites, &document, &id);
        self.previews.stage(id.clone(), pages);
        Ok(Staged { id, document, warnings })
    }

    /// Judges custom code, which is the same for every app.
    pub(crate) async fn check(&self, snippets: Snippets) -> Result<Checked, Refused> {
        self.templates.check(Jar::default(), snippets).await
    }

    /// Compiles custom code for an app, and gives the warnings as well.
    async fn build(
        &self,
        app: &App,
        snippets: Snippets,
    ) -> Result<(Document, Vec<Diagnostic>), Refused> {
        let checked = self.templates.check(app.jar, snippets).await?;
        let warnings = checked.diagnostics().to_vec();
        let widget = slice::from_ref(&self.sites.widget.origin);
        let attributes = shim_attributes(&app.id, widget, &self.limits);
        let attributes =
            attributes.iter().fold(ScriptAttributes::new(), |attributes, (name, value)| {
                attributes.with(name, value).expect("the bridge names its attributes properly")
            });
        let compiled = spawn_blocking(move || checked.compile(&attributes));
        Ok((compiled.await.expect("compiling does not panic"), warnings))
    }

    /// The same with what was saved last.
    async fn build_newest(&self, app: &App) -> Result<(Document, Vec<Diagnostic>), SaveError> {
        let revision = self.store.newest_revision(&app.id).await?;
        Ok(self.build(app, revision.snippets()).await?)
    }

    /// Makes what visitors get and puts it in the place of what they got.
    fn publish(&self, app: &App, parents: &[Ancestor], compiled: &Document) {
        let published = Pages::published(app, parents, &self.sites, compiled);
        let mut all = self.published.write().expect("publishing does not panic");
        all.insert(app.id.clone(), Arc::new(published));
    }

    /// Takes away what visitors got.
    fn withdraw(&self, id: &AppId) {
        self.published.write().expect("publishing does not panic").remove(id);
    }

    /// The pages that may stand above an app's widget: the demo page, and those of its settings.
    fn ancestors(&self, app: &App) -> Result<Vec<Ancestor>, SaveError> {
        parents_of(app, &self.sites).map(|origin| Ok(origin.as_str().parse()?)).collect()
    }
}

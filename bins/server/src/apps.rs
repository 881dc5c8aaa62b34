//! The use cases: create an app, change its settings, save, check and preview its code. They know no
//! HTTP.

use std::sync::Arc;

use c2c::{Diagnostic, Page, Rejected, Sandbox, Snippets};
use c2c_names::{AppId, BridgeLimits};
use c2c_policy::{AncestorSource, HostSourceError};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::live::Live;
use crate::pages::{Documents, sandbox_of};
use crate::paths::parents_of;
use crate::sites::{Site, Sites};
use crate::store::{App, Jar, Listed, Revision, Store, StoreError};

/// All apps of this server.
#[derive(Debug)]
pub(crate) struct Apps {
    store: Store,
    sites: Arc<Sites>,
    limits: BridgeLimits,
    /// Checks code that belongs to no app.
    checker: Sandbox,
    live: Arc<Live>,
    /// Held from the write to the database until the new state is published, so that the two never
    /// disagree about the newest revision.
    publishing: Mutex<()>,
}

/// A saved revision.
#[derive(Debug)]
pub(crate) struct Saved {
    /// The new revision's number.
    pub(crate) revision: i64,
    /// Warnings about its code.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// A staged draft.
#[derive(Debug)]
pub(crate) struct Staged {
    /// The id in the addresses of its pages: [`Paths::of_preview`](crate::paths::Paths::of_preview).
    pub(crate) id: String,
    /// The compiled draft.
    pub(crate) page: Page,
}

/// Code that cannot be served for an app.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The code would swallow or break the page.
    #[error("the code was rejected")]
    Rejected(Vec<Diagnostic>),
    /// A parent origin of the app cannot be written in a policy.
    #[error("a parent origin of the app: {0}")]
    Origin(#[from] HostSourceError),
}

/// An app that was not created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// Its empty document cannot be made.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Settings that were not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigureError {
    /// There is no such app.
    #[error("there is no app {0}")]
    NoSuchApp(AppId),
    /// A parent origin cannot be written in a policy.
    #[error(transparent)]
    Origin(#[from] HostSourceError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Code that was not saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The app does not exist.
    #[error("there is no app {0}")]
    NoSuchApp(AppId),
    /// The code cannot be served.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Another save came first.
    #[error("the newest revision is {newest}, not the one that was edited")]
    Conflict {
        /// The newest revision's number.
        newest: i64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A draft that was not staged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PreviewError {
    /// There is no such app.
    #[error("there is no app {0}")]
    NoSuchApp(AppId),
    /// The code cannot be served.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Rejected> for BuildError {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected.diagnostics().to_vec())
    }
}

impl Apps {
    /// Compiles and publishes every app of the store.
    pub(crate) async fn load(
        store: Store,
        sites: Arc<Sites>,
        limits: BridgeLimits,
        live: Arc<Live>,
    ) -> Result<Self, StoreError> {
        let nameless = App {
            id: "check".parse().expect("an app id"),
            name: String::new(),
            parent_origins: Vec::new(),
            jar: Jar::default(),
        };
        let checker = sandbox_of(&nameless, &[], &sites, limits, Documents::Published);
        let apps = Self { checker, store, sites, limits, live, publishing: Mutex::default() };
        for Listed { app, .. } in apps.store.apps().await? {
            let revision = apps.store.newest_revision(&app.id).await?;
            apps.publish_or_withdraw(&app, apps.build(&app, revision.snippets()).await);
        }
        Ok(apps)
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
    pub(crate) async fn create(&self, app: App) -> Result<(), CreateError> {
        let built = self.build(&app, Snippets::default()).await?;
        let _publishing = self.publishing.lock().await;
        self.store.insert_app(&app).await?;
        self.publish(&app, built);
        Ok(())
    }

    /// Changes an app's settings.
    pub(crate) async fn configure(&self, app: App) -> Result<(), ConfigureError> {
        let _publishing = self.publishing.lock().await;
        self.ancestors(&app)?;
        let revision = self.store.newest_revision(&app.id).await?;
        let built = self.build(&app, revision.snippets()).await;
        if !self.store.update_app(&app).await? {
            return Err(ConfigureError::NoSuchApp(app.id));
        }
        self.publish_or_withdraw(&app, built);
        Ok(())
    }

    /// Checks, compiles, stores and publishes custom code that was edited from the revision before
    /// `revision.number`.
    pub(crate) async fn save(&self, id: &AppId, revision: Revision) -> Result<Saved, SaveError> {
        let edited = self.store.app(id).await?.ok_or_else(|| SaveError::NoSuchApp(id.clone()))?;
        let mut built = self.build(&edited, revision.snippets()).await?;

        let _publishing = self.publishing.lock().await;
        // Read here because the settings may have changed during compilation, and before the write
        // because nothing may fail after it.
        let app = self.store.app(id).await?.ok_or_else(|| SaveError::NoSuchApp(id.clone()))?;
        if app != edited {
            built = self.build(&app, revision.snippets()).await?;
        }
        if !self.store.insert_revision(id, &revision).await? {
            let newest = self.store.newest_revision(id).await?.number;
            return Err(SaveError::Conflict { newest });
        }
        let warnings = built.page.warnings().to_vec();
        self.publish(&app, built);
        Ok(Saved { revision: revision.number, warnings })
    }

    /// Checks, compiles and stages custom code that was not saved. Nothing is stored, and nothing
    /// of it reaches visitors.
    pub(crate) async fn preview(
        &self,
        id: &AppId,
        draft: Snippets,
    ) -> Result<Staged, PreviewError> {
        let app = self.store.app(id).await?.ok_or_else(|| PreviewError::NoSuchApp(id.clone()))?;
        let Built { page, above } =
            self.build_below(&app, draft, Some(&self.sites.console)).await?;
        let id = self.live.stage(&app, &above, page.clone());
        Ok(Staged { id, page })
    }

    /// Checks custom code. The result is the same for every app.
    pub(crate) async fn check(&self, snippets: Snippets) -> Result<Page, Rejected> {
        compile(self.checker.clone(), snippets).await
    }

    /// Compiles custom code for an app's visitors.
    async fn build(&self, app: &App, snippets: Snippets) -> Result<Built, BuildError> {
        self.build_below(app, snippets, None).await
    }

    /// Compiles custom code for an app, and for one more page that may be above it.
    async fn build_below(
        &self,
        app: &App,
        snippets: Snippets,
        console: Option<&Site>,
    ) -> Result<Built, BuildError> {
        let mut above = self.ancestors(app)?;
        let documents = match console {
            Some(_) => Documents::Preview,
            None => Documents::Published,
        };
        above.extend(console.map(|site| site.source.clone().into()));
        let sandbox = sandbox_of(app, &above, &self.sites, self.limits, documents);
        Ok(Built { page: compile(sandbox, snippets).await?, above })
    }

    fn publish(&self, app: &App, built: Built) {
        self.live.publish(app, &built.above, built.page);
    }

    /// An app whose code cannot be served is not served until it is saved again: by a checker that has
    /// become stricter, say. The pages that were published may be embedded by origins that its settings no
    /// longer name.
    fn publish_or_withdraw(&self, app: &App, built: Result<Built, BuildError>) {
        match built {
            Ok(built) => self.publish(app, built),
            Err(error) => {
                self.live.withdraw(&app.id);
                tracing::error!(id = %app.id, %error, "the app's code cannot be served until it is saved again");
            }
        }
    }

    /// The pages that may stand above an app's widget: the demo page, and those of its settings.
    fn ancestors(&self, app: &App) -> Result<Vec<AncestorSource>, HostSourceError> {
        parents_of(app, &self.sites).map(AncestorSource::try_from).collect()
    }
}

/// An app's compiled code and the pages that may be above its widget.
struct Built {
    page: Page,
    above: Vec<AncestorSource>,
}

/// Compiles on a blocking thread, since it takes time in proportion to the code.
async fn compile(sandbox: Sandbox, snippets: Snippets) -> Result<Page, Rejected> {
    let compiled = spawn_blocking(move || sandbox.compile(snippets));
    compiled.await.expect("compiling does not panic")
}

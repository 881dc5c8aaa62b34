//! Compiling: from an app and its code to the pages that the server answers with.

use std::sync::Arc;
use std::time::Instant;

use c2c::{Compiled, Diagnostic, Rejected, Sandbox, Snippets};
use c2c_catalogue::Catalogue;
use c2c_names::{AppId, BridgeLimits};
use c2c_policy::{AncestorSource, HostSourceError};
use c2c_store::{App, Jar, NewApp, Settings};
use tokio::task::spawn_blocking;

use crate::metrics::METRICS;
use crate::pages::{Documents, sandbox_of};
use crate::paths::parents_of;
use crate::sites::Sites;

/// Compiles code for the apps of this server.
#[derive(Debug)]
pub(crate) struct Compiler {
    sites: Arc<Sites>,
    /// The events of the widget.
    catalogue: Arc<Catalogue>,
    limits: BridgeLimits,
    /// Checks code that belongs to no app.
    checker: Sandbox,
}

/// The sandbox of an app, and the pages that may be above its widget.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) sandbox: Sandbox,
    pub(crate) above: Vec<AncestorSource>,
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
    /// A fault of the compiler. The log has its message.
    #[error("the compiler failed")]
    Compiler,
}

impl From<Rejected> for BuildError {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected.diagnostics().to_vec())
    }
}

impl Compiler {
    pub(crate) fn new(sites: Arc<Sites>, catalogue: Arc<Catalogue>, limits: BridgeLimits) -> Self {
        let id = "check".parse().expect("an app id");
        let settings = NewApp::default();
        let documents = Documents::Published;
        let checker = sandbox_of(&id, &settings, &[], &sites, &catalogue, limits, documents);
        Self { sites, catalogue, limits, checker }
    }

    /// The version of the events that code is checked against.
    pub(crate) fn catalogue_version(&self) -> String {
        self.catalogue.version().to_string()
    }

    /// Identifies the compiler and the settings of this server: another version makes other documents.
    pub(crate) fn version(&self) -> String {
        let id = "version".parse().expect("an app id");
        let above = [self.sites.parent.source.clone().into()];
        let of = |jar| {
            let settings = NewApp { jar, ..NewApp::default() };
            let documents = Documents::Published;
            self.sandbox_of(&id, &settings, &above, documents).fingerprint()
        };
        format!("{}-{}", of(Jar::None), of(Jar::Visit))
    }

    /// Checks code. The result is the same for every app.
    pub(crate) async fn check(&self, snippets: Snippets) -> Result<Compiled, BuildError> {
        compile(self.checker.clone(), snippets).await
    }

    /// The sandbox of an app, for its visitors or for the console.
    pub(crate) fn configure(
        &self,
        app: &App,
        documents: Documents,
    ) -> Result<Configured, BuildError> {
        let mut above = self.ancestors(app)?;
        if documents == Documents::Preview {
            above.extend(self.sites.above_previews());
        }
        let sandbox = self.sandbox_of(&app.id, &app.settings, &above, documents);
        Ok(Configured { sandbox, above })
    }

    fn sandbox_of(
        &self,
        app: &AppId,
        settings: &Settings,
        above: &[AncestorSource],
        documents: Documents,
    ) -> Sandbox {
        let Self { sites, catalogue, limits, .. } = self;
        sandbox_of(app, settings, above, sites, catalogue, *limits, documents)
    }

    /// The pages that may stand above an app's widget: the demo page, and those of its settings.
    fn ancestors(&self, app: &App) -> Result<Vec<AncestorSource>, HostSourceError> {
        parents_of(&app.settings, &self.sites).map(AncestorSource::try_from).collect()
    }
}

/// The store's snippets, for the compiler.
pub(crate) fn code(snippets: c2c_store::Snippets) -> Snippets {
    Snippets { head: snippets.head.into(), body_end: snippets.body_end.into() }
}

/// Compiles on a blocking thread, since it takes time in proportion to the code.
pub(crate) async fn compile(sandbox: Sandbox, snippets: Snippets) -> Result<Compiled, BuildError> {
    let timed = move || {
        let began = Instant::now();
        let compiled = sandbox.compile(snippets);
        METRICS.compiled(began.elapsed());
        compiled
    };
    match spawn_blocking(timed).await {
        Ok(compiled) => Ok(compiled?),
        Err(_) => Err(BuildError::Compiler),
    }
}

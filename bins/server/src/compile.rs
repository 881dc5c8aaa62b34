//! Compiling: from an app and its code to the pages that the server answers with.

use std::sync::Arc;

use c2c::{Diagnostic, Page, Rejected, Sandbox, Snippets};
use c2c_names::BridgeLimits;
use c2c_policy::{AncestorSource, HostSourceError};
use c2c_store::{App, NewApp};
use tokio::task::spawn_blocking;

use crate::pages::{Documents, sandbox_of};
use crate::paths::parents_of;
use crate::sites::Sites;

/// Compiles code for the apps of this server.
#[derive(Debug)]
pub(crate) struct Compiler {
    sites: Arc<Sites>,
    limits: BridgeLimits,
    /// Checks code that belongs to no app.
    checker: Sandbox,
}

/// Compiled code, and the pages that may be above its widget.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) document: Page,
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
    pub(crate) fn new(sites: Arc<Sites>, limits: BridgeLimits) -> Self {
        let id = "check".parse().expect("an app id");
        let settings = NewApp::default();
        let checker = sandbox_of(&id, &settings, &[], &sites, limits, Documents::Published);
        Self { sites, limits, checker }
    }

    /// Checks code. The result is the same for every app.
    pub(crate) async fn check(&self, snippets: Snippets) -> Result<Page, BuildError> {
        compile(self.checker.clone(), snippets).await
    }

    /// Compiles code for an app's visitors, or for the console.
    pub(crate) async fn build(
        &self,
        app: &App,
        snippets: Snippets,
        documents: Documents,
    ) -> Result<Built, BuildError> {
        let mut above = self.ancestors(app)?;
        if documents == Documents::Preview {
            above.push(self.sites.console.source.clone().into());
        }
        let sandbox =
            sandbox_of(&app.id, &app.settings, &above, &self.sites, self.limits, documents);
        Ok(Built { document: compile(sandbox, snippets).await?, above })
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
async fn compile(sandbox: Sandbox, snippets: Snippets) -> Result<Page, BuildError> {
    match spawn_blocking(move || sandbox.compile(snippets)).await {
        Ok(compiled) => Ok(compiled?),
        Err(_) => Err(BuildError::Compiler),
    }
}

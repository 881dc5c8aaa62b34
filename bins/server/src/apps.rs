//! The use cases that need both the store and the compiler. They know no HTTP.

use std::sync::Arc;

use c2c::{Compiled, Diagnostic, Snippets};
use c2c_names::AppId;
use c2c_store::{
    Actor, App, CollectSettings, Environment, NewApp, Note, PreviewLink, Publication, Restoration,
    RevisionNumber, Secret, Settings, Store, StoreError, Timestamp, Version,
};

use crate::compile::{BuildError, Compiler, Configured, code, compile};
use crate::documents::Documents;
use crate::error::AppError;
use crate::live::Live;
use crate::metrics::METRICS;
use crate::pages::Documents as Kind;

/// All apps of this server.
#[derive(Debug)]
pub(crate) struct Apps {
    store: Store,
    compiler: Arc<Compiler>,
    documents: Arc<Documents>,
    live: Arc<Live>,
}

/// A draft that is saved.
#[derive(Debug)]
pub(crate) struct Saved {
    /// Its new version.
    pub(crate) version: Version,
    /// Errors and warnings. A draft with errors can be saved, but not published.
    pub(crate) findings: Vec<Diagnostic>,
}

/// A new revision.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) revision: RevisionNumber,
    /// Warnings about its code.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// A publication that a person asks for.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) draft: Version,
    pub(crate) replaces: Option<RevisionNumber>,
    pub(crate) to: Environment,
    pub(crate) note: Note,
    /// When it goes live, if not now.
    pub(crate) at: Option<Timestamp>,
}

/// A staged preview.
#[derive(Debug)]
pub(crate) struct Staged {
    /// The id in the addresses of its pages: [`Paths::of_preview`](crate::paths::Paths::of_preview).
    pub(crate) id: String,
    /// The compiled draft.
    pub(crate) compiled: Compiled,
}

impl Apps {
    pub(crate) fn new(
        store: Store,
        compiler: Arc<Compiler>,
        documents: Arc<Documents>,
        live: Arc<Live>,
    ) -> Self {
        Self { store, compiler, documents, live }
    }

    /// The store, for reading.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Makes an app without code.
    pub(crate) async fn create(
        &self,
        by: &Actor,
        id: &AppId,
        new: &NewApp,
    ) -> Result<(), AppError> {
        self.store.create(by, id, new).await?;
        self.live.forget(id).await;
        Ok(())
    }

    /// Changes how an app takes events. Visitors' pages know at once.
    pub(crate) async fn collect(
        &self,
        by: &Actor,
        id: &AppId,
        edited: Version,
        settings: &CollectSettings,
    ) -> Result<Version, AppError> {
        let version = self.store.configure_collect(by, id, edited, settings).await?;
        self.live.forget(id).await;
        Ok(version)
    }

    /// Changes an app's settings. They apply to visitors at once.
    pub(crate) async fn configure(
        &self,
        by: &Actor,
        id: &AppId,
        edited: Version,
        settings: Settings,
    ) -> Result<Version, AppError> {
        let mut app = self.store.app(id).await?;
        app.settings = settings;
        // An origin that no policy can hold is found here.
        self.compiler.configure(&app, Kind::Published)?;
        let version = self.store.configure(by, id, edited, &app.settings).await?;
        self.live.forget(id).await;
        Ok(version)
    }

    /// Saves a draft, with errors or without.
    pub(crate) async fn save_draft(
        &self,
        by: &Actor,
        id: &AppId,
        edited: Version,
        snippets: c2c_store::Snippets,
    ) -> Result<Saved, AppError> {
        let version = self.store.save_draft(by, id, edited, &snippets).await?;
        let findings = match self.check(code(snippets)).await? {
            Ok(compiled) => compiled.warnings().to_vec(),
            Err(findings) => findings,
        };
        Ok(Saved { version, findings })
    }

    /// Checks code. `Err` within the result: it cannot be published, for these reasons.
    pub(crate) async fn check(
        &self,
        code: Snippets,
    ) -> Result<Result<Compiled, Vec<Diagnostic>>, AppError> {
        match self.compiler.check(code).await {
            Ok(compiled) => Ok(Ok(compiled)),
            Err(BuildError::Rejected(findings)) => Ok(Err(findings)),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks the draft and makes a revision of it, which goes live or into staging, now or later.
    pub(crate) async fn publish(
        &self,
        by: &Actor,
        id: &AppId,
        wish: Wish,
    ) -> Result<Published, AppError> {
        let draft = self.store.draft(id).await?;
        if draft.version != wish.draft {
            return Err(StoreError::DraftConflict(Box::new(draft)).into());
        }
        let app = self.store.app(id).await?;
        let compiled = self.documents.compile(&app, code(draft.snippets)).await?;
        let (to, at) = (wish.to, wish.at);
        let publication = Publication {
            draft: wish.draft,
            replaces: wish.replaces,
            to,
            note: wish.note,
            catalogue: self.compiler.catalogue_version(),
            diagnostics: json(compiled.warnings()),
        };
        let revision = match at {
            None => self.store.publish(by, id, &publication).await?,
            Some(at) => self.store.plan_publication(by, id, &publication, at).await?,
        };
        if at.is_none() {
            METRICS.published(to);
        }
        self.documents.keep(app, revision, &compiled);
        self.live.forget(id).await;
        Ok(Published { revision, warnings: compiled.warnings().to_vec() })
    }

    /// Puts the staged revision live.
    pub(crate) async fn promote(
        &self,
        by: &Actor,
        id: &AppId,
        staged: RevisionNumber,
        replaces: Option<RevisionNumber>,
    ) -> Result<(), AppError> {
        self.store.promote(by, id, staged, replaces).await?;
        METRICS.published(Environment::Live);
        self.live.forget(id).await;
        Ok(())
    }

    /// Checks the content of an old revision again, and puts it live as a new one.
    pub(crate) async fn roll_back(
        &self,
        by: &Actor,
        id: &AppId,
        to: RevisionNumber,
        replaces: Option<RevisionNumber>,
        note: Note,
    ) -> Result<Published, AppError> {
        let old = self.store.revision(id, to).await?;
        let app = self.store.app(id).await?;
        let compiled = self.documents.compile(&app, code(old.snippets)).await?;
        let restoration = Restoration {
            to,
            replaces,
            note,
            catalogue: self.compiler.catalogue_version(),
            diagnostics: json(compiled.warnings()),
        };
        let revision = self.store.roll_back(by, id, &restoration).await?;
        METRICS.published(Environment::Live);
        self.documents.keep(app, revision, &compiled);
        self.live.forget(id).await;
        Ok(Published { revision, warnings: compiled.warnings().to_vec() })
    }

    /// Switches the code of an app off for all visitors, or on again.
    pub(crate) async fn switch(
        &self,
        by: &Actor,
        id: &AppId,
        off: bool,
        reason: &Note,
    ) -> Result<(), AppError> {
        if off {
            self.store.switch_off(by, id, reason).await?;
        } else {
            self.store.switch_on(by, id, reason).await?;
        }
        self.live.forget(id).await;
        Ok(())
    }

    /// Deletes an app, or brings a deleted one back.
    pub(crate) async fn delete(&self, by: &Actor, id: &AppId) -> Result<(), AppError> {
        self.store.delete(by, id).await?;
        self.live.forget(id).await;
        Ok(())
    }

    /// Brings a deleted app back.
    pub(crate) async fn restore(&self, by: &Actor, id: &AppId) -> Result<(), AppError> {
        self.store.restore(by, id).await?;
        self.live.forget(id).await;
        Ok(())
    }

    /// Checks, compiles and stages code that was not saved. Nothing is stored, and nothing of it reaches
    /// visitors.
    pub(crate) async fn preview(&self, id: &AppId, draft: Snippets) -> Result<Staged, AppError> {
        let app = self.store.app(id).await?;
        let Configured { sandbox, above } = self.compiler.configure(&app, Kind::Preview)?;
        let compiled = compile(sandbox, draft).await?;
        let id = self.live.stage(&app, &above, compiled.page().clone());
        Ok(Staged { id, compiled })
    }

    /// The preview link with this secret, and its app.
    pub(crate) async fn preview_link(
        &self,
        secret: &Secret,
    ) -> Result<(PreviewLink, App), AppError> {
        let link = self.store.preview_link(secret, Timestamp::now()).await?;
        let app = self.store.app(&link.app).await?;
        Ok((link, app))
    }

    /// Makes a ticket for one load of the draft that a preview link shows, and checks the draft. Tickets are limited, and
    /// checking takes long, so the ticket is first. That of a draft with errors is for nothing.
    pub(crate) async fn open_preview_link(
        &self,
        secret: &Secret,
    ) -> Result<(AppId, Secret), AppError> {
        let (app, ticket) = self.store.make_preview_ticket(secret, Timestamp::now()).await?;
        let draft = self.store.draft(&app).await?;
        self.compiler.check(code(draft.snippets)).await?;
        METRICS.links_opened.inc();
        Ok((app, ticket))
    }

    /// Takes a ticket, and compiles the present draft of its app as its publication would be. `None` if there
    /// is no such ticket, or it was taken.
    pub(crate) async fn load_preview(
        &self,
        ticket: &Secret,
    ) -> Result<Option<(AppId, c2c::Page)>, AppError> {
        let taken = self.store.take_preview_ticket(ticket, Timestamp::now()).await?;
        let Some(id) = taken else { return Ok(None) };
        let app = self.store.app(&id).await?;
        let draft = self.store.draft(&id).await?;
        let compiled = self.documents.compile(&app, code(draft.snippets)).await?;
        Ok(Some((id, compiled.page().clone().not_stored())))
    }
}

fn json(findings: &[Diagnostic]) -> String {
    serde_json::to_string(findings).expect("findings are JSON")
}

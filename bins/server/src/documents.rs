//! The documents of visitors. Each is compiled once for all servers, and kept in the database.

use std::slice::from_ref;
use std::sync::Arc;

use bytes::Bytes;
use c2c::{Compiled, Page, Snippets};
use c2c_policy::AncestorSource;
use c2c_store::{App, DocumentKey, NewDocument, RevisionNumber, Store};
use tokio::sync::{mpsc, watch};

use crate::compile::{Compiler, Configured, code, compile};
use crate::error::AppError;
use crate::pages::Documents as Kind;

/// Documents that wait to be kept. One that finds no place is compiled again when it is needed.
const WAITING_MAX: usize = 256;

/// Compiles documents, and finds those that were compiled before.
#[derive(Debug)]
pub(crate) struct Documents {
    store: Store,
    compiler: Arc<Compiler>,
    waiting: mpsc::Sender<NewDocument>,
}

/// A document for visitors, and the pages that may be above its widget.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) page: Page,
    pub(crate) above: Vec<AncestorSource>,
}

/// The documents that wait to be kept, for [`keep`].
#[derive(Debug)]
pub(crate) struct Waiting(mpsc::Receiver<NewDocument>);

impl Documents {
    pub(crate) fn new(store: Store, compiler: Arc<Compiler>) -> (Self, Waiting) {
        let (waiting, receiver) = mpsc::channel(WAITING_MAX);
        (Self { store, compiler, waiting }, Waiting(receiver))
    }

    /// The document of a revision, or one without code. It is kept if it was not.
    pub(crate) async fn of(
        &self,
        app: &App,
        revision: Option<RevisionNumber>,
    ) -> Result<Document, AppError> {
        let Configured { sandbox, above } = self.compiler.configure(app, Kind::Published)?;
        let key = key(revision, &sandbox);
        if let Some(bytes) = self.store.document(&app.id, &key).await? {
            match sandbox.restore(&Bytes::from(bytes)) {
                Ok(page) => return Ok(Document { page, above }),
                Err(error) => tracing::warn!(app = %app.id, %error, "a document is made again"),
            }
        }
        let snippets = match revision {
            Some(number) => code(self.store.revision(&app.id, number).await?.snippets),
            None => Snippets::default(),
        };
        let page = compile(sandbox, snippets).await?.page().clone();
        self.keep_later(NewDocument { app: app.clone(), key, bytes: page.to_bytes() });
        Ok(Document { page, above })
    }

    /// Compiles code that becomes a revision of an app.
    pub(crate) async fn compile(&self, app: &App, code: Snippets) -> Result<Compiled, AppError> {
        let Configured { sandbox, .. } = self.compiler.configure(app, Kind::Published)?;
        Ok(compile(sandbox, code).await?)
    }

    /// Keeps the document of code that became a revision.
    pub(crate) fn keep(&self, app: App, revision: RevisionNumber, compiled: &Compiled) {
        if let Ok(Configured { sandbox, .. }) = self.compiler.configure(&app, Kind::Published) {
            let key = key(Some(revision), &sandbox);
            self.keep_later(NewDocument { app, key, bytes: compiled.page().to_bytes() });
        }
    }

    /// The document of a revision, to keep; `None` if its key is among those that are `kept`.
    pub(crate) async fn renew(
        &self,
        app: &App,
        revision: RevisionNumber,
        kept: &[DocumentKey],
    ) -> Result<Option<NewDocument>, AppError> {
        let Configured { sandbox, .. } = self.compiler.configure(app, Kind::Published)?;
        let key = key(Some(revision), &sandbox);
        if kept.contains(&key) {
            return Ok(None);
        }
        let code = code(self.store.revision(&app.id, revision).await?.snippets);
        let bytes = compile(sandbox, code).await?.page().to_bytes();
        Ok(Some(NewDocument { app: app.clone(), key, bytes }))
    }

    fn keep_later(&self, document: NewDocument) {
        if self.waiting.try_send(document).is_err() {
            tracing::debug!("a document is not kept: too many wait");
        }
    }
}

fn key(revision: Option<RevisionNumber>, sandbox: &c2c::Sandbox) -> DocumentKey {
    DocumentKey { revision, sandbox: sandbox.fingerprint().as_bytes().to_vec() }
}

/// Keeps documents until `stopped` holds true. Visitors do not wait for it.
pub(crate) async fn keep(store: Store, waiting: Waiting, mut stopped: watch::Receiver<bool>) {
    let Waiting(mut waiting) = waiting;
    loop {
        let document = tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => return,
            document = waiting.recv() => document,
        };
        let Some(document) = document else { return };
        if let Err(error) = store.keep_documents(from_ref(&document)).await {
            // It is compiled again when it is needed.
            tracing::debug!(app = %document.app.id, %error, "a document is not kept");
        }
    }
}

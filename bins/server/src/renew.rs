//! After an upgrade: compiling the documents of all apps, by one server and in the background.

use std::sync::Arc;
use std::time::Duration;

use c2c_store::{AppDocuments, Claim, Job, NewDocument, Store, StoreError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::documents::Documents;
use crate::error::AppError;

/// How long a server has the work before another may go on with it. It is claimed anew after each group of
/// apps.
const LEASE: Duration = Duration::from_mins(1);
/// Apps between two claims.
const GROUP: u32 = 100;
/// The time between two rests. The system's clock is too coarse for a rest after each document.
const SHIFT: Duration = Duration::from_millis(20);
/// The time between two messages about the progress.
const NEWS: Duration = Duration::from_secs(10);

/// Compiles what `version` of the compiler has not compiled yet, until it is done or `stopped` holds true.
pub(crate) async fn renew(
    store: Store,
    documents: Arc<Documents>,
    version: String,
    mut stopped: watch::Receiver<bool>,
) {
    let job = format!("documents {version}");
    tokio::select! {
        _ = stopped.wait_for(|&stopped| stopped) => {}
        () = renew_all(&store, &documents, &job) => {}
    }
}

async fn renew_all(store: &Store, documents: &Documents, job: &str) {
    loop {
        match store.claim(job, LEASE).await {
            Ok(Claim::Finished) => return,
            Ok(Claim::Taken) => {}
            Ok(Claim::Mine(job)) => match Renewal::new(store, documents).run(job).await {
                Ok(true) => return,
                // Another server goes on.
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "documents are compiled later"),
            },
            // A database that cannot be written keeps none.
            Err(error) => tracing::debug!(%error, "documents are compiled when they are needed"),
        }
        sleep(LEASE).await;
    }
}

struct Renewal<'a> {
    store: &'a Store,
    documents: &'a Documents,
    /// Apps that were looked at.
    seen: u64,
    compiled: u64,
    /// Apps whose code this version rejects.
    rejected: u64,
    /// Since the last rest.
    worked: Duration,
    news_at: Instant,
}

impl<'a> Renewal<'a> {
    fn new(store: &'a Store, documents: &'a Documents) -> Self {
        let news_at = Instant::now() + NEWS;
        Self {
            store,
            documents,
            seen: 0,
            compiled: 0,
            rejected: 0,
            worked: Duration::ZERO,
            news_at,
        }
    }

    /// Goes on with the job. Gives whether it is done.
    async fn run(&mut self, mut job: Job) -> Result<bool, StoreError> {
        let apps = self.store.apps_with_code().await?;
        loop {
            // The id of the last app.
            let after = job.position.parse().ok();
            let group = self.store.app_documents(after.as_ref(), GROUP).await?;
            let Some(last) = group.last().map(|last| last.app.id.to_string()) else { break };
            let mut documents = Vec::new();
            for app in &group {
                self.renew(app, &mut documents).await?;
            }
            self.store.keep_documents(&documents).await?;
            match self.store.advance(job, &last, LEASE).await? {
                Some(next) => job = next,
                None => return Ok(false),
            }
            if Instant::now() >= self.news_at {
                let Self { seen, compiled, .. } = self;
                tracing::info!(
                    "the documents of {seen} of {apps} apps are ready ({compiled} compiled)"
                );
                self.news_at = Instant::now() + NEWS;
            }
        }
        self.store.finish_job(job).await?;
        let Self { seen, compiled, rejected, .. } = self;
        if *compiled > 0 || *rejected > 0 {
            tracing::info!(
                "the documents of {seen} apps are ready: {compiled} compiled, {rejected} rejected"
            );
        }
        Ok(true)
    }

    async fn renew(
        &mut self,
        AppDocuments { app, kept, .. }: &AppDocuments,
        documents: &mut Vec<NewDocument>,
    ) -> Result<(), StoreError> {
        self.seen += 1;
        for revision in [app.live, app.staged].into_iter().flatten() {
            let began = Instant::now();
            match self.documents.renew(app, revision, kept).await {
                Ok(None) => continue,
                Ok(Some(document)) => {
                    self.compiled += 1;
                    documents.push(document);
                }
                // It was deleted in the meantime.
                Err(AppError::Store(StoreError::NoSuchApp(_))) => {}
                Err(AppError::Store(error)) => return Err(error),
                Err(AppError::Build(error)) => {
                    self.rejected += 1;
                    tracing::warn!(app = %app.id, %revision, %error, "this version cannot serve the code");
                }
            }
            self.rest(began.elapsed()).await;
        }
        Ok(())
    }

    /// Visitors come first: it works for half of the time.
    async fn rest(&mut self, worked: Duration) {
        self.worked += worked;
        if self.worked >= SHIFT {
            sleep(std::mem::take(&mut self.worked)).await;
        }
    }
}

//! Telling a content delivery network which apps have changed. One of several servers does it: whichever has
//! claimed the job. How far it is stands in the database, so that no change is forgotten; after a failure,
//! some are told twice.

use std::sync::Arc;
use std::time::Duration;

use c2c::Cdn;
use c2c_store::{Claim, Job, Store, StoreError};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use ureq::Agent;
use ureq::http::header::AUTHORIZATION;

use crate::outgoing::agent;
use crate::settings::{PurgeUrl, Secret};

const JOB: &str = "purge";
/// How long a server has the job before another may go on with it, after a crash.
const LEASE: Duration = Duration::from_secs(10);
/// How often it claims the job anew, without changes.
const RENEWAL: Duration = Duration::from_secs(3);
/// The longest time between two looks at the changes, also if none is announced.
const LOOK: Duration = Duration::from_secs(1);
/// How long the hook may take. A claim must not end in the meantime.
const HOOK_PATIENCE: Duration = Duration::from_secs(5);
/// Tags in one request: as many as the strictest network takes.
const TAGS_MAX: u32 = 30;

/// The hook of a content delivery network.
#[derive(Debug)]
pub(crate) struct Hook {
    agent: Agent,
    url: PurgeUrl,
    authorization: Option<Secret>,
}

#[derive(Debug, thiserror::Error)]
enum PurgeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Without the address, which may hold a secret.
    #[error("the hook cannot be reached: {0}")]
    Unreachable(String),
    #[error("the hook answers with {0}")]
    Refused(u16),
}

impl Hook {
    pub(crate) fn new(url: PurgeUrl, authorization: Option<Secret>) -> Self {
        let agent = agent(&url.0.to_string(), Some(HOOK_PATIENCE));
        Self { agent, url, authorization }
    }

    fn call(&self, tags: &[String]) -> Result<(), PurgeError> {
        let mut request = self.agent.post(&self.url.0).content_type("application/json");
        if let Some(Secret(value)) = &self.authorization {
            request = request.header(AUTHORIZATION, value.clone());
        }
        let response = request.send(json!({"tags": tags}).to_string());
        let status = response.map_err(|error| PurgeError::Unreachable(error.to_string()))?.status();
        if status.is_success() { Ok(()) } else { Err(PurgeError::Refused(status.as_u16())) }
    }
}

/// Runs until `stopped` holds true.
pub(crate) async fn purge(store: Store, hook: Hook, mut stopped: watch::Receiver<bool>) {
    let hook = Arc::new(hook);
    tokio::select! {
        _ = stopped.wait_for(|&stopped| stopped) => {}
        () = purge_all(&store, &hook) => {}
    }
}

async fn purge_all(store: &Store, hook: &Arc<Hook>) {
    let mut failing = false;
    loop {
        let outcome = match store.claim(JOB, LEASE).await {
            Ok(Claim::Mine(job)) => Purger { store, hook, failing: &mut failing }.run(job).await,
            Ok(Claim::Taken | Claim::Finished) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = outcome {
            // One line when it begins; the next success has one, too.
            if !failing {
                tracing::error!(%error, "changes are not told to the content delivery network; trying again");
            }
            failing = true;
        }
        sleep(LOOK).await;
    }
}

struct Purger<'a> {
    store: &'a Store,
    hook: &'a Arc<Hook>,
    failing: &'a mut bool,
}

impl Purger<'_> {
    /// Tells changes until the claim is lost, or something fails.
    async fn run(&mut self, mut job: Job) -> Result<(), PurgeError> {
        let mut watch = self.store.watch(LOOK);
        let mut seq: i64 = match job.position.parse() {
            Ok(seq) => seq,
            // Nothing is kept yet that could be stale.
            Err(_) => self.store.last_seq().await?,
        };
        let mut renew_at = Instant::now();
        loop {
            let changes = self.store.changes_since(seq, TAGS_MAX).await?;
            if let Some(last) = changes.last() {
                let mut tags: Vec<_> = changes.iter().map(|change| Cdn::tag(&change.app)).collect();
                tags.sort();
                tags.dedup();
                let hook = Arc::clone(self.hook);
                let told = spawn_blocking(move || hook.call(&tags)).await;
                told.unwrap_or_else(|panic| Err(PurgeError::Unreachable(panic.to_string())))?;
                if std::mem::take(self.failing) {
                    tracing::info!("the content delivery network is told about changes again");
                }
                (seq, renew_at) = (last.seq, Instant::now());
            }
            if Instant::now() >= renew_at {
                let Some(next) = self.store.advance(job, &seq.to_string(), LEASE).await? else {
                    return Ok(());
                };
                (job, renew_at) = (next, Instant::now() + RENEWAL);
            }
            if changes.is_empty() {
                watch.changed().await;
            }
        }
    }
}

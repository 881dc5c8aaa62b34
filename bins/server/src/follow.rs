//! Work that no request asks for: noticing changes that other servers made, carrying out plans, and
//! removing apps that were deleted long ago and preview links that have ended.

use std::sync::Arc;
use std::time::Duration;

use c2c_store::{Environment, Store, StoreError, Timestamp};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::live::Live;
use crate::metrics::METRICS;

/// The longest time between two looks at the database, also if no change is announced.
const LOOK: Duration = Duration::from_secs(1);
/// The time between two removals of deleted apps.
const PURGE: Duration = Duration::from_hours(1);
/// Changes that are read at once.
const CHANGES_MAX: u32 = 1000;

/// Runs until `stopped` holds true. `seq` is the audit entry after which changes are new; one look takes at
/// most `look_timeout`.
pub(crate) async fn follow(
    store: Store,
    live: Arc<Live>,
    mut seq: i64,
    look_timeout: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut watch = store.watch(LOOK);
    let mut purge_at = Instant::now();
    let mut failing = false;
    loop {
        tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => return,
            () = watch.changed() => {}
        }
        let look = timeout(look_timeout, look(&store, &live, &mut seq, &mut purge_at));
        let outcome = look.await.unwrap_or_else(|_| Err(StoreError::hung()));
        // One line when it begins, one when it is over.
        match &outcome {
            Err(error) if !failing => tracing::error!(%error, "changes cannot be read"),
            Ok(()) if failing => tracing::info!("changes can be read again"),
            _ => {}
        }
        if outcome.is_ok() {
            METRICS.looked();
        }
        failing = outcome.is_err();
    }
}

async fn look(
    store: &Store,
    live: &Live,
    seq: &mut i64,
    purge_at: &mut Instant,
) -> Result<(), StoreError> {
    loop {
        let changes = store.changes_since(*seq, CHANGES_MAX).await?;
        let Some(last) = changes.last() else { break };
        let last = last.seq;
        for change in changes {
            live.forget(&change.app).await;
        }
        *seq = last;
    }
    // After the changes, so that a plan that fails does not hide them.
    while let Some(id) = store.carry_out_due(Timestamp::now()).await? {
        live.forget(&id).await;
        METRICS.published(Environment::Live);
        tracing::info!(app = %id, "a plan was carried out");
    }
    if Instant::now() >= *purge_at {
        let by = "c2c-server".parse().expect("an actor");
        for id in store.purge(&by, Timestamp::now()).await? {
            tracing::info!(app = %id, "nothing of the deleted app is left but its audit log");
        }
        store.purge_previews(Timestamp::now()).await?;
        store.purge_access(Timestamp::now()).await?;
        *purge_at = Instant::now() + PURGE;
    }
    Ok(())
}

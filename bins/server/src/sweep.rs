//! The end of events: their content and their history go after the days that their app's settings say, and what waits for
//! an endpoint that was removed ends.

use std::sync::Arc;
use std::time::Duration;

use c2c_store::{Actor, Claim, Store, StoreError, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

/// The time between two looks.
const LOOK: Duration = Duration::from_hours(1);
/// The name of the job that one of several servers has.
const JOB: &str = "sweep of events";
/// How long a server has it before another may go on. It is claimed anew after each group of steps.
const LEASE: Duration = Duration::from_mins(1);
/// Rows of one step. Each is a transaction, which others wait for.
const ROWS: u32 = 500;
/// Steps between two claims.
const STEPS: u32 = 20;

/// Removes what is too old until `stopped` holds true, each hour, and when `soon` is notified. One step takes at most
/// `patience`.
pub(crate) async fn sweep(
    store: Store,
    patience: Duration,
    soon: Arc<Notify>,
    mut stopped: watch::Receiver<bool>,
) {
    let by: Actor = "c2c-server".parse().expect("an actor");
    loop {
        let swept = tokio::select! {
            // A step that is under way is rolled back.
            _ = stopped.wait_for(|&stopped| stopped) => return,
            swept = sweep_all(&store, &by, patience) => swept,
        };
        let again = match swept {
            Ok(true) => LOOK,
            // Another server has the job, and may have been done with what is new.
            Ok(false) => LEASE,
            Err(error) => {
                tracing::warn!(%error, "old events are removed later");
                LOOK
            }
        };
        tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => return,
            _ = timeout(again, soon.notified()) => {}
        }
    }
}

/// Sweeps until nothing is left. Gives whether it has done so: another server may have the job.
async fn sweep_all(store: &Store, by: &Actor, patience: Duration) -> Result<bool, StoreError> {
    let Claim::Mine(mut job) = store.claim(JOB, LEASE).await? else { return Ok(false) };
    loop {
        for _ in 0..STEPS {
            let step = timeout(patience, store.sweep(by, Timestamp::now(), ROWS)).await;
            if step.unwrap_or_else(|_| Err(StoreError::hung()))? == 0 {
                // The next look is any server's.
                return store.advance(job, "", Duration::ZERO).await.map(|_| true);
            }
        }
        match store.advance(job, "", LEASE).await? {
            Some(advanced) => job = advanced,
            None => return Ok(false),
        }
    }
}

//! One task that writes what comes in: all batches that wait are one transaction.
//!
//! A commit waits for the disk, and while it does, more batches come. So a group is as large as the load makes it,
//! and a batch that comes alone waits for nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use c2c_names::AppId;
use c2c_store::{FailureKind, Incoming, Receipt, Receipts, Store, StoreError, Timestamp};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use crate::metrics::METRICS;

/// Events that may wait at once. More are answered with 503.
const WAITING_MAX: usize = 10_000;
/// The part of them that one app may take.
const WAITING_OF_APP_MAX: usize = WAITING_MAX / 4;
/// Events of one transaction, unless one batch has more.
const GROUP_MAX: usize = 1000;

/// Where batches wait to be written.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    jobs: mpsc::UnboundedSender<Job>,
    waiting: Arc<Mutex<Waiting>>,
}

/// The other end.
#[derive(Debug)]
pub(crate) struct Jobs(mpsc::UnboundedReceiver<Job>);

/// How many events wait.
#[derive(Debug, Default)]
struct Waiting {
    all: usize,
    by_app: HashMap<AppId, usize>,
}

/// The places of a batch, until it is written.
#[derive(Debug)]
struct Places {
    app: AppId,
    number: usize,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Debug)]
struct Job {
    incoming: Incoming,
    places: Places,
    done: oneshot::Sender<Result<Receipt, Unwritten>>,
}

/// A batch that was not written, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unwritten {
    /// Too much waits.
    Busy,
    /// The database cannot be reached, is full, or hangs.
    Unavailable,
    /// The database refused it. The log has its message.
    Failed,
}

impl Queue {
    pub(super) fn new() -> (Self, Jobs) {
        let (jobs, receiver) = mpsc::unbounded_channel();
        (Self { jobs, waiting: Arc::default() }, Jobs(receiver))
    }

    /// Writes a batch, and waits until that is durable.
    pub(super) async fn write(&self, incoming: Incoming) -> Result<Receipt, Unwritten> {
        let number = incoming.events.len().max(1);
        let places = self.take(&incoming.app, number).ok_or(Unwritten::Busy)?;
        let (done, receipt) = oneshot::channel();
        self.jobs.send(Job { incoming, places, done }).map_err(|_| Unwritten::Unavailable)?;
        receipt.await.unwrap_or(Err(Unwritten::Unavailable))
    }

    fn take(&self, app: &AppId, number: usize) -> Option<Places> {
        let mut waiting = self.waiting.lock().expect("counting does not panic");
        let of_app = waiting.by_app.get(app).copied().unwrap_or_default();
        if waiting.all + number > WAITING_MAX || of_app + number > WAITING_OF_APP_MAX {
            return None;
        }
        waiting.all += number;
        waiting.by_app.insert(app.clone(), of_app + number);
        Some(Places { app: app.clone(), number, waiting: Arc::clone(&self.waiting) })
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().expect("counting does not panic");
        waiting.all -= self.number;
        if let Some(of_app) = waiting.by_app.get_mut(&self.app) {
            *of_app -= self.number;
            if *of_app == 0 {
                waiting.by_app.remove(&self.app);
            }
        }
    }
}

/// Writes batches until no queue is left. `due` is notified of new deliveries.
pub(crate) async fn write(
    store: Store,
    Jobs(mut jobs): Jobs,
    patience: Duration,
    due: Arc<Notify>,
) {
    while let Some(first) = jobs.recv().await {
        let mut events = first.incoming.events.len();
        let mut group = vec![first];
        while events < GROUP_MAX
            && let Ok(next) = jobs.try_recv()
        {
            events += next.incoming.events.len();
            group.push(next);
        }
        if write_group(&store, group, patience).await {
            due.notify_one();
        }
    }
}

/// Returns whether active endpoints have new deliveries.
async fn write_group(store: &Store, group: Vec<Job>, patience: Duration) -> bool {
    let mut has_due = false;
    let (incoming, waiting): (Vec<_>, Vec<_>) =
        group.into_iter().map(|Job { incoming, places, done }| (incoming, (places, done))).unzip();
    METRICS.events.written(incoming.iter().map(|incoming| incoming.events.len()).sum());
    match ingest(store, &incoming, patience).await {
        Ok(receipts) => {
            has_due = receipts.has_due;
            for ((_places, done), receipt) in waiting.into_iter().zip(receipts.each) {
                // The client may have gone.
                let _ = done.send(Ok(receipt));
            }
        }
        // One batch may be the cause: the others go without it.
        Err(Unwritten::Failed) if incoming.len() > 1 => {
            for ((_places, done), incoming) in waiting.into_iter().zip(incoming) {
                let written = ingest(store, &[incoming], patience).await;
                has_due |= written.as_ref().is_ok_and(|receipts| receipts.has_due);
                let receipt =
                    written.and_then(|mut receipts| receipts.each.pop().ok_or(Unwritten::Failed));
                let _ = done.send(receipt);
            }
        }
        Err(unwritten) => {
            for (_places, done) in waiting {
                let _ = done.send(Err(unwritten));
            }
        }
    }
    has_due
}

async fn ingest(
    store: &Store,
    incoming: &[Incoming],
    patience: Duration,
) -> Result<Receipts, Unwritten> {
    let written = timeout(patience, store.ingest(incoming, Timestamp::now())).await;
    written.unwrap_or_else(|_| Err(StoreError::hung())).map_err(|error| {
        tracing::error!(%error, "events cannot be written");
        match error {
            StoreError::Failed {
                kind: FailureKind::Unavailable | FailureKind::Full | FailureKind::ReadOnly,
                ..
            } => Unwritten::Unavailable,
            _ => Unwritten::Failed,
        }
    })
}

#[cfg(test)]
mod tests {
    use c2c_delivery::Consent;
    use c2c_store::{EndpointMove, NewEvent, Taken};

    use super::*;
    use crate::delivery::testing::Site;

    #[test]
    fn one_app_leaves_places_to_others() {
        let (queue, _jobs) = Queue::new();
        let (shop, blog) = ("shop".parse().expect("an id"), "blog".parse().expect("an id"));
        let taken = queue.take(&shop, WAITING_OF_APP_MAX).expect("there are places");
        assert!(queue.take(&shop, 1).is_none());
        let other = queue.take(&blog, 1).expect("they are for others");
        drop(taken);
        assert!(queue.take(&shop, 1).is_some());
        drop(other);
        let waiting = queue.waiting.lock().expect("a lock");
        assert_eq!((waiting.all, waiting.by_app.len()), (0, 0));
    }

    #[tokio::test]
    async fn it_tells_of_deliveries_to_active_endpoints() {
        let site = Site::new().await;
        let (queue, jobs) = Queue::new();
        let (due, patience) = (Arc::new(Notify::new()), Duration::from_mins(1));
        tokio::spawn(write(site.store.clone(), jobs, patience, Arc::clone(&due)));
        let takes = async |number: u64| {
            let id = format!("01956b4e-3c00-7000-8000-{number:012x}");
            let event = NewEvent {
                id: id.parse().expect("an id"),
                name: "custom:ordered".to_owned(),
                happened_at: Timestamp::now(),
                consent: Consent::Granted,
                marks: None,
                body: b"{}".to_vec(),
                keys: Vec::new(),
            };
            let incoming = Incoming { events: vec![event], ..empty(&site.app) };
            let receipt = queue.write(incoming).await.expect("it is written");
            assert_eq!(receipt, Receipt::Taken(vec![Taken::Accepted]));
            // The writer goes on with the next group after it has told.
            queue.write(empty(&site.app)).await.expect("it is written");
            timeout(Duration::ZERO, due.notified()).await.is_ok()
        };
        let endpoint = site.endpoint(1).await;
        site.activate(endpoint).await;
        assert!(takes(1).await);
        site.go(endpoint, &EndpointMove::Pause).await;
        assert!(!takes(2).await);
    }

    fn empty(app: &AppId) -> Incoming {
        let app = app.clone();
        Incoming { app, verified: false, events: vec![], hit: None, refused: vec![] }
    }

    #[test]
    fn there_is_an_end_to_what_waits() {
        let (queue, _jobs) = Queue::new();
        let apps = (0..5).map(|number| format!("app-{number}").parse().expect("an id"));
        let taken: Vec<_> = apps.map(|app| queue.take(&app, WAITING_OF_APP_MAX)).collect();
        assert_eq!(taken.iter().filter(|places| places.is_some()).count(), 4);
    }
}

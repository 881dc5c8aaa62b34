//! One attempt to deliver an event: the request, and what its answer means.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use c2c_delivery::{Due, EndpointId, Failure, Next, Reason, Verdict, next};
use c2c_names::AppId;
use c2c_store::{
    Attempt, Claimed, FailureKind, Settled, Settlement, Store, StoreError, Timestamp, Version,
};
use quick_cache::sync::Cache;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::client::{Answer, Exchange, NoAnswer};
use super::ready::Ready;
use super::request::Outgoing;
use super::{Integrations, jitter, time};
use crate::metrics::METRICS;

/// How much of an answer's body is kept for the endpoint's people, in bytes.
const ANSWER_KEPT_MAX: usize = 1024;
/// The time until a delivery can be claimed again whose endpoint could not be read, or was not to get it.
const AWAY: Duration = Duration::from_secs(1);
/// How long the secrets of an endpoint stay in memory. [`Ready::is_as_new_as`] has them read again after that time.
const KEPT: Duration = Duration::from_secs(30);
/// The time between two looks for those that were in memory for so long.
const LOOK: Duration = Duration::from_secs(5);

/// Sends deliveries.
#[derive(Debug)]
pub(crate) struct Sender {
    integrations: Arc<Integrations>,
    /// Opened endpoints.
    ready: Cache<EndpointId, Opened>,
    /// How long it waits for the database.
    patience: Duration,
}

/// An endpoint with its secrets opened.
#[derive(Clone, Debug)]
struct Opened {
    at: Instant,
    ready: Arc<Ready>,
}

/// An attempt that has ended.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) settled: Settled,
    /// `None` if nothing was sent.
    pub(super) verdict: Option<Verdict>,
}

impl Sender {
    /// One that keeps at most `opened_max` endpoints opened, and waits for the database this long.
    pub(crate) fn new(
        integrations: Arc<Integrations>,
        opened_max: usize,
        patience: Duration,
    ) -> Self {
        Self { integrations, ready: Cache::new(opened_max), patience }
    }

    pub(super) fn store(&self) -> &Store {
        &self.integrations.store
    }

    /// Makes an attempt.
    pub(super) async fn send(&self, claimed: Claimed) -> Done {
        let at = Timestamp::now();
        let lease = &claimed.lease;
        let ready = match self.ready(&lease.app, lease.endpoint, claimed.version).await {
            Ok(ready) if ready.is_active => ready,
            // It was paused, or has another address and was not asked yet.
            Ok(_) => return put_off(claimed),
            Err(error) if is_away_or_gone(&*error) => return put_off(claimed),
            Err(error) => {
                tracing::error!(endpoint = %lease.endpoint, %error, "an endpoint's settings cannot be read");
                let verdict = Failure::Settings.into();
                return done(claimed, at, verdict, Report::nothing(Reason::Settings), at);
            }
        };
        let Outgoing { request, omitted } =
            match self.integrations.request(&ready, &claimed.event, at) {
                Ok(outgoing) => outgoing,
                Err((outcome, reason)) => {
                    let to = Settlement::Ended { outcome, reason };
                    let settled = Settled { lease: claimed.lease, to, attempt: None, keep: false };
                    // Nothing was sent, so nothing is known about the endpoint.
                    return Done { settled, verdict: None };
                }
            };
        let exchange = self.integrations.client.send(request).await;
        let now = Timestamp::now();
        let (verdict, words) = match &exchange.result {
            Ok(answer) => ready.judge(answer, now),
            Err(NoAnswer { failure, .. }) => ((*failure).into(), None),
        };
        let report = Report::of(exchange, verdict, words).without(&omitted);
        done(claimed, at, verdict, report, ready.active_since)
    }

    /// The endpoint of a delivery, as it was when the delivery was claimed from this version, or newer.
    async fn ready(
        &self,
        app: &AppId,
        id: EndpointId,
        version: Version,
    ) -> Result<Arc<Ready>, Box<dyn Error + Send + Sync>> {
        let known = self.ready.get(&id).map(|Opened { ready, .. }| ready);
        if let Some(known) = known.filter(|known| known.is_as_new_as(version)) {
            return Ok(known);
        }
        // It may have other secrets now, or none.
        self.ready.remove(&id);
        let opened = timeout(self.patience, self.integrations.open(app, id)).await;
        let ready = Arc::new(opened.unwrap_or_else(|_| Err(StoreError::hung().into()))?);
        if ready.is_active {
            self.ready.insert(id, Opened { at: Instant::now(), ready: Arc::clone(&ready) });
        }
        Ok(ready)
    }

    /// Lets the secrets go that were in memory for [`KEPT`].
    fn let_go(&self, now: Instant) {
        self.ready.retain(|_, Opened { at, .. }| now.duration_since(*at) < KEPT);
    }
}

/// Lets secrets of endpoints go some time after they were opened, until `stopped` holds true. Nothing is sent to an endpoint
/// that was removed, on this server or another, so its secrets would stay.
pub(crate) async fn let_go(sender: Arc<Sender>, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => return,
            () = sleep(LOOK) => sender.let_go(Instant::now()),
        }
    }
}

/// Whether the database cannot be reached, or the endpoint was removed since the claim.
fn is_away_or_gone(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    matches!(
        error.downcast_ref(),
        Some(
            StoreError::Failed { kind: FailureKind::Unavailable, .. }
                | StoreError::NoSuchApp(_)
                | StoreError::NoSuchEndpoint(_)
        )
    )
}

/// Nothing was sent, so neither the delivery nor its endpoint has failed.
fn put_off(claimed: Claimed) -> Done {
    let to = Settlement::Again { at: Timestamp::now().after(AWAY), tries: claimed.tries };
    let settled = Settled { lease: claimed.lease, to, attempt: None, keep: false };
    Done { settled, verdict: None }
}

fn done(
    claimed: Claimed,
    at: Timestamp,
    verdict: Verdict,
    report: Report,
    active_since: Timestamp,
) -> Done {
    METRICS.events.attempted(report.result, report.took);
    let due =
        Due { tries: claimed.tries, since: time(claimed.since), active_since: time(active_since) };
    let to = match next(due, verdict, time(Timestamp::now()), jitter()) {
        Next::Ended { outcome, reason } => Settlement::Ended { outcome, reason },
        Next::Again { at, tries } => {
            Settlement::Again { at: Timestamp::from_millis(at.as_millis()), tries }
        }
    };
    // A first success is told by the delivery itself.
    let is_first = claimed.tries == 0 && claimed.round == 0;
    let keep = verdict != Verdict::Delivered || !is_first || report.is_incomplete;
    let attempt = Some(report.into_attempt(&claimed, at));
    Done { settled: Settled { lease: claimed.lease, to, attempt, keep }, verdict: Some(verdict) }
}

/// The part of an exchange that is kept.
struct Report {
    result: Reason,
    took: Duration,
    status: Option<u16>,
    address: Option<String>,
    answer: Vec<u8>,
    /// Something of the event was not sent.
    is_incomplete: bool,
}

impl Report {
    fn nothing(result: Reason) -> Self {
        Self {
            result,
            took: Duration::ZERO,
            status: None,
            address: None,
            answer: Vec::new(),
            is_incomplete: false,
        }
    }

    /// `words` are those of an answer for people, if it has any.
    fn of(Exchange { result, took }: Exchange, verdict: Verdict, words: Option<String>) -> Self {
        match result {
            Ok(Answer { status, from, body, .. }) => Self {
                result: verdict.reason(),
                took,
                status: Some(status.as_u16()),
                address: from.map(|address| address.to_string()),
                answer: words.map_or_else(
                    || body[..body.len().min(ANSWER_KEPT_MAX)].to_vec(),
                    String::into_bytes,
                ),
                is_incomplete: false,
            },
            // In place of an answer, the people see the reason.
            Err(NoAnswer { failure, detail }) => {
                Self { took, answer: detail.into_bytes(), ..Self::nothing(failure.into()) }
            }
        }
    }

    /// Notes what of the event was not sent.
    fn without(mut self, omitted: &str) -> Self {
        if !omitted.is_empty() {
            self.is_incomplete = true;
            let space = if self.answer.is_empty() { "" } else { "\n" };
            self.answer.extend(format!("{space}left out: {omitted}").into_bytes());
        }
        self
    }

    fn into_attempt(self, claimed: &Claimed, at: Timestamp) -> Attempt {
        Attempt {
            attempt: claimed.lease.attempt,
            at,
            took_ms: u32::try_from(self.took.as_millis()).unwrap_or(u32::MAX),
            result: self.result,
            status: self.status,
            address: self.address,
            answer: self.answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use c2c_store::EndpointMove;

    use super::*;
    use crate::delivery::testing::Site;

    /// An active endpoint that was opened.
    async fn opened(site: &Site) -> (Sender, EndpointId) {
        let sender = Sender::new(Arc::clone(&site.integrations), 3, Duration::from_mins(1));
        let endpoint = site.endpoint(1).await;
        site.activate(endpoint).await;
        sender.ready(&site.app, endpoint, Version::new(2)).await.expect("it opens");
        assert_eq!(sender.ready.len(), 1);
        (sender, endpoint)
    }

    #[tokio::test]
    async fn secrets_are_let_go_after_a_while() {
        let site = Site::new().await;
        let (sender, endpoint) = opened(&site).await;
        sender.let_go(Instant::now());
        assert_eq!(sender.ready.len(), 1, "it is in use");
        // No delivery of it comes any more.
        site.go(endpoint, &EndpointMove::Remove).await;
        sender.let_go(Instant::now() + KEPT);
        assert!(sender.ready.is_empty());
    }

    #[tokio::test]
    async fn the_secrets_of_an_endpoint_that_was_changed_are_let_go() {
        let site = Site::new().await;
        let (sender, endpoint) = opened(&site).await;
        site.go(endpoint, &EndpointMove::Pause).await;
        let paused = sender.ready(&site.app, endpoint, Version::new(3)).await.expect("it opens");
        assert!(!paused.is_active && sender.ready.is_empty());
        site.go(endpoint, &EndpointMove::Resume).await;
        sender.ready(&site.app, endpoint, Version::new(4)).await.expect("it opens");
        assert_eq!(sender.ready.len(), 1);
        site.go(endpoint, &EndpointMove::Remove).await;
        let removed = sender.ready(&site.app, endpoint, Version::new(5)).await;
        assert!(removed.is_err() && sender.ready.is_empty());
    }

    #[tokio::test]
    async fn few_endpoints_are_kept_with_their_secrets_opened() {
        let site = Site::new().await;
        let sender = Sender::new(Arc::clone(&site.integrations), 3, Duration::from_mins(1));
        for number in 0..10 {
            let endpoint = site.endpoint(number).await;
            sender.ready(&site.app, endpoint, Version::new(1)).await.expect("it opens");
            assert!(sender.ready.get(&endpoint).is_none(), "it has not agreed, and is kept");
            site.activate(endpoint).await;
            sender.ready(&site.app, endpoint, Version::new(2)).await.expect("it opens");
            assert!(sender.ready.len() <= 3, "{} of {number}", sender.ready.len());
        }
        assert!(!sender.ready.is_empty(), "none is kept");
    }
}

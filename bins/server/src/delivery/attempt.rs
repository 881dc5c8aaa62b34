//! One attempt to deliver an event: the request, and what its answer means.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use c2c_delivery::{Due, EndpointId, Failure, Next, Reason, Verdict, next};
use c2c_store::{Attempt, Claimed, Settled, Settlement, Store, Timestamp};

use super::client::{Answer, Exchange, NoAnswer};
use super::ready::Ready;
use super::request::Outgoing;
use super::{Integrations, jitter, time};
use crate::metrics::METRICS;

/// How much of an answer's body is kept for the endpoint's people, in bytes.
const ANSWER_KEPT_MAX: usize = 1024;
/// Opened endpoints in memory.
const READY_MAX: usize = 1000;

/// Sends deliveries.
#[derive(Debug)]
pub(crate) struct Sender {
    integrations: Arc<Integrations>,
    ready: Mutex<HashMap<EndpointId, Arc<Ready>>>,
}

/// An attempt that has ended.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) settled: Settled,
    /// `None` if nothing was sent.
    pub(super) verdict: Option<Verdict>,
}

impl Sender {
    pub(crate) fn new(integrations: Arc<Integrations>) -> Self {
        Self { integrations, ready: Mutex::default() }
    }

    pub(super) fn store(&self) -> &Store {
        &self.integrations.store
    }

    /// Makes an attempt.
    pub(super) async fn send(&self, claimed: Claimed) -> Done {
        let at = Timestamp::now();
        let ready = match self.ready(&claimed).await {
            Ok(ready) => ready,
            Err(error) => {
                let endpoint = claimed.lease.endpoint;
                tracing::error!(%endpoint, %error, "an endpoint's settings cannot be read");
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

    /// The endpoint of a delivery, as it was when the delivery was claimed, or newer.
    async fn ready(
        &self,
        claimed: &Claimed,
    ) -> Result<Arc<Ready>, Box<dyn std::error::Error + Send + Sync>> {
        let id = claimed.lease.endpoint;
        let known = self.lock().get(&id).cloned();
        if let Some(known) = known.filter(|known| known.is_as_new_as(claimed.version)) {
            return Ok(known);
        }
        let ready = Arc::new(self.integrations.open(&claimed.lease.app, id).await?);
        let mut all = self.lock();
        if all.len() >= READY_MAX {
            all.clear();
        }
        all.insert(id, Arc::clone(&ready));
        Ok(ready)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<EndpointId, Arc<Ready>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    let keep = verdict != Verdict::Delivered || claimed.lease.attempt > 1 || report.is_incomplete;
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

//! Measurements of events: those that come in, and those that go to customers' servers.

use std::time::Duration;

use c2c_delivery::{EndpointState, Outcome, Reason};
use c2c_store::{OutboxState, Timestamp};
use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounter, IntGauge, IntGaugeVec, Opts, Registry,
};

use super::{count, counter, kept, labelled};
use crate::collect::Why;

const GROUP_BUCKETS: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1000.0];
const ATTEMPT_BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0];

/// All of them. No label has an app or an endpoint: [`super::app_text`] has the numbers of each.
pub(crate) struct EventMetrics {
    accepted: IntCounter,
    known: IntCounter,
    turned_away: IntCounter,
    refused: [IntCounter; Why::ALL.len()],
    lost: IntCounter,
    group: Histogram,
    attempts: Vec<IntCounter>,
    attempt_seconds: Histogram,
    ended: Vec<IntCounter>,
    stale: IntCounter,
    in_flight: IntGauge,
    pending: IntGauge,
    oldest: Gauge,
    endpoints: IntGaugeVec,
}

impl EventMetrics {
    pub(super) fn new(to: &Registry) -> Self {
        let events = labelled(
            to,
            "c2c_collect_events_total",
            "Events that came in, by what became of them",
            &["outcome"],
        );
        let attempts = labelled(
            to,
            "c2c_delivery_attempts_total",
            "Requests to endpoints, by their result",
            &["result"],
        );
        let ended = labelled(
            to,
            "c2c_delivery_ended_total",
            "Results of this server that ended a delivery, by how",
            &["outcome"],
        );
        let histogram = |name, help, buckets: &[f64]| {
            kept(to, Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec())))
        };
        let gauge = |name, help| kept(to, IntGauge::new(name, help));
        Self {
            accepted: events.with_label_values(&["accepted"]),
            known: events.with_label_values(&["known"]),
            turned_away: events.with_label_values(&["turned-away"]),
            refused: Why::ALL.map(|why| events.with_label_values(&[why.word()])),
            lost: counter(
                to,
                "c2c_collect_lost_total",
                "Events that widgets' pages say they lost before they could send them",
            ),
            group: histogram(
                "c2c_collect_group_events",
                "Events that were written in one transaction",
                &GROUP_BUCKETS,
            ),
            attempts: Reason::ALL
                .iter()
                .map(|reason| attempts.with_label_values(&[reason.word()]))
                .collect(),
            attempt_seconds: histogram(
                "c2c_delivery_attempt_duration_seconds",
                "Time of a request to an endpoint, to the end of its answer",
                &ATTEMPT_BUCKETS,
            ),
            ended: Outcome::ALL
                .iter()
                .map(|outcome| ended.with_label_values(&[outcome.word()]))
                .collect(),
            stale: counter(
                to,
                "c2c_delivery_stale_total",
                "Results that came after their lease, when the delivery was another server's",
            ),
            in_flight: gauge("c2c_delivery_in_flight", "Requests to endpoints that are under way"),
            pending: gauge("c2c_delivery_pending", "Deliveries of all servers that have not ended"),
            oldest: kept(
                to,
                Gauge::new(
                    "c2c_delivery_oldest_seconds",
                    "Age of the oldest event that waits for an active endpoint",
                ),
            ),
            endpoints: kept(
                to,
                IntGaugeVec::new(
                    Opts::new("c2c_endpoints", "Endpoints, by their state"),
                    &["state"],
                ),
            ),
        }
    }

    /// Counts events that are durable, and those that were there before.
    pub(crate) fn collected(&self, accepted: usize, known: usize) {
        self.accepted.inc_by(accepted as u64);
        self.known.inc_by(known as u64);
    }

    /// Counts events that are not kept.
    pub(crate) fn refused(&self, why: Why, number: usize) {
        self.refused[why as usize].inc_by(number as u64);
    }

    /// Counts events that came too fast.
    pub(crate) fn turned_away(&self, number: usize) {
        self.turned_away.inc_by(number as u64);
    }

    /// Counts events that pages lost.
    pub(crate) fn lost(&self, number: u64) {
        self.lost.inc_by(number);
    }

    /// Measures a transaction.
    pub(crate) fn written(&self, events: usize) {
        self.group.observe(f64::from(u32::try_from(events).unwrap_or(u32::MAX)));
    }

    /// Measures a request to an endpoint.
    pub(crate) fn attempted(&self, result: Reason, took: Duration) {
        self.attempts[result as usize].inc();
        self.attempt_seconds.observe(took.as_secs_f64());
    }

    /// Counts a delivery that ended.
    pub(crate) fn ended(&self, outcome: Outcome) {
        self.ended[outcome as usize].inc();
    }

    /// Counts results that came too late.
    pub(crate) fn stale(&self, number: u32) {
        self.stale.inc_by(number.into());
    }

    /// Notes how many requests are under way.
    pub(crate) fn in_flight(&self, number: usize) {
        self.in_flight.set(count(number));
    }

    /// Notes the state of the outbox.
    pub(crate) fn outbox(&self, state: &OutboxState) {
        self.pending.set(state.pending);
        let age =
            state.oldest.map_or(0, |at| (Timestamp::now().as_millis() - at.as_millis()).max(0));
        self.oldest.set(Duration::from_millis(age.unsigned_abs()).as_secs_f64());
        // Those that were removed are not counted.
        let all = EndpointState::ALL.iter().filter(|&&state| state != EndpointState::Removed);
        for state_of in all {
            let number = state.endpoints.get(state_of).copied().unwrap_or_default();
            self.endpoints.with_label_values(&[state_of.word()]).set(number);
        }
    }
}

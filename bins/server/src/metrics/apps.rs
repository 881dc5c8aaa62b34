//! The accounts of each app and endpoint, for Prometheus: a document of its own, since it has time series for each of them.
//!
//! The numbers are the database's, so any one of its servers has all of them.

use std::collections::BTreeMap;
use std::time::Duration;

use c2c_names::AppId;
use c2c_store::{Accounts, EndpointAccount, Timestamp};
use prometheus::{Encoder as _, GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};

use super::{kept, labelled};

struct AppMetrics {
    registry: Registry,
    heard: IntCounterVec,
    accepted: IntCounterVec,
    deliveries: IntGaugeVec,
    failed: IntCounterVec,
    oldest: GaugeVec,
}

/// The accounts of all apps, as Prometheus reads them.
pub(crate) fn app_text(accounts: &BTreeMap<AppId, Accounts>) -> Vec<u8> {
    let metrics = AppMetrics::new();
    for (app, accounts) in accounts {
        metrics.app(app.as_str(), accounts);
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&metrics.registry.gather(), &mut text).expect("written to memory");
    text
}

impl AppMetrics {
    fn new() -> Self {
        let registry = Registry::new();
        let to = &registry;
        let opts = |name, help| Opts::new(name, help);
        Self {
            heard: labelled(
                to,
                "c2c_app_events_total",
                "Events that an app heard, by what became of them",
                &["app", "outcome", "reason"],
            ),
            accepted: labelled(
                to,
                "c2c_endpoint_accepted_total",
                "Events that were accepted while the endpoint was there",
                &["app", "endpoint"],
            ),
            deliveries: kept(
                to,
                IntGaugeVec::new(
                    opts(
                        "c2c_endpoint_deliveries",
                        "What became of these events: pending, and how and why the others ended. A replay makes one pending again",
                    ),
                    &["app", "endpoint", "outcome", "reason"],
                ),
            ),
            failed: labelled(
                to,
                "c2c_endpoint_failed_attempts_total",
                "Attempts that failed; with the reason settings, nothing was sent",
                &["app", "endpoint", "reason"],
            ),
            oldest: kept(
                to,
                GaugeVec::new(
                    opts("c2c_endpoint_oldest_seconds", "Age of the oldest event that is pending"),
                    &["app", "endpoint"],
                ),
            ),
            registry,
        }
    }

    fn app(&self, app: &str, accounts: &Accounts) {
        let intake = &accounts.intake;
        let refused = intake.refused.iter().map(|(why, &number)| ("refused", &why[..], number));
        for (outcome, reason, number) in
            [("accepted", "", intake.accepted), ("known", "", intake.known)]
                .into_iter()
                .chain(refused)
        {
            self.heard.with_label_values(&[app, outcome, reason]).inc_by(natural(number));
        }
        for (endpoint, account) in &accounts.endpoints {
            self.endpoint([app, &endpoint.to_string()], account);
        }
    }

    fn endpoint(&self, labels: [&str; 2], account: &EndpointAccount) {
        let [app, endpoint] = labels;
        self.accepted.with_label_values(&labels).inc_by(natural(account.accepted));
        let with =
            |outcome, reason| self.deliveries.with_label_values(&[app, endpoint, outcome, reason]);
        with("pending", "").set(account.pending);
        for ((outcome, reason), &number) in &account.ended {
            with(outcome.word(), reason.word()).set(number);
        }
        for (reason, &number) in &account.failed {
            let failed = self.failed.with_label_values(&[app, endpoint, reason.word()]);
            failed.inc_by(natural(number));
        }
        let age = account.oldest.map_or(0, |at| Timestamp::now().as_millis() - at.as_millis());
        let age = Duration::from_millis(u64::try_from(age).unwrap_or_default());
        self.oldest.with_label_values(&labels).set(age.as_secs_f64());
    }
}

fn natural(number: i64) -> u64 {
    number.try_into().unwrap_or_default()
}

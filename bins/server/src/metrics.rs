//! Measurements, for Prometheus.
//!
//! A label is one of a few words that stand in this file. A path or a client is never one: each value would be a
//! time series, and anyone can ask for any path. Apps and endpoints have a document of their own ([`app_text`]).
//!
//! They belong to the process, as its log does: it has one server. Every counter is made at the start, so
//! that counting is an addition to an atomic number, without a lock or an allocation.

mod apps;
mod events;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use c2c_store::{Environment, FailureKind};
use hyper::StatusCode;
use prometheus::core::Collector;
use prometheus::{
    Encoder as _, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::pages::Kind;

pub(crate) use apps::app_text;
pub(crate) use events::EventMetrics;

/// The measurements of this process.
pub(crate) static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// The media type of [`Metrics::text`].
pub(crate) const MEDIA_TYPE: &str = prometheus::TEXT_FORMAT;

/// From an answer that is in memory to a database that is hardly there, in seconds.
const REQUEST_BUCKETS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];
const COMPILE_BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];
const STATUS_CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
const SITES: [&str; 6] = ["console", "api", "parent", "widget", "sandbox", "other"];

/// The part of the server that a request is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Served {
    Console,
    Api,
    Page(Kind),
    /// A host that is none of the four.
    Other,
}

/// How much of something there is while it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DoorUse {
    pub(crate) door: &'static str,
    pub(crate) connections: usize,
    pub(crate) connections_max: usize,
}

/// The cache of pages while it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheUse {
    pub(crate) entries: usize,
    pub(crate) bytes: u64,
    pub(crate) bytes_max: u64,
}

/// All measurements.
pub(crate) struct Metrics {
    registry: Registry,
    sites: [Answers; SITES.len()],
    pub(crate) cache_hits: IntCounter,
    pub(crate) cache_misses: IntCounter,
    compilations: Histogram,
    publications: [IntCounter; 2],
    pub(crate) links_made: IntCounter,
    pub(crate) links_opened: IntCounter,
    /// Of events.
    pub(crate) events: EventMetrics,
    /// Measured when they are read.
    present: Mutex<Present>,
    began: Instant,
    /// The time of the last complete look for changes, in milliseconds after `began`.
    looked: AtomicU64,
}

/// The answers of one site.
struct Answers {
    by_class: [IntCounter; STATUS_CLASSES.len()],
    seconds: Histogram,
}

/// Numbers that are only there when they are asked for.
struct Present {
    connections: IntGaugeVec,
    connections_max: IntGaugeVec,
    cache_entries: IntGauge,
    cache_bytes: IntGauge,
    cache_bytes_max: IntGauge,
    look_age: prometheus::Gauge,
    database_failures: IntCounterVec,
}

impl Metrics {
    fn new() -> Self {
        let registry = Registry::new();
        let one = &registry;
        let requests = labelled(
            one,
            "c2c_requests_total",
            "Answers, by the site that was asked and the class of their status",
            &["site", "status"],
        );
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "c2c_request_duration_seconds",
                "Time from a request's head to its answer, without the time to send it",
            )
            .buckets(REQUEST_BUCKETS.to_vec()),
            &["site"],
        );
        let seconds = kept(one, seconds);
        let publications = labelled(
            one,
            "c2c_publications_total",
            "Revisions that this server put live or into staging",
            &["to"],
        );
        let links = labelled(
            one,
            "c2c_preview_links_total",
            "Preview links that were made, and loads of a draft that were opened with one",
            &["event"],
        );
        let build = IntGaugeVec::new(
            Opts::new("c2c_build_info", "The version of the server; always 1"),
            &["version"],
        );
        kept(one, build).with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let compilations = Histogram::with_opts(
            HistogramOpts::new(
                "c2c_compilation_duration_seconds",
                "Time to check and compile a draft or a revision",
            )
            .buckets(COMPILE_BUCKETS.to_vec()),
        );
        Self {
            sites: SITES.map(|site| Answers {
                by_class: STATUS_CLASSES.map(|class| requests.with_label_values(&[site, class])),
                seconds: seconds.with_label_values(&[site]),
            }),
            cache_hits: counter(
                one,
                "c2c_cache_hits_total",
                "Requests for an app's page that was in the cache",
            ),
            cache_misses: counter(
                one,
                "c2c_cache_misses_total",
                "Requests for an app's page that was not in the cache",
            ),
            compilations: kept(one, compilations),
            publications: ["live", "staging"].map(|to| publications.with_label_values(&[to])),
            links_made: links.with_label_values(&["made"]),
            links_opened: links.with_label_values(&["opened"]),
            events: EventMetrics::new(one),
            present: Mutex::new(Present::new(one)),
            began: Instant::now(),
            looked: AtomicU64::new(0),
            registry,
        }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, served: Served, status: StatusCode, began: Instant) {
        let site = &self.sites[match served {
            Served::Console => 0,
            Served::Api => 1,
            Served::Page(Kind::Parent) => 2,
            Served::Page(Kind::Widget) => 3,
            Served::Page(Kind::Document) => 4,
            Served::Other => 5,
        }];
        let class = usize::from(status.as_u16() / 100 - 1).min(STATUS_CLASSES.len() - 1);
        site.by_class[class].inc();
        site.seconds.observe(began.elapsed().as_secs_f64());
    }

    /// Counts a revision that visitors get from now on.
    pub(crate) fn published(&self, to: Environment) {
        self.publications[usize::from(to == Environment::Staging)].inc();
    }

    /// Measures a compilation.
    pub(crate) fn compiled(&self, took: Duration) {
        self.compilations.observe(took.as_secs_f64());
    }

    /// Notes that all changes in the database are known.
    pub(crate) fn looked(&self) {
        self.looked.store(milliseconds(self.began.elapsed()), Relaxed);
    }

    /// All measurements, as Prometheus reads them.
    pub(crate) fn text(&self, doors: &[DoorUse], cache: CacheUse) -> Vec<u8> {
        let present = self.present.lock().expect("counting does not panic");
        let looked = Duration::from_millis(self.looked.load(Relaxed));
        present.set(doors, cache, self.began.elapsed().saturating_sub(looked));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).expect("written to memory");
        text
    }
}

impl Present {
    fn new(registry: &Registry) -> Self {
        let gauges =
            |name, help| kept(registry, IntGaugeVec::new(Opts::new(name, help), &["door"]));
        let gauge = |name, help| kept(registry, IntGauge::new(name, help));
        Self {
            connections: gauges("c2c_connections", "Connections that are open"),
            connections_max: gauges(
                "c2c_connections_max",
                "Connections that may be open at once; for more, one that waits is closed",
            ),
            cache_entries: gauge("c2c_cache_entries", "Apps whose pages are in the cache"),
            cache_bytes: gauge("c2c_cache_bytes", "Memory of the pages in the cache"),
            cache_bytes_max: gauge(
                "c2c_cache_bytes_max",
                "The most memory for the cache (--cache-mib)",
            ),
            look_age: kept(
                registry,
                prometheus::Gauge::new(
                    "c2c_follow_lag_seconds",
                    "Time since this server last knew all changes in the database; about 1 at most while it can be reached",
                ),
            ),
            database_failures: labelled(
                registry,
                "c2c_database_failures_total",
                "Uses of the database that failed",
                &["kind"],
            ),
        }
    }

    fn set(&self, doors: &[DoorUse], cache: CacheUse, look_age: Duration) {
        for &DoorUse { door, connections, connections_max } in doors {
            self.connections.with_label_values(&[door]).set(count(connections));
            self.connections_max.with_label_values(&[door]).set(count(connections_max));
        }
        self.cache_entries.set(count(cache.entries));
        self.cache_bytes.set(count(cache.bytes));
        self.cache_bytes_max.set(count(cache.bytes_max));
        self.look_age.set(look_age.as_secs_f64());
        for kind in FailureKind::ALL {
            let counter = self.database_failures.with_label_values(&[word(kind)]);
            counter.inc_by(kind.count() - counter.get());
        }
    }
}

fn word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unavailable => "unavailable",
        FailureKind::Full => "full",
        FailureKind::ReadOnly => "read-only",
        FailureKind::Corrupt => "corrupt",
        _ => "other",
    }
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    kept(registry, IntCounter::new(name, help))
}

fn labelled(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    kept(registry, IntCounterVec::new(Opts::new(name, help), labels))
}

/// A measurement that is in [`Metrics::text`] from now on.
fn kept<M: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<M>) -> M {
    let made = made.expect("a valid name");
    registry.register(Box::new(made.clone())).expect("a name of its own");
    made
}

fn count(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use allocation_counter::measure;

    use super::*;

    #[test]
    fn counting_allocates_nothing() {
        let answer = || {
            for served in
                [Served::Console, Served::Api, Served::Page(Kind::Document), Served::Other]
            {
                METRICS.answered(served, StatusCode::OK, Instant::now());
            }
            METRICS.cache_hits.inc();
        };
        answer();
        assert_eq!(measure(answer).count_total, 0);
        // The counter works.
        let cache = CacheUse { entries: 1, bytes: 2, bytes_max: 3 };
        assert_ne!(measure(|| drop(METRICS.text(&[], cache))).count_total, 0);
    }
}

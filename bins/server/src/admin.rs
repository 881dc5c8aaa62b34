//! The door for the operator's machines: is the server alive, is it ready, and what has it measured?
//!
//! It has no login. So it listens on addresses that the internet does not reach, and it answers requests for
//! an address or for a name without a dot only: a web page in a browser inside could get a public name of its
//! own to mean this server (DNS rebinding), and would then read the answers.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use c2c_store::{FailureKind, Store, StoreError};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::live::Live;
use crate::metrics::{DoorUse, MEDIA_TYPE, METRICS, app_text};
use crate::places::Places;
use crate::response::{Body, message, method_not_allowed, not_found};

/// Connections at once. They are within the reserve of descriptors.
pub(crate) const CONNECTIONS_MAX: usize = 8;
/// How long the database may take to answer while the server counts as ready.
const READY_WITHIN: Duration = Duration::from_secs(2);
/// How long metrics wait for the database.
const MEASURED_WITHIN: Duration = Duration::from_secs(2);
/// The same for the accounts of all apps. Prometheus waits for 10 s unless it is told otherwise.
const APPS_MEASURED_WITHIN: Duration = Duration::from_secs(8);

/// Answers the operator's machines.
#[derive(Debug)]
pub(crate) struct Admin {
    store: Store,
    live: Arc<Live>,
    doors: Vec<(&'static str, Arc<Places>)>,
    /// One question to the database at a time.
    asking: Mutex<()>,
    /// One look at the outbox at a time.
    measuring: Mutex<()>,
    /// One look at all accounts at a time.
    measuring_apps: Mutex<()>,
    leaving: AtomicBool,
}

impl Admin {
    pub(crate) fn new(
        store: Store,
        live: Arc<Live>,
        doors: Vec<(&'static str, Arc<Places>)>,
    ) -> Self {
        let (asking, measuring, measuring_apps) = Default::default();
        Self {
            store,
            live,
            doors,
            asking,
            measuring,
            measuring_apps,
            leaving: AtomicBool::new(false),
        }
    }

    /// From now on the server is not ready, since it will stop.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Relaxed);
    }

    pub(crate) async fn respond<B>(&self, request: &Request<B>) -> Response<Body> {
        if !names_no_public_host(request) {
            let text = "Ask for this server's address, or for a name without a dot.";
            return message(StatusCode::MISDIRECTED_REQUEST, text);
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return method_not_allowed("GET, HEAD");
        }
        match request.uri().path() {
            "/healthz" => message(StatusCode::OK, "alive"),
            "/readyz" => said(self.ready().await),
            "/readyz/pages" => said(self.stays()),
            "/metrics" => self.metrics().await,
            "/metrics/apps" => self.app_metrics().await,
            _ => not_found(),
        }
    }

    /// Whether the server can serve the pages in its cache, which need no database.
    fn stays(&self) -> Result<(), String> {
        if self.leaving.load(Relaxed) { Err("it is stopping".to_owned()) } else { Ok(()) }
    }

    /// Whether the database answers, too.
    async fn ready(&self) -> Result<(), String> {
        self.stays()?;
        let asked = timeout(READY_WITHIN, async {
            let _alone = self.asking.lock().await;
            self.store.last_seq().await
        });
        match asked.await.unwrap_or_else(|_| Err(StoreError::hung())) {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::debug!(%error, "not ready");
                // The rest of an error may tell more than an address without a login should.
                Err(match error {
                    StoreError::Failed { kind, .. } => kind.to_string(),
                    _ => "the database failed".to_owned(),
                })
            }
        }
    }

    /// Without an answer of the database, the numbers of the one before stay: the other metrics say why.
    async fn measure_outbox(&self) {
        // Not that of the readiness, which must not wait for it.
        let Ok(_alone) = self.measuring.try_lock() else { return };
        let asked = timeout(MEASURED_WITHIN, self.store.outbox_state());
        match asked.await.unwrap_or_else(|_| Err(StoreError::hung())) {
            Ok(state) => METRICS.events.outbox(&state),
            Err(error) => tracing::debug!(%error, "the outbox cannot be measured"),
        }
    }

    async fn metrics(&self) -> Response<Body> {
        self.measure_outbox().await;
        let doors = self.doors.iter().map(|(door, places)| DoorUse {
            door,
            connections: places.taken_count(),
            connections_max: places.count(),
        });
        let doors: Vec<_> = doors.collect();
        measured(METRICS.text(&doors, self.live.cache_use()))
    }

    /// All of it is the database's, so there is nothing without its answer.
    async fn app_metrics(&self) -> Response<Body> {
        let asked = timeout(APPS_MEASURED_WITHIN, async {
            let _alone = self.measuring_apps.lock().await;
            self.store.all_accounts().await
        });
        match asked.await.unwrap_or_else(|_| Err(StoreError::hung())) {
            Ok(accounts) => measured(app_text(&accounts)),
            Err(error @ StoreError::Failed { kind: FailureKind::Unavailable, .. }) => {
                tracing::debug!(%error, "the apps cannot be measured");
                let text = "The database did not answer in time.";
                message(StatusCode::SERVICE_UNAVAILABLE, text)
            }
            Err(error) => {
                tracing::error!(%error, "the apps cannot be measured");
                let text = "The accounts cannot be read. The server's log says why.";
                message(StatusCode::SERVICE_UNAVAILABLE, text)
            }
        }
    }
}

fn measured(text: Vec<u8>) -> Response<Body> {
    let mut response = message(StatusCode::OK, "");
    *response.body_mut() = Body::from(Bytes::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

fn said(ready: Result<(), String>) -> Response<Body> {
    match ready {
        Ok(()) => message(StatusCode::OK, "ready"),
        Err(reason) => message(StatusCode::SERVICE_UNAVAILABLE, &format!("not ready: {reason}")),
    }
}

/// Whether an address is on this machine or in a private network: loopback, RFC 1918, RFC 6598 (which clusters use) and
/// RFC 4193. All addresses of a machine at once (`0.0.0.0`) may include a public one.
pub(crate) fn is_private(address: SocketAddr) -> bool {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            ip.is_loopback() || ip.is_private() || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

fn names_no_public_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str().unwrap_or_default().parse::<Uri>() else { return false };
    host.host().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        !host.contains(['.', ':'])
            || address.parse::<IpAddr>().is_ok()
            || address.parse::<Ipv6Addr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_only() {
        let check = |address: &str, expected: bool| {
            let address = SocketAddr::new(address.parse().expect("an address"), 1);
            assert_eq!(is_private(address), expected, "{address}");
        };
        for private in ["127.0.0.1", "127.8.8.8", "10.0.0.1", "172.31.0.1", "192.168.7.7"] {
            check(private, true);
        }
        for private in ["100.64.0.1", "100.127.255.255", "::1", "fd00::1", "::ffff:10.0.0.1"] {
            check(private, true);
        }
        for public in ["0.0.0.0", "::", "172.32.0.1", "100.63.0.1", "100.128.0.1", "9.9.9.9"] {
            check(public, false);
        }
        for public in ["169.254.0.1", "2001:db8::1", "fe80::1", "::ffff:9.9.9.9", "::ffff:0.0.0.0"]
        {
            check(public, false);
        }
    }

    #[test]
    fn a_public_name_is_refused() {
        let check = |hosts: &[&str], expected: bool| {
            let mut request = Request::new(());
            for host in hosts {
                request.headers_mut().append(HOST, host.parse().expect("a value"));
            }
            assert_eq!(names_no_public_host(&request), expected, "{hosts:?}");
        };
        for host in
            ["127.0.0.1", "127.0.0.1:7190", "[::1]", "[fd00::1]:7190", "localhost", "c2c:80"]
        {
            check(&[host], true);
        }
        for host in ["evil.example", "evil.example:7190", "127.0.0.1.evil.example", "", "a b"] {
            check(&[host], false);
        }
        check(&[], false);
        check(&["localhost", "localhost"], false);
    }
}

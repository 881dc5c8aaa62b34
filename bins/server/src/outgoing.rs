//! Requests to other servers, without redirects. Those to an issuer, for `oidc` and `assertion`, are also bounded in time
//! and size, and by https.

use std::time::{Duration, Instant};

use openidconnect::url::{Host, Url};
use openidconnect::{HttpRequest, HttpResponse};
use ureq::http::{Method, Request, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

/// The largest answer, in bytes. A set of keys with certificates has some ten thousand.
pub(crate) const ANSWER_BYTES_MAX: u64 = 512 * 1024;

/// A client for one issuer.
#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
    /// For an issuer on this very machine.
    allows_local: bool,
}

/// A request that got no answer. None of these names more of an address than its host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// The address is not safe: that of an issuer's metadata, for example.
    #[error("{0} is not an https address")]
    NotSafe(String),
    /// The time is over.
    #[error("the time limit is over")]
    Slow,
    /// There is none, or it is too long.
    #[error(transparent)]
    Ureq(#[from] ureq::Error),
}

impl Http {
    pub(crate) fn of_issuer(issuer: &Url) -> Self {
        Self { agent: agent(issuer.as_str(), None), allows_local: is_local_http(issuer) }
    }

    /// Sends a request, and waits for all of the answer, until a time.
    pub(crate) fn call(
        &self,
        request: HttpRequest,
        until: Instant,
    ) -> Result<HttpResponse, HttpError> {
        let url = request.uri().to_string();
        if !url.parse().is_ok_and(|url| self.allows(&url)) {
            let host = request.uri().host().unwrap_or_default();
            return Err(HttpError::NotSafe(host.to_owned()));
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(HttpError::Slow);
        }
        let (parts, body) = self.send(request, left)?.into_parts();
        let body = body.into_with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(Response::from_parts(parts, body))
    }

    fn send(
        &self,
        request: HttpRequest,
        left: Duration,
    ) -> Result<Response<ureq::Body>, ureq::Error> {
        let (parts, body) = request.into_parts();
        if parts.method == Method::GET {
            let request = Request::from_parts(parts, ());
            let request = self.agent.configure_request(request).timeout_global(Some(left)).build();
            return self.agent.run(request);
        }
        let request = Request::from_parts(parts, body);
        let request = self.agent.configure_request(request).timeout_global(Some(left)).build();
        self.agent.run(request)
    }

    /// Whether secrets may be sent to an address, and browsers.
    pub(crate) fn allows(&self, url: &Url) -> bool {
        url.scheme() == "https" || (self.allows_local && is_local_http(url))
    }
}

/// A client for one address, for its requests within a time limit. The environment's proxies do not get what is for
/// this very machine.
pub(crate) fn agent(url: &str, patience: Option<Duration>) -> Agent {
    // As for PostgreSQL: what the system trusts, a company's own authority among it.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let is_local = url.parse().is_ok_and(|url| is_loopback(&url));
    Agent::config_builder()
        .tls_config(tls)
        .proxy(if is_local { None } else { Proxy::try_from_env() })
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_global(patience)
        .user_agent(concat!("c2c-server/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// Whether an address is of this very machine, by http.
pub(crate) fn is_local_http(url: &Url) -> bool {
    url.scheme() == "http" && is_loopback(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

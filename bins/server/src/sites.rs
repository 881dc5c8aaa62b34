//! Four origins on four host names, and which of them a request is for.

use std::net::IpAddr;

use c2c_bridge::Origin;
use c2c_policy::{HostSource, HostSourceError};
use hyper::header::HOST;
use hyper::{Request, Version};

use crate::settings::Settings;

/// One of the four origins that the server speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The origin, as browsers compare it.
    pub origin: Origin,
    /// The same, as a Content-Security-Policy names it.
    pub source: HostSource,
}

/// The four origins.
#[derive(Clone, Debug)]
pub struct Sites {
    /// Console and API.
    pub console: Site,
    /// The demo of a page that embeds the widget.
    pub parent: Site,
    /// The widget, which holds the frame.
    pub widget: Site,
    /// The sandbox documents.
    pub sandbox: Site,
}

/// Why four origins cannot work together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SitesError {
    /// Two origins share a host name.
    #[error(
        "{first} and {second} both have the host {host}: cookies ignore ports, so each needs a host \
         name of its own"
    )]
    SharedHost {
        /// The setting that names the host first.
        first: &'static str,
        /// The setting that names it again.
        second: &'static str,
        /// The host.
        host: String,
    },
    /// The sandbox is on the site of another page.
    #[error(
        "--sandbox-origin {sandbox} and {setting} {other} are one site: browsers isolate sites, so the \
         sandbox needs a domain of its own"
    )]
    SharedSite {
        /// The sandbox's host.
        sandbox: String,
        /// The other setting.
        setting: &'static str,
        /// The other host.
        other: String,
    },
    /// An origin cannot be written in a Content-Security-Policy.
    #[error("{setting}: {source}")]
    Unnameable {
        /// The setting.
        setting: &'static str,
        /// The reason.
        source: HostSourceError,
    },
}

impl Sites {
    /// The settings' origins, and for those not set the defaults on the given ports.
    ///
    /// What a site is depends on a list that this crate does not have: only a host that is part of
    /// another is sure to share its site, and refused.
    pub(crate) fn new(
        settings: &Settings,
        console_port: u16,
        pages_port: u16,
    ) -> Result<Self, SitesError> {
        let or = |set: &Option<Origin>, setting, host: &str, port: u16| {
            let origin = set.clone().unwrap_or_else(|| {
                let text = format!("http://{host}:{port}");
                text.parse().expect("a loopback name and a port are an origin")
            });
            let source = origin.as_str().parse();
            let source = source.map_err(|source| SitesError::Unnameable { setting, source })?;
            Ok((setting, Site { origin, source }))
        };
        let console_host = match settings.console_listen.ip() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let all = [
            or(&settings.console_origin, "--console-origin", &console_host, console_port)?,
            or(&settings.parent_origin, "--parent-origin", "localhost", pages_port)?,
            or(&settings.widget_origin, "--widget-origin", "widget.localhost", pages_port)?,
            or(&settings.sandbox_origin, "--sandbox-origin", "sandbox.localhost", pages_port)?,
        ];
        for (at, (second, site)) in all.iter().enumerate() {
            let host = site.origin.host();
            if let Some((first, _)) =
                all[..at].iter().find(|(_, other)| other.origin.host() == host)
            {
                return Err(SitesError::SharedHost { first, second, host: host.to_owned() });
            }
        }
        let sandbox = all[3].1.origin.host();
        for (setting, site) in &all[..3] {
            let other = site.origin.host();
            // `localhost` is like a public suffix: its subdomains are sites of their own.
            let within = |inner: &str, outer: &str| {
                outer != "localhost"
                    && inner.strip_suffix(outer).is_some_and(|rest| rest.ends_with('.'))
            };
            if within(sandbox, other) || within(other, sandbox) {
                let (sandbox, other) = (sandbox.to_owned(), other.to_owned());
                return Err(SitesError::SharedSite { sandbox, setting, other });
            }
        }
        let [console, parent, widget, sandbox] = all.map(|(_, site)| site);
        Ok(Self { console, parent, widget, sandbox })
    }
}

impl Site {
    /// Whether a request is for this site: it has exactly one host, and it is this one. A browser
    /// that was led here by a foreign name (DNS rebinding) sends that name.
    pub(crate) fn is_addressed_by<B>(&self, request: &Request<B>) -> bool {
        let mut hosts = request.headers().get_all(HOST).iter();
        let (host, more) = (hosts.next(), hosts.next());
        // RFC 9112 §3.2.2: a target in absolute form counts instead of the header. We take neither
        // for the other: if both are there, they must agree.
        let target = request.uri().authority();
        let expected = self.origin.authority();
        let host_agrees = match host {
            Some(host) => host.as_bytes().eq_ignore_ascii_case(expected.as_bytes()),
            None => request.version() >= Version::HTTP_2,
        };
        host_agrees
            && more.is_none()
            && target.is_none_or(|authority| authority.as_str().eq_ignore_ascii_case(expected))
    }
}

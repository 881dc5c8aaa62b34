//! Four origins on four hosts, and the check that a request is for one of them.

pub(crate) mod console;
pub(crate) mod parent;
pub(crate) mod widget;

use std::net::IpAddr;

use c2c_names::Origin;
use c2c_policy::{AncestorSource, HostSource, HostSourceError};
use hyper::header::HOST;
use hyper::{Request, Version};

use crate::settings::Settings;

/// One of the four origins that the server serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The origin, as browsers compare it.
    pub origin: Origin,
    /// The same origin as a Content-Security-Policy names it.
    pub source: HostSource,
}

/// The four origins.
#[derive(Clone, Debug)]
pub struct Sites {
    /// Console and API.
    pub console: Site,
    /// The demo of a parent page, which embeds the widget.
    pub parent: Site,
    /// The widget, which holds the frame.
    pub widget: Site,
    /// The sandbox documents.
    pub sandbox: Site,
    /// The pages of the provider's product that may show the console in a frame.
    pub console_ancestors: Vec<Site>,
}

/// A reason why four origins cannot work together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SitesError {
    /// Two origins share a host name.
    #[error(
        "{first} and {second} both have the host {host}: cookies ignore ports, so each needs a host \
         name of its own"
    )]
    SharedHost {
        /// The first setting that names the host.
        first: &'static str,
        /// The second setting that names the host.
        second: &'static str,
        /// The host.
        host: String,
    },
    /// The sandbox shares a site with another page.
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
    /// A page above the console that must not be there.
    #[error("--console-frame-ancestors {origin}: {reason}")]
    Ancestor {
        /// The page.
        origin: Origin,
        /// The fault.
        reason: &'static str,
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
    /// Takes the origins from the settings; an origin that is not set gets a default on the given port.
    ///
    /// Sites depend on the public suffix list, which this crate does not have. It rejects only the
    /// certain case: one host is a subdomain of the other.
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
            let source = HostSource::try_from(&origin);
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
            // `localhost` is like a public suffix: each of its subdomains is a separate site.
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
        let console_ancestors = ancestors(settings, [&console, &parent, &widget, &sandbox])?;
        Ok(Self { console, parent, widget, sandbox, console_ancestors })
    }

    /// The pages that may stand above a preview: the console, and those above the console.
    pub(crate) fn above_previews(&self) -> impl Iterator<Item = AncestorSource> {
        let all = std::iter::once(&self.console).chain(&self.console_ancestors);
        all.map(|site| site.source.clone().into())
    }
}

/// The pages that may show the console in a frame. They can cover it and act with the clicks of the person who
/// looks at it, so each is named exactly, and no other party can change what it says on the way.
fn ancestors(settings: &Settings, own: [&Site; 4]) -> Result<Vec<Site>, SitesError> {
    let [console, ..] = own;
    let site = |origin: &Origin| {
        let refuse = |reason| Err(SitesError::Ancestor { origin: origin.clone(), reason });
        if !console.origin.is_https() {
            return refuse(
                "the session of a console in a frame is in a partitioned cookie, which needs \
                 https: set --console-origin, too",
            );
        }
        if !origin.is_https() && !is_loopback(origin) {
            return refuse("needs https, unless it is a page on this machine");
        }
        if own.iter().any(|site| site.origin.host() == origin.host()) {
            return refuse("is a host of this server");
        }
        let setting = "--console-frame-ancestors";
        let source = HostSource::try_from(origin);
        let source = source.map_err(|source| SitesError::Unnameable { setting, source })?;
        Ok(Site { origin: origin.clone(), source })
    };
    settings.console_frame_ancestors.iter().map(site).collect()
}

/// Whether browsers reach an origin on their own machine
/// ([Secure Contexts §3.1](https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy)).
pub(crate) fn is_loopback(origin: &Origin) -> bool {
    let host = origin.host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(
        |_| host == "localhost" || host.ends_with(".localhost"),
        |address| address.is_loopback(),
    )
}

impl Site {
    /// Whether a request is for this site: it names exactly one host, this one. After DNS
    /// rebinding, a browser sends the foreign name.
    pub(crate) fn is_addressed_by<B>(&self, request: &Request<B>) -> bool {
        let mut hosts = request.headers().get_all(HOST).iter();
        let (host, more) = (hosts.next(), hosts.next());
        // RFC 9112 §3.2.2: a target in absolute form overrides the header. We require that they
        // agree if both are present.
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

//! Four origins on four hosts, and the check that a request is for one of them.

pub(crate) mod console;
pub(crate) mod parent;
pub(crate) mod widget;

use std::net::IpAddr;

use c2c_names::{AppId, Origin, SandboxHosts};
use c2c_policy::{AncestorSource, HostSource, HostSourceError};
use hyper::header::HOST;
use hyper::http::uri::Authority;
use hyper::{Request, Version};
use openidconnect::url::{self, Url};

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
    /// The sandbox documents, on one host for all apps or on one for each.
    pub sandbox: SandboxHosts,
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
    /// Another page has a host among those of the apps.
    #[error(
        "--sandbox-origin {sandbox} has the hosts of all apps, and {setting} {other} is among them: it needs \
         another domain"
    )]
    AmongApps {
        /// The hosts of the sandbox.
        sandbox: SandboxHosts,
        /// The other setting.
        setting: &'static str,
        /// The other host.
        other: String,
    },
    /// An origin would have a port that is not known.
    #[error(
        "{setting} is not set, and {listen} has port 0, which is another port at each start: set one of them"
    )]
    NoPort {
        /// The setting of the origin.
        setting: &'static str,
        /// The setting of the port.
        listen: &'static str,
    },
    /// An origin that browsers cannot read, such as one whose host begins with `xn--` and is no name.
    #[error("{setting} {origin}: {source}")]
    Unreadable {
        /// The setting.
        setting: &'static str,
        /// The origin.
        origin: Origin,
        /// The reason.
        source: url::ParseError,
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
        let page = |set: &Option<Origin>, setting, host: &str| {
            let origin = match set {
                Some(origin) => origin.clone(),
                None => local(setting, host, "--pages-listen", pages_port)?,
            };
            Ok((setting, site(setting, origin)?))
        };
        let all = [
            ("--console-origin", Self::console(settings, console_port)?),
            page(&settings.parent_origin, "--parent-origin", "localhost")?,
            page(&settings.widget_origin, "--widget-origin", "widget.localhost")?,
        ];
        let setting = "--sandbox-origin";
        let sandbox = match &settings.sandbox_origin {
            Some(hosts) => hosts.clone(),
            None => SandboxHosts::One(local(
                setting,
                "sandbox.localhost",
                "--pages-listen",
                pages_port,
            )?),
        };
        check_readable(setting, &sandbox.origin_for(&"app".parse().expect("an id")))?;
        if let SandboxHosts::One(origin) = &sandbox {
            HostSource::try_from(origin)
                .map_err(|source| SitesError::Unnameable { setting, source })?;
        }
        for (at, (second, site)) in all.iter().enumerate() {
            let host = site.origin.host();
            if let Some((first, _)) =
                all[..at].iter().find(|(_, other)| other.origin.host() == host)
            {
                return Err(SitesError::SharedHost { first, second, host: host.to_owned() });
            }
        }
        for (setting, site) in &all {
            check_apart(&sandbox, setting, site.origin.host())?;
        }
        let [console, parent, widget] = all.map(|(_, site)| site);
        let console_ancestors = ancestors(settings, [&console, &parent, &widget], &sandbox)?;
        Ok(Self { console, parent, widget, sandbox, console_ancestors })
    }

    /// The console alone.
    pub(crate) fn console(settings: &Settings, port: u16) -> Result<Site, SitesError> {
        let setting = "--console-origin";
        let origin = if let Some(origin) = &settings.console_origin {
            origin.clone()
        } else {
            let host = match settings.console_listen.ip() {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            };
            local(setting, &host, "--console-listen", port)?
        };
        site(setting, origin)
    }

    /// Where an app's documents are.
    pub(crate) fn sandbox_of(&self, app: &AppId) -> Site {
        let origin = self.sandbox.origin_for(app).into_owned();
        Site::new(origin).expect("`new` has tried, and the hosts of apps are names")
    }

    /// The pages that may stand above a preview: the console, and those above the console.
    pub(crate) fn above_previews(&self) -> impl Iterator<Item = AncestorSource> {
        let all = std::iter::once(&self.console).chain(&self.console_ancestors);
        all.map(|site| site.source.clone().into())
    }
}

/// The origin of a setting that is not set: of a host on this machine.
fn local(
    setting: &'static str,
    host: &str,
    listen: &'static str,
    port: u16,
) -> Result<Origin, SitesError> {
    let origin = format!("http://{host}:{port}").parse();
    origin.map_err(|_| SitesError::NoPort { setting, listen })
}

/// Other parts of the server use origins as URLs.
fn check_readable(setting: &'static str, origin: &Origin) -> Result<(), SitesError> {
    let parsed = Url::parse(&origin.to_string()).map(drop);
    parsed.map_err(|source| SitesError::Unreadable { setting, origin: origin.clone(), source })
}

fn site(setting: &'static str, origin: Origin) -> Result<Site, SitesError> {
    check_readable(setting, &origin)?;
    Site::new(origin).map_err(|source| SitesError::Unnameable { setting, source })
}

/// The pages that may show the console in a frame. They can cover it and act with the clicks of the person who
/// looks at it, so each is named exactly, and no other party can change what it says on the way.
fn ancestors(
    settings: &Settings,
    own: [&Site; 3],
    sandbox: &SandboxHosts,
) -> Result<Vec<Site>, SitesError> {
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
        check_apart(sandbox, setting, origin.host())?;
        Site::new(origin.clone()).map_err(|source| SitesError::Unnameable { setting, source })
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

/// Checks that no other page is on the sandbox's host or, for certain, on its site.
fn check_apart(
    sandbox: &SandboxHosts,
    setting: &'static str,
    other: &str,
) -> Result<(), SitesError> {
    let domain = sandbox.domain();
    let within = |inner: &str, outer: &str| {
        inner.strip_suffix(outer).is_some_and(|rest| rest.ends_with('.'))
    };
    // `localhost` is like a public suffix: each of its subdomains is a separate site.
    let one_site = |inner, outer| outer != "localhost" && within(inner, outer);
    let hosts = sandbox;
    let (sandbox, other) = (domain.to_owned(), other.to_owned());
    match hosts {
        SandboxHosts::PerApp(_) if other == sandbox || within(&other, &sandbox) => {
            Err(SitesError::AmongApps { sandbox: hosts.clone(), setting, other })
        }
        SandboxHosts::One(_) if other == sandbox => {
            Err(SitesError::SharedHost { first: setting, second: "--sandbox-origin", host: other })
        }
        _ if one_site(&sandbox, &other) || one_site(&other, &sandbox) => {
            Err(SitesError::SharedSite { sandbox, setting, other })
        }
        _ => Ok(()),
    }
}

impl Site {
    /// The site of an origin that a policy can name.
    fn new(origin: Origin) -> Result<Self, HostSourceError> {
        Ok(Self { source: HostSource::try_from(&origin)?, origin })
    }

    /// Whether a request is for this site: it names exactly one host, this one. After DNS
    /// rebinding, a browser sends the foreign name.
    pub(crate) fn is_addressed_by<B>(&self, request: &Request<B>) -> bool {
        let expected = self.origin.authority();
        named_host(request).is_some_and(|named| named.eq_ignore_ascii_case(expected))
    }
}

/// The host that a request names, with its port; `None` if it names none, or more than one.
pub(crate) fn named_host<B>(request: &Request<B>) -> Option<&str> {
    let mut hosts = request.headers().get_all(HOST).iter();
    // RFC 9112 §3.2.2: a target in absolute form overrides the header. We require that they
    // agree if both are present.
    let target = request.uri().authority().map(Authority::as_str);
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let host = host.to_str().ok()?;
            target.is_none_or(|target| target.eq_ignore_ascii_case(host)).then_some(host)
        }
        (None, _) if request.version() >= Version::HTTP_2 => target,
        _ => None,
    }
}

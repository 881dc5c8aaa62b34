//! The deployment under test: a local server, or an existing deployment.

use c2c_harness::{
    Browser, Context as _, DEADLINE, Engine, Error, Method, Reply, Result, Way, request_by,
};
use c2c_server::{Limits, Running, Settings};
use clap::Parser as _;
use serde_json::Value;
use url::Url;

use crate::surface::{Place, Surface};

/// Attributes of the frame that vary from one to another, or only affect its looks.
const NO_PROTECTION: &[&str] =
    &["src", "name", "id", "class", "style", "title", "width", "height", "scrolling"];

/// Two addresses of a deployment: a sandbox document, and a widget page that mounts it.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) sandbox_url: Url,
    pub(crate) widget_url: Url,
    /// The way to it, if that is not where its names lead.
    pub(crate) way: Option<Way>,
}

/// Our own server, whose database is removed afterwards.
pub(crate) struct Local {
    running: Running,
    _data: tempfile::TempDir,
}

impl Local {
    pub(crate) async fn start() -> Result<Self> {
        let data = tempfile::tempdir()?;
        let settings = Settings::parse_from([
            "c2c-server".as_ref(),
            "--data-dir".as_ref(),
            data.path().as_os_str(),
            "--console-listen".as_ref(),
            "127.0.0.1:0".as_ref(),
            "--pages-listen".as_ref(),
            "127.0.0.1:0,[::1]:0".as_ref(),
        ]);
        let running = c2c_server::start(&settings, Limits::default()).await;
        let running = running.map_err(|error| Error::new(error.to_string()))?;
        Ok(Self { running, _data: data })
    }

    pub(crate) fn deployment(&self) -> Result<Deployment> {
        let sites = self.running.sites();
        Ok(Deployment {
            sandbox_url: format!("{}/s/demo", sites.sandbox.origin_for(&"demo".parse()?))
                .parse()?,
            widget_url: format!("{}/w/demo", sites.widget.origin).parse()?,
            way: None,
        })
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

impl Deployment {
    /// Reads the headers of both pages, and the frame's attributes in a browser.
    pub(crate) async fn surface(&self, engine: Engine) -> Result<Surface> {
        let (sandbox, widget) = (self.sandbox_url.origin(), self.widget_url.origin());
        let mut surface = Surface {
            protections: Vec::new(),
            same_site: site(&self.sandbox_url) == site(&self.widget_url),
            sandbox: sandbox.ascii_serialization(),
            widget: widget.ascii_serialization(),
        };
        for (name, value) in self.frame_attributes(engine).await? {
            surface.add(Place::Attribute, &name, &value);
        }
        for (url, of_frame) in [(&self.sandbox_url, true), (&self.widget_url, false)] {
            let reply = self.get(url, "iframe").await?.expect(200)?;
            let headers = reply
                .headers
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
            surface.add_headers(of_frame, headers);
        }
        Ok(surface)
    }

    /// Problems with answers to requests for the sandbox document from outside a frame.
    pub(crate) async fn opened_otherwise(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        for destination in ["document", "object", "embed", "fencedframe", "script", "empty"] {
            let reply = self.get(&self.sandbox_url, destination).await?;
            if reply.status != 403 {
                faults.push(format!(
                    "{} answers a request with Sec-Fetch-Dest: {destination} by {}, and not by 403",
                    self.sandbox_url, reply.status
                ));
            }
        }
        Ok(faults)
    }

    /// Engines in which the frame has other attributes.
    pub(crate) async fn differences(
        &self,
        surface: &Surface,
        engines: &[Engine],
    ) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        for &engine in engines {
            let attributes = self.frame_attributes(engine).await?;
            let same = attributes.iter().map(|(name, value)| (&**name, &**value));
            if !same.eq(surface.attributes()) {
                faults.push(format!("{engine}: the iframe's attributes are {attributes:?}"));
            }
        }
        Ok(faults)
    }

    async fn get(&self, url: &Url, destination: &str) -> Result<Reply> {
        let headers = [("sec-fetch-dest", destination)];
        request_by(self.way.as_ref(), Method::GET, url.as_str(), &headers, "").await
    }

    /// The attributes of the element that the widget page's script makes.
    async fn frame_attributes(&self, engine: Engine) -> Result<Vec<(String, String)>> {
        let browser = Browser::start_on_the_web(engine, self.way.as_ref()).await?;
        let attributes = self.attributes_in(&browser).await;
        browser.close().await?;
        attributes
    }

    async fn attributes_in(&self, browser: &Browser) -> Result<Vec<(String, String)>> {
        browser.goto(self.widget_url.as_str()).await?;
        let host = serde_json::to_string(&self.sandbox_url.origin().ascii_serialization())?;
        let frame = format!(
            "[...document.querySelectorAll('iframe')].find((frame) => frame.src.startsWith({host}))"
        );
        let found = browser.wait_for(&format!("{frame}?.getAttributeNames()"), DEADLINE).await;
        let names = found
            .context(format_args!("{} has no iframe for {}", self.widget_url, self.sandbox_url))?;
        let mut attributes = Vec::new();
        for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
            if NO_PROTECTION.contains(&name) {
                continue;
            }
            let value = browser.eval(&format!("{frame}.getAttribute('{name}')")).await?;
            attributes.push((name.to_owned(), value.as_str().unwrap_or_default().to_owned()));
        }
        // The element is there before its document, which may never come.
        let opened = format!(
            "performance.getEntriesByType('resource').some((entry) => entry.initiatorType === 'iframe' \
             && entry.name.startsWith({host}))"
        );
        let loaded = browser.wait_for(&opened, DEADLINE).await;
        loaded.context(format_args!("the iframe in {} does not load", self.widget_url))?;
        Ok(attributes)
    }
}

/// The registrable domain, approximated without the public suffix list: the last two labels, also
/// below `localhost`. An address is its own site.
fn site(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    match url.host() {
        Some(url::Host::Domain(_)) if labels.len() > 2 => labels[labels.len() - 2..].join("."),
        _ => host.to_owned(),
    }
}

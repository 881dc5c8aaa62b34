//! One visit of the page, in a browser that has just started.

use std::time::Duration;

use c2c_e2e::{Browser, Context as _, DEADLINE, Engine, Error, Options, Others, Result};
use serde_json::Value;

use crate::sdks::SDKS;
use crate::site::Site;
use crate::ways::{Pages, Way};

/// How long the page may take until it reports: it measures for six seconds.
const REPORT: Duration = Duration::from_secs(30);

/// How many processors other programs may keep busy while a visit is measured.
const DISTURBED: f64 = 0.1;

/// How long a visit waits for other programs to rest.
const PATIENCE: Duration = Duration::from_secs(10);

/// The bytes of a frame's document and of its origin's files, as they were sent.
const BYTES: &str = "
    const [origin] = arguments;
    const own = ({ name, initiatorType }) => name.startsWith(origin) && initiatorType !== 'iframe';
    const entries = ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type));
    return entries.filter(own).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);";

pub(crate) struct Bench {
    pub(crate) site: Site,
    pages: Pages,
}

/// What was measured at one visit; times in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    /// Whether other programs kept processors busy, as far as it is known.
    pub(crate) disturbed: bool,
    /// The gaps over 20 ms between two turns of a timer, in the first six seconds.
    pub(crate) blocked: f64,
    pub(crate) longest: f64,
    /// From the navigation's begin to the `load` event.
    pub(crate) load: f64,
    /// Of all bodies that page, frames and workers were sent, compressed as they were.
    pub(crate) bytes: f64,
}

impl Bench {
    pub(crate) async fn start() -> Result<Self> {
        let mut site = Site::start().await?;
        let pages = Pages::serve(&mut site).await?;
        let report = site.collector.hit_url("calm");
        let calm = include_str!("calm.html").replace("{{report}}", &report);
        site.serve("/calm.html", &calm, "text/html")?;
        Ok(Self { site, pages })
    }

    pub(crate) async fn load(&self, way: Way) -> Result<Visit> {
        let browser = self.calm_browser().await?;
        let visit = self.visit(way, &browser).await.context(way.name())?;
        browser.close().await?;
        Ok(visit)
    }

    async fn visit(&self, way: Way, browser: &Browser) -> Result<Visit> {
        Others::rest(DISTURBED, PATIENCE).await;
        let others = Others::watch();
        browser.goto(self.url(way)).await?;
        let report = self.report().await?;
        let disturbed = others.busy().is_some_and(|busy| busy > DISTURBED);
        self.delivered(way).await?;
        let time = |name: &str| report[name].as_f64().context(format_args!("no {name}"));
        let [blocked, longest, load] = [time("blocked")?, time("longest")?, time("load")?];
        if load == 0.0 {
            return Err(Error::new("the page had not loaded when it reported"));
        }
        let bytes = self.bytes(browser).await?;
        Ok(Visit { disturbed, blocked, longest, load, bytes })
    }

    /// Opens a URL in a browser of its own.
    pub(crate) async fn open(&self, url: &str) -> Result<Browser> {
        let browser = self.calm_browser().await?;
        browser.goto(url).await?;
        Ok(browser)
    }

    /// A browser with a fresh profile that has come to rest.
    async fn calm_browser(&self) -> Result<Browser> {
        let collector = &self.site.collector;
        let options = Options {
            // Frames of other sites have processes of their own on any desktop; a machine with
            // little memory has them too now.
            chromium_args: vec!["--site-per-process".to_owned()],
            ..Options::default()
        };
        let browser = Browser::start(Engine::Chromium, collector, &options).await?;
        collector.forget();
        browser.goto(&collector.url_of("calm.localhost", "/calm.html")).await?;
        collector.hit("calm", REPORT).await?;
        collector.forget();
        Ok(browser)
    }

    /// What the clock of the page says.
    pub(crate) async fn report(&self) -> Result<Value> {
        self.site.collector.hit("measured", REPORT).await?.json()
    }

    /// Fails unless the events of all SDKs arrive, from where this way runs them; without tags, if
    /// anything of an SDK has arrived.
    pub(crate) async fn delivered(&self, way: Way) -> Result<()> {
        let collector = &self.site.collector;
        if way == Way::NoTags {
            let of_an_sdk = |path: &str| SDKS.iter().any(|sdk| sdk.receives(path));
            let came = collector.requests().into_iter().find(|request| of_an_sdk(&request.path));
            return came.map_or(Ok(()), |request| Err(Error::new(format!("{request:?}"))));
        }
        for sdk in &SDKS {
            let events = collector.wait_for(1, DEADLINE, |request| sdk.delivers(request)).await;
            let events = events.context(format_args!("the event of {}", sdk.name))?;
            let file = collector.first(&sdk.file()).context("no request for its file")?;
            if !way.ran(&file, &events[0]) {
                let message = format!("{} ran elsewhere: {file:?}, {:?}", sdk.name, events[0]);
                return Err(Error::new(message));
            }
        }
        Ok(())
    }

    /// The collector knows the bytes of its own files, and the frames those of the server's.
    async fn bytes(&self, browser: &Browser) -> Result<f64> {
        let mut bytes = f64::from(u32::try_from(self.site.bytes())?);
        let server = &self.pages.server;
        for (frame, origin) in [("#widget", &server.widget), ("iframe", &server.sandbox)] {
            browser.enter_frame(frame).await?;
            let loaded = browser.run(BYTES, &[Value::from(origin.as_str())]).await?;
            let loaded = loaded.as_f64().filter(|loaded| *loaded > 0.0);
            bytes += loaded.context(format_args!("no bytes of {origin}"))?;
        }
        Ok(bytes)
    }

    /// The URL of the page in one way.
    pub(crate) fn url(&self, way: Way) -> &str {
        self.pages.url(way)
    }
}

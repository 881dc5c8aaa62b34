//! One visit of the page, in a browser that has just started.

use std::time::Duration;

use c2c_harness::{Browser, Context as _, DEADLINE, Engine, Error, Options, Others, Result};
use serde_json::Value;

use crate::sdks::SDKS;
use crate::site::Site;
use crate::ways::{Pages, Way};

/// Longest time until the page reports: it measures for six seconds.
const REPORT: Duration = Duration::from_secs(30);

/// Number of processors that other programs may keep busy while a visit is measured.
const DISTURBED: f64 = 0.1;

/// How long a visit waits for other programs to rest.
const PATIENCE: Duration = Duration::from_secs(10);

/// The bytes of a frame's document and of its origin's files, as transferred.
const BYTES: &str = "
    const [origin] = arguments;
    const own = ({ name, initiatorType }) => name.startsWith(origin) && initiatorType !== 'iframe';
    const entries = ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type));
    return entries.filter(own).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);";

pub(crate) struct Bench {
    pub(crate) site: Site,
    pages: Pages,
}

/// The measurements of one visit; times in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    /// Whether other programs kept processors busy, as far as it is known.
    pub(crate) disturbed: bool,
    /// The gaps over 20 ms between two ticks of a timer, in the first six seconds.
    pub(crate) blocked: f64,
    pub(crate) longest: f64,
    /// From the beginning of the navigation to the `load` event.
    pub(crate) load: f64,
    /// The size of all bodies that page, frames and workers received, as compressed.
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

    /// Opens a URL in a separate browser.
    pub(crate) async fn open(&self, url: &str) -> Result<Browser> {
        let browser = self.calm_browser().await?;
        browser.goto(url).await?;
        Ok(browser)
    }

    /// Starts a browser with a fresh profile, and waits until it is idle.
    async fn calm_browser(&self) -> Result<Browser> {
        let collector = &self.site.collector;
        let options = Options {
            // Frames of other sites have separate processes on any desktop; now also on a machine
            // with little memory.
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

    /// Returns the report of the page's clock.
    pub(crate) async fn report(&self) -> Result<Value> {
        self.site.collector.hit("measured", REPORT).await?.json()
    }

    /// Fails unless the events of all SDKs arrive, from the place where this way runs them; without
    /// tags, fails if anything of an SDK has arrived.
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

    /// Adds the bytes of the collector's own files and, measured in the frames, those of the
    /// server's.
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

//! A browser that runs the probes of a run: it decides which share a page, and collects their outcomes.

use std::time::{Duration, Instant};

use c2c_harness::{
    Browser, Collector, Context as _, DEADLINE, Engine, Error, Method, Options, Result,
};
use serde_json::{Value, json};

use crate::outcome::Outcome;
use crate::probe::{Known, Opened, Probe};
use crate::replica::{self, Arrangement, Layout, Run};

/// The text that a person types; then the keys that copy the whole field and paste it twice. Each
/// `U+E009` presses or releases Control in turn.
const TYPED: (&str, &str) = ("keys", "\u{E009}a\u{E009}\u{E009}c\u{E009}\u{E009}vv\u{E009}");
/// The field's value afterwards; it was `secret` before.
const IN_FIELD: &str = "secretkeyssecretkeys";

/// The polling interval for arrived requests.
const POLL: Duration = Duration::from_millis(10);

/// How long probes that share pages may take together. Some wait in vain, one after the other.
const TOGETHER: Duration = Duration::from_mins(1);

/// How many replacement browsers a stage may start.
const RENEWALS: usize = 5;

/// A browser with its equipment, replaced when a probe spoils it.
pub(crate) struct Stage<'a> {
    pub(crate) browser: Browser,
    pub(crate) collector: &'a Collector,
    options: &'a Options,
    /// The deadline for everything.
    end: Instant,
    /// The first window, the only one that the browser was equipped for.
    window: String,
    runs: usize,
    renewals: usize,
}

impl<'a> Stage<'a> {
    /// Starts a browser. The stage's work fails once it has taken longer than `limit` in all.
    pub(crate) async fn start(
        engine: Engine,
        collector: &'a Collector,
        options: &'a Options,
        limit: Duration,
    ) -> Result<Self> {
        let end = Instant::now() + limit;
        replica::serve_third_party(collector);
        let (browser, window) = equipped(engine, collector, options).await?;
        Ok(Self { browser, collector, options, end, window, runs: 0, renewals: 0 })
    }

    /// Runs all probes at once, as far as possible: harmless probes share a frame, and the others
    /// that can share a page each get a frame. `grace` is how long a navigation may take that
    /// should not happen.
    pub(crate) async fn held(
        &mut self,
        arrangement: &Arrangement,
        probes: &[&Probe],
        grace: Duration,
    ) -> Result<Vec<Outcome>> {
        let engine = self.browser.engine();
        let promised: Known<'_> = &|probe| arrangement.promises(probe, engine);
        let said = self.together(arrangement, probes, promised, grace).await?;
        let mut outcomes = Vec::new();
        for probe in probes {
            outcomes.push(if probe.apart() {
                let outcome = self.apart(arrangement, probe, grace).await;
                self.settled(probe, outcome).await?
            } else {
                self.outcome_of(&said, probe)
            });
        }
        Ok(outcomes)
    }

    /// Like `held`, for a few probes that may succeed: a probe that did not report runs again, by
    /// itself.
    pub(crate) async fn mostly_held(
        &mut self,
        arrangement: &Arrangement,
        probes: &[&Probe],
        grace: Duration,
    ) -> Result<Vec<Outcome>> {
        let engine = self.browser.engine();
        let promised: Known<'_> = &|probe| arrangement.promises(probe, engine);
        let said = self.together(arrangement, probes, promised, grace).await?;
        let mut outcomes = Vec::new();
        for probe in probes {
            let mut outcome = self.outcome_of(&said, probe);
            if !outcome.ran() {
                let again = self.by_itself(arrangement, probe, promised, grace).await;
                outcome = self.settled(probe, again.map(|(outcome, _)| outcome)).await?;
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Runs probes that may succeed; destructive ones run one after the other. A probe that is not
    /// known to succeed has `grace` to reach its aim after it has reported something else. Also
    /// returns the longest delay between a probe's last report or key and its success.
    pub(crate) async fn free(
        &mut self,
        arrangement: &Arrangement,
        probes: &[&Probe],
        known: Known<'_>,
        grace: Duration,
    ) -> Result<(Vec<Outcome>, Duration)> {
        let sharing: Vec<&Probe> = shared(probes).collect();
        let said = self.together(arrangement, &sharing, known, Duration::ZERO).await?;
        let mut slowest = Duration::ZERO;
        let mut outcomes = Vec::new();
        for &probe in probes {
            outcomes.push(if probe.apart() || probe.alone {
                let grace = if known(probe) { DEADLINE } else { grace };
                let outcome = self.by_itself(arrangement, probe, known, grace).await;
                let outcome = outcome.map(|(outcome, late)| {
                    slowest = slowest.max(late);
                    outcome
                });
                self.settled(probe, outcome).await?
            } else {
                self.outcome_of(&said, probe)
            });
        }
        Ok((outcomes, slowest))
    }

    /// Returns the outcome of a probe that had its own pages. A probe that could not be tried may
    /// have left the session in any state, so the next one gets another browser.
    async fn settled(&mut self, probe: &Probe, outcome: Result<Outcome>) -> Result<Outcome> {
        if Instant::now() > self.end {
            return Err(Error::new(format!("the time for all probes was up after {}", probe.id)));
        }
        match outcome {
            Ok(outcome) => Ok(outcome),
            Err(error) => {
                self.renew().await.context(format_args!("after {}: {error}", probe.id))?;
                Ok(Outcome::untried(&error))
            }
        }
    }

    async fn renew(&mut self) -> Result<()> {
        self.renewals += 1;
        if self.renewals > RENEWALS {
            return Err(Error::new(format!("{RENEWALS} other browsers were started before")));
        }
        let engine = self.browser.engine();
        (self.browser, self.window) = equipped(engine, self.collector, self.options).await?;
        Ok(())
    }

    /// Runs probes that need no pages of their own in a shared one, and returns their reports. The
    /// inner error is the reason why they could not be tried.
    async fn together(
        &mut self,
        arrangement: &Arrangement,
        probes: &[&Probe],
        known: Known<'_>,
        grace: Duration,
    ) -> Result<Result<(Run, Value)>> {
        let said = self.all_together(arrangement, probes, known, grace).await;
        if let Err(error) = &said {
            self.renew().await.context(format_args!("after the shared page: {error}"))?;
        }
        Ok(said)
    }

    async fn all_together(
        &mut self,
        arrangement: &Arrangement,
        probes: &[&Probe],
        known: Known<'_>,
        grace: Duration,
    ) -> Result<(Run, Value)> {
        // Requests of earlier sets are no longer needed, and each search goes through all of them.
        self.collector.forget();
        let mut frames: Vec<Vec<&Probe>> = vec![shared(probes).collect()];
        frames.extend(alone(probes).map(|probe| vec![probe]));
        frames.retain(|frame| !frame.is_empty());
        let mut said = json!({});
        if frames.is_empty() {
            return Ok((Run::none(), said));
        }
        let run = self.open(arrangement, &frames, known, false).await?;
        let end = Instant::now() + TOGETHER;
        for index in 0..frames.len() {
            let left = end.saturating_duration_since(Instant::now());
            // A frame that reports nothing has not run; the verdict says so.
            if let Ok(hit) = self.collector.hit(&run.hit(index, "said"), left).await {
                merge(&mut said, hit.json()?);
            }
        }
        if frames.iter().any(|frame| frame[0].alone) {
            tokio::time::sleep(grace).await;
        }
        Ok((run, said))
    }

    /// Runs a probe on its own pages, where it may succeed. Also returns its delay.
    async fn by_itself(
        &mut self,
        arrangement: &Arrangement,
        probe: &Probe,
        known: Known<'_>,
        grace: Duration,
    ) -> Result<(Outcome, Duration)> {
        let run = if probe.apart() {
            self.act(arrangement, probe, known).await?
        } else {
            self.open(arrangement, &[vec![probe]], known, false).await?
        };
        self.one(&run, probe, grace).await
    }

    /// Waits for a probe on its own page: for its aim or its report, whichever comes first, and
    /// after a mere report for `grace` more. Also returns the delay from the report to the aim.
    async fn one(&self, run: &Run, probe: &Probe, grace: Duration) -> Result<(Outcome, Duration)> {
        let end = Instant::now() + DEADLINE;
        let mut quiet = None;
        loop {
            let outcome = self.now(run, probe).await?;
            if outcome.said.is_some() && quiet.is_none() {
                quiet = Some(Instant::now());
            }
            let late = quiet.map_or(Duration::ZERO, |quiet| quiet.elapsed());
            if outcome.reached {
                return Ok((outcome, late));
            }
            if late > grace || Instant::now() > end {
                return Ok((outcome, Duration::ZERO));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Runs a probe on its own pages, in a frame that is protected.
    async fn apart(
        &mut self,
        arrangement: &Arrangement,
        probe: &Probe,
        grace: Duration,
    ) -> Result<Outcome> {
        let known = arrangement.promises(probe, self.browser.engine());
        let run = self.act(arrangement, probe, &|_| known).await?;
        if probe.click {
            self.click_arrived(&run, probe).await?;
        }
        if known {
            return Ok(self.one(&run, probe, DEADLINE).await?.0);
        }
        if probe.alone || probe.click || probe.types || probe.leaves {
            tokio::time::sleep(grace).await;
        }
        let outcome = self.now(&run, probe).await?;
        if probe.types && !outcome.reached {
            let value = self.browser.eval("document.querySelector('#field').value").await?;
            if value != IN_FIELD {
                return Err(Error::new(format!("{}: the field has {value}", probe.id)));
            }
        }
        Ok(outcome)
    }

    /// Opens a probe's own pages, and acts there as the person.
    async fn act(
        &mut self,
        arrangement: &Arrangement,
        probe: &Probe,
        known: Known<'_>,
    ) -> Result<Run> {
        let run = self.open(arrangement, &[vec![probe]], known, probe.click).await?;
        self.collector.hit(&run.hit(0, "said"), DEADLINE).await?;
        if !probe.click && !probe.types {
            return Ok(run);
        }
        if probe.opened == Opened::InWidget && arrangement.layout == Layout::Three {
            self.browser.enter_frame("iframe").await?;
        }
        if probe.click {
            if probe.opened == Opened::InWidget {
                self.browser.enter_frame("#frame0").await?;
            }
            self.browser.click("#target").await?;
        }
        if probe.types {
            self.browser.click("#field").await?;
            self.browser.type_slowly(TYPED.0).await?;
            self.browser.type_into("#field", TYPED.1).await?;
        }
        Ok(run)
    }

    /// Waits for the frame's report of a person's click, or for the probe's aim: reaching it may
    /// end the frame, and the report with it.
    async fn click_arrived(&self, run: &Run, probe: &Probe) -> Result<()> {
        let end = Instant::now() + DEADLINE;
        loop {
            if self.now(run, probe).await?.reached {
                return Ok(());
            }
            match self.reported(run, "clicked") {
                Some(trusted) if trusted == true => return Ok(()),
                None if Instant::now() < end => tokio::time::sleep(POLL).await,
                _ => return Err(Error::new(format!("{}: not a person's click", probe.id))),
            }
        }
    }

    /// The current outcome of a probe on its own page. Dismisses an open dialog.
    async fn now(&self, run: &Run, probe: &Probe) -> Result<Outcome> {
        if probe.dialog {
            // No other command may come first: a driver closes a dialog that its command did not
            // expect.
            if self.browser.command(Method::GET, "alert/text", None).await.is_ok() {
                self.browser.command(Method::POST, "alert/dismiss", Some(json!({}))).await?;
                return Ok(Outcome::reached("a dialog"));
            }
        } else if probe.leaves {
            // Without the driver: WebKit's sometimes does not answer while a window goes back.
            if self.collector.count(&before(run.number)) > 1 {
                return Ok(Outcome::reached("the top window is the page before"));
            }
        } else if probe.click && self.top_url().await? != run.url {
            return Ok(Outcome::reached("the top window is another page"));
        }
        Ok(self.outcome(run, probe, &self.said(run)))
    }

    /// The first frame's report in a run so far.
    fn said(&self, run: &Run) -> Value {
        self.reported(run, "said").unwrap_or_default()
    }

    /// The first frame's report under a name.
    fn reported(&self, run: &Run, what: &str) -> Option<Value> {
        self.collector.first(&format!("/hit/{}", run.hit(0, what)))?.json().ok()
    }

    /// The URL of the topmost page. While it changes, a driver may not answer.
    async fn top_url(&self) -> Result<String> {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.browser.url().await {
                Err(_) if Instant::now() < end && !self.browser.is_lost() => {
                    tokio::time::sleep(POLL).await;
                }
                answer => return answer,
            }
        }
    }

    /// Opens the topmost page. A navigation that the last probe began may still complete and
    /// replace the page; then nothing requests the page's resources. (This run's own probe may
    /// already have left the page.)
    async fn goto(&self, run: &Run) -> Result<()> {
        let end = Instant::now() + DEADLINE;
        loop {
            let opened = self.browser.goto(&run.url).await;
            let lost = self.browser.is_lost();
            if !lost && self.collector.first(&run.opens).is_some() {
                return Ok(());
            }
            if lost || Instant::now() > end {
                return opened.context(format_args!("run {}", run.number));
            }
        }
    }

    /// Closes all windows but the first, and takes the focus back: a video's window, which no
    /// driver lists, keeps the focus when it closes.
    async fn tidy(&self) -> Result<()> {
        let end = Instant::now() + DEADLINE;
        loop {
            let mut windows = self.browser.windows().await?;
            windows.retain(|window| *window != self.window);
            if windows.is_empty() {
                return self.browser.switch_to_window(&self.window).await;
            }
            if Instant::now() > end {
                return Err(Error::new(format!(
                    "there are windows that do not close: {windows:?}"
                )));
            }
            for window in &windows {
                // A window that is closing is still listed for a moment.
                let closed = async {
                    self.browser.switch_to_window(window).await?;
                    self.browser.close_window().await
                };
                if let Err(error) = closed.await
                    && (self.browser.is_lost() || Instant::now() > end)
                {
                    return Err(error.within(format_args!("window {window} does not close")));
                }
            }
        }
    }

    /// The outcome of a probe that shared a page.
    fn outcome_of(&self, said: &Result<(Run, Value)>, probe: &Probe) -> Outcome {
        match said {
            Ok((run, said)) => self.outcome(run, probe, said),
            Err(error) => Outcome::untried(error),
        }
    }

    fn outcome(&self, run: &Run, probe: &Probe, said: &Value) -> Outcome {
        let said = said.get(&probe.id).and_then(Value::as_str).map(str::to_owned);
        // A click's aim is looked up in the probe's own run, which is the last.
        let landed = format!("/landed/r{}/{}", run.number, probe.id);
        let landed = self.collector.first(&landed).is_some();
        Outcome { reached: landed || said.as_deref() == Some("reached"), said, error: None }
    }

    /// Serves the pages of a run and opens the topmost.
    async fn open(
        &mut self,
        arrangement: &Arrangement,
        frames: &[Vec<&Probe>],
        known: Known<'_>,
        visible: bool,
    ) -> Result<Run> {
        self.tidy().await?;
        self.runs += 1;
        if frames[0][0].leaves {
            // A step in a window's history may complete at any time. So the probe gets its own
            // window, with a page in its history that reports when it is shown.
            self.browser.new_tab().await?;
            let shown = before(self.runs);
            let page = format!(
                "<script>addEventListener('pageshow', () => navigator.sendBeacon('{}'))</script>",
                self.collector.hit_url(&shown)
            );
            let path = format!("/{shown}");
            self.browser.goto(&self.collector.page(&path, page, &[])).await?;
            self.collector.hit(&shown, DEADLINE).await?;
        }
        let mut run =
            replica::serve(self.collector, arrangement, self.runs, frames, known, visible);
        self.goto(&run).await?;
        drop(run.go.take());
        Ok(run)
    }
}

/// Starts a browser with a geolocation and an authenticator. Also returns the handle of its window.
async fn equipped(
    engine: Engine,
    collector: &Collector,
    options: &Options,
) -> Result<(Browser, String)> {
    let browser = Browser::start(engine, collector, options).await?;
    if engine == Engine::Chromium {
        let place = json!({"latitude": 1, "longitude": 1, "accuracy": 1});
        let place = json!({"cmd": "Emulation.setGeolocationOverride", "params": place});
        browser.command(Method::POST, "goog/cdp/execute", Some(place)).await?;
        let authenticator = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserConsenting": true,
            "isUserVerified": true,
        });
        browser.command(Method::POST, "webauthn/authenticator", Some(authenticator)).await?;
    }
    let window = browser.command(Method::GET, "window", None).await?;
    Ok((browser, window.as_str().unwrap_or_default().to_owned()))
}

/// The name under which the page before a run's reports that it is shown.
fn before(run: usize) -> String {
    format!("r{run}-before")
}

fn shared<'p>(probes: &[&'p Probe]) -> impl Iterator<Item = &'p Probe> {
    probes.iter().copied().filter(|probe| !probe.alone && !probe.apart())
}

fn alone<'p>(probes: &[&'p Probe]) -> impl Iterator<Item = &'p Probe> {
    probes.iter().copied().filter(|probe| probe.alone && !probe.apart())
}

fn merge(all: &mut Value, more: Value) {
    if let (Value::Object(all), Value::Object(more)) = (all, more) {
        all.extend(more);
    }
}

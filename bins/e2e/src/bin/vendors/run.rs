//! One run: a visit to a page with the snippet, or with the widget that has it in its sandbox.
//!
//! The visitor comes by a link, waits until the vendor has sent its first hits, plays a call, waits
//! again, because vendors keep events back for seconds, and leaves, which sends the rest. The
//! control shows how long the vendor takes: there the visitor waits until it has been quiet for
//! some time. In the sandbox the visitor waits for the same hits. Where they do not come, or where
//! some are sent on leaving, the visit is as long as the control's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use c2c_harness::{
    App, Browser, Collector, Context as _, DEADLINE, Engine, Error, Options, Recorded, Result,
    Server,
};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::compare::{Control, counted};
use crate::hits::{Hit, Request, hits};
use crate::manifest::Vendor;
use crate::pages::{self, SHOP_HOST};

/// Longest time until a vendor's first hit.
const FIRST: Duration = DEADLINE;
/// Time that a vendor must be quiet before the call: some wait for another script in between.
const QUIET_BEFORE_CALL: Duration = Duration::from_secs(3);
/// Time that it must be quiet after the call: GA4 keeps events back for five seconds.
const QUIET_AFTER_CALL: Duration = Duration::from_secs(7);
/// Time that it must be quiet after the visitor has left.
const QUIET_AFTER_LEAVING: Duration = Duration::from_secs(2);
/// Longest time of each of the three in all.
const PHASE: Duration = Duration::from_secs(40);
/// Longest time of a run. A run that reaches it hangs.
const RUN: Duration = Duration::from_mins(4);

/// How long the data that the app's code stores is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Jar {
    None,
    Visit,
    Kept,
}

impl Jar {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::Visit, Self::Kept];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Visit => "visit",
            Self::Kept => "kept",
        }
    }
}

/// The state that all runs share.
pub(crate) struct Stage {
    server: Arc<Server>,
    collector: Collector,
    options: Options,
}

/// All hits of a visit, and those that had come before the call and before the visitor left.
pub(crate) struct Visit {
    before_call: Moment,
    before_leaving: Moment,
    pub(crate) all: Vec<Hit>,
    /// Hosts and paths of all other requests to vendors.
    pub(crate) others: BTreeSet<String>,
}

/// The time at which the visitor goes on, and the hits by then.
struct Moment {
    /// Since the page has loaded.
    time: Duration,
    hits: Vec<Hit>,
}

impl Stage {
    pub(crate) async fn start(engines: &[Engine]) -> Result<Self> {
        let server = Arc::new(Server::start().await?);
        let collector = Collector::start().await?;
        let mut options = Options::default();
        if engines.contains(&Engine::Chromium) {
            options.chromium_args = as_a_visitor(&collector).await?;
        }
        Ok(Self { server, collector, options })
    }

    /// Runs the snippet in its own page.
    pub(crate) async fn control(&self, engine: Engine, vendor: &Vendor) -> Result<Visit> {
        let run = async {
            let site = Site::open(self, engine, vendor, None).await?;
            pages::serve_control(&site.collector, &vendor.head, &vendor.body_end);
            let visit = site.visit(&Play::Script, None).await;
            site.browser.close().await?;
            visit
        };
        in_time(run).await
    }

    /// Runs the snippet in the sandbox, in one visit, or in two with a jar that is kept.
    pub(crate) async fn sandbox(
        &self,
        engine: Engine,
        vendor: &Vendor,
        jar: Jar,
        expected: &Expected<'_>,
    ) -> Result<Vec<Visit>> {
        let run = async {
            let app = self.server.create_app(&format!("{} {}", vendor.name, jar.name())).await?;
            app.configure(&[&self.collector.origin_of(SHOP_HOST)], jar.name()).await?;
            app.publish(&vendor.head, &vendor.body_end).await?;

            let site = Site::open(self, engine, vendor, Some(&app)).await?;
            let listen = site.collector.source_url("listen.js")?;
            let url = app.widget_url("");
            pages::serve_widget(&site.collector, &listen, &self.server.widget, &url);
            let expected = Some(expected);
            let visits = async {
                let mut visits = vec![site.visit(&Play::Clicks, expected).await?];
                if jar == Jar::Kept {
                    visits.push(site.visit(&Play::Nothing, expected).await?);
                }
                Ok(visits)
            };
            let visits = visits.await;
            site.browser.close().await?;
            visits
        };
        in_time(run).await
    }
}

/// Returns arguments that make Chromium identify as visitors' browsers do: some vendors send
/// nothing from a browser that calls itself headless or driven.
async fn as_a_visitor(collector: &Collector) -> Result<Vec<String>> {
    let browser = Browser::start(Engine::Chromium, collector, &Options::default()).await?;
    let agent = browser.eval("navigator.userAgent").await?;
    browser.close().await?;
    let agent = agent.as_str().unwrap_or_default().replace("HeadlessChrome", "Chrome");
    let driven = "--disable-blink-features=AutomationControlled".to_owned();
    Ok(vec![format!("--user-agent={agent}"), driven])
}

async fn in_time<T>(run: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(RUN, run)
        .await
        .unwrap_or_else(|_| Err(Error::new(format!("still running after {RUN:?}"))))
}

/// The expected behavior of the sandbox.
pub(crate) struct Expected<'a> {
    pub(crate) control: Control<'a>,
    before_call: Until,
    before_leaving: Until,
}

/// The number of hits that came in both controls until the visitor went on, and the later time of
/// the two.
#[derive(Clone, Copy)]
struct Until {
    hits: usize,
    time: Duration,
}

impl<'a> Expected<'a> {
    pub(crate) fn of(vendor: &'a Vendor, [first, second]: &[Visit; 2]) -> Self {
        let control = Control::new(vendor, &first.all, &second.all);
        let both = |one: &Moment, other: &Moment| Until {
            hits: control.came(&one.hits).min(control.came(&other.hits)),
            time: one.time.max(other.time),
        };
        Self {
            before_call: both(&first.before_call, &second.before_call),
            before_leaving: both(&first.before_leaving, &second.before_leaving),
            control,
        }
    }

    /// Returns the wait before the visitor leaves. The vendor's later hits may depend on how long
    /// the visit was.
    fn before_leaving(&self) -> Wait<'_, 'a> {
        let Until { hits, time } = self.before_leaving;
        let stay = if hits < self.control.len() { time } else { Duration::ZERO };
        Wait { quiet: QUIET_AFTER_CALL, expected: Some((self, self.before_leaving)), stay, ..WAIT }
    }
}

/// The conditions of a visitor's wait.
struct Wait<'e, 'a> {
    /// How long no hit at all may come.
    first: Duration,
    /// How long no further hit may come.
    quiet: Duration,
    /// The hits that end the wait, and its time in the control, after which it ends if they do not
    /// come.
    expected: Option<(&'e Expected<'a>, Until)>,
    /// How long the visit lasts in any case.
    stay: Duration,
}

const WAIT: Wait<'static, 'static> =
    Wait { first: Duration::ZERO, quiet: Duration::ZERO, expected: None, stay: Duration::ZERO };

/// How the visitor's call is played.
enum Play {
    /// By the control's script.
    Script,
    /// By clicks in the widget.
    Clicks,
    Nothing,
}

/// A browser in which one vendor's scripts are answered.
struct Site<'a> {
    vendor: &'a Vendor,
    collector: Collector,
    browser: Browser,
    /// Texts that differ in each run, and their replacements.
    own: BTreeMap<String, String>,
}

impl<'a> Site<'a> {
    async fn open(
        stage: &Stage,
        engine: Engine,
        vendor: &'a Vendor,
        app: Option<&App>,
    ) -> Result<Self> {
        let collector = stage.collector.scoped().await?;
        collector.answer_all_hosts();
        for answer in &vendor.answers {
            let headers =
                [("content-type", answer.content_type), ("access-control-allow-origin", "*")];
            collector.page_at(&answer.host, &answer.path, answer.body.clone(), &headers);
        }
        let own = own(stage, &collector, app);
        let browser = Browser::start(engine, &collector, &stage.options).await?;
        Ok(Self { vendor, collector, browser, own })
    }

    /// Makes a visit that is like the control's if there is one, otherwise as long as the vendor
    /// needs.
    async fn visit(&self, play: &Play, expected: Option<&Expected<'_>>) -> Result<Visit> {
        let since = self.collector.requests().len();
        self.browser.goto(&pages::article(&self.collector)).await?;
        self.browser.click("#go").await?;
        let loaded = "location.pathname.endsWith('/pricing') && document.readyState === 'complete'";
        self.browser.wait_for(loaded, DEADLINE).await?;
        let loaded = Instant::now();
        let moment = async |wait: Wait<'_, '_>| {
            self.settle(since, loaded, &wait).await;
            Moment { time: loaded.elapsed(), hits: self.hits(since) }
        };
        let wait = expected.map(|it| (it, it.before_call));
        let before_call =
            moment(Wait { first: FIRST, quiet: QUIET_BEFORE_CALL, expected: wait, ..WAIT }).await;

        match play {
            Play::Script => self.play_by_script().await.context("playing a call")?,
            Play::Clicks => self.play_by_clicks().await.context("playing a call")?,
            Play::Nothing => {}
        }
        let before_leaving = match (play, expected) {
            (Play::Nothing, _) => moment(WAIT).await,
            (_, Some(expected)) => moment(expected.before_leaving()).await,
            (_, None) => moment(Wait { quiet: QUIET_AFTER_CALL, ..WAIT }).await,
        };

        self.browser.goto(&pages::away(&self.collector)).await?;
        moment(Wait { quiet: QUIET_AFTER_LEAVING, ..WAIT }).await;
        let requests = self.collector.requests();
        let others = requests.iter().skip(since).filter(|it| !self.is_hit(it));
        let others = others.filter_map(Request::of);
        let others = others.map(|Request { host, path, .. }| format!("{host}{path}")).collect();
        Ok(Visit { before_call, before_leaving, all: self.hits(since), others })
    }

    async fn play_by_script(&self) -> Result<()> {
        let play = async |name: &str, fields: Value| {
            self.browser.run("playEvent(...arguments)", &[json!(name), fields]).await.map(drop)
        };
        play("widget_loaded", json!({"isPreview": false})).await?;
        let start = Instant::now();
        let started = json!({"destinationId": null, "routingKey": null, "hasFormValues": false});
        play("call_started", started).await?;
        let duration = start.elapsed().as_secs_f64();
        play("call_ended", json!({"duration": duration, "reason": "user_hangup"})).await?;
        play("survey_submitted", json!({"rating": 4, "comment": COMMENT})).await
    }

    async fn play_by_clicks(&self) -> Result<()> {
        self.browser.enter_frame("#widget").await?;
        let works = "document.querySelector('#call') && document.readyState === 'complete'";
        self.browser.wait_for(works, DEADLINE).await?;
        for css in ["#call", "#hang-up", "input[value='4']"] {
            self.browser.click(css).await?;
        }
        self.browser.type_into("#comment", COMMENT).await?;
        self.browser.click("#rate").await?;
        self.browser.enter_top().await
    }

    /// Returns the hits after the first `since` requests.
    fn hits(&self, since: usize) -> Vec<Hit> {
        let requests = self.collector.requests();
        let requests = requests.iter().skip(since).filter_map(Request::of);
        let mut found: Vec<Hit> = requests.flat_map(|request| hits(self.vendor, request)).collect();
        for value in found.iter_mut().flat_map(|hit| hit.fields.values_mut()) {
            for (own, instead) in &self.own {
                if value.contains(own) {
                    *value = value.replace(own, instead);
                }
            }
        }
        found
    }

    /// Waits according to `wait`, in a visit that began after `since` requests and whose page
    /// loaded at `loaded`.
    async fn settle(&self, since: usize, loaded: Instant, wait: &Wait<'_, '_>) {
        let end = Instant::now() + PHASE;
        let (mut last, mut known) = (Instant::now(), 0);
        loop {
            let requests = self.collector.requests().iter().filter(|it| self.is_hit(it)).count();
            let found = self.hits(since);
            let counted = counted(self.vendor, &found);
            if counted != known {
                (last, known) = (Instant::now(), counted);
            }
            let quiet = last + if known == 0 { wait.first.max(wait.quiet) } else { wait.quiet };
            let until = match wait.expected {
                Some((expected, until)) if expected.control.came(&found) >= until.hits => loaded,
                Some((_, until)) => quiet.max(loaded + until.time),
                None => quiet,
            };
            let until = until.max(loaded + wait.stay).min(end);
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            // If nothing comes, the time is over.
            let _ = self.collector.wait_for(requests + 1, left, |it| self.is_hit(it)).await;
        }
    }

    fn is_hit(&self, recorded: &Recorded) -> bool {
        Request::of(recorded)
            .is_some_and(|request| self.vendor.endpoint(request.host, request.path).is_some())
    }
}

/// The visitor's comment on the call.
const COMMENT: &str = "Very good";

/// Returns the paths, ports and ids of a run, plain and URL-encoded, with the replacements that
/// make runs comparable.
fn own(stage: &Stage, collector: &Collector, app: Option<&App>) -> BTreeMap<String, String> {
    let scope = collector.url("/").replace(&collector.origin(), "");
    let port_of = |origin: &str| origin.rsplit(':').next().map(|port| format!(":{port}"));
    let ports = [port_of(&collector.origin()), port_of(&stage.server.sandbox)];
    let mut own = BTreeMap::from([(scope, "/".to_owned())]);
    own.extend(ports.into_iter().flatten().map(|port| (port, String::new())));
    own.extend(app.map(|app| (app.id.clone(), "app".to_owned())));
    let encoded = |text: &str| text.replace('/', "%2F").replace(':', "%3A");
    let inside: Vec<_> = own.iter().map(|(own, it)| (encoded(own), encoded(it))).collect();
    own.extend(inside);
    own
}

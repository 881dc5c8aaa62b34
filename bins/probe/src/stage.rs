//! A browser, and pages for probes in it: a replica of the deployment on loopback names, with what
//! holds the frame there, or without some of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use c2c_e2e::{Browser, Collector, Context as _, DEADLINE, Error, Method, Result};
use serde_json::{Value, json};

use crate::probe::{Opened, Probe};
use crate::surface::Surface;

/// What a person types; and the keys that copy all of the field, and paste it twice, where each
/// `U+E009` is Control, down and up in turn.
const TYPED: (&str, &str) = ("keys", "\u{E009}a\u{E009}\u{E009}c\u{E009}\u{E009}vv\u{E009}");
/// What the field has then, which had `secret` before.
const IN_FIELD: &str = "secretkeyssecretkeys";

/// The header of what is a script.
const SCRIPT: (&str, &str) = ("content-type", "text/javascript");

/// Another app's document, with a frame like the first one's.
const APP: &str = "<!doctype html><meta charset=utf-8><title>another app</title><body>\
                   <script nonce=probe>window.secret = 'app';</script>";

/// Tells whoever embeds or opens it what it is.
const TELLER: &str = concat!(
    "<!doctype html><meta charset=utf-8><title>teller</title><body><script nonce=probe>",
    include_str!("teller.js"),
    "</script>"
);

/// A worker of any kind.
const WORKER: &str = "onconnect = ({ ports: [port] }) => port.postMessage('reached'); self.postMessage?.('reached');";

/// How many pages stand above the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layout {
    /// The widget page is on top.
    Two,
    /// A parent page embeds the widget.
    Three,
}

impl Layout {
    pub(crate) const ALL: [Self; 2] = [Self::Two, Self::Three];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Two => "two levels",
            Self::Three => "three levels",
        }
    }
}

/// How the pages are arranged.
#[derive(Clone, Debug)]
pub(crate) struct Arrangement {
    pub(crate) surface: Surface,
    pub(crate) layout: Layout,
    /// Whether all pages are of one origin.
    pub(crate) one_origin: bool,
    /// Whether the frame has a policy that forbids everything.
    pub(crate) forbidden: bool,
}

/// Where the pages of a run are.
struct Hosts {
    top: &'static str,
    widget: &'static str,
    frame: &'static str,
}

impl Arrangement {
    /// The name of the host whose user is logged in.
    pub(crate) fn integrator(&self) -> &'static str {
        self.hosts().top
    }

    fn hosts(&self) -> Hosts {
        let widget = "widget.localhost";
        let frame = match (self.one_origin, self.surface.same_site) {
            (true, _) => widget,
            (false, true) => "sandbox.widget.localhost",
            (false, false) => "sandbox.localhost",
        };
        let top = if self.one_origin { widget } else { "parent.localhost" };
        Hosts { top, widget, frame }
    }
}

/// What came of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) reached: bool,
    /// What the script returned or threw.
    pub(crate) said: String,
}

/// Between two looks at what has arrived.
const POLL: Duration = Duration::from_millis(10);

const ABOVE: &str = include_str!("above.js");

/// What every host serves, and a third party to all who want it: path, type, text.
const THIRD: &[(&str, &str, &str)] = &[
    ("/third/script.js", "text/javascript", "window.third = 'reached';"),
    ("/third/module.js", "text/javascript", "export default 'reached';"),
    ("/third/style.css", "text/css", ".third { --third: reached; }"),
    (
        "/third/picture.svg",
        "image/svg+xml",
        "<svg xmlns='http://www.w3.org/2000/svg' width='7' height='5'/>",
    ),
    ("/third/data.json", "application/json", "{\"third\": \"reached\"}"),
    ("/third/events", "text/event-stream", "data: reached\n\n"),
    (
        "/third/storage.html",
        "text/html",
        "<script>localStorage.probe = 1; fetch(location.hash.slice(1), { mode: 'no-cors' });</script>",
    ),
    ("/third/away.html", "text/html", "<script>top.location = location.hash.slice(1);</script>"),
    ("/third/frame.html", "text/html", "<script>parent.postMessage('reached', '*');</script>"),
];

/// A browser with what it needs.
pub(crate) struct Stage<'a> {
    pub(crate) browser: &'a Browser,
    pub(crate) collector: &'a Collector,
    runs: AtomicUsize,
}

/// Pages that are open, with a frame for each list of probes.
struct Run {
    number: usize,
    opened: Instant,
    /// Of the uppermost page.
    url: String,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(browser: &'a Browser, collector: &'a Collector) -> Self {
        for (path, kind, text) in THIRD {
            let headers = [("content-type", *kind), ("access-control-allow-origin", "*")];
            collector.page(path, *text, &headers);
        }
        Self { browser, collector, runs: AtomicUsize::new(0) }
    }

    /// Runs all probes at once, as far as they can be: those that destroy nothing share a frame, and
    /// those that would share a page, each in a frame of its own. `grace` is how long a navigation
    /// may take that should not happen.
    pub(crate) async fn held(
        &self,
        arrangement: &Arrangement,
        probes: &[&Probe],
        grace: Duration,
    ) -> Result<Vec<Outcome>> {
        let mut frames: Vec<Vec<&Probe>> = vec![shared(probes).collect()];
        frames.extend(alone(probes).map(|probe| vec![probe]));
        frames.retain(|frame| !frame.is_empty());
        let run = if frames.is_empty() {
            Run::none()
        } else {
            self.open(arrangement, &frames, false).await?
        };
        let mut said = json!({});
        for (index, probes) in frames.iter().enumerate() {
            let hit = self.collector.hit(&run.hit(index, "said"), DEADLINE * 2).await;
            match hit {
                Ok(hit) => merge(&mut said, hit.json()?),
                // What navigated its own frame away may have had no time to say so.
                Err(_) => merge(&mut said, json!({&probes[0].id: "nothing at all"})),
            }
        }
        if frames.iter().any(|frame| frame[0].alone) {
            tokio::time::sleep(grace).await;
        }
        let mut outcomes = Vec::new();
        for probe in probes {
            outcomes.push(if probe.apart() {
                self.apart(arrangement, probe, grace, false).await?
            } else {
                self.outcome(&run, probe, &said)
            });
        }
        Ok(outcomes)
    }

    /// Runs probes that may succeed: those that destroy something one after the other. `grace` is
    /// how long one that has said something else has for its aim. Also how long the slowest took.
    pub(crate) async fn free(
        &self,
        arrangement: &Arrangement,
        probes: &[&Probe],
        grace: Duration,
    ) -> Result<(Vec<Outcome>, Duration)> {
        let together: Vec<&Probe> = shared(probes).collect();
        let mut said = json!({});
        let mut run = Run::none();
        if !together.is_empty() {
            run = self.open(arrangement, &[together], false).await?;
            merge(&mut said, self.collector.hit(&run.hit(0, "said"), DEADLINE * 2).await?.json()?);
        }
        let mut slowest = Duration::ZERO;
        let mut outcomes = Vec::new();
        for &probe in probes {
            if probe.apart() {
                let begun = Instant::now();
                outcomes.push(self.apart(arrangement, probe, grace, true).await?);
                slowest = slowest.max(begun.elapsed());
            } else if probe.alone {
                let run = self.open(arrangement, &[vec![probe]], false).await?;
                outcomes.push(self.one(&run, probe, grace).await?);
                slowest = slowest.max(run.opened.elapsed());
            } else {
                outcomes.push(self.outcome(&run, probe, &said));
            }
        }
        Ok((outcomes, slowest))
    }

    /// A probe that has a page of its own: its aim, or what it said, whichever comes first; and if
    /// it only said something, a while for its aim.
    async fn one(&self, run: &Run, probe: &Probe, grace: Duration) -> Result<Outcome> {
        let end = Instant::now() + DEADLINE;
        let mut quiet = None;
        loop {
            let outcome = self.now(run, probe).await?;
            if self.said(run).get(&probe.id).is_some() && quiet.is_none() {
                quiet = Some(Instant::now() + grace);
            }
            let over = Instant::now() > quiet.unwrap_or(end);
            if outcome.reached || over {
                return Ok(outcome);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// A probe that has pages of its own.
    async fn apart(
        &self,
        arrangement: &Arrangement,
        probe: &Probe,
        grace: Duration,
        may_succeed: bool,
    ) -> Result<Outcome> {
        let run = self.open(arrangement, &[vec![probe]], probe.click).await?;
        self.collector.hit(&run.hit(0, "said"), DEADLINE).await?;
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
        if may_succeed {
            return self.one(&run, probe, grace).await;
        }
        if probe.click {
            self.click_arrived(&run, probe).await?;
        }
        if probe.alone || probe.click || probe.types {
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

    /// Waits for the frame's word that a person clicked, or for the probe's aim: that may end the
    /// frame, and the word with it.
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

    /// What has come of a probe that has a page of its own. An open dialog is closed.
    async fn now(&self, run: &Run, probe: &Probe) -> Result<Outcome> {
        if probe.dialog && self.browser.command(Method::GET, "alert/text", None).await.is_ok() {
            self.browser.command(Method::POST, "alert/dismiss", Some(json!({}))).await?;
            return Ok(Outcome { reached: true, said: "a dialog".to_owned() });
        }
        if probe.click && self.top_url().await? != run.url {
            return Ok(Outcome {
                reached: true,
                said: "the top window is another page".to_owned(),
            });
        }
        Ok(self.outcome(run, probe, &self.said(run)))
    }

    /// What the first frame of a run has said so far.
    fn said(&self, run: &Run) -> Value {
        self.reported(run, "said").unwrap_or_default()
    }

    /// What it reported under a name.
    fn reported(&self, run: &Run, what: &str) -> Option<Value> {
        let path = format!("/hit/{}", run.hit(0, what));
        let requests = self.collector.requests();
        requests.iter().find(|request| request.path == path)?.json().ok()
    }

    /// The address of the uppermost page. While that changes, a driver may have no answer.
    async fn top_url(&self) -> Result<String> {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.browser.url().await {
                Err(_) if Instant::now() < end => tokio::time::sleep(POLL).await,
                answer => return answer,
            }
        }
    }

    /// Opens the uppermost page. A navigation that the last probe began may still end, and take its
    /// place, which shows in that nothing asks for what is in it. (This run's own probe may have left
    /// it already.)
    async fn goto(&self, run: &Run) -> Result<()> {
        let inside = run.path("widget.js");
        let end = Instant::now() + DEADLINE;
        loop {
            let opened = self.browser.goto(&run.url).await;
            if self.collector.requests().iter().any(|request| request.path == inside) {
                return Ok(());
            }
            if Instant::now() > end {
                return opened.context(format_args!("run {}", run.number));
            }
        }
    }

    /// Closes the windows that probes opened, and takes the focus back: the window of a video, which
    /// no driver lists, keeps it when it goes.
    async fn tidy(&self) -> Result<()> {
        let windows = self.browser.windows().await?;
        let own = self.browser.command(Method::GET, "window", None).await?;
        for window in windows.iter().filter(|window| **window != own) {
            self.browser.switch_to_window(window).await?;
            self.browser.close_window().await?;
        }
        self.browser.switch_to_window(own.as_str().unwrap_or_default()).await
    }

    fn outcome(&self, run: &Run, probe: &Probe, said: &Value) -> Outcome {
        let said = said.get(&probe.id).and_then(Value::as_str).unwrap_or("nothing yet");
        // A click's aim is looked for in the run of its own, which is the last.
        let landed = format!("/landed/r{}/{}", run.number, probe.id);
        let landed = self.collector.requests().iter().any(|request| request.path == landed);
        Outcome { reached: landed || said == "reached", said: said.to_owned() }
    }

    /// Serves the pages of a run and opens the uppermost.
    async fn open(
        &self,
        arrangement: &Arrangement,
        frames: &[Vec<&Probe>],
        visible: bool,
    ) -> Result<Run> {
        self.tidy().await?;
        let number = self.runs.fetch_add(1, Ordering::Relaxed) + 1;
        let mut run = Run { number, opened: Instant::now(), url: String::new() };
        let hosts = arrangement.hosts();
        let collector = self.collector;
        let origins = [
            (arrangement.surface.sandbox.clone(), collector.origin_of(hosts.frame)),
            (arrangement.surface.widget.clone(), collector.origin_of(hosts.widget)),
        ];
        let top = collector.origin_of(hosts.top);
        let replace = |source: &str| {
            let found = origins.iter().find(|(theirs, _)| theirs == source);
            // Whoever else is named may embed the widget: the parent page of the replica does.
            let other = source.starts_with("http") || source.starts_with("*.");
            match found {
                Some((_, ours)) => ours.clone(),
                None if other => top.clone(),
                None => source.to_owned(),
            }
        };
        let page = |path: &str, body: String, headers: &[(String, String)]| {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            collector.page(path, body, &headers);
        };

        let mut urls = Vec::new();
        for (index, probes) in frames.iter().enumerate() {
            let mut headers = arrangement.surface.headers(true, replace);
            if arrangement.forbidden {
                let policy = format!(
                    "default-src 'none'; script-src 'nonce-probe'; connect-src {}",
                    collector.origin()
                );
                headers.push(("content-security-policy".to_owned(), policy));
            }
            let path = run.path(&format!("frame{index}"));
            page(&path, self.frame_document(&run, index, probes, arrangement), &headers);
            urls.push(collector.url_of(hosts.frame, &path));
        }
        let headers = arrangement.surface.headers(true, replace);
        page(&format!("/r{number}/app"), APP.to_owned(), &headers);
        page(&format!("/r{number}/teller"), TELLER.to_owned(), &headers);
        page(&format!("/r{number}/plain"), TELLER.to_owned(), &[]);
        collector.page(&format!("/r{number}/worker.js"), WORKER, &[SCRIPT]);
        let attributes: Vec<(&str, &str)> = arrangement.surface.attributes().collect();
        let given = json!({
            "frames": urls,
            "app": collector.url_of(hosts.frame, &run.path("app")),
            "attributes": attributes,
            "visible": visible,
        });
        let script = format!("const GIVEN = {given};\n{ABOVE}\n{}", include_str!("widget.js"));
        collector.page(&run.path("widget.js"), script, &[SCRIPT]);
        let widget = "<!doctype html><meta charset=utf-8><title>widget</title><body>\
                      <input id=field value=secret><script src=widget.js></script>";
        let path = run.path("widget");
        page(&path, widget.to_owned(), &arrangement.surface.headers(false, replace));
        let mut url = collector.url_of(hosts.widget, &path);
        if arrangement.layout == Layout::Three {
            let parent = format!(
                "<!doctype html><meta charset=utf-8><title>parent</title><body>\
                 <script>{ABOVE}\nwindow.secret = 'parent'; document.cookie = 'secret=parent';</script>\
                 <input id=field value=secret><iframe src='{url}' width=600 height=500 \
                 allow='camera; microphone; geolocation; fullscreen'></iframe>"
            );
            let path = run.path("parent");
            collector.page(&path, parent, &[]);
            url = collector.url_of(hosts.top, &path);
        }
        match frames[0][0].opened {
            Opened::InWidget => {}
            Opened::AsTab => url.clone_from(&urls[0]),
            Opened::Elsewhere => {
                let body = self.frame_document(&run, 0, &frames[0], arrangement);
                collector.page(&run.path("elsewhere"), body, &[]);
                url = collector.url_of("third.localhost", &run.path("elsewhere"));
            }
        }
        run.url = url;
        self.goto(&run).await?;
        Ok(run)
    }

    fn frame_document(
        &self,
        run: &Run,
        index: usize,
        probes: &[&Probe],
        arrangement: &Arrangement,
    ) -> String {
        let collector = self.collector;
        let hosts = arrangement.hosts();
        let widget_page = collector.url_of(hosts.widget, &run.path("widget"));
        let top_page = match arrangement.layout {
            Layout::Two => widget_page.clone(),
            Layout::Three => collector.url_of(hosts.top, &run.path("parent")),
        };
        let given = json!({
            "report": collector.hit_url(&run.hit(index, "")),
            "landed": collector.url(&format!("/landed/r{}/", run.number)),
            "third": collector.url_of("third.localhost", ""),
            "widget": collector.url_of(hosts.widget, ""),
            "top": collector.url_of(hosts.top, ""),
            "frame": collector.url_of(hosts.frame, ""),
            "run": format!("/r{}", run.number),
            "widgetPage": widget_page,
            "topPage": top_page,
        });
        let list: Vec<String> = probes
            .iter()
            .map(|probe| {
                let Probe { id, script, click, .. } = probe;
                format!("['{id}', async (probe) => {{\n{script}\n}}, {click}]")
            })
            .collect();
        let html: String = probes.iter().map(|probe| probe.html.as_str()).collect();
        format!(
            "<!doctype html><meta charset=utf-8><title>frame</title><body>{html}\n\
             <script nonce=probe>\nconst GIVEN = {given};\nconst PROBES = [{}];\n{}</script>",
            list.join(",\n"),
            include_str!("page.js"),
        )
    }
}

impl Run {
    /// No pages: all probes have pages of their own.
    fn none() -> Self {
        Self { number: 0, opened: Instant::now(), url: String::new() }
    }

    /// Where a page of it is.
    fn path(&self, page: &str) -> String {
        format!("/r{}/{page}", self.number)
    }

    /// The name under which a frame reports.
    fn hit(&self, frame: usize, what: &str) -> String {
        format!("r{}f{frame}-{what}", self.number)
    }
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

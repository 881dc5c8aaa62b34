//! The pages of a run: a replica of the deployment on loopback names, with all of its protections
//! or without some.

use c2c_harness::{Collector, Engine, Hold};
use serde_json::json;

use crate::probe::{Known, Opened, Probe};
use crate::surface::Surface;

/// The content type of scripts.
const SCRIPT: (&str, &str) = ("content-type", "text/javascript");

/// Another app's document, with a frame like the first one's.
const APP: &str = "<!doctype html><meta charset=utf-8><title>another app</title><body>\
                   <script nonce=probe>window.secret = 'app';</script>";

/// A document that reports its abilities to pages that embed or open it.
const TELLER: &str = concat!(
    "<!doctype html><meta charset=utf-8><title>teller</title><body><script nonce=probe>",
    include_str!("teller.js"),
    "</script>"
);

/// A worker of any kind.
const WORKER: &str = "onconnect = ({ ports: [port] }) => port.postMessage('reached'); self.postMessage?.('reached');";

/// The script of the pages above the frame.
const ABOVE: &str = include_str!("above.js");

/// Pages on every host, which a third party offers to everyone: path, type, text.
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

/// The number of pages above the frame.
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

/// The arrangement of the pages.
#[derive(Clone, Debug)]
pub(crate) struct Arrangement {
    pub(crate) surface: Surface,
    pub(crate) layout: Layout,
    /// Whether all pages have one origin.
    pub(crate) one_origin: bool,
    /// Whether the frame has a policy that forbids everything.
    pub(crate) forbidden: bool,
}

/// The hosts of a run's pages.
struct Hosts {
    top: &'static str,
    widget: &'static str,
    frame: &'static str,
}

impl Arrangement {
    /// The host whose user is logged in.
    pub(crate) fn integrator(&self) -> &'static str {
        self.hosts().top
    }

    /// Whether a probe is expected to reach its aim, as promised or pinned, in a protected frame.
    pub(crate) fn promises(&self, probe: &Probe, engine: Engine) -> bool {
        !self.forbidden && probe.expected(engine)
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

/// Open pages, with a frame for each list of probes.
pub(crate) struct Run {
    pub(crate) number: usize,
    /// The URL of the topmost page.
    pub(crate) url: String,
    /// The path of a resource that this page requests, or of the page itself.
    pub(crate) opens: String,
    /// When dropped, lets probes go on to steps that may end their documents. A page must not go
    /// away while a driver is still opening it, since `WebKitGTK`'s does not answer then.
    pub(crate) go: Option<Hold>,
}

impl Run {
    /// No pages: all probes have their own.
    pub(crate) fn none() -> Self {
        Self { number: 0, url: String::new(), opens: String::new(), go: None }
    }

    /// The path of one of its pages.
    pub(crate) fn path(&self, page: &str) -> String {
        format!("/r{}/{page}", self.number)
    }

    /// The name under which a frame reports.
    pub(crate) fn hit(&self, frame: usize, what: &str) -> String {
        format!("r{}f{frame}-{what}", self.number)
    }
}

/// Serves the third party's pages, for all runs.
pub(crate) fn serve_third_party(collector: &Collector) {
    for (path, kind, text) in THIRD {
        let headers = [("content-type", *kind), ("access-control-allow-origin", "*")];
        collector.page(path, *text, &headers);
    }
}

/// Serves the pages of a run, with a frame for each list of probes. `visible`: as for a frame that
/// the visitor is meant to use.
pub(crate) fn serve(
    collector: &Collector,
    arrangement: &Arrangement,
    number: usize,
    frames: &[Vec<&Probe>],
    known: Known<'_>,
    visible: bool,
) -> Run {
    let run = Run { number, ..Run::none() };
    Replica { collector, arrangement, hosts: arrangement.hosts(), known, run }
        .serve(frames, visible)
}

/// How long a script may take if it is expected to succeed, and otherwise, when it may wait in vain.
const SECONDS: (u32, u32) = (10, 3);

/// The pages of one run.
struct Replica<'a> {
    collector: &'a Collector,
    arrangement: &'a Arrangement,
    hosts: Hosts,
    known: Known<'a>,
    run: Run,
}

impl Replica<'_> {
    fn serve(mut self, frames: &[Vec<&Probe>], visible: bool) -> Run {
        let headers = [("access-control-allow-origin", "*")];
        self.run.go = Some(self.collector.page_held(&self.run.path("go"), "", &headers).1);
        let urls: Vec<String> = (0..)
            .zip(frames)
            .map(|(index, probes)| {
                let name = format!("frame{index}");
                self.page(&name, self.frame_document(index, probes), &self.frame_headers());
                self.url(self.hosts.frame, &name)
            })
            .collect();
        self.serve_others();
        self.serve_widget(&urls, visible);
        self.serve_parent();
        let (url, opens) = match frames[0][0].opened {
            Opened::InWidget => (self.top_page(), "widget.js"),
            Opened::AsTab => (urls[0].clone(), "frame0"),
            Opened::Elsewhere => {
                self.page("elsewhere", self.frame_document(0, &frames[0]), &[]);
                (self.url("third.localhost", "elsewhere"), "elsewhere")
            }
        };
        Run { url, opens: self.run.path(opens), ..self.run }
    }

    /// Another app's document, and the documents that report their abilities.
    fn serve_others(&self) {
        let headers = self.surface_headers(true);
        self.page("app", APP.to_owned(), &headers);
        self.page("teller", TELLER.to_owned(), &headers);
        self.page("plain", TELLER.to_owned(), &[]);
        self.collector.page(&self.run.path("worker.js"), WORKER, &[SCRIPT]);
    }

    fn serve_widget(&self, frames: &[String], visible: bool) {
        let attributes: Vec<(&str, &str)> = self.arrangement.surface.attributes().collect();
        let given = json!({
            "frames": frames,
            "app": self.url(self.hosts.frame, "app"),
            "attributes": attributes,
            "visible": visible,
        });
        let script = format!("const GIVEN = {given};\n{ABOVE}\n{}", include_str!("widget.js"));
        self.collector.page(&self.run.path("widget.js"), script, &[SCRIPT]);
        let widget = "<!doctype html><meta charset=utf-8><title>widget</title><body>\
                      <input id=field value=secret><script src=widget.js></script>";
        self.page("widget", widget.to_owned(), &self.surface_headers(false));
    }

    fn serve_parent(&self) {
        let widget = self.url(self.hosts.widget, "widget");
        let parent = format!(
            "<!doctype html><meta charset=utf-8><title>parent</title><body>\
             <script>{ABOVE}\nwindow.secret = 'parent'; document.cookie = 'secret=parent';</script>\
             <input id=field value=secret><iframe src='{widget}' width=600 height=500 \
             allow='camera; microphone; geolocation; fullscreen'></iframe>"
        );
        self.page("parent", parent, &[]);
    }

    /// The document in which probes run.
    fn frame_document(&self, index: usize, probes: &[&Probe]) -> String {
        let collector = self.collector;
        let given = json!({
            "report": collector.hit_url(&self.run.hit(index, "")),
            "landed": collector.url(&format!("/landed/r{}/", self.run.number)),
            "go": collector.url(&self.run.path("go")),
            "third": collector.url_of("third.localhost", ""),
            "widget": collector.url_of(self.hosts.widget, ""),
            "top": collector.url_of(self.hosts.top, ""),
            "frame": collector.url_of(self.hosts.frame, ""),
            "run": format!("/r{}", self.run.number),
            "widgetPage": self.url(self.hosts.widget, "widget"),
            "topPage": self.top_page(),
        });
        let list: Vec<String> = probes
            .iter()
            .map(|probe| {
                let Probe { id, script, click, .. } = probe;
                let seconds = if (self.known)(probe) { SECONDS.0 } else { SECONDS.1 };
                format!("['{id}', async (probe) => {{\n{script}\n}}, {click}, {seconds}]")
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

    fn top_page(&self) -> String {
        match self.arrangement.layout {
            Layout::Two => self.url(self.hosts.widget, "widget"),
            Layout::Three => self.url(self.hosts.top, "parent"),
        }
    }

    fn url(&self, host: &str, page: &str) -> String {
        self.collector.url_of(host, &self.run.path(page))
    }

    fn page(&self, name: &str, body: String, headers: &[(String, String)]) {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.collector.page(&self.run.path(name), body, &headers);
    }

    fn frame_headers(&self) -> Vec<(String, String)> {
        let mut headers = self.surface_headers(true);
        if self.arrangement.forbidden {
            let policy = format!(
                "default-src 'none'; script-src 'nonce-probe'; connect-src {}",
                self.collector.origin()
            );
            headers.push(("content-security-policy".to_owned(), policy));
        }
        headers
    }

    /// The deployment's headers, with the replica's origins in place of its own.
    fn surface_headers(&self, of_frame: bool) -> Vec<(String, String)> {
        let Surface { sandbox, widget, .. } = &self.arrangement.surface;
        self.arrangement.surface.headers(of_frame, |source| {
            let host = match source {
                _ if source == sandbox => self.hosts.frame,
                _ if source == widget => self.hosts.widget,
                // Any other origin may embed the widget, which the replica's parent page does.
                _ if source.starts_with("http") || source.starts_with("*.") => self.hosts.top,
                _ => return source.to_owned(),
            };
            self.collector.origin_of(host)
        })
    }
}

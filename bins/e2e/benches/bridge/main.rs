//! The cost of the bridge, relative to a bare `MessagePort`, and to comparable libraries.
//!
//! `cargo xtask bench bridge` runs it in Chromium; with `-- port`, `-- libraries` or `-- first`
//! only a part of it. Both sides of a pair run one after the other in one page, in frames of one
//! site (another than the page's), and yield one ratio; the median of the pairs is the result.
//! Absolute times mean nothing on a shared machine and are not printed.
//!
//! Our frame is the document that the server compiled, with its headers. The others have only the
//! minimum: `sandbox="allow-scripts"`, the library, and the function to call.
//!
//! Beside our figures are the floor's (`floor.js`): the least code that has the same guarantees.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::process::ExitCode;
use std::sync::Arc;

use c2c_harness::{
    Browser, Collector, Context as _, Engine, Method, Options, Result, Server, installed, request,
};
use serde_json::{Value, json};

const PAGE: &str = include_str!("page.js");
const HANDLE: &str = include_str!("frame.js");
const FLOOR: &str = include_str!("floor.js");

/// A library as installed from npm by `cargo xtask bench bridge` (`bins/xtask/src/npm.rs`).
struct Library {
    name: &'static str,
    version: &'static str,
    file: &'static str,
    sha256: &'static str,
    /// The code in its frame.
    adapter: &'static str,
}

/// Postmate is not among them: its handshake compares origins, and an opaque one is never equal.
const LIBRARIES: [Library; 4] = [
    Library {
        name: "comlink",
        version: "4.4.2",
        file: "comlink/dist/umd/comlink.min.js",
        sha256: "b8fcff11a08593a2eaa93bca99689fb5ac483270a30ebf70a7e88cb15cd189f4",
        adapter: "onmessage = ({ ports }) => Comlink.expose(handle, ports[0]);",
    },
    Library {
        name: "penpal",
        version: "7.0.6",
        file: "penpal/dist/penpal.min.js",
        sha256: "a51fba3e9106940b9ea361c7b8e722de63a93d5a775cba9f12e4ea46788829e8",
        adapter: "const messenger = new Penpal.WindowMessenger({ remoteWindow: parent, allowedOrigins: ['*'] });
                  Penpal.connect({ messenger, methods: { handle } });",
    },
    Library {
        name: "post-robot",
        version: "10.0.46",
        file: "post-robot/dist/post-robot.min.js",
        sha256: "d18246f6c2a5575f534719f58ce8bc23b22c8b661b1340b717d3fbcd9e9b37a0",
        adapter: "postRobot.on('event', ({ data }) => handle(data));",
    },
    Library {
        name: "websandbox",
        version: "1.4.2",
        file: "@jetbrains/websandbox/dist/websandbox.js",
        sha256: "bec2351637d07df593c3b4fa9373c082d368ab37d55f185952b529b2342e163f",
        adapter: "", // it creates its frame itself
    },
];

/// The code in the raw port's frame. The answer is built from the event, like our customer's.
const RAW: &str = "onmessage = ({ ports: [port] }) => {
    port.onmessage = ({ data: { name, data } }) => {
        if (name === 'call_ended') return handle(data);
        const { duration, reason, destinationId, routingKey, hasFormValues } = data;
        port.postMessage({ name: 'answer', data: { duration, reason, destinationId, routingKey, hasFormValues } });
    };
};";

/// Our customer's code.
const OURS: &str = "c2c.on('call_ended', handle);
    c2c.on('ask', ({ duration, reason, destinationId, routingKey, hasFormValues }) =>
        c2c.emit('answer', { duration, reason, destinationId, routingKey, hasFormValues }));";

/// By a clock that all frames share: the widget may be busy when the message arrives.
const FIRST: &str = "<script>parent.postMessage({ first: performance.timeOrigin + performance.now() }, '*')</script>";

/// Number of events of a run, and of a burst.
const EVENTS: u32 = 1_000;
const BURST: u32 = 10_000;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    // `cargo test --benches` runs this without the flag: then it only checks that everything runs.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let pairs = |usual| if quick { 1 } else { usual };
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let runs = |part| wanted.as_deref().is_none_or(|wanted| wanted == part);
    let bench = Bench::start().await?;
    let mut met = true;
    if runs("port") {
        met &= bench.against_the_port(pairs(15)).await?;
    }
    if runs("libraries") {
        for library in &LIBRARIES {
            bench.beside(library, pairs(9)).await?;
        }
    }
    if runs("first") {
        met &= bench.first_script(pairs(60)).await?;
    }
    bench.browser.close().await?;
    Ok(if quick || met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Bench {
    collector: Collector,
    browser: Browser,
    /// Our frame.
    ours: String,
    /// As long as ours, without the shim.
    bare: String,
    bare_with_headers: String,
    /// Ours with the shim that has neither jar nor diagnostics.
    small: String,
    /// Ours with the floor in place of the shim.
    floor: String,
    /// The raw port's frame.
    raw: String,
}

impl Bench {
    async fn start() -> Result<Self> {
        let collector = Collector::start().await?;
        let widget = collector.origin_of("widget.localhost");
        let server = Arc::new(Server::start_with(&["--widget-origin", &widget]).await?);
        let app = server.create_app("bench").await?;
        app.publish(FIRST, &format!("<script>{HANDLE}{OURS}</script>")).await?;
        let response = request(Method::GET, &app.sandbox_url(), &[], "").await?.expect(200)?;
        collector.source_url("dist/host.js")?;
        collector.page("/page.js", PAGE, &[("content-type", "text/javascript")]);

        // From one server, so that only the documents differ.
        let names = ["content-length", "date", "content-encoding", "connection"];
        let headers = response.headers.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        let headers = headers.map(|(name, value)| Ok((name.as_str(), value.to_str()?)));
        let headers = headers.collect::<Result<Vec<_>>>()?;
        let frame = |path: &str, body: &str, headers: &[(&str, &str)]| {
            collector.page(path, body.to_owned(), headers);
            collector.url_of("sandbox.localhost", path)
        };
        let document = response.text();
        let ours = frame("/ours.html", &document, &headers);
        let small = include_str!("../../../../crates/bridge/js/dist/shim.js");
        let small = frame("/small.html", &with_script(&document, small)?, &headers);
        let floor = frame("/floor.html", &with_script(&document, FLOOR)?, &headers);
        let without_shim = without_shim(&document)?;
        let bare = frame("/bare.html", &without_shim, &[]);
        let bare_with_headers = frame("/headers.html", &without_shim, &headers);
        let raw = frame("/raw.html", &page_with(&format!("<script>{HANDLE}{RAW}</script>")), &[]);
        let browser = Browser::start(Engine::Chromium, &collector, &Options::default()).await?;
        Ok(Self { collector, browser, ours, bare, bare_with_headers, small, floor, raw })
    }

    /// Opens the widget page, with or without a library.
    async fn open(&self, library: &str) -> Result<()> {
        let config = json!({"handle": HANDLE}).to_string().replace('\'', "&#39;");
        let page = format!(
            "<!doctype html><meta charset=utf-8><body data-config='{config}'>{library}\
             <script type=module src=page.js></script>"
        );
        // Only cross-origin isolated pages have a clock of microseconds.
        let isolated = [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "credentialless"),
        ];
        self.collector.page("/widget.html", page, &isolated);
        self.browser.goto(&self.collector.url_of("widget.localhost", "/widget.html")).await?;
        self.browser.wait_for("crossOriginIsolated && bench", c2c_harness::DEADLINE).await?;
        Ok(())
    }

    /// Measures the time until the last handler has run.
    async fn events(&self, name: &str, frame: &str, count: u32, in_one_task: bool) -> Result<f64> {
        self.number("run", &[json!(name), json!(frame), json!(count), json!(in_one_task)]).await
    }

    async fn number(&self, function: &str, arguments: &[Value]) -> Result<f64> {
        let call = format!("return bench.{function}(...arguments);");
        self.browser.run(&call, arguments).await?.as_f64().context("a time")
    }

    /// Returns, for each pair, how many times as fast as the raw port a contestant is.
    async fn ratios(
        &self,
        pairs: usize,
        name: &str,
        frame: &str,
        count: u32,
        in_one_task: bool,
    ) -> Result<Ratios> {
        let raw = async || self.events("raw", &self.raw, count, in_one_task).await;
        let other = async || self.events(name, frame, count, in_one_task).await;
        // Code that is compiled and optimised in this run stays so for all later runs.
        other().await?;
        raw().await?;
        let mut ratios = Vec::new();
        for pair in 0..pairs {
            // The order alternates, so that a drift of the machine favours neither.
            let ratio = if pair % 2 == 0 {
                let first = other().await?;
                raw().await? / first
            } else {
                raw().await? / other().await?
            };
            ratios.push(ratio);
        }
        Ok(Ratios::of(ratios))
    }

    async fn against_the_port(&self, pairs: usize) -> Result<bool> {
        self.open("").await?;
        let single = self.ratios(pairs, "c2c", &self.ours, EVENTS, false).await?;
        let single = single.print("throughput, events one at a time", Goal::AtLeast(0.95));
        let floor = self.ratios(pairs, "floor", &self.floor, EVENTS, false).await?;
        floor.print("  the floor", Goal::None);
        let burst = self.ratios(pairs, "c2c", &self.ours, BURST, true).await?;
        let burst = burst.print("throughput, 10,000 events in one task", Goal::AtLeast(5.0));
        let (mut ratios, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..pairs {
            let call = "return bench.trips(...arguments);";
            let frames = [&self.ours, &self.floor, &self.raw].map(|frame| json!(frame));
            let medians = self.browser.run(call, &frames).await?;
            let median = |side: usize| medians[side].as_f64().context("a median");
            ratios.push(median(0)? / median(2)?);
            floors.push(median(1)? / median(2)?);
        }
        let trips = Ratios::of(ratios).print("time of a round trip", Goal::AtMost(1.10));
        Ratios::of(floors).print("  the floor", Goal::None);
        Ok(single && burst && trips)
    }

    async fn beside(&self, library: &Library, pairs: usize) -> Result<()> {
        let Library { name, version, adapter, .. } = library;
        let file = format!("/{name}.js");
        self.collector.page(&file, library.source()?, &[("content-type", "text/javascript")]);
        let tag = format!("<script src=.{file}></script>");
        let frame = page_with(&format!("{tag}<script>{HANDLE}{adapter}</script>"));
        self.collector.page(&format!("/{name}.html"), frame, &[]);
        self.open(&tag).await?;
        let frame = self.collector.url_of("sandbox.localhost", &format!("/{name}.html"));
        for (what, count, in_one_task) in
            [("events one at a time", EVENTS, false), ("10,000 events in one task", BURST, true)]
        {
            let what = format!("  {name} {version}, {what}");
            match self.ratios(pairs, name, &frame, count, in_one_task).await {
                Ok(ratios) => _ = ratios.print(&what, Goal::None),
                Err(error) => println!("{what}: does not work: {error}"),
            }
        }
        Ok(())
    }

    async fn first_script(&self, pairs: usize) -> Result<bool> {
        self.open("").await?;
        // The site's process already exists, for all sides.
        self.browser.run("bench.append(...arguments);", &[json!(self.raw)]).await?;
        let time = async |name: &str, frame: &str| {
            self.number("first", &[json!(name), json!(frame)]).await
        };
        let sides = [
            ("bare", &self.bare),
            ("c2c", &self.ours),
            ("c2c", &self.small),
            ("floor", &self.floor),
            ("bare", &self.bare_with_headers),
        ];
        let mut ratios = sides.map(|_| Vec::new());
        for round in 0..=pairs {
            let mut times = sides.map(|_| 0.0);
            for place in 0..sides.len() {
                // The order changes, so that a drift of the machine favours none.
                let side = (round + place) % sides.len();
                let (name, frame) = sides[side];
                times[side] = time(name, frame).await?;
            }
            // Code that is compiled in the first round is compiled for all.
            if round == 0 {
                continue;
            }
            for (ratios, time) in ratios.iter_mut().zip(times) {
                ratios.push(time / times[0]);
            }
        }
        let [_, ours, small, floor, headers] = ratios.map(Ratios::of);
        let met = ours.print("time to the first customer script", Goal::AtMost(1.10));
        small.print("  without jar and diagnostics", Goal::None);
        floor.print("  the floor", Goal::None);
        headers.print("  the bare document with our headers", Goal::None);
        Ok(met)
    }
}

fn page_with(scripts: &str) -> String {
    format!("<!doctype html><meta charset=utf-8><title>frame</title>{scripts}")
}

/// Returns the document with another text in the shim's element.
fn with_script(document: &str, text: &str) -> Result<String> {
    let tag = document.find("<script").context("no shim")?;
    let start = tag + document[tag..].find('>').context("no end of the shim's tag")? + 1;
    let end = document.find("</script>").context("no end of the shim")?;
    Ok([&document[..start], text, &document[end..]].concat())
}

/// Returns the document with a comment in place of the shim.
fn without_shim(document: &str) -> Result<String> {
    let start = document.find("<script").context("no shim")?;
    let end = document.find("</script>").context("no end of the shim")? + "</script>".len();
    let comment = format!("<!--{}-->", "-".repeat(end - start - "<!---->".len()));
    Ok([&document[..start], &comment, &document[end..]].concat())
}

impl Library {
    fn source(&self) -> Result<String> {
        let file = format!("e2e/bridge-npm/node_modules/{}", self.file);
        installed(&file, self.sha256, "run `cargo xtask bench bridge`")
    }
}

#[derive(Clone, Copy)]
enum Goal {
    AtLeast(f64),
    AtMost(f64),
    None,
}

/// The ratios of the pairs, sorted.
struct Ratios(Vec<f64>);

impl Ratios {
    fn of(mut ratios: Vec<f64>) -> Self {
        ratios.sort_by(f64::total_cmp);
        Self(ratios)
    }

    /// Prints them; returns whether the goal was met.
    fn print(&self, what: &str, goal: Goal) -> bool {
        let Self(ratios) = self;
        let pairs = ratios.len();
        let (median, low, high) =
            (ratios[pairs / 2], ratios[pairs / 4], ratios[pairs - 1 - pairs / 4]);
        let (met, said) = match goal {
            Goal::AtLeast(goal) => (median >= goal, format!("; goal at least {goal}")),
            Goal::AtMost(goal) => (median <= goal, format!("; goal at most {goal}")),
            Goal::None => (true, String::new()),
        };
        let verdict = match (said.is_empty(), met) {
            (true, _) => "",
            (false, true) => ": met",
            (false, false) => ": MISSED",
        };
        println!(
            "{what:<52} {median:.3} (quartiles {low:.3} to {high:.3}, {pairs} pairs{said}{verdict})"
        );
        met
    }
}

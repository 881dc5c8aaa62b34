//! Events on their way in and out, relative to the least that could do the same.
//!
//! `cargo xtask bench delivery` measures four things, each on SQLite and on PostgreSQL:
//!
//! - `ingest`: batches that are acknowledged, relative to a bare hyper endpoint that does one durable insert per batch;
//! - `post`: deliveries to a receiver, relative to a loop that posts prepared bodies with the same client;
//! - `beside`: the time until an event arrives beside endpoints that hang, fail or attack, relative to that without them;
//! - `backlog`: the memory of the server while it delivers a million events.
//!
//! Names of parts after `--` select some of them, `sqlite` or `postgresql` selects an engine, and `--backlog N` changes
//! the million. Server, peers and receiver are separate processes with one worker thread each; the parts say what the
//! peers leave out. Absolute numbers mean nothing on a shared machine and are not printed, but for the memory.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod backlog;
mod batches;
mod beside;
mod ingest;
mod insert_peer;
mod post;
mod post_peer;
mod program;
mod receiver;
mod seed;
mod site;
#[path = "../support/spread.rs"]
mod spread;

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use c2c_cluster::Cluster;
use site::Site;
use spread::Spread;
use tempfile::TempDir;

/// How much is measured.
struct Plan {
    pairs: usize,
    /// The time of one measurement.
    window: Duration,
    /// Deliveries that wait before throughput is measured: more than can be sent in all windows.
    waiting: u64,
    backlog: u64,
    judged: bool,
}

const WHOLE: Plan = Plan {
    pairs: 15,
    window: Duration::from_millis(400),
    waiting: 200_000,
    backlog: 1_000_000,
    judged: true,
};
/// `cargo test --benches` only checks that everything works.
const QUICK: Plan =
    Plan { pairs: 1, window: Duration::from_millis(50), waiting: 500, backlog: 300, judged: false };

type Part = fn(&Site<'_>, &Plan) -> bool;

const PARTS: [(&str, Part); 4] = [
    ("ingest", ingest::run),
    ("post", post::run),
    ("beside", beside::run),
    ("backlog", backlog::run),
];
const ENGINES: [&str; 2] = ["sqlite", "postgresql"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--insert-peer", url] => insert_peer::serve(url),
        ["--receiver"] => receiver::serve(),
        ["--post-peer", url] => post_peer::post(url),
        _ => return measure(&arguments),
    }
    ExitCode::SUCCESS
}

fn measure(arguments: &[String]) -> ExitCode {
    let mut plan = if arguments.iter().any(|one| one == "--bench") { WHOLE } else { QUICK };
    if let Some(at) = arguments.iter().position(|one| one == "--backlog") {
        let number = arguments.get(at + 1).and_then(|number| number.parse().ok());
        plan.backlog = number.expect("--backlog needs a number");
    }
    let parts: Vec<_> = PARTS.iter().map(|&(name, _)| name).collect();
    let chosen = |name: &str, of: &[&str]| {
        let all = !of.iter().any(|one| arguments.iter().any(|argument| argument == one));
        all || arguments.iter().any(|argument| argument == name)
    };
    let folder = TempDir::new().expect("a directory");
    let mut met = true;
    for engine in ENGINES.into_iter().filter(|engine| chosen(engine, &ENGINES)) {
        let cluster =
            (engine == "postgresql").then(|| Cluster::start().expect("a PostgreSQL server"));
        let site = Site { engine, folder: folder.path(), cluster };
        for (_, part) in PARTS.iter().filter(|(name, _)| chosen(name, &parts)) {
            met &= part(&site, &plan);
        }
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Plan {
    /// Prints a result. Returns whether the goal was met, or is not judged.
    fn print(&self, engine: &str, what: &str, value: impl Display, goal: &str, met: bool) -> bool {
        let verdict = match (self.judged, met) {
            (false, _) => "not judged, in a quick run",
            (true, true) => "met",
            (true, false) => "MISSED",
        };
        println!("{engine:10} {what}: {value} (goal {goal}: {verdict})");
        std::io::stdout().flush().expect("a reader");
        met || !self.judged
    }

    fn at_most(&self, engine: &str, what: &str, spread: Spread, goal: f64) -> bool {
        let Spread { median, low, high } = spread;
        let value = format!("{median:.3}, quartiles {low:.3} to {high:.3}, {} pairs", self.pairs);
        self.print(engine, what, value, &format!("at most {goal}"), median <= goal)
    }

    fn at_least(&self, engine: &str, what: &str, spread: Spread, goal: f64) -> bool {
        let Spread { median, low, high } = spread;
        let value = format!("{median:.3}, quartiles {low:.3} to {high:.3}, {} pairs", self.pairs);
        self.print(engine, what, value, &format!("at least {goal}"), median >= goal)
    }
}

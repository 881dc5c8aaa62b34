//! Runs every test by name, in each engine, with everything that it needs.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::browser::Browser;
use crate::built;
use crate::collector::Collector;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::pool::{Lease, Pool};
use crate::server::{App, Server};
use crate::target_dir;
use crate::times::Times;

/// Longest time for one test in all. A test that reaches it hangs.
const TEST: Duration = Duration::from_mins(2);
/// Longest time to collect evidence about a failed test: its browser may be the thing that hangs.
const EVIDENCE: Duration = Duration::from_secs(10);
/// Tests at once. A browser is several processes: more at once would only slow each other down.
const THREADS: usize = 2;

/// An `async fn(&Cx) -> Result<()>` as a value; implemented for all of those.
pub trait Case: Sync {
    /// Runs the test.
    fn run<'a>(&'a self, cx: &'a Cx) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;
}

impl<F: AsyncFn(&Cx) -> Result<()> + Sync> Case for F {
    fn run<'a>(&'a self, cx: &'a Cx) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>> {
        Box::pin(self(cx))
    }
}

/// A module's tests: `pub const TESTS: Tests = &[("a_name", &a_name)];`
pub type Tests = &'static [(&'static str, &'static dyn Case)];

/// A module's name, the engines in which it runs, and its tests. The same name may be listed again,
/// with other engines or tests.
pub type Module = (&'static str, &'static [Engine], Tests);

/// The context of a test.
#[expect(
    missing_debug_implementations,
    reason = "a test has no use for it, and a Runtime's says nothing"
)]
pub struct Cx {
    /// The engine that this run is for.
    pub engine: Engine,
    /// A browser without any trace of other tests.
    pub browser: Browser,
    /// The test's own scope of the collector.
    pub collector: Collector,
    /// `chromium::module::name`.
    pub name: String,
    /// Number of tests that used the browser before.
    uses: u32,
    app: OnceCell<App>,
    shared: Arc<Shared>,
}

impl Cx {
    /// Returns the server that all tests share; the first call starts it.
    pub async fn server(&self) -> Result<&Arc<Server>> {
        let server = self
            .shared
            .server
            // A failure is kept as well: the next test would only wait for the same failure.
            .get_or_init(async || Server::start().await.map(Arc::new))
            .await;
        server.as_ref().map_err(Clone::clone)
    }

    /// Returns this test's own app, always the same one within a test. For more apps:
    /// [`Server::create_app`].
    pub async fn app(&self) -> Result<&App> {
        self.app.get_or_try_init(async || self.server().await?.create_app(&self.name).await).await
    }

    /// Starts a second browser, or one with special options; [close](Browser::close) it at the end.
    pub async fn another_browser(&self, options: &Options) -> Result<Browser> {
        Browser::start(self.engine, &self.collector, options).await
    }
}

struct Shared {
    collector: OnceCell<Collector>,
    server: OnceCell<Result<Arc<Server>>>,
    /// Held for writing by a test that runs alone, for reading by every other.
    quiet: RwLock<()>,
    times: Arc<Times>,
    browsers: Pool,
    // Last: the fields above may still need it while they are dropped.
    runtime: Runtime,
}

/// Runs the modules' tests in the chosen engines, according to `cargo test` arguments, and reports
/// results as `cargo test` does.
///
/// Then it lists the slowest tests. The tests of the modules in `alone` run without other tests
/// beside them, as the last of their engine: they assert deadlines of milliseconds, which another
/// browser on the same cores would delay.
#[expect(clippy::print_stdout, reason = "it is the run's output")]
pub fn run(modules: &[Module], alone: &[Module]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    if !arguments.list {
        // A failed build fails only the tests that need a program, with this error.
        LazyLock::force(&built::PROGRAMS);
    }
    let times = Arc::new(Times::default());
    let trials = Engine::chosen().and_then(|engines| {
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        let shared = Arc::new(Shared {
            collector: OnceCell::new(),
            server: OnceCell::new(),
            quiet: RwLock::new(()),
            times: Arc::clone(&times),
            browsers: Pool::default(),
            runtime,
        });
        Ok(trials(&engines, modules, alone, &shared))
    });
    // A wrong `C2C_ENGINES` must not look like a run without failures.
    let trials = trials.unwrap_or_else(|error| {
        vec![Trial::test("engines", move || Err(error.to_string().into()))]
    });
    // The trials hold the server; they are gone when this returns, and the server with them.
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        println!("{times}");
    }
    conclusion.exit_code()
}

#[expect(clippy::print_stderr, reason = "the reader of the run must know what was not tested")]
fn trials(
    engines: &[Engine],
    modules: &[Module],
    alone: &[Module],
    shared: &Arc<Shared>,
) -> Vec<Trial> {
    let mut trials = Vec::new();
    for &engine in engines {
        let not_run = engine.not_run();
        if let Some(why) = &not_run {
            eprintln!("NOT RUN: {why}");
        }
        for ((module, _, tests), alone) in in_order(engine, modules, alone) {
            for &(test, case) in tests {
                let name = format!("{engine}::{module}::{test}");
                let shared = Arc::clone(shared);
                let trial = Trial::test(name.clone(), move || {
                    // A test that panicked is over as well.
                    let quiet = &shared.quiet;
                    let _alone =
                        alone.then(|| quiet.write().unwrap_or_else(PoisonError::into_inner));
                    let _beside_others =
                        (!alone).then(|| quiet.read().unwrap_or_else(PoisonError::into_inner));
                    run_case(engine, name, case, &shared).map_err(Failed::from)
                });
                trials.push(trial.with_ignored_flag(not_run.is_some()));
            }
        }
    }
    trials
}

/// Returns the modules of an engine in the order in which they run, and whether each runs alone.
///
/// Those that do are the last, so they wait only once in each engine until the tests beside them
/// have ended. Meanwhile no other test begins.
fn in_order(
    engine: Engine,
    modules: &[Module],
    alone: &[Module],
) -> impl Iterator<Item = (Module, bool)> {
    let beside_others = modules.iter().map(|&module| (module, false));
    let alone = alone.iter().map(|&module| (module, true));
    beside_others.chain(alone).filter(move |((_, engines, _), _)| engines.contains(&engine))
}

fn run_case(
    engine: Engine,
    name: String,
    case: &'static dyn Case,
    shared: &Arc<Shared>,
) -> Result<()> {
    let runtime = &shared.runtime;
    let begun = Instant::now();
    let cx = runtime.block_on(async {
        let collector = shared.collector.get_or_try_init(Collector::start).await?;
        let Lease { browser, collector, uses } = shared.browsers.take(engine, collector).await?;
        Ok::<_, Error>(Cx {
            engine,
            browser,
            collector,
            uses,
            name: name.clone(),
            app: OnceCell::new(),
            shared: Arc::clone(shared),
        })
    })?;

    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            timeout(TEST, case.run(&cx))
                .await
                .unwrap_or_else(|_| Err(Error::new(format!("still running after {TEST:?}"))))
        })
    }));
    let outcome = outcome.unwrap_or_else(|panic| Err(Error::new(panic_text(&*panic))));

    let judged = Instant::now();
    let evidence = match &outcome {
        Ok(()) => String::new(),
        Err(_) => runtime.block_on(async {
            timeout(EVIDENCE, evidence(&cx))
                .await
                .unwrap_or_else(|_| "the browser does not answer".to_owned())
        }),
    };
    let Cx { browser, collector, uses, .. } = cx;
    let closed = runtime.block_on(async {
        // The cause of a failure must not reach the next test.
        if outcome.is_err() {
            return browser.close().await;
        }
        shared.browsers.give_back(Lease { browser, collector, uses }).await
    });
    shared.times.add(name, [started - begun, judged - started, judged.elapsed()]);
    match outcome {
        Ok(()) => closed,
        Err(error) => Err(Error::new(format!("{error}\n{evidence}"))),
    }
}

/// Returns the message of an `assert!`. (The panic hook has already printed its location.)
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("panicked").to_owned()
}

/// Describes the page, and saves its picture.
async fn evidence(cx: &Cx) -> String {
    let report = cx.browser.report().await;
    let picture = match picture(cx).await {
        Ok(path) => path.display().to_string(),
        Err(error) => error.to_string(),
    };
    format!("{report}\nscreenshot: {picture}")
}

async fn picture(cx: &Cx) -> Result<PathBuf> {
    let png = cx.browser.screenshot().await?;
    let dir = target_dir()?.join("e2e");
    std::fs::create_dir_all(&dir)?;
    let path = dir.join(format!("{}.png", cx.name.replace("::", ".")));
    std::fs::write(&path, png)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_that_run_alone_are_the_last_of_their_engine() {
        let modules: [Module; 2] =
            [("once", &[Engine::WebKit], &[]), ("always", &Engine::ALL, &[])];
        let alone: [Module; 1] = [("once", &[Engine::Chromium], &[])];
        let names = |engine| -> Vec<_> {
            in_order(engine, &modules, &alone).map(|((name, _, _), alone)| (name, alone)).collect()
        };
        assert_eq!(names(Engine::Chromium), [("always", false), ("once", true)]);
        assert_eq!(names(Engine::Firefox), [("always", false)]);
        assert_eq!(names(Engine::WebKit), [("once", false), ("always", false)]);
    }
}

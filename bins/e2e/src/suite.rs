//! Runs the tests: each by name, per engine, with everything it needs made for it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::browser::{Browser, Options};
use crate::collector::Collector;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::pool::{Lease, Pool};
use crate::server::{self, App, Server};
use crate::target_dir;
use crate::times::Times;

/// How long one test may take in all. A test that reaches this hangs.
const TEST: Duration = Duration::from_mins(2);
/// How long it may take to see why a test failed: its browser may be the thing that hangs.
const EVIDENCE: Duration = Duration::from_secs(10);
/// A browser is several processes: more at once would only make each of them late.
const THREADS: usize = 2;

/// What an `async fn(&Cx) -> Result<()>` is as a value; implemented for all of those.
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

/// A module's name, the engines in which it is run, and its tests.
pub type Module = (&'static str, &'static [Engine], Tests);

/// What a test is given.
#[expect(
    missing_debug_implementations,
    reason = "a test has no use for it, and a Runtime's says nothing"
)]
pub struct Cx {
    /// The engine that this run is for.
    pub engine: Engine,
    /// A browser that knows nothing of any other test.
    pub browser: Browser,
    /// The test's own scope of the collector.
    pub collector: Collector,
    /// `chromium::module::name`.
    pub name: String,
    /// How many tests the browser served before.
    uses: u32,
    app: OnceCell<App>,
    shared: Arc<Shared>,
}

impl Cx {
    /// The server that all tests share; the first that asks starts it.
    pub async fn server(&self) -> Result<&Arc<Server>> {
        let server = self
            .shared
            .server
            // A failure is kept as well: the next test would only wait for the same.
            .get_or_init(async || Server::start().await.map(Arc::new))
            .await;
        server.as_ref().map_err(Clone::clone)
    }

    /// An app of this test's own, always the same within a test. More: [`Server::create_app`].
    pub async fn app(&self) -> Result<&App> {
        self.app.get_or_try_init(async || self.server().await?.create_app(&self.name).await).await
    }

    /// A second browser, or one with special options; [close](Browser::close) it at the end.
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
    // Last: what is above may still need it while it ends.
    runtime: Runtime,
}

/// Runs the modules' tests in the chosen engines, as `cargo test` arguments ask, and says how it
/// went as `cargo test` does.
///
/// Then it lists the slowest tests. The tests of the modules named in `alone` run beside no other: they assert deadlines of
/// milliseconds, of which another browser on the same cores would take its part.
#[expect(clippy::print_stdout, reason = "it is the run's output")]
pub fn run(modules: &[Module], alone: &[&str]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    if !arguments.list {
        // Failing to build fails the tests that need the server, with this error, and no others.
        let _built = server::binary();
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
    // A wrong `C2C_ENGINES` must not look like a run in which nothing failed.
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

#[expect(clippy::print_stderr, reason = "whoever reads the run must know what was not tested")]
fn trials(
    engines: &[Engine],
    modules: &[Module],
    alone: &[&str],
    shared: &Arc<Shared>,
) -> Vec<Trial> {
    let mut trials = Vec::new();
    for &engine in engines {
        let not_run = engine.not_run();
        if let Some(why) = &not_run {
            eprintln!("NOT RUN: {why}");
        }
        for (module, engines, tests) in modules {
            if !engines.contains(&engine) {
                continue;
            }
            let alone = alone.contains(module);
            for &(test, case) in *tests {
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
        // Whatever made a test fail must not reach the next one.
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

/// What an `assert!` said. (Where it stands was printed already, by the panic hook.)
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("panicked").to_owned()
}

/// The state of the page, and where its picture was put.
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

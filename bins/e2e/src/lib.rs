//! The browser harness: what a test of the whole product needs, in three engines.
//!
//! A unit test can show that a header is printed; only a browser can show that it *holds*. So the
//! product's promise is tested by starting the real server, opening its pages in a real browser
//! through `WebDriver`, and doing there what a customer, a visitor or an attacker would do.
//!
//! # Writing a test
//!
//! A test is an async function that takes a [`Cx`] and is listed in its module's table:
//!
//! ```
//! use c2c_e2e::{Cx, DEADLINE, Result, Tests};
//! use serde_json::json;
//!
//! pub const TESTS: Tests = &[("code_reacts_to_a_call", &code_reacts_to_a_call)];
//!
//! async fn code_reacts_to_a_call(cx: &Cx) -> Result<()> {
//!     let app = cx.app().await?;
//!     let hit = cx.collector.hit_url("ended");
//!     app.save(
//!         "",
//!         &format!("<script>c2c.on('call_ended', e => fetch('{hit}?reason=' + e.reason))</script>"),
//!     )
//!     .await?;
//!
//!     cx.browser.goto(&app.widget_url("orderId=A-1")).await?;
//!     cx.browser.click("#call").await?;
//!     cx.browser.click("#hang-up").await?;
//!
//!     let ended = cx.collector.hit("ended", DEADLINE).await?;
//!     assert_eq!(ended.param("reason").as_deref(), Some("user_hangup"));
//!     Ok(())
//! }
//! ```
//!
//! `tests/e2e/main.rs` lists the modules, each with its engines. Every test runs once in each of
//! them that `C2C_ENGINES` names, and is then called `<engine>::<module>::<name>`; one engine is
//! chosen as one test is: `cargo test -p c2c-e2e --test e2e -- chromium::states`. It has a
//! browser that knows nothing of other tests ([`Browser::reset`]), an app and a part of the
//! [`Collector`] of its own, so that tests run side by side; it shares one server. At the end the run
//! lists its slowest tests.
//!
//! # The rest of the web
//!
//! [`Collector::page`] serves pages that a test writes, under loopback names;
//! [`Collector::stand_in`] serves scripts under the names of their vendors, by `https`. Every other
//! host is out of reach, so no test depends on the internet or tells it anything.
//! [`Collector::answer_all_hosts`] answers for the others, in the same process, and records what they
//! were sent.
//!
//! # Rules
//!
//! - **No sleeping.** Wait for a condition with a deadline: [`Browser::wait_for`],
//!   [`Collector::hit`]. To show that something did *not* happen, do a later thing on the same
//!   channel, await that, and then count ([`Collector::count`]). To do something while a page loads,
//!   hold the load back: [`Collector::page_held`].
//! - **A probe must be able to fail.** Beside each "cannot" stands the same script where it can:
//!   [`Collector::page`] serves such pages.
//! - **No retries** of whole actions, and no skips that count as passes. The tests in an engine that
//!   is missing are ignored, with a line that says what to install; in CI (`CI=true`), and where
//!   `C2C_ENGINES` names it, they fail, and so does a missing package of npm ([`Browser::axe`],
//!   [`Package`]). `cargo xtask test --only tools` installs them.
//! - **An engine that differs is pinned**: the test asserts what that engine does, and a comment says
//!   why. It does not return early.
//! - In tests of frames that hang, drive the page by its own timers and report to the collector:
//!   a hung frame can block the driver.
//!
//! # Environment
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `C2C_ENGINES` | engines to test, by comma: `chromium`, `firefox`, `webkit` | all |
//! | `C2C_SERVER_BIN` | the server to start | built by `cargo build -p c2c-server` |
//! | `C2C_CHROMIUM`, `C2C_CHROMEDRIVER` | binaries of Chromium | found on `PATH` |
//! | `C2C_FIREFOX`, `C2C_GECKODRIVER` | binaries of Firefox | found on `PATH` and in `target/tools/bin` |
//! | `C2C_MINIBROWSER`, `C2C_WEBKITDRIVER`, `C2C_XVFB_RUN` | binaries of `WebKitGTK` | found on `PATH` and in the library folders |
//!
//! # Leaving nothing behind
//!
//! Every driver and server runs in a process group of its own, beside a small watcher that holds
//! one end of a pipe. When the test ends, fails, panics, or its whole process is killed, the pipe
//! closes and the watcher ends the group and removes its directory. This needs a Unix.

mod axe;
mod browser;
mod collector;
mod driver;
mod emulate;
mod engine;
mod error;
mod http;
mod npm;
mod others;
mod pool;
mod process;
mod proxy;
mod reset;
pub mod screens;
mod server;
mod session;
mod suite;
mod target;
mod times;
mod undriven;

pub use axe::Violation;
pub use browser::{Browser, ConsoleLine, Options};
pub use collector::{Collector, Hold, Recorded};
pub use emulate::ColorScheme;
pub use engine::Engine;
pub use error::{Context, Error, Result};
pub use http::{Reply, request};
pub use hyper::Method;
pub use npm::Package;
pub use others::Others;
pub use server::{App, Server, Stopped};
pub use suite::{Case, Cx, Module, Tests, run};
pub use target::{installed, target_dir};
pub use undriven::Undriven;

/// How long a test waits for something that should happen at once: long enough for a loaded
/// machine, short enough to see a failure soon.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(15);

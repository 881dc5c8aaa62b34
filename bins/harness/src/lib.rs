//! The browser harness: everything a test of the whole product needs, in three engines.
//!
//! A unit test can show that a header is printed; only a browser can show that it *takes effect*.
//! So the product's promise is tested by starting the real server, opening its pages in a real
//! browser through `WebDriver`, and acting there as a customer, a visitor or an attacker would.
//!
//! # Writing a test
//!
//! A test is an async function that takes a [`Cx`] and is listed in its module's table:
//!
//! ```
//! use c2c_harness::{Cx, DEADLINE, Result, Tests};
//! use serde_json::json;
//!
//! pub const TESTS: Tests = &[("code_reacts_to_a_call", &code_reacts_to_a_call)];
//!
//! async fn code_reacts_to_a_call(cx: &Cx) -> Result<()> {
//!     let app = cx.app().await?;
//!     let hit = cx.collector.hit_url("ended");
//!     app.publish(
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
//! `bins/e2e/tests/e2e/main.rs` lists the modules, each with its engines. Every test runs once in each of
//! its engines that `C2C_ENGINES` names, as `<engine>::<module>::<name>`. An engine is selected
//! like a single test: `cargo test -p c2c-e2e --test e2e -- chromium::states`. A test has a browser
//! without any trace of other tests ([`Browser::reset`]), and its own app and scope of the
//! [`Collector`], so that tests run side by side; all tests share one server. At the end the run
//! lists its slowest tests.
//!
//! # The rest of the web
//!
//! [`Collector::page`] serves pages that a test writes, under loopback names;
//! [`Collector::stand_in`] serves scripts under the names of their vendors, over `https`. Every
//! other host is out of reach, so no test depends on the internet or sends anything to it.
//! [`Collector::answer_all_hosts`] answers for the other hosts, in the same process, and records
//! the requests to them.
//!
//! # Rules
//!
//! - **No sleeping.** Wait for a condition with a deadline: [`Browser::wait_for`],
//!   [`Collector::hit`]. To show that something did *not* happen, do a later thing on the same
//!   channel, await that, and then count ([`Collector::count`]). To do something while a page loads,
//!   hold the load back: [`Collector::page_held`].
//! - **A probe must be able to fail.** Each test that something is impossible also runs the same
//!   script where it is possible: [`Collector::page`] serves such pages.
//! - **No retries** of whole actions, and no skips that count as passes. The tests in an engine
//!   that is missing are ignored, with a line that says what to install; in CI (`CI=true`), and
//!   where `C2C_ENGINES` names the engine, they fail, and so does a missing npm package
//!   ([`Browser::axe`], [`Package`]). `cargo xtask test --only tools` installs them.
//! - **An engine that differs is pinned**: the test asserts that engine's behavior, and a comment
//!   says why. It does not return early.
//! - In tests of frames that hang, drive the page by its own timers and report to the collector:
//!   a hung frame can block the driver.
//!
//! # Environment
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `C2C_ENGINES` | engines to test, separated by commas: `chromium`, `firefox`, `webkit` | all |
//! | `C2C_SERVER_BIN` | the server to start | built by `cargo build` |
//! | `C2C_CHROMIUM`, `C2C_CHROMEDRIVER` | binaries of Chromium | found on `PATH` |
//! | `C2C_FIREFOX`, `C2C_GECKODRIVER` | binaries of Firefox | found on `PATH` and in `target/tools/bin` |
//! | `C2C_MINIBROWSER`, `C2C_WEBKITDRIVER`, `C2C_XVFB` | binaries of `WebKitGTK` | found on `PATH` and in the library folders |
//!
//! # Leaving nothing behind
//!
//! Every driver and server runs in its own process group, beside a small watcher that holds one end
//! of a pipe. When the test ends, fails, panics, or its whole process is killed, the pipe closes
//! and the watcher ends the group and removes its directory. This needs a Unix.

mod axe;
mod browser;
mod built;
mod code;
mod collector;
mod display;
mod driver;
mod embedded;
mod emulate;
mod engine;
mod error;
mod http;
mod npm;
mod options;
mod others;
mod pool;
mod process;
mod proxy;
mod reach;
mod reset;
pub mod screens;
mod server;
mod session;
mod suite;
mod target;
mod times;
mod tls;
mod undriven;
mod way;
mod web;

pub use axe::Violation;
pub use browser::{Browser, ConsoleLine};
pub use collector::Collector;
pub use embedded::Embedded;
pub use emulate::ColorScheme;
pub use engine::Engine;
pub use error::{Context, Error, Result};
pub use http::{Reply, request, request_by};
pub use hyper::Method;
pub use npm::Package;
pub use options::Options;
pub use others::Others;
pub use server::{App, Server, Stopped};
pub use suite::{Case, Cx, Module, Tests, run};
pub use target::{installed, target_dir};
pub use undriven::Undriven;
pub use way::Way;
pub use web::{Hold, Recorded};

/// Longest wait for something that should happen at once: long enough for a loaded machine, short
/// enough to see a failure soon.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(15);

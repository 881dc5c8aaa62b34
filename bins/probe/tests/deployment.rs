//! `c2c-probe` on a named deployment: its results for a good one and for a weak one.

use std::process::{Command, ExitCode, Output};

use c2c_harness::{Context as _, Cx, Engine, Result, Tests};
use tokio::task::spawn_blocking;

const TESTS: Tests = &[
    ("a_good_one_is_as_promised", &a_good_one_is_as_promised),
    ("a_weak_one_is_told_what_to_change", &a_weak_one_is_told_what_to_change),
    ("one_that_does_not_answer_is_an_error", &one_that_does_not_answer_is_an_error),
    ("a_frame_that_does_not_load_is_an_error", &a_frame_that_does_not_load_is_an_error),
];

fn main() -> ExitCode {
    c2c_harness::run(&[("deployment", &[Engine::Chromium], TESTS)], &[])
}

/// Runs one probe on two pages.
async fn probe(sandbox: &str, widget: &str) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_c2c-probe"));
    command.args(["--engines", "chromium", "--only", "ORI-01"]);
    command.args(["--sandbox-url", sandbox, "--widget-url", widget]);
    spawn_blocking(move || command.output()).await?.context("c2c-probe")
}

async fn a_good_one_is_as_promised(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let Output { status, stdout, stderr } = probe(&app.sandbox_url(), &app.widget_url("")).await?;
    let (table, words) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(0), "{words}");
    assert!(table.contains("| ORI-01 | has an origin | cannot |"), "{table}");
    assert!(words.contains("2 of 2 probes as promised"), "{words}");
    Ok(())
}

async fn a_weak_one_is_told_what_to_change(cx: &Cx) -> Result<()> {
    let frame = cx.collector.page("/frame", "<!doctype html>", &[]);
    let widget =
        format!("<!doctype html><iframe src='{frame}' sandbox='allow-scripts allow-same-origin'>");
    cx.collector.page("/widget", widget, &[]);
    let widget = cx.collector.url_of("widget.localhost", "/widget");
    let Output { status, stdout, stderr } = probe(&frame, &widget).await?;
    let (table, words) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(1), "{words}");
    assert!(table.contains("| ORI-01 | has an origin | **FAILED** |"), "{table}");
    for said in [
        "the iframe's attribute `sandbox` is `allow-scripts allow-same-origin`: make it `allow-scripts` and nothing else",
        "the document's CSP directive `sandbox` is `(absent)`",
        "no `frame-ancestors`",
        "`frame-src` is `(absent)`",
        "no `Permissions-Policy`",
        "`Referrer-Policy` is not `no-referrer`",
        "Sec-Fetch-Dest: document by 200",
        "ORI-01 in chromium, two levels: succeeded",
        "ORI-01 in chromium, three levels: succeeded",
    ] {
        assert!(words.contains(said), "{said:?} is not said:\n{words}");
    }
    Ok(())
}

async fn one_that_does_not_answer_is_an_error(cx: &Cx) -> Result<()> {
    let widget = cx.collector.page("/widget", "<!doctype html>", &[]);
    let Output { status, stderr, .. } = probe("http://sandbox.localhost:1/s/demo", &widget).await?;
    let words = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(2), "{words}");
    assert!(words.contains("has no iframe for http://sandbox.localhost:1/s/demo"), "{words}");
    Ok(())
}

async fn a_frame_that_does_not_load_is_an_error(cx: &Cx) -> Result<()> {
    let frame = cx.collector.page("/frame", "<!doctype html>", &[]);
    let widget = format!(
        "<!doctype html><div style='height: 100000px'></div><iframe src='{frame}' loading='lazy'>"
    );
    cx.collector.page("/widget", widget, &[]);
    let widget = cx.collector.url_of("widget.localhost", "/widget");
    let Output { status, stderr, .. } = probe(&frame, &widget).await?;
    let words = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(2), "{words}");
    assert!(words.contains(&format!("the iframe in {widget} does not load")), "{words}");
    Ok(())
}

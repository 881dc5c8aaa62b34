//! The examples of the product's documentation, as customers paste them.
//!
//! Those of `shared/examples`, beside the workspace, run unchanged. If that folder is missing, our
//! own equivalents in `tests/examples` replace them, and the run says so. Those for GA4, Tag
//! Manager and Meta's pixel run in `vendors/examples.rs`, beside the scripts that they are for.

use std::path::Path;
use std::sync::Once;

use c2c_harness::{Context as _, Cx, DEADLINE, Engine, Result, Tests};
use serde_json::json;

use crate::steps::{enter_widget, heard, open_parent, press, said, say};

pub(crate) const TESTS: Tests = &[
    ("meta_pixel_needs_its_vendor", &meta_pixel_needs_its_vendor),
    ("conditional", &conditional),
    ("conditions_are_on_context_and_duration", &conditions_are_on_context_and_duration),
    ("custom_events", &custom_events),
];

pub(crate) const CONTEXT: &str = "orderId=A-1&customerTier=gold";

/// Returns the text of an example.
pub(crate) fn example(file: &str) -> Result<String> {
    static SAID: Once = Once::new();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folder = here.join("../../../shared/examples");
    if !folder.is_dir() {
        SAID.call_once(|| say_that_ours_serve(&folder));
        folder = here.join("tests/examples");
    }
    std::fs::read_to_string(folder.join(file)).context(format_args!("the example {file}"))
}

#[expect(clippy::print_stdout, reason = "the reader of the run must know what it ran")]
fn say_that_ours_serve(missing: &Path) {
    println!("examples: OUR OWN: there is no folder {}", missing.display());
}

/// Makes a call and answers the survey, from the parent page.
pub(crate) async fn call_and_rate(cx: &Cx) -> Result<()> {
    for css in ["#call", "#hang-up", "input[value='4']", "#rate"] {
        press(cx, css).await?;
    }
    Ok(())
}

/// Without the bootstrap that the example leaves out, `fbq` is undefined: the error is the
/// snippet's own, and code pasted beside it works.
async fn meta_pixel_needs_its_vendor(cx: &Cx) -> Result<()> {
    let beside = format!(
        "<script>{} addEventListener('error', (event) => say(event.message));</script>",
        say(cx)
    );
    let works = "<script>c2c.on('call_started', () => c2c.emit('works', {}));</script>";
    let code = beside + &example("meta-pixel.head.html")?;
    open_parent(cx, &code, works, "").await?;
    let error = said(cx).await?;
    // WebKitGTK hides the text of errors in an opaque origin, also from the document itself.
    let text = if cx.engine == Engine::WebKit { "Script error." } else { "fbq is not defined" };
    assert!(error.as_str().is_some_and(|error| error.contains(text)), "{error}");
    press(cx, "#call").await?;
    heard(cx, "custom:works").await?;
    Ok(())
}

/// Moves the start of a running call `seconds` into the past: the widget measures by
/// `performance.now`, and the test does not wait that long.
async fn seconds_later(cx: &Cx, seconds: u32) -> Result<()> {
    enter_widget(cx).await?;
    let later = "const now = performance.now.bind(performance);
                 performance.now = () => now() + 1000 * arguments[0];";
    // An arrow function has the arguments of the script around it.
    cx.browser.run(later, &[json!(seconds)]).await?;
    cx.browser.enter_top().await
}

/// The body of the example's condition is a comment. So the test checks that it runs, that its
/// condition is met, and that no error follows.
async fn conditional(cx: &Cx) -> Result<()> {
    let watch = format!(
        "<script>{} const errors = [];
         addEventListener('error', (event) => errors.push(event.message));
         c2c.on('survey_submitted', () => say(errors));</script>",
        say(cx)
    );
    open_parent(cx, &watch, &example("conditional.body-end.html")?, CONTEXT).await?;
    press(cx, "#call").await?;
    seconds_later(cx, 31).await?;
    press(cx, "#hang-up").await?;
    press(cx, "input[value='4']").await?;
    press(cx, "#rate").await?;
    assert_eq!(said(cx).await?, json!([]));
    Ok(())
}

/// Tests the example's condition with a statement in it: gold fires; silver does not, nor does gold
/// in a short call.
async fn conditions_are_on_context_and_duration(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{}
         c2c.on('call_ended', (e) => {{
           const fires = e.context.customerTier === 'gold' && e.duration > 30;
           say([e.context.customerTier, Math.floor(e.duration), fires]);
         }});</script>",
        say(cx)
    );
    let visits = [("silver", 31, false), ("gold", 0, false), ("gold", 31, true)];
    for (at, (tier, seconds, fires)) in visits.into_iter().enumerate() {
        open_parent(cx, "", &code, &format!("customerTier={tier}")).await?;
        press(cx, "#call").await?;
        seconds_later(cx, seconds).await?;
        press(cx, "#hang-up").await?;
        let said = cx.collector.hits("said", at + 1, DEADLINE).await?[at].json()?;
        assert_eq!((&said[0], &said[2]), (&json!(tier), &json!(fires)), "{said}");
        assert_eq!(said[1].as_u64().is_some_and(|said| said > 30), seconds > 30, "{said}");
    }
    Ok(())
}

async fn custom_events(cx: &Cx) -> Result<()> {
    // The chat widget that the example mentions.
    let chat = "<script>c2c.on('call_started', () => onChatOpened());</script>";
    open_parent(cx, chat, &example("custom-events.body-end.html")?, CONTEXT).await?;
    press(cx, "#call").await?;
    let envelope = heard(cx, "custom:chat_opened").await?;
    assert_eq!(json!(envelope.data()), json!({"source": "widget"}));
    assert_eq!(envelope.context()["orderId"], "A-1");
    Ok(())
}

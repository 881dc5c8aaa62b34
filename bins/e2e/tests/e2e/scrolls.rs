//! The visitor's page stays where it is, whatever custom code scrolls to.

use c2c_harness::{Cx, DEADLINE, Engine, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{enter_widget, mount, press, widget_page_in};

pub(crate) const TESTS: Tests = &[
    ("the_widget_page_is_not_scrolled", &the_widget_page_is_not_scrolled),
    (
        "the_parent_page_is_scrolled_a_few_times_at_most",
        &the_parent_page_is_scrolled_a_few_times_at_most,
    ),
    ("a_page_and_its_visitor_scroll_to_the_widget", &a_page_and_its_visitor_scroll_to_the_widget),
];

/// Every way in which a document can scroll to a part of itself.
const WAYS: &str = "
    const ways = [
      () => document.body.scrollIntoView(),
      () => document.body.scrollIntoView({ block: 'center' }),
      () => document.body.scrollIntoView({ block: 'end', behavior: 'smooth' }),
      () => document.body.scrollIntoView({ block: 'nearest' }),
      () => document.body.scrollIntoViewIfNeeded?.(),
      () => { getSelection().removeAllRanges(); window.find?.('needle'); },
      () => { location.hash = ''; location.hash = '#needle'; },
    ];
    let n = 0;
    const scroll = (ms) => setInterval(() => ways[n++ % ways.length](), ms);";

const BODY: &str = "<p>text</p><p id=needle>needle</p>";

/// Two seconds of the page's own time.
const A_WHILE: &str = "return new Promise((resolve) => setTimeout(() => resolve(scrollY), 2000));";

async fn the_widget_page_is_not_scrolled(cx: &Cx) -> Result<()> {
    let code = format!("{BODY}<script>{WAYS} c2c.on('scroll', () => scroll(100));</script>");
    cx.app().await?.publish("", &code).await?;
    // Tests the frame as it is, and as it would be in the flow of the page.
    for (style, moves) in [("fixed", false), ("absolute", true)] {
        mount(cx, "").await?;
        cx.browser.wait_for("bridge.state.status === 'ready'", DEADLINE).await?;
        let script = format!(
            "document.body.style.height = '9000px';
             document.querySelectorAll('iframe')[1].style.position = '{style}';
             scrollTo(0, 3000);
             bridge.emit('scroll', {{}});"
        );
        cx.browser.run(&script, &[]).await?;
        // WebKit scrolls only for `window.find`, and then by some 40 pixels even where it is fixed.
        if moves {
            cx.browser.wait_for("Math.abs(scrollY - 3000) > 50", DEADLINE).await?;
        } else {
            let position = cx.browser.run(A_WHILE, &[]).await?;
            let stays = position.as_f64().is_some_and(|y| (y - 3000.0).abs() <= 50.0);
            assert!(stays, "{style}: {position}");
        }
    }
    Ok(())
}

/// Opens the widget near the top of a long page that listens to it.
async fn open_long_page(cx: &Cx, code: &str) -> Result<()> {
    cx.app().await?.publish("", code).await?;
    let widget = &cx.server().await?.widget;
    let script = format!(
        "addEventListener('DOMContentLoaded', async () => {{
           document.body.style.height = '9000px';
           const {{ listen }} = await import('{widget}/listen.js');
           listen({{ frame: document.querySelector('#widget'), widgetOrigin: '{widget}', onEvent() {{}} }});
           window.listens = true;
         }});"
    );
    cx.browser.goto(&widget_page_in(cx, "", &script).await?).await?;
    cx.browser.wait_for("window.listens", DEADLINE).await?;
    Ok(())
}

/// Returns the number of frames in the widget page: one for its custom code, or none.
async fn frames(cx: &Cx) -> Result<Value> {
    enter_widget(cx).await?;
    let frames = cx.browser.eval("document.querySelectorAll('iframe').length").await?;
    cx.browser.enter_top().await?;
    Ok(frames)
}

async fn the_parent_page_is_scrolled_a_few_times_at_most(cx: &Cx) -> Result<()> {
    let code = format!("{BODY}<script>{WAYS} c2c.on('call_started', () => scroll(200));</script>");
    open_long_page(cx, &code).await?;
    press(cx, "#call").await?;
    // The visitor continues to read below, each time.
    let script = "window.jumps = 0;
        addEventListener('scroll', () => {
          if (scrollY === 4000) return;
          // By name: in Firefox a driver's script has a global object of its own.
          window.jumps += 1;
          setTimeout(() => scrollTo(0, 4000), 50);
        });
        scrollTo(0, 4000);";
    cx.browser.run(script, &[]).await?;
    // WebKit does not scroll the page above a frame of another origin.
    if cx.engine == Engine::WebKit {
        cx.browser.run(A_WHILE, &[]).await?;
    } else {
        // The frame of custom code is gone.
        cx.browser.wait_for("frames[0].length === 0", DEADLINE).await?;
    }
    let found = cx.browser.run(&format!("window.jumps = 0; {A_WHILE}"), &[]).await?;
    assert_eq!((found, cx.browser.eval("jumps").await?), (json!(4000), json!(0)));
    let expected = i32::from(cx.engine == Engine::WebKit);
    assert_eq!(frames(cx).await?, json!(expected));
    Ok(())
}

async fn a_page_and_its_visitor_scroll_to_the_widget(cx: &Cx) -> Result<()> {
    open_long_page(cx, "").await?;
    // A script of the page scrolls twice; and a fling passes the widget again and again.
    let script = "const turn = () => new Promise((resolve) => setTimeout(resolve, 100));
        for (let i = 0; i < 2; i++) {
          scrollTo(0, 4000); await turn();
          document.querySelector('#widget').scrollIntoView(); await turn();
        }
        const { bottom } = document.querySelector('#widget').getBoundingClientRect();
        const edge = scrollY + bottom;
        for (let i = 0; i < 2; i++) {
          scrollTo(0, edge + 100); await turn();
          scrollTo(0, edge - 50); await turn();
        }";
    cx.browser.run(&format!("return (async () => {{ {script} }})();"), &[]).await?;
    assert_eq!(frames(cx).await?, json!(1), "scripts and flings");
    // As far as the visitor's keys would scroll, after one of them.
    open_long_page(cx, "").await?;
    // By the page's own listener: a scroll counts as a key's for a second.
    let script = "window.scrolled = 0;
        const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        addEventListener('keydown', async () => {
          scrollTo(0, 4000); await drawn(); scrollTo(0, 0); await drawn();
          window.scrolled += 1;
        });";
    cx.browser.run(script, &[]).await?;
    for times in 1..=5 {
        cx.browser.type_keys("\u{E011}").await?;
        cx.browser.wait_for(&format!("scrolled === {times}"), DEADLINE).await?;
    }
    assert_eq!(frames(cx).await?, json!(1), "keys");
    Ok(())
}

//! Checks on every screen: accessibility, every width, light and dark, and an empty browser log.

use std::collections::BTreeSet;

use c2c_harness::screens::{SCREENS, Screen, Stage};
use c2c_harness::{ColorScheme, Cx, DEADLINE, Result, Server, Tests};
use url::Url;

pub(crate) const TESTS: Tests = &[
    ("the_editor_is_accessible_quiet_and_at_home", &editor),
    ("other_screens_are_accessible_quiet_and_at_home", &others),
    ("nothing_jumps", &nothing_jumps),
];

/// Widths of a window.
const WIDE: u32 = 1280;
const NARROW: u32 = 400;

/// The vendors on the screen `code-sent`.
const VENDORS: [&str; 3] = [
    "https://www.googletagmanager.com",
    "https://www.google-analytics.com",
    "https://www.facebook.com",
];

// Two tests, so that they run side by side.
async fn editor(cx: &Cx) -> Result<()> {
    are_sound(cx, in_editor).await
}

async fn others(cx: &Cx) -> Result<()> {
    are_sound(cx, |screen| !in_editor(screen)).await
}

fn in_editor(screen: &Screen) -> bool {
    screen.name.starts_with("code")
}

/// Asserts that these screens log nothing and ask no foreign origin, that axe-core finds nothing on them in either color
/// scheme, wide or narrow, and that none is wider than the window.
async fn are_sound(cx: &Cx, chosen: impl Fn(&Screen) -> bool) -> Result<()> {
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    let stage = Stage { server: &server, browser: &cx.browser, collector: &cx.collector };
    let mut violations = Vec::new();
    let mut seen = 0;
    for screen in SCREENS.iter().filter(|screen| chosen(screen)) {
        cx.browser.set_viewport(WIDE, 800).await?;
        screen.open(&stage).await?;
        is_quiet(cx, screen, seen).await?;
        stays_at_home(cx, screen, &server).await?;
        for width in [WIDE, NARROW] {
            violations.extend(found_by_axe(cx, screen, width).await?);
        }
        // Checks of axe may log, too.
        seen = cx.browser.console().await?.unwrap_or_default().len();
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    Ok(())
}

async fn found_by_axe(cx: &Cx, screen: &Screen, width: u32) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    cx.browser.set_viewport(width, 800).await?;
    cx.browser.wait_for(&format!("innerWidth === {width}"), DEADLINE).await?;
    for scheme in [ColorScheme::Light, ColorScheme::Dark] {
        cx.browser.set_color_scheme(scheme).await?;
        // Colors in transition would be judged as they are halfway.
        cx.browser.wait_for("document.getAnimations().length === 0", DEADLINE).await?;
        let found = cx.browser.axe().await?;
        violations.extend(
            found.iter().map(|violation| format!("{screen:?}, {width}, {scheme:?}: {violation}")),
        );
    }
    let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(cx.browser.eval(overflow).await?, 0, "{screen:?} scrolls sideways at {width}");
    Ok(violations)
}

/// Asserts that the console has no new line but those that the screen is about.
async fn is_quiet(cx: &Cx, screen: &Screen, seen: usize) -> Result<()> {
    // These show a refusal of the server, which the browser logs.
    let refused = ["no-app", "code-conflict", "code-compare", "preview-link-gone", "sign-in-gone"]
        .contains(&screen.name);
    let lines = cx.browser.console().await?.unwrap_or_default();
    let loud: Vec<_> = lines
        .iter()
        .skip(seen)
        .filter(|line| !["INFO", "DEBUG"].contains(&line.level.as_str()))
        .filter(|line| {
            !(refused && line.message.contains("the server responded with a status of 4"))
        })
        .collect();
    // The code on these screens throws, or calls what the browser ignores: they show that.
    let faulty = ["code-errors", "code-sent"].contains(&screen.name);
    assert!(loud.is_empty() || faulty, "{screen:?}: {loud:?}");
    Ok(())
}

async fn stays_at_home(cx: &Cx, screen: &Screen, server: &Server) -> Result<()> {
    let home: BTreeSet<String> = [&server.console, &server.parent, &server.widget, &server.sandbox]
        .into_iter()
        .filter_map(|origin| Some(Url::parse(origin).ok()?.origin().ascii_serialization()))
        .collect();
    for url in cx.browser.requested_urls().await? {
        let origin = Url::parse(&url)?.origin();
        // The code on this screen is that of two vendors.
        let is_vendor =
            screen.name == "code-sent" && VENDORS.contains(&&*origin.ascii_serialization());
        assert!(
            is_vendor || !origin.is_tuple() || home.contains(&origin.ascii_serialization()),
            "{screen:?} asked for {url}"
        );
    }
    Ok(())
}

/// Compares positions while a person types, sees a finding, fixes it, publishes and plays.
async fn nothing_jumps(cx: &Cx) -> Result<()> {
    let places = "[...document.querySelectorAll(
        '.area-head, .code, .findings, #code-form .primary, .tablist, .play button, #live, #timeline'
      )].map((thing) => {
        const { x, y, width, height } = thing.getBoundingClientRect();
        return [x + scrollX, y + scrollY, width, height].join();
      })";
    for width in [1280, 600] {
        let app = cx.server().await?.create_app("Still").await?;
        cx.browser.resize(width, 900).await?;
        crate::console::open(cx, &app).await?;
        let before = cx.browser.eval(places).await?;
        cx.browser.append_code("head", "<script>c2c.on('call_started', () => {})").await?;
        cx.browser.wait_for("document.querySelector('.findings li')", DEADLINE).await?;
        assert_eq!(cx.browser.eval(places).await?, before, "a finding");
        cx.browser.append_code("head", "</script>").await?;
        cx.browser.wait_for("!document.querySelector('.findings li')", DEADLINE).await?;
        crate::console::publish(cx, "Published as revision 1").await?;
        crate::timeline::connected(cx, 2).await?;
        assert_eq!(cx.browser.eval(places).await?, before, "a publication");
        crate::timeline::play(cx, "whole").await?;
        cx.browser
            .wait_for("document.querySelector('[data-name=survey_submitted]')", DEADLINE)
            .await?;
        assert_eq!(cx.browser.eval(places).await?, before, "a call");
    }
    // The control: a moved element is detected.
    let before = cx.browser.eval(places).await?;
    cx.browser.run("document.querySelector('.bar').style.marginTop = '1px'", &[]).await?;
    assert_ne!(cx.browser.eval(places).await?, before);
    Ok(())
}

//! What holds on every screen: for everybody (accessibility), on every width, in light and dark, and
//! with nothing in the browser's log.

use std::collections::BTreeSet;

use c2c_e2e::screens::{SCREENS, Stage};
use c2c_e2e::{ColorScheme, Cx, DEADLINE, Engine, Result, Server, Tests};
use url::Url;

pub(crate) const TESTS: Tests = &[
    ("every_screen_is_accessible_wide_and_light", &wide_and_light),
    ("every_screen_is_accessible_wide_and_dark", &wide_and_dark),
    ("every_screen_is_accessible_narrow_and_light", &narrow_and_light),
    ("every_screen_is_accessible_narrow_and_dark", &narrow_and_dark),
    ("every_screen_is_quiet_and_stays_at_home", &every_screen_is_quiet_and_stays_at_home),
    ("nothing_jumps", &nothing_jumps),
];

// One test for each, so that they run side by side.
async fn wide_and_light(cx: &Cx) -> Result<()> {
    is_accessible(cx, 1280, ColorScheme::Light).await
}

async fn wide_and_dark(cx: &Cx) -> Result<()> {
    is_accessible(cx, 1280, ColorScheme::Dark).await
}

async fn narrow_and_light(cx: &Cx) -> Result<()> {
    is_accessible(cx, 400, ColorScheme::Light).await
}

async fn narrow_and_dark(cx: &Cx) -> Result<()> {
    is_accessible(cx, 400, ColorScheme::Dark).await
}

/// axe-core finds nothing on any screen, and none is wider than the window.
async fn is_accessible(cx: &Cx, width: u32, scheme: ColorScheme) -> Result<()> {
    let server = Server::start().await?;
    let stage = Stage { server: &server, browser: &cx.browser };
    // The other engines' screens cannot be set: they show what they have.
    if cx.engine == Engine::Chromium {
        cx.browser.set_viewport(width, 800).await?;
        cx.browser.set_color_scheme(scheme).await?;
    }
    let mut violations = Vec::new();
    for screen in SCREENS {
        screen.open(&stage).await?;
        let found = cx.browser.axe().await?;
        violations.extend(found.iter().map(|violation| format!("{screen:?}: {violation}")));
        let overflow =
            "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(cx.browser.eval(overflow).await?, 0, "{screen:?} scrolls sideways");
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    Ok(())
}

async fn every_screen_is_quiet_and_stays_at_home(cx: &Cx) -> Result<()> {
    let server = Server::start().await?;
    let stage = Stage { server: &server, browser: &cx.browser };
    let home: BTreeSet<String> = [&server.console, &server.parent, &server.widget, &server.sandbox]
        .into_iter()
        .filter_map(|origin| Some(Url::parse(origin).ok()?.origin().ascii_serialization()))
        .collect();
    let mut seen = 0;
    for screen in SCREENS {
        screen.open(&stage).await?;
        // These two show what the server refuses, which the browser logs.
        let refused = ["no-app", "code-conflict"].contains(&screen.name);
        let lines = cx.browser.console().await?.unwrap_or_default();
        let new = lines.iter().skip(seen);
        seen = lines.len();
        let loud: Vec<_> = new
            .filter(|line| !["INFO", "DEBUG"].contains(&line.level.as_str()))
            .filter(|line| {
                !(refused && line.message.contains("the server responded with a status of 4"))
            })
            .collect();
        // The code on this screen throws: that is what it shows.
        assert!(loud.is_empty() || screen.name == "code-errors", "{screen:?}: {loud:?}");
        for url in cx.browser.requested_urls().await? {
            let origin = Url::parse(&url)?.origin();
            assert!(
                !origin.is_tuple() || home.contains(&origin.ascii_serialization()),
                "{screen:?} asked for {url}"
            );
        }
    }
    Ok(())
}

/// Where things are, while somebody types, sees a finding, mends it, saves and plays.
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
        cx.browser.type_into("#head", "<script>c2c.on('call_started', () => {})").await?;
        cx.browser.wait_for("document.querySelector('.findings li')", DEADLINE).await?;
        assert_eq!(cx.browser.eval(places).await?, before, "a finding");
        cx.browser.type_into("#head", "</script>").await?;
        cx.browser.wait_for("!document.querySelector('.findings li')", DEADLINE).await?;
        cx.browser.click("#code-form [type=submit]").await?;
        crate::timeline::connected(cx, 2).await?;
        assert_eq!(cx.browser.eval(places).await?, before, "a save");
        crate::timeline::play(cx, "whole").await?;
        cx.browser
            .wait_for("document.querySelector('[data-name=survey_submitted]')", DEADLINE)
            .await?;
        assert_eq!(cx.browser.eval(places).await?, before, "a call");
    }
    // The control: what moves is seen.
    let before = cx.browser.eval(places).await?;
    cx.browser.run("document.querySelector('.bar').style.marginTop = '1px'", &[]).await?;
    assert_ne!(cx.browser.eval(places).await?, before);
    Ok(())
}

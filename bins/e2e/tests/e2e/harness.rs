//! Proves the harness: the mechanisms of later probes succeed where nothing stops them, and
//! browsers stop them where a plain sandbox does.

use std::process::Command;

use c2c_harness::{
    ColorScheme, Context as _, Cx, DEADLINE, Engine, Method, Result, Tests, request,
};
use serde_json::{Value, json};

pub(crate) const TESTS: Tests = &[
    ("a_script_reaches_the_collector", &a_script_reaches_the_collector),
    ("a_vendor_has_a_stand_in", &a_vendor_has_a_stand_in),
    ("there_is_no_way_to_other_hosts", &there_is_no_way_to_other_hosts),
    ("all_hosts_can_be_answered_for", &all_hosts_can_be_answered_for),
    ("an_opaque_origin_reaches_the_collector", &an_opaque_origin_reaches_the_collector),
    ("a_plain_frame_reads_its_parent", &a_plain_frame_reads_its_parent),
    ("a_sandboxed_frame_does_not", &a_sandboxed_frame_does_not),
    ("a_click_in_a_plain_frame_navigates_top", &a_click_in_a_plain_frame_navigates_top),
    ("a_click_in_a_sandboxed_frame_does_not", &a_click_in_a_sandboxed_frame_does_not),
    ("keys_reach_the_focused_element", &keys_reach_the_focused_element),
    ("cookies_are_per_host", &cookies_are_per_host),
    ("windows_can_be_opened_and_closed", &windows_can_be_opened_and_closed),
    ("frames_of_other_sites_can_be_entered", &frames_of_other_sites_can_be_entered),
    ("a_failed_wait_says_what_it_saw", &a_failed_wait_says_what_it_saw),
    ("the_console_is_read_where_the_engine_has_it", &the_console_is_read_where_the_engine_has_it),
    ("axe_finds_what_is_wrong", &axe_finds_what_is_wrong),
    ("screens_are_emulated_in_chromium", &screens_are_emulated_in_chromium),
    ("requests_of_all_frames_are_listed", &requests_of_all_frames_are_listed),
    ("a_policy_violation_is_in_the_console", &a_policy_violation_is_in_the_console),
    ("a_page_that_never_loads_is_an_error", &a_page_that_never_loads_is_an_error),
    ("promises_are_awaited", &promises_are_awaited),
    ("the_server_serves_an_app_of_this_test", &the_server_serves_an_app_of_this_test),
    ("a_missing_engine_does_not_pass", &a_missing_engine_does_not_pass),
];

/// Tests for engines in which one browser serves many tests.
pub(crate) const REUSE: Tests =
    &[("a_used_browser_is_as_a_new_one", &a_used_browser_is_as_a_new_one)];

/// Writes into the parent and reads it back, which a sandboxed frame must not be able to do.
const REACH_PARENT: &str = "<script>
    let said;
    try { parent.document.title = 'reached'; said = parent.document.title; }
    catch (error) { said = error.name; }
    fetch(HIT + '?said=' + said);
</script>";

/// A link that a person would have to click.
const TOP_LINK: &str = "<a id=link target=_top href='/elsewhere'>link</a>";

async fn a_script_reaches_the_collector(cx: &Cx) -> Result<()> {
    let hit = cx.collector.hit_url("loaded");
    let page = cx.collector.page(
        "/top",
        format!("<script>fetch('{hit}?a=1', {{method: 'POST', body: '{{\"b\": 2}}'}})</script>"),
        &[],
    );
    cx.browser.goto(&page).await?;
    let hit = cx.collector.hit("loaded", DEADLINE).await?;
    assert_eq!(hit.param("a").as_deref(), Some("1"));
    assert_eq!(hit.json()?, json!({"b": 2}));
    assert_eq!(cx.browser.eval("location.href").await?, page);
    Ok(())
}

async fn a_vendor_has_a_stand_in(cx: &Cx) -> Result<()> {
    // From an opaque origin, as custom code runs.
    let hit = cx.collector.hit_url("tag");
    cx.collector.stand_in("vendor.test", "/tag.js", format!("fetch('{hit}?ran')"));
    let page = format!(
        "<script src='https://vendor.test/tag.js?id=G-1' onerror='fetch(`{hit}?failed`)'></script>"
    );
    let sandbox = [("content-security-policy", "sandbox allow-scripts")];
    cx.browser.goto(&cx.collector.page("/top", page, &sandbox)).await?;
    let tag = cx.collector.hit("tag", DEADLINE).await?;
    let requests = cx.collector.requests();
    let vendor = requests.iter().find(|request| request.host.as_deref() == Some("vendor.test"));
    assert_eq!(tag.query.as_deref(), Some("ran"));
    let vendor = vendor.expect("it ran, so it was loaded");
    assert_eq!((vendor.path.as_str(), vendor.query.as_deref()), ("/tag.js", Some("id=G-1")));
    Ok(())
}

async fn there_is_no_way_to_other_hosts(cx: &Cx) -> Result<()> {
    cx.collector.stand_in("vendor.test", "/tag.js", "1");
    // Another test's stand-in is not visible to this test.
    let other = cx.collector.scoped().await?;
    other.stand_in("other.test", "/tag.js", "1");
    cx.browser.goto(&cx.collector.page("/top", "<p>top</p>", &[])).await?;
    let answers = "Promise.all(['https://vendor.test/tag.js', 'https://vendor.test/else.js',
        'https://other.test/tag.js', 'https://unknown.test/', 'http://unknown.test/',
      ].map((url) => fetch(url).then(({ status }) => status, () => 'failed')))";
    let expected = json!([200, "failed", "failed", "failed", "failed"]);
    assert_eq!(cx.browser.eval(answers).await?, expected);
    assert_eq!(other.requests().len(), 0);
    Ok(())
}

async fn all_hosts_can_be_answered_for(cx: &Cx) -> Result<()> {
    cx.collector.stand_in("vendor.test", "/tag.js", "1");
    cx.collector.answer_all_hosts();
    cx.browser.goto(&cx.collector.page("/top", "<p>top</p>", &[])).await?;
    // With cookies and a custom header, so the answer must name the origin and the header.
    let answers = "Promise.all(['https://vendor.test/tag.js', 'https://vendor.test/else?a=1',
        'https://unknown.test/collect', 'http://unknown.test/plain',
      ].map((url, i) => fetch(url, i === 2 ? { credentials: 'include', headers: { 'x-c2c': '1' } } : {})
        .then(({ status }) => status, () => 'failed')))";
    assert_eq!(cx.browser.eval(answers).await?, json!([200, 204, 204, 204]));
    let requests = cx.collector.requests();
    let asked = |host: &str, path: &str| {
        let found = requests.iter().find(|request| {
            request.host.as_deref() == Some(host)
                && request.path == path
                && request.method == Method::GET
        });
        found.is_some()
    };
    assert!(asked("vendor.test", "/else") && asked("unknown.test", "/collect"));
    assert!(asked("unknown.test", "/plain"));
    Ok(())
}

async fn an_opaque_origin_reaches_the_collector(cx: &Cx) -> Result<()> {
    let hit = cx.collector.hit_url("opaque");
    // A custom header makes the browser send a preflight request.
    let script = format!("<script>fetch('{hit}', {{headers: {{'x-c2c': '1'}}}})</script>");
    let page = cx.collector.page(
        "/opaque",
        script,
        &[("content-security-policy", "sandbox allow-scripts")],
    );
    cx.browser.goto(&page).await?;
    let hit = cx.collector.hit("opaque", DEADLINE).await?;
    assert_eq!(hit.header("origin"), Some("null"));
    assert_eq!(hit.header("x-c2c"), Some("1"));
    Ok(())
}

/// Opens a page with one frame that holds `inner`, both from one origin.
async fn open_with_frame(cx: &Cx, frame_attributes: &str, inner: &str) -> Result<String> {
    let hit = cx.collector.hit_url("said");
    let inner = format!("<script>const HIT = '{hit}';</script>{inner}");
    let src = cx.collector.page("/inner", inner, &[]);
    let outer = format!("<title>outer</title><iframe {frame_attributes} src='{src}'></iframe>");
    let page = cx.collector.page("/outer", outer, &[]);
    cx.browser.goto(&page).await?;
    Ok(page)
}

async fn a_plain_frame_reads_its_parent(cx: &Cx) -> Result<()> {
    open_with_frame(cx, "", REACH_PARENT).await?;
    let hit = cx.collector.hit("said", DEADLINE).await?;
    assert_eq!(hit.param("said").as_deref(), Some("reached"));
    Ok(())
}

async fn a_sandboxed_frame_does_not(cx: &Cx) -> Result<()> {
    open_with_frame(cx, "sandbox=allow-scripts", REACH_PARENT).await?;
    let hit = cx.collector.hit("said", DEADLINE).await?;
    assert_eq!(hit.param("said").as_deref(), Some("SecurityError"));
    assert_eq!(cx.browser.eval("document.title").await?, "outer");
    Ok(())
}

async fn a_click_in_a_plain_frame_navigates_top(cx: &Cx) -> Result<()> {
    open_with_frame(cx, "", TOP_LINK).await?;
    cx.browser.enter_frame("iframe").await?;
    cx.browser.click("#link").await?;
    let elsewhere = cx.collector.origin() + "/elsewhere";
    cx.browser.wait_for_url(&elsewhere, DEADLINE).await
}

async fn a_click_in_a_sandboxed_frame_does_not(cx: &Cx) -> Result<()> {
    // The frame sees the click, so it was a real one; the report after it is the fence.
    let inner = TOP_LINK.to_owned()
        + "<script>
            addEventListener('click', event => setTimeout(() =>
                fetch(HIT + '?trusted=' + event.isTrusted)));
        </script>";
    let page = open_with_frame(cx, "sandbox=allow-scripts", &inner).await?;
    cx.browser.enter_frame("iframe").await?;
    cx.browser.click("#link").await?;
    let hit = cx.collector.hit("said", DEADLINE).await?;
    assert_eq!(hit.param("trusted").as_deref(), Some("true"));
    assert_eq!(cx.browser.url().await?, page);
    Ok(())
}

async fn keys_reach_the_focused_element(cx: &Cx) -> Result<()> {
    let page = cx.collector.page("/keys", "<input id=a><input id=b>", &[]);
    cx.browser.goto(&page).await?;
    cx.browser.type_into("#a", "one").await?;
    cx.browser.click("#b").await?;
    cx.browser.type_keys("two").await?;
    assert_eq!(cx.browser.eval("[a.value, b.value]").await?, json!(["one", "two"]));
    Ok(())
}

async fn cookies_are_per_host(cx: &Cx) -> Result<()> {
    cx.collector.page("/jar", "<p>jar</p>", &[]);
    let here = cx.collector.url_of("a.localhost", "/jar");
    let there = cx.collector.url_of("b.localhost", "/jar");
    let cookie = json!({"name": "secret", "value": "1", "httpOnly": true});
    cx.browser.set_cookie_at(&here, cookie).await?;
    assert_eq!(cx.browser.eval("document.cookie").await?, "");
    let cookies = cx.browser.cookies_at(&here).await?;
    assert_eq!(cookies.len(), 1);
    assert_eq!(cookies[0]["name"], "secret");
    assert_eq!(cx.browser.cookies_at(&there).await?, Vec::<Value>::new());
    Ok(())
}

async fn windows_can_be_opened_and_closed(cx: &Cx) -> Result<()> {
    let page = cx.collector.page("/window", "<title>first</title>", &[]);
    cx.browser.goto(&page).await?;
    let first = cx.browser.windows().await?;
    let second = cx.browser.new_tab().await?;
    assert_eq!(cx.browser.windows().await?.len(), 2);
    assert_ne!(first, [second.as_str()]);
    cx.browser.close_window().await?;
    cx.browser.switch_to_window(&first[0]).await?;
    assert_eq!(cx.browser.eval("document.title").await?, "first");
    cx.browser.resize(900, 700).await?;
    cx.browser.wait_for("outerWidth === 900", DEADLINE).await?;
    let png = cx.browser.screenshot().await?;
    assert!(png.starts_with(b"\x89PNG"));
    Ok(())
}

async fn frames_of_other_sites_can_be_entered(cx: &Cx) -> Result<()> {
    cx.collector.page("/leaf", "<p id=leaf>leaf</p>", &[]);
    let leaf = cx.collector.url_of("127.0.0.1", "/leaf");
    cx.collector.page("/mid", format!("<iframe src='{leaf}'></iframe>"), &[]);
    let mid = cx.collector.url_of("b.localhost", "/mid");
    let top = format!("<p id=top>top</p><iframe src='{mid}'></iframe>");
    cx.browser.goto(&cx.collector.page("/top", top, &[])).await?;
    cx.browser.enter_frame("iframe").await?;
    cx.browser.enter_frame("iframe").await?;
    assert_eq!(cx.browser.text("#leaf").await?, "leaf");
    cx.browser.leave_frame().await?;
    assert_eq!(cx.browser.eval("location.href").await?, mid);
    cx.browser.enter_top().await?;
    assert_eq!(cx.browser.text("#top").await?, "top");
    Ok(())
}

async fn a_failed_wait_says_what_it_saw(cx: &Cx) -> Result<()> {
    let page = cx.collector.page("/wait", "<p>what is there</p>", &[]);
    cx.browser.goto(&page).await?;
    let short = std::time::Duration::from_millis(100);
    let error = cx.browser.wait_for("window.nothing.at.all", short).await;
    let error = error.expect_err("nothing is there").to_string();
    for part in ["window.nothing.at.all", "threw", &page, "what is there"] {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
    let error = cx.browser.wait_for("1 - 1", short).await;
    let error = error.expect_err("0 is falsy").to_string();
    assert!(error.contains("was 0"), "{error}");
    Ok(())
}

async fn the_console_is_read_where_the_engine_has_it(cx: &Cx) -> Result<()> {
    let inner =
        cx.collector.page("/inner", "<script>console.error('from the frame')</script>", &[]);
    let page = format!("<iframe src='{inner}'></iframe>");
    let page = cx.collector.page("/top", page, &[]);
    cx.browser.goto(&page).await?;
    let Some(console) = cx.browser.console().await? else {
        assert_ne!(cx.engine, Engine::Chromium);
        return Ok(());
    };
    assert!(console.iter().any(|line| line.message.contains("from the frame")), "{console:?}");
    Ok(())
}

async fn promises_are_awaited(cx: &Cx) -> Result<()> {
    let page = cx.collector.page("/promise", "<p>here</p>", &[]);
    cx.browser.goto(&page).await?;
    let text = cx.browser.eval("fetch(location.href).then(reply => reply.text())").await?;
    assert_eq!(text, "<p>here</p>");
    Ok(())
}

async fn the_server_serves_an_app_of_this_test(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let saved = app.publish("<!-- mark -->", "").await?;
    assert!(saved["revision"].is_number(), "{saved}");
    let for_a_frame = [("sec-fetch-dest", "iframe")];
    let document = request(Method::GET, &app.sandbox_url(), &for_a_frame, "").await?.expect(200)?;
    assert!(document.text().contains("<!-- mark -->"));
    cx.browser.goto(&app.parent_url("orderId=A-1")).await?;
    cx.browser.enter_frame("iframe").await?;
    let widget = cx.browser.eval("location.href").await?;
    assert_eq!(widget, app.widget_url("orderId=A-1"));
    Ok(())
}

async fn a_missing_engine_does_not_pass(cx: &Cx) -> Result<()> {
    let binary = match cx.engine {
        Engine::Chromium => "C2C_CHROMIUM",
        Engine::Firefox => "C2C_FIREFOX",
        Engine::WebKit => "C2C_MINIBROWSER",
    };
    // Runs this program with one test, in an engine that is missing.
    let test = format!("{}::harness::promises_are_awaited", cx.engine);
    let said = |ci: &str| -> Result<String> {
        let output = Command::new(std::env::current_exe()?)
            .args([&test, "--exact"])
            .env_remove("C2C_ENGINES")
            .env("CI", ci)
            .env(binary, "/nowhere")
            .output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok(format!("{} {}", output.status.success(), String::from_utf8_lossy(&said)))
    };
    let check = |ci, expected: &[&str]| -> Result<()> {
        let said = said(ci)?;
        for part in expected {
            assert!(said.contains(part), "no `{part}` in: {said}");
        }
        Ok(())
    };
    let missing = format!("ENGINE MISSING: {}", cx.engine);
    let not_run = format!("NOT RUN: {missing}");
    check("", &["true ", &not_run, "apt-get install", "0 passed; 0 failed; 1 ignored"])?;
    check("true", &["false ", &missing, "0 passed; 1 failed; 0 ignored"])
}

async fn axe_finds_what_is_wrong(cx: &Cx) -> Result<()> {
    let page = |body: &str| {
        format!(
            "<!doctype html><html lang=en><title>Page</title><main><h1>Page</h1>{body}</main></html>"
        )
    };
    // A policy that forbids all scripts of a page does not matter.
    let strict = "default-src 'none'; style-src 'unsafe-inline'; require-trusted-types-for 'script'; trusted-types 'none'";
    let policy = [("content-security-policy", strict)];
    let good = cx.collector.page("/good", page("<p>Readable.</p>"), &policy);
    cx.browser.goto(&good).await?;
    assert_eq!(cx.browser.axe().await?, []);

    let planted = "<img src='/x.png'><p style='color: #ccc; background: #fff'>Hardly readable.</p>";
    cx.browser.goto(&cx.collector.page("/bad", page(planted), &policy)).await?;
    let found = cx.browser.axe().await?;
    let ids: Vec<_> = found.iter().map(|violation| violation.id.as_str()).collect();
    assert_eq!(ids, ["color-contrast", "image-alt"]);
    assert_eq!((&*found[1].impact, &found[1].targets[..]), ("critical", &["img".to_owned()][..]));
    let shown = found[1].to_string();
    assert!(shown.starts_with("image-alt (critical): ") && shown.ends_with(": img"), "{shown}");
    Ok(())
}

async fn screens_are_emulated_in_chromium(cx: &Cx) -> Result<()> {
    if cx.engine != Engine::Chromium {
        let error = cx.browser.set_viewport(400, 800).await.expect_err("there is no way to");
        assert!(error.to_string().contains("is Chromium's"), "{error}");
        return Ok(());
    }
    let scheme = "matchMedia('(prefers-color-scheme: dark)').matches";
    cx.collector.page("/frame", "<p>frame</p>", &[]);
    let frame = cx.collector.url_of("127.0.0.1", "/frame");
    let page = format!(
        "<!doctype html><body style='margin: 0; height: 1500px'><iframe src='{frame}'></iframe>"
    );
    let page = cx.collector.page("/page", page, &[]);
    for (width, height, mode) in [(400, 800, ColorScheme::Dark), (1280, 600, ColorScheme::Light)] {
        cx.browser.set_viewport(width, height).await?;
        cx.browser.set_color_scheme(mode).await?;
        // Both outlive a navigation.
        cx.browser.goto(&page).await?;
        assert_eq!(cx.browser.eval("innerWidth").await?, width);
        assert_eq!(cx.browser.eval("innerHeight").await?, height);
        assert_eq!(cx.browser.eval(scheme).await?, mode == ColorScheme::Dark);
        // A frame of another site is in another process.
        cx.browser.enter_frame("iframe").await?;
        assert_eq!(cx.browser.eval(scheme).await?, mode == ColorScheme::Dark);
        let picture = cx.browser.page_screenshot().await?;
        // The header of a PNG has width and height after the name of its first chunk.
        let size = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().expect("4 bytes"));
        assert_eq!((&picture[12..16], size(16), size(20)), (&b"IHDR"[..], width, 1500));
    }
    Ok(())
}

async fn requests_of_all_frames_are_listed(cx: &Cx) -> Result<()> {
    let inner = format!(
        "<script>
           // The report comes when the browser has noted both: the collector has a request before that.
           const noted = (url) => new Promise((resolve) => {{
             const look = () => performance.getEntriesByName(url).length > 0 && resolve();
             new PerformanceObserver(look).observe({{ type: 'resource' }});
             look();
           }});
           navigator.sendBeacon('{beacon}');
           const failed = fetch('https://unknown.test/x').catch(() => {{}});
           Promise.all([noted('{beacon}'), failed]).then(() => fetch('{failed}'));
         </script>",
        beacon = cx.collector.hit_url("beacon"),
        failed = cx.collector.hit_url("failed")
    );
    let sandbox = [("content-security-policy", "sandbox allow-scripts")];
    let inner = cx.collector.page("/inner", inner, &sandbox);
    cx.collector.page("/middle", format!("<iframe src='{inner}'></iframe>"), &[]);
    let middle = cx.collector.url_of("127.0.0.1", "/middle");
    let top = cx.collector.page("/top", format!("<p>top</p><iframe src='{middle}'></iframe>"), &[]);
    cx.browser.goto(&top).await?;
    for hit in ["beacon", "failed"] {
        cx.collector.hit(hit, DEADLINE).await?;
    }
    let urls = cx.browser.requested_urls().await?;
    let beacon = cx.collector.hit_url("beacon");
    for url in [&*top, &middle, &inner, &beacon] {
        assert!(urls.contains(url), "{url} is not in {urls:?}");
    }
    // WebKitGTK keeps no entries of failed loads.
    let failed = urls.contains("https://unknown.test/x");
    assert_eq!(failed, cx.engine != Engine::WebKit, "{urls:?}");
    assert_eq!(cx.browser.text("p").await?, "top");
    Ok(())
}

async fn a_page_that_never_loads_is_an_error(cx: &Cx) -> Result<()> {
    // The timeouts of a new session: shorter than that of a command, so that the driver answers by
    // itself.
    let timeouts = cx.browser.command(Method::GET, "timeouts", None).await?;
    assert_eq!(timeouts, json!({"script": 30_000, "pageLoad": 30_000, "implicit": 0}));
    let sooner = json!({"pageLoad": 1_000});
    cx.browser.command(Method::POST, "timeouts", Some(sooner)).await?;
    let (script, hold) = cx.collector.page_held("/never.js", "", &[]);
    let page = cx.collector.page("/top", format!("<script src='{script}'></script>"), &[]);
    let error = cx.browser.goto(&page).await.expect_err("it never loads").to_string();
    let expected = format!("cannot open {page}: command url: ");
    assert!(error.starts_with(&expected) && error.contains("timeout"), "{error}");
    // The session goes on, with the time that a page has on a busy machine.
    assert!(!cx.browser.is_lost());
    drop(hold);
    cx.browser.command(Method::POST, "timeouts", Some(timeouts)).await?;
    let other = cx.collector.page("/other", "<title>other</title>", &[]);
    cx.browser.goto(&other).await?;
    assert_eq!(cx.browser.eval("document.title").await?, "other");
    Ok(())
}

async fn a_policy_violation_is_in_the_console(cx: &Cx) -> Result<()> {
    let policy = [("content-security-policy", "script-src 'none'")];
    let page = cx.collector.page("/page", "<script>1</script>", &policy);
    cx.browser.goto(&page).await?;
    let Some(console) = cx.browser.console().await? else {
        assert_ne!(cx.engine, Engine::Chromium);
        return Ok(());
    };
    let severe: Vec<_> = console.iter().filter(|line| line.level == "SEVERE").collect();
    assert_eq!(severe.len(), 1, "{console:?}");
    assert!(severe[0].message.contains("Content Security Policy"), "{console:?}");
    Ok(())
}

/// The traces of earlier pages that a page can see.
const TRACES: &str = "const done = arguments[arguments.length - 1];
    (async () => ({
      focus: document.hasFocus(),
      visible: document.visibilityState,
      cookie: document.cookie,
      local: localStorage.length,
      session: sessionStorage.length,
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      name: window.name,
      history: history.length,
      width: outerWidth,
    }))().then(done, (error) => done(String(error)));";

/// Leaves a trace of each kind.
const LEAVE_TRACES: &str = "const done = arguments[arguments.length - 1];
    (async () => {
      document.cookie = 'left=1; max-age=600';
      localStorage.left = sessionStorage.left = window.name = '1';
      await caches.open('left');
      await navigator.serviceWorker.register('worker.js');
      await new Promise((resolve, reject) => {
        Object.assign(indexedDB.open('left'), { onsuccess: resolve, onerror: reject });
      });
      history.pushState(null, '', '?1');
    })().then(() => done(null), (error) => done(String(error)));";

async fn a_used_browser_is_as_a_new_one(cx: &Cx) -> Result<()> {
    let Cx { browser, collector, .. } = cx;
    let js = ("content-type", "text/javascript");
    collector.page("/worker.js", "", &[js]);
    collector.page("/cached.js", "", &[js, ("cache-control", "max-age=600")]);
    let page = collector.page("/page", "<script src=cached.js></script>", &[]);
    let run = async |script: &str| {
        let body = json!({"script": script, "args": []});
        browser.command(Method::POST, "execute/async", Some(body)).await
    };
    let traces = async || {
        browser.goto(&page).await?;
        let fetched =
            collector.requests().iter().filter(|request| request.path == "/cached.js").count();
        let timeouts = browser.command(Method::GET, "timeouts", None).await?;
        let windows = browser.windows().await?.len();
        collector.forget();
        Ok::<_, c2c_harness::Error>(json!([run(TRACES).await?, fetched, timeouts, windows]))
    };
    let new = traces().await?;
    assert_eq!(run(LEAVE_TRACES).await?, Value::Null);
    browser.resize(500, 600).await?;
    browser.command(Method::POST, "timeouts", Some(json!({"pageLoad": 1_000}))).await?;
    let first = browser.windows().await?;
    browser.new_tab().await?;
    browser.switch_to_window(&first[0]).await?;
    let used = traces().await?;
    for (name, value) in new[0].as_object().context("traces")? {
        // A window in front stays in front.
        let same = matches!(name.as_str(), "focus" | "visible");
        assert_eq!(used[0][name] == *value, same, "{name}: {used}, and it was {new}");
    }
    assert!((1..4).all(|i| used[i] != new[i]), "{used}, and it was {new}");
    browser.reset().await?;
    assert_eq!(traces().await?, new);
    Ok(())
}

//! Drafts as the console plays them, and the examples in the console.

use c2c_harness::{Context as _, Cx, DEADLINE, Engine, Method, Recorded, Result, Tests};
use serde_json::{Value, json};

use crate::steps::{mount, said, say};

pub(crate) const TESTS: Tests = &[
    ("the_console_plays_a_draft_and_nothing_else", &the_console_plays_a_draft_and_nothing_else),
    ("an_error_is_where_its_area_says", &an_error_is_where_its_area_says),
    ("ga4_counts_calls_and_ratings", &ga4_counts_calls_and_ratings),
    ("meta_pixel_queues_until_its_script_comes", &meta_pixel_queues_until_its_script_comes),
    ("gtm_gets_the_events_with_their_context", &gtm_gets_the_events_with_their_context),
    ("other_vendors_find_their_calls", &other_vendors_find_their_calls),
    ("long_calls_become_an_event_of_ones_own", &long_calls_become_an_event_of_ones_own),
    ("only_gold_customers_are_noted", &only_gold_customers_are_noted),
];

/// Stages a draft of the test's app, and returns the API's answer.
async fn stage(cx: &Cx, head: &str, body_end: &str) -> Result<Value> {
    let path = format!("/api/apps/{}/previews", cx.app().await?.id);
    let draft = json!({"head": head, "bodyEnd": body_end});
    let staged = cx.server().await?.api(Method::POST, &path, Some(&draft)).await?;
    staged.expect(201)?.json()
}

async fn the_console_plays_a_draft_and_nothing_else(cx: &Cx) -> Result<()> {
    let code = |name| format!("<script>fetch('{}')</script>", cx.collector.hit_url(name));
    let app = cx.app().await?;
    crate::console::open(cx, app).await?;
    // After staging; otherwise the console's own preview would run it.
    app.publish(&code("published"), "").await?;
    let staged = stage(cx, &code("draft"), "").await?;
    let frame = "const [src] = arguments;
        const frame = document.createElement('iframe');
        frame.src = src;
        const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
        document.body.append(frame);
        return loaded.then(() => null);";
    // A refused frame also reports that it was loaded.
    cx.browser.run(frame, &[json!(app.parent_url(""))]).await?;
    cx.browser.run(frame, &[staged["links"]["parent"].clone()]).await?;
    cx.collector.hit("draft", DEADLINE).await?;
    assert_eq!(cx.collector.count("published"), 0);
    Ok(())
}

/// Maps a place that a browser reports into the snippet, as `Document::area_range` specifies.
fn in_area(area: &Value, line: u64, column: u64) -> (usize, usize) {
    let start = |key: &str| area["start"][key].as_u64().expect("a number");
    let line = line - start("line") + 1;
    let column = if line == 1 { column - start("column") + 1 } else { column };
    (usize::try_from(line).expect("small"), usize::try_from(column).expect("small"))
}

async fn an_error_is_where_its_area_says(cx: &Cx) -> Result<()> {
    // More bytes than characters. (Beyond U+FFFF, engines do not agree on how many columns one is.)
    let wide = "\u{e4}".repeat(20);
    let url = cx.collector.hit_url("error");
    let head = format!(
        "<script>\r\n\
         addEventListener('error', (e) => fetch(`{url}?line=${{e.lineno}}&column=${{e.colno}}`));\r\n\
         </script>{wide}<script>throw 1</script>"
    );
    let body_end = format!("<i>{wide}</i><script>throw 1</script>");
    let staged = stage(cx, &head, &body_end).await?;
    let parent = staged["links"]["parent"].as_str().context("a link")?;
    cx.browser.goto(parent).await?;
    let hits = cx.collector.hits("error", 2, DEADLINE).await?;
    let mut places = Vec::new();
    for hit in &hits {
        let number = |key: &str| hit.param(key).and_then(|text| text.parse().ok());
        places.push((number("line").context("a line")?, number("column").context("a column")?));
    }
    if cx.browser.engine() == Engine::WebKit {
        // It tells a document in an opaque origin nothing about its own errors.
        assert_eq!(places, [(0, 0), (0, 0)]);
        return Ok(());
    }
    // The requests may arrive out of order; the places are sorted.
    places.sort_unstable();
    let expected = [("head", &head, 3), ("bodyEnd", &body_end, 1)];
    for ((area, snippet, expected_line), (line, column)) in expected.into_iter().zip(places) {
        let (line, column) = in_area(&staged["areas"][area], line, column);
        assert_eq!(line, expected_line, "{area}");
        let (before, _) = snippet.split_once("throw").context("the statement")?;
        let before = before.rsplit('\n').next().context("its line")?;
        // Engines report the statement's beginning or its end.
        let first = before.encode_utf16().count() + 1;
        let statement = first..=first + "throw 1".len();
        assert!(statement.contains(&column), "{area}: {column} is not in {statement:?}");
    }
    Ok(())
}

/// Plays an example in the widget page: a call with a survey. The URLs of other hosts are replaced
/// by the collector's, and `probe` runs in the sandbox when everything was heard.
async fn play(cx: &Cx, id: &str, probe: &str) -> Result<()> {
    let reply = cx.server().await?.api(Method::GET, "/examples.json", None).await?;
    let examples = reply.expect(200)?.json()?;
    let mut examples = examples.as_array().context("a list")?.iter();
    let example = examples.find(|example| example["id"] == id).context("the example")?;
    let code = example["code"].as_str().context("code")?;
    let code = [
        ("https://www.googletagmanager.com/gtag/js", "vendor"),
        ("https://www.googletagmanager.com/gtm.js", "vendor"),
        ("https://connect.facebook.net/en_US/fbevents.js", "vendor"),
        ("https://www.facebook.com/tr", "no_script"),
        ("https://snap.licdn.com/li.lms-analytics/insight.min.js", "vendor"),
        ("https://bat.bing.com/bat.js", "vendor"),
        ("https://analytics.tiktok.com/i18n/pixel/events.js", "vendor"),
        ("https://www.clarity.ms/tag/YOUR_PROJECT_ID", "vendor"),
        ("https://crm.example/calls", "noted"),
    ]
    .iter()
    .fold(code.to_owned(), |code, (url, name)| code.replace(url, &cx.collector.hit_url(name)));
    assert!(!code.contains("https://") || id == "custom-event", "{code}");
    let probe = format!(
        "<script>{} c2c.on('survey_submitted', () => setTimeout(() => {{ {probe} }}));</script>",
        say(cx)
    );
    let [head, body_end] = match example["area"].as_str() {
        Some("head") => [code, probe],
        _ => [probe, code],
    };
    cx.app().await?.publish(&head, &body_end).await?;
    let context = "context: { orderId: 'A-1', customerTier: 'gold' }";
    mount(cx, &format!("{context}, onCustomEvent: (event) => (window.heard ??= []).push(event)"))
        .await?;
    cx.browser
        .run(
            "bridge.emit('call_started', { destinationId: null, routingKey: null, hasFormValues: false });
             bridge.emit('call_ended', { duration: 20, reason: 'remote_hangup' });
             bridge.emit('call_ended', { duration: 61.4, reason: 'user_hangup' });
             bridge.emit('survey_submitted', { rating: 5, comment: null });",
            &[],
        )
        .await?;
    Ok(())
}

/// Returns the request for the vendor's script.
async fn vendor(cx: &Cx) -> Result<Recorded> {
    cx.collector.hit("vendor", DEADLINE).await
}

async fn ga4_counts_calls_and_ratings(cx: &Cx) -> Result<()> {
    play(
        cx,
        "ga4",
        "say(dataLayer.map((entry) => [...entry]).filter(([kind]) => kind === 'event'))",
    )
    .await?;
    assert_eq!(vendor(cx).await?.param("id").as_deref(), Some("G-XXXXXXX"));
    let expected = json!([
        ["event", "call_started"],
        ["event", "call_ended", {"duration": 20, "reason": "remote_hangup"}],
        ["event", "call_ended", {"duration": 61.4, "reason": "user_hangup"}],
        ["event", "survey_submitted", {"rating": 5}],
    ]);
    assert_eq!(said(cx).await?, expected);
    Ok(())
}

async fn meta_pixel_queues_until_its_script_comes(cx: &Cx) -> Result<()> {
    // Does what Meta's script does when it arrives: it takes over, then reads the queue.
    let probe = "const queued = fbq.queue.map((call) => [...call].slice(0, 2)), later = [];
        fbq.callMethod = function (...call) { later.push(call); };
        fbq('track', 'Later');
        say({ queued, later, complete: fbq.push === fbq && fbq.loaded && window._fbq === window.fbq })";
    play(cx, "meta-pixel", probe).await?;
    vendor(cx).await?;
    let queued = json!([
        ["init", "YOUR_PIXEL_ID"],
        ["track", "PageView"],
        ["track", "Contact"],
        ["track", "Lead"],
        ["track", "Lead"],
    ]);
    let later = json!([["track", "Later"]]);
    assert_eq!(said(cx).await?, json!({"queued": queued, "later": later, "complete": true}));
    Ok(())
}

async fn gtm_gets_the_events_with_their_context(cx: &Cx) -> Result<()> {
    play(cx, "gtm", "say(dataLayer)").await?;
    assert_eq!(vendor(cx).await?.param("id").as_deref(), Some("GTM-XXXXXXX"));
    let pushed = said(cx).await?;
    assert_eq!(pushed[0], json!({}), "a widget on top knows no page");
    assert_eq!(pushed[1]["event"], "gtm.js");
    assert!(pushed[1]["gtm.start"].is_u64(), "{pushed}");
    let context = json!({"orderId": "A-1", "customerTier": "gold"});
    assert_eq!(pushed[2], json!({"event": "c2c_call_started", "context": context}));
    let ended = json!({
        "event": "c2c_call_ended", "duration": 20, "reason": "remote_hangup", "context": context
    });
    assert_eq!(pushed[3], ended);
    Ok(())
}

/// Tests the calls that wait in the queues of vendors whose script has not arrived, by example.
async fn other_vendors_find_their_calls(cx: &Cx) -> Result<()> {
    let ads = json!({"send_to": "AW-XXXXXXXXX/CONVERSION_LABEL"});
    let beside = json!({"duration": 20, "reason": "remote_hangup"});
    let ended = json!({"duration": 61.4, "reason": "user_hangup"});
    let clicks = json!({"event_category": "calls"});
    let cases = [
        ("google-ads", "dataLayer", "event", json!([["event", "conversion", ads]])),
        (
            "ga4-beside",
            "dataLayer",
            "event",
            json!([
                ["event", "call_started"],
                ["event", "call_ended", beside],
                ["event", "call_ended", ended]
            ]),
        ),
        ("linkedin", "lintrk.q", "track", json!([["track", {"conversion_id": 1_234_567}]])),
        ("microsoft-ads", "[uetq]", "event", json!([["event", "call_started", clicks]])),
        ("tiktok", "ttq", "track", json!([["track", "Contact"]])),
        (
            "clarity",
            "clarity.q",
            "event",
            json!([["event", "call_started"], ["event", "call_ended"], ["event", "call_ended"]]),
        ),
    ];
    for (id, queue, kind, expected) in cases {
        cx.collector.forget();
        let probe =
            format!("say({queue}.map((call) => [...call]).filter(([kind]) => kind === '{kind}'))");
        play(cx, id, &probe).await?;
        vendor(cx).await?;
        assert_eq!(said(cx).await?, expected, "{id}");
    }
    Ok(())
}

async fn long_calls_become_an_event_of_ones_own(cx: &Cx) -> Result<()> {
    play(cx, "custom-event", "c2c.emit('fence', {})").await?;
    let condition = "(window.heard ?? []).some(({ name }) => name === 'custom:fence')";
    cx.browser.wait_for(condition, DEADLINE).await?;
    let heard = "heard.filter(({ name }) => name.startsWith('custom:')).map(({ name, data }) => [name, data.seconds])";
    let heard = cx.browser.eval(heard).await?;
    assert_eq!(heard, json!([["custom:lead_qualified", 61], ["custom:fence", null]]));
    Ok(())
}

async fn only_gold_customers_are_noted(cx: &Cx) -> Result<()> {
    play(cx, "conditional", "say('done')").await?;
    let noted = cx.collector.hit("noted", DEADLINE).await?.json()?;
    assert_eq!(noted, json!({"orderId": "A-1", "duration": 61.4}));
    said(cx).await?;
    assert_eq!(cx.collector.count("noted"), 1, "the call of 20 seconds was too short");
    Ok(())
}

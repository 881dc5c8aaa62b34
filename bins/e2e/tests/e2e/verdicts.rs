//! The console's own part in the timeline: the words of verdicts, the reading of requests, bounds on what
//! it keeps, and a person who fixes code by keyboard. It is the same in every browser.

use std::time::{Duration, Instant};

use c2c_harness::{Cx, DEADLINE, Result, Tests};
use serde_json::json;

use crate::console::open;
use crate::requests::{GA4, row_with};
use crate::vendors::stand_in::serve_all;

pub(crate) const TESTS: Tests = &[
    ("each_reason_has_its_words", &each_reason_has_its_words),
    ("a_request_is_read_within_bounds", &a_request_is_read_within_bounds),
    ("requests_are_kept_within_bounds", &requests_are_kept_within_bounds),
    (
        "a_person_fixes_quotes_by_keyboard_within_a_minute",
        &a_person_fixes_quotes_by_keyboard_within_a_minute,
    ),
];

/// The time that a person may need.
const MINUTE: Duration = Duration::from_mins(1);

/// Asserts the verdict of the console's module on facts, which are given as JavaScript.
async fn judged(cx: &Cx, facts: &str, expected: &[&str]) -> Result<()> {
    let script = format!(
        "return Promise.all([import('/console/verdict.js'), import('/console/vendors.js')]).then(([{{ judge }}, {{ VENDORS }}]) => {{
         const vendor = (name) => VENDORS.find((vendor) => vendor.name === name);
         const script = (name, outcome) => ({{ vendor: vendor(name), event: null, via: 'script', host: vendor(name).loaders[0].split('/')[0], outcome, ofCall: false }});
         const hit = (name, event, outcome, ofCall = true) => ({{ vendor: vendor(name), event, via: 'image', host: 'x.test', outcome, ofCall }});
         const none = {{ sent: [], errors: [], connected: true, heard: 3, code: 'x', hasJar: true, placeholders: [] }};
         return judge({{ ...none, ...{facts} }}, true).map(({{ good, text }}) => (good === null ? '' : good ? '+ ' : '- ') + text); }});"
    );
    let told = cx.browser.run(&script, &[]).await?;
    assert_eq!(told, json!(expected), "{facts}");
    Ok(())
}

/// Presses Tab until an element has the focus. (In the editor, Tab indents unless Esc was pressed before.)
async fn tab_to(cx: &Cx, is_it: &str) -> Result<()> {
    for _ in 0..40 {
        if cx
            .browser
            .eval(&format!("((element) => Boolean({is_it}))(document.activeElement)"))
            .await?
            == true
        {
            return Ok(());
        }
        cx.browser.type_keys("\u{E00C}\u{E004}").await?;
    }
    Err(c2c_harness::Error::new(format!("Tab does not lead to {is_it}")))
}

/// The GA4 example comes out of a word processor; a person without a mouse pastes it, takes the offered
/// fixes, plays a call, and reads what GA4 got.
async fn a_person_fixes_quotes_by_keyboard_within_a_minute(cx: &Cx) -> Result<()> {
    serve_all(cx);
    let app = cx.app().await?;
    app.publish("", "").await?;
    open(cx, app).await?;
    let start = Instant::now();
    let mut open_quote = false;
    let typographic = GA4.replace("G-XXXXXXX", "G-ACTING").replace("Google's", "Google’s");
    let typographic: String = typographic
        .chars()
        .map(|next| match next {
            '\'' | '"' => {
                open_quote = !open_quote;
                match (next, open_quote) {
                    ('"', true) => '“',
                    ('"', false) => '”',
                    (_, true) => '‘',
                    (_, false) => '’',
                }
            }
            other => other,
        })
        .collect();
    tab_to(cx, "element.closest('.code')?.querySelector('#head')").await?;
    cx.browser.append_code("head", &typographic).await?;
    let verdict_begins =
        |text: &str| format!("document.querySelector('.verdict').textContent.startsWith({text:?})");
    cx.browser.wait_for("document.querySelector('.findings .place')", DEADLINE).await?;
    while cx.browser.eval(&verdict_begins("No problems found")).await? != true {
        assert!(start.elapsed() < MINUTE, "{}", cx.browser.text(".findings").await?);
        tab_to(cx, "/^(Fix all|Apply fix)/.test(element.textContent)").await?;
        // Read before the key: the fixed text is checked after a pause, which a busy machine may take as well.
        let before = cx
            .browser
            .eval("[head.value, document.querySelector('.findings').textContent]")
            .await?;
        cx.browser.type_keys(" ").await?;
        assert_ne!(cx.browser.eval("head.value").await?, before[0]);
        let checked = format!("document.querySelector('.findings').textContent !== {}", before[1]);
        cx.browser.wait_for(&checked, DEADLINE).await?;
    }
    assert_eq!(
        cx.browser.eval("head.value").await?,
        GA4.replace("G-XXXXXXX", "G-ACTING").replace("Google's", "Google’s")
    );
    tab_to(cx, "element.textContent === 'Play a whole call'").await?;
    cx.browser.type_keys(" ").await?;
    row_with(cx, "request", &["GA4 · call_ended · duration 42"]).await?;
    assert!(start.elapsed() < MINUTE, "it took {:?}", start.elapsed());
    Ok(())
}

/// A run that goes on for hours costs no more memory than a long one.
async fn requests_are_kept_within_bounds(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    let script = "return import('/console/requests.js').then(({ requestsIn }) => {
        const notes = [], details = [];
        const rows = {
          add: (kind, title, detail) => {
            details.push(detail);
            return { item: document.body.appendChild(document.createElement('li')), rename: () => {}, note: (text) => notes.push(text) };
          },
          show: () => {},
        };
        const requests = requestsIn(rows);
        requests.begin();
        for (let id = 1; id <= 3000; id++) requests.request({ id, via: 'fetch', method: 'GET', url: 'https://a.test/', body: '', seq: null });
        for (let id = 1; id <= 3000; id++) requests.answer({ id, outcome: 'failed', status: null });
        const kept = [requests.all().length, details.length, details[0]().length, notes.at(-1)];
        requests.begin();
        return [...kept, requests.all().length];
      });";
    let kept = cx.browser.run(script, &[]).await?;
    // Answers of the oldest requests are not awaited any more.
    assert_eq!(kept, json!([2000, 1, 100, "1000 failed, 2000 without an answer yet", 0]));
    Ok(())
}

/// A hostile request costs the console no more than a large one of a vendor.
async fn a_request_is_read_within_bounds(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    let script = "return import('/console/decode.js').then(({ decode }) => {
        const ga = 'https://www.google-analytics.com/g/collect?en=x';
        const read = (url, body) => decode({ url, via: 'fetch', body }).events;
        return [
          read(ga + '&a'.repeat(4000), 'en=y\\n'.repeat(4000)).length,
          read(ga, 'en=one&epn.n=1\\r\\nen=two').map(({ name }) => name),
          read(ga, '').map(({ name }) => name),
          read('https://api.segment.io/v1/t', JSON.stringify({ event: 'Lead', properties: { a: 1, b: {} } })),
          read('https://api2.amplitude.com/2/httpapi', JSON.stringify({ events: Array(3000).fill({ event_type: 'e' }) })).length,
          read('https://plausible.io/api/event', 'not json').map(({ name }) => name),
          decode({ url: 'https://www.googletagmanager.com/gtag/js?id=AW-1', via: 'script', body: '' }).vendor.name,
          decode({ url: 'https://facebook.com.example/tr', via: 'image', body: '' }).vendor,
        ];
      });";
    let read = cx.browser.run(script, &[]).await?;
    let lead = json!([{"name": "Lead", "fields": [["a", "1"]]}]);
    let expected = json!([20, ["one", "two"], ["x"], lead, 20, ["hit"], "Google Ads", null]);
    assert_eq!(read, expected);
    Ok(())
}

async fn each_reason_has_its_words(cx: &Cx) -> Result<()> {
    open(cx, cx.app().await?).await?;
    for (facts, expected) in [
        (
            "{ connected: false }",
            "- nothing was sent: the code is not running; the timeline says why",
        ),
        ("{ code: ' ', heard: 0 }", "- nothing was sent: there is no code"),
        ("{ heard: 0 }", "- nothing was sent: no handler is subscribed to the events of the call"),
        ("{}", "- nothing was sent: the handlers made no requests"),
        (
            "{ errors: [{ message: 'm', place: 'Head HTML, line 2', go: null }] }",
            "- nothing was sent: an error stopped the code: m (Head HTML, line 2)",
        ),
        (
            "{ code: 'fbq(1)' }",
            "- Meta: nothing was sent: its script is not in the code (connect.facebook.net/)",
        ),
        (
            "{ code: 'gtag(1)' }",
            "- GA4: nothing was sent: its script is not in the code (www.googletagmanager.com/gtag/js?id=G-)",
        ),
        (
            "{ sent: [script('GA4', 'failed')] }",
            "- GA4: nothing was sent: its script did not load (www.googletagmanager.com)",
        ),
        (
            "{ sent: [script('GA4', 'failed')], placeholders: ['G-XXXXXXX'] }",
            "- GA4: nothing was sent: its script did not load (www.googletagmanager.com); G-XXXXXXX is still to be replaced by your own ID",
        ),
        (
            "{ sent: [script('Meta', 'hidden')], placeholders: ['YOUR_PIXEL_ID'] }",
            "- Meta: nothing was sent: YOUR_PIXEL_ID is still to be replaced by your own ID",
        ),
        (
            "{ sent: [script('Meta', null)] }",
            "- Meta: nothing was sent: its script is still loading",
        ),
        (
            "{ sent: [script('GA4', 'hidden')], hasJar: false }",
            "- GA4: nothing was sent: its script needs cookies; allow them under General",
        ),
        (
            "{ sent: [script('Meta', 'hidden')], heard: 0 }",
            "- Meta: nothing was sent: no handler is subscribed to the events of the call",
        ),
        (
            "{ sent: [script('Meta', 'hidden')] }",
            "- Meta: nothing was sent: its script was loaded, but it sends nothing; look for missing consent, or for settings of its own",
        ),
        (
            "{ sent: [hit('Meta', 'Lead', 'failed')] }",
            "- Meta: nothing arrived: its server was not reached",
        ),
        ("{ sent: [hit('Meta', 'Lead', 'unshown')] }", "+ Meta: 1 hit sent: Lead"),
        (
            "{ sent: [hit('Meta', 'A', 'hidden'), hit('Meta', 'B', 'failed'), hit('Meta', 'C', 'hidden', false)] }",
            "- Meta: 1 hit sent: A; 1 failed (1 before the call)",
        ),
        (
            "{ sent: [script('Google Tag Manager', 'hidden')] }",
            "+ Google Tag Manager: its container was loaded; the tags in it have their own lines",
        ),
        (
            "{ sent: [{ ...hit('Meta', null, 'status'), vendor: null, host: 'a.test' }] }",
            "+ a.test: 1 request sent",
        ),
    ] {
        judged(cx, facts, &[expected]).await?;
    }
    let errors = "{ sent: [hit('Meta', 'Lead', 'hidden')], errors: [{ message: 'm', place: '', go: null }, { message: 'n' }] }";
    judged(cx, errors, &["+ Meta: 1 hit sent: Lead", "- An error in the code: m and 1 more"])
        .await?;
    let lost = "{ sent: ['hidden', 'failed'].map((outcome) => ({ ...hit('Meta', null, outcome), vendor: null, host: 'a.test' })) }";
    judged(cx, lost, &["- a.test: 2 requests sent, 1 of them failed"]).await?;
    let many = "{ sent: Array.from({ length: 10 }, (_, at) => ({ ...hit('Meta', null, 'hidden'), vendor: null, host: `${at}` })) }";
    let listed: Vec<String> = (0..8).map(|at| format!("+ {at}: 1 request sent")).collect();
    let mut expected: Vec<&str> = listed.iter().map(String::as_str).collect();
    expected.push("and requests to 2 more hosts");
    judged(cx, many, &expected).await?;
    // Google Ads has the script of GA4, with another id.
    judged(
        cx,
        "{ code: 'https://www.googletagmanager.com/gtag/js?id=AW-1 gtag(1)', sent: [script('Google Ads', 'hidden'), hit('Google Ads', 'conversion', 'rejected')] }",
        &["- Google Ads: nothing arrived: its server refused it"],
    )
    .await?;
    judged(cx, "{ sent: [script('Meta', 'hidden'), hit('Meta', 'Lead', 'hidden'), hit('GA4', 'x', 'queued'), hit('GA4', 'y', 'queued')] }", &["+ GA4: 2 hits sent: x, y", "+ Meta: 1 hit sent: Lead"]).await
}

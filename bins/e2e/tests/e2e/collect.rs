//! The widget's events on their way to a server, with the collector in the place of that server.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use c2c_bridge::{Diagnostics, Shim};
use c2c_harness::{Context as _, Cx, DEADLINE, Engine, Method, Recorded, Result, Tests, request};
use c2c_names::CollectLimits;
use c2c_policy::PagePolicy;
use http::Response;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::steps::{Stage, pairs, told};

pub(crate) const TESTS: Tests = &[
    ("events_arrive_in_order_a_second_apart", &events_arrive_in_order_a_second_apart),
    ("a_busy_server_gets_the_same_batch_later", &a_busy_server_gets_the_same_batch_later),
    ("a_server_that_is_gone_is_asked_again", &a_server_that_is_gone_is_asked_again),
    ("a_server_that_takes_nothing_is_left_alone", &a_server_that_takes_nothing_is_left_alone),
    ("a_visitor_who_leaves_loses_nothing", &a_visitor_who_leaves_loses_nothing),
    (
        "a_visitor_who_leaves_while_a_batch_is_under_way",
        &a_visitor_who_leaves_while_a_batch_is_under_way,
    ),
    ("a_browser_without_keepalive_sends_beacons", &a_browser_without_keepalive_sends_beacons),
    ("a_hidden_page_sends_at_once", &a_hidden_page_sends_at_once),
    ("a_page_that_comes_back_goes_on", &a_page_that_comes_back_goes_on),
    ("consent_decides", &consent_decides),
    ("custom_code_sends_custom_events_only", &custom_code_sends_custom_events_only),
    ("a_flood_is_bounded_and_counted", &a_flood_is_bounded_and_counted),
    ("the_end_sends_the_rest", &the_end_sends_the_rest),
    ("without_a_collector_nothing_is_sent", &without_a_collector_nothing_is_sent),
    ("the_products_widget_page_collects", &the_products_widget_page_collects),
];

const SHIM: Shim = Shim { jar: false, diagnostics: Diagnostics::Off };
const WIDGET: &str = "widget.localhost";
const PATH: &str = "/e/demo";

/// Gives the server's answer to each request, and notes when it came.
struct Endpoint {
    times: Arc<Mutex<Vec<Instant>>>,
}

impl Endpoint {
    /// The first requests get these answers, a status and `Retry-After`; the others get 200.
    fn new(cx: &Cx, answers: &'static [(u16, &'static str)]) -> Self {
        let times = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&times);
        cx.collector.answer(PATH, move |_| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(Instant::now());
            let (status, wait) = answers.get(seen.len() - 1).copied().unwrap_or((200, ""));
            let mut answer = Response::builder().status(status);
            if !wait.is_empty() {
                answer = answer.header("retry-after", wait);
            }
            answer.body(Bytes::from_static(b"{}")).expect("an answer")
        });
        Self { times }
    }

    /// The times between one request and the next, in seconds.
    fn gaps(&self) -> Vec<f64> {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect()
    }
}

/// Returns the requests once they have brought this event.
async fn until(cx: &Cx, name: &str) -> Result<Vec<Recorded>> {
    let name = format!("\"name\":\"{name}\"");
    let is_there = |request: &Recorded| is_batch(request) && request.text().contains(&name);
    cx.collector.wait_for(1, DEADLINE, is_there).await?;
    Ok(batches(cx))
}

fn is_batch(request: &Recorded) -> bool {
    request.path == PATH && request.method == Method::POST
}

/// All requests so far.
fn batches(cx: &Cx) -> Vec<Recorded> {
    cx.collector.requests().into_iter().filter(is_batch).collect()
}

/// The events of these requests.
fn events(batches: &[Recorded]) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    for batch in batches {
        let body = batch.json()?;
        events.extend(body["events"].as_array().context("events")?.iter().cloned());
    }
    Ok(events)
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["name"].as_str()).collect()
}

/// Opens a widget page with this custom code and this script.
async fn open(cx: &Cx, code: &str, widget: &str) -> Result<()> {
    let head = format!("<script>{code}</script>");
    let widget = format!("const url = '{}';\n{widget}", cx.collector.url_of(WIDGET, PATH));
    let stage =
        Stage { shim: SHIM.text(), hold_ms: 15_000, head: &head, body_end: "", widget: &widget };
    stage.open(cx).await
}

/// Mounts with a collector, as `window.bridge`.
const MOUNT: &str = "
    const page = (use) => use({ url: 'https://shop.example/cart', title: '', referrer: '' });
    const collect = collectTo({ url, page });
    const ready = new Promise((resolve) => {
      window.bridge = mount({ events: ['tick', 'call_started'], src, app: 'demo', context: { orderId: 'A-1' }, collect,
        onState: ({ status }) => status === 'ready' && resolve() });
    });";

async fn events_arrive_in_order_a_second_apart(cx: &Cx) -> Result<()> {
    let endpoint = Endpoint::new(cx, &[]);
    let code = "c2c.on('tick', ({ n }) => { if (n % 20 === 0) c2c.emit('seen', { n }); });
        c2c.on('last', () => c2c.emit('fence'));";
    let widget = format!(
        "{MOUNT}
         document.cookie = 'secret=1';
         let n = 0;
         const timer = setInterval(() => {{
           for (let i = 0; i < 10; i++) bridge.emit('tick', {{ n: n++ }});
           if (n < 240) return;
           clearInterval(timer);
           ready.then(() => bridge.emit('last', {{}}));
         }}, 100);"
    );
    open(cx, code, &widget).await?;
    let batches = until(cx, "custom:fence").await?;
    for batch in &batches {
        assert_eq!(batch.header("content-type"), Some("application/json"));
        assert_eq!(batch.header("origin"), Some(cx.collector.origin_of(WIDGET).as_str()));
        assert_eq!((batch.header("cookie"), batch.header("referer")), (None, None));
        let body = batch.json()?;
        assert_eq!((&body["c2c"], &body["lost"]), (&json!(1), &json!({})));
        assert_eq!(body["page"], "https://shop.example/cart");
        assert_eq!(body["consent"], "not-asked");
        assert!(body["events"].as_array().is_some_and(|events| events.len() <= 100), "{body}");
    }
    let events = events(&batches)?;
    let sequence: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(sequence, (0..events.len() as u64).collect::<Vec<_>>());
    assert_eq!(events.len(), 240 + 12 + 1 + 1, "{:?}", names(&events));
    assert_eq!(events[0]["data"], json!({"n": 0, "context": {"orderId": "A-1"}}));
    assert!(batches.len() >= 3, "{}", batches.len());
    let gaps = endpoint.gaps();
    assert!(gaps.iter().all(|gap| *gap >= 0.95), "{gaps:?}");
    Ok(())
}

async fn a_busy_server_gets_the_same_batch_later(cx: &Cx) -> Result<()> {
    let endpoint = Endpoint::new(cx, &[(503, "2"), (429, "")]);
    let widget = format!(
        "{MOUNT} bridge.emit('tick', {{ n: 1 }}); bridge.emit('tick', {{ n: 2 }});
         setTimeout(() => bridge.emit('last', {{}}), 1500);"
    );
    open(cx, "", &widget).await?;
    let batches = until(cx, "last").await?;
    let [first, second, third, last] = &batches[..] else {
        panic!("{batches:?}");
    };
    assert_eq!((&first.body, &first.body), (&second.body, &third.body));
    assert_eq!(names(&events(std::slice::from_ref(first))?), ["tick", "tick"]);
    assert_eq!(names(&events(std::slice::from_ref(last))?), ["last"]);
    let gaps = endpoint.gaps();
    assert!(gaps[0] >= 1.95 && gaps[1] >= 1.95, "{gaps:?}");
    Ok(())
}

/// At first, requests go to a host that is out of reach.
async fn a_server_that_is_gone_is_asked_again(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let widget = format!(
        "let failures = 2;
         const real = window.fetch;
         window.fetch = (to, init) => real(failures-- > 0 ? 'http://unknown.test/' : to, init);
         {MOUNT} bridge.emit('tick', {{}}); bridge.emit('last', {{}});"
    );
    open(cx, "", &widget).await?;
    let batches = until(cx, "last").await?;
    assert_eq!(names(&events(&batches)?), ["tick", "last"]);
    Ok(())
}

async fn a_server_that_takes_nothing_is_left_alone(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[(404, "")]);
    let other = cx.collector.url_of(WIDGET, "/hit/other");
    let widget = format!(
        "{MOUNT}
         bridge.emit('first', {{}});
         const real = window.fetch;
         window.fetch = (to, init) => {{
           const answer = real(to, init);
           // Another collector begins when the first has its answer.
           answer.then(() => setTimeout(() => {{
             if (window.other) return;
             window.other = collectTo({{ url: '{other}' }});
             other.consent('granted');
             bridge.emit('second', {{}});
             other.take(() => ({{ name: 'fence' }}));
           }}));
           return answer;
         }};"
    );
    open(cx, "", &widget).await?;
    cx.collector.hit("other", DEADLINE).await?;
    let next = cx.collector.page("/next", "", &[]);
    cx.browser.goto(&next).await?;
    assert_eq!(names(&events(&batches(cx))?), ["first"]);
    Ok(())
}

/// Emits, and leaves in the same task.
async fn a_visitor_who_leaves_loses_nothing(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let next = cx.collector.page("/next", "next", &[]);
    // 54 KB: two batches, within what browsers send for a page that is gone.
    let widget = format!(
        "{MOUNT}
         for (let n = 0; n < 3; n++) bridge.emit('tick', {{ n, fill: 'x'.repeat(18000) }});
         location.href = '{next}';"
    );
    open(cx, "", &widget).await?;
    cx.browser.wait_for_url(&next, DEADLINE).await?;
    cx.collector.wait_for(2, DEADLINE, is_batch).await?;
    let batches = batches(cx);
    let limits = CollectLimits::default();
    assert!(batches.iter().all(|batch| batch.body.len() <= limits.batch_bytes_max), "{batches:?}");
    let mut events = events(&batches)?;
    // The two travel at the same time.
    events.sort_by_key(|event| event["seq"].as_u64());
    assert_eq!(names(&events), ["tick", "tick", "tick"]);
    Ok(())
}

/// Leaves as soon as a request has begun, with an event that is not in it.
async fn a_visitor_who_leaves_while_a_batch_is_under_way(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let next = cx.collector.page("/next", "next", &[]);
    let widget = format!(
        "const real = window.fetch;
         window.fetch = (to, init) => {{
           const answer = real(to, init);
           if (!window.left) {{
             window.left = true;
             bridge.emit('waiting', {{}});
             location.href = '{next}';
           }}
           return answer;
         }};
         {MOUNT}
         bridge.emit('under_way', {{ fill: 'x'.repeat(30000) }});"
    );
    open(cx, "", &widget).await?;
    cx.browser.wait_for_url(&next, DEADLINE).await?;
    cx.collector.wait_for(2, DEADLINE, is_batch).await?;
    let events = events(&batches(cx))?;
    let mut names = names(&events);
    names.sort_unstable();
    assert_eq!(names, ["under_way", "waiting"]);
    Ok(())
}

async fn a_browser_without_keepalive_sends_beacons(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let next = cx.collector.page("/next", "next", &[]);
    let widget = format!(
        "delete Request.prototype.keepalive;
         window.fetch = () => new Promise(() => {{}});
         {MOUNT}
         bridge.emit('last', {{}});
         location.href = '{next}';"
    );
    open(cx, "", &widget).await?;
    let batches = until(cx, "last").await?;
    assert_eq!(batches[0].header("content-type"), Some("application/json"));
    assert_eq!(batches[0].header("origin"), Some(cx.collector.origin_of(WIDGET).as_str()));
    Ok(())
}

async fn a_hidden_page_sends_at_once(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    // No timer that is longer than a moment fires.
    let widget = format!(
        "const later = window.setTimeout;
         window.setTimeout = (call, ms) => (ms < 1000 ? later(call, ms) : 0);
         {MOUNT}
         bridge.emit('last', {{}});
         Object.defineProperty(document, 'hidden', {{ value: true }});
         document.dispatchEvent(new Event('visibilitychange'));"
    );
    open(cx, "", &widget).await?;
    until(cx, "last").await.map(drop)
}

/// Goes to another page and back to one that the engine has kept, with events before, at the leaving and after.
async fn a_page_that_comes_back_goes_on(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let back = "<script>addEventListener('load', () => setTimeout(() => history.back()));</script>";
    let next = cx.collector.page("/next", back, &[]);
    let widget = format!(
        "const url = '{}';
         {MOUNT}
         addEventListener('pageshow', ({{ persisted }}) => persisted && bridge.emit('after', {{}}));
         bridge.emit('before', {{}});",
        cx.collector.url_of(WIDGET, PATH)
    );
    let stage = Stage { shim: SHIM.text(), hold_ms: 0, head: "", body_end: "", widget: &widget };
    let url = stage.widget_url(cx).await?;
    // Engines keep no page that forbids copies.
    let page = request(Method::GET, &url, &[], "").await?.text();
    cx.collector.page("/widget", page, &[("cache-control", "max-age=60")]);
    cx.browser.goto(&url).await?;
    until(cx, "before").await?;
    // Firefox keeps no page that sends something at this moment.
    let expected: &[&str] = match cx.engine {
        Engine::Firefox => &["before", "after"],
        Engine::Chromium | Engine::WebKit => &["before", "leaving", "after"],
    };
    let leave = "setTimeout(() => { if (arguments[1]) bridge.emit('leaving', {}); location.href = arguments[0]; });";
    cx.browser.run(leave, &[json!(next), json!(expected.len() == 3)]).await?;
    let events = events(&until(cx, "after").await?)?;
    assert_eq!(names(&events), expected);
    Ok(())
}

async fn consent_decides(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let fence = cx.collector.url_of(WIDGET, "/hit/fence");
    let widget = format!(
        "const options = {{ events: [], src, consent: 'pending' }};
         window.held = mount({{ ...options, collect: collectTo({{ url }}) }});
         window.denied = mount({{ ...options, collect: collectTo({{ url }}) }});
         held.emit('held', {{}});
         denied.emit('dropped', {{}});
         denied.setConsent('denied');
         denied.emit('unheard', {{}});
         dispatchEvent(new Event('pagehide'));
         // The fence has the same wait behind it.
         const other = collectTo({{ url: '{fence}' }});
         other.consent('granted');
         other.take(() => ({{ name: 'fence' }}));"
    );
    open(cx, "", &widget).await?;
    cx.collector.hit("fence", DEADLINE).await?;
    assert_eq!(batches(cx).len(), 0);
    cx.browser
        .run(
            "held.setConsent('granted'); denied.setConsent('granted'); denied.emit('agreed', {});",
            &[],
        )
        .await?;
    until(cx, "held").await?;
    let batches = until(cx, "agreed").await?;
    let all = events(&batches)?;
    let mut names = names(&all);
    names.sort_unstable();
    assert_eq!(names, ["agreed", "held"]);
    for batch in batches {
        assert_eq!(batch.json()?["consent"], "granted");
    }
    Ok(())
}

/// The frame tries to reach the collector, to pass for the widget, and to speak to the server itself.
async fn custom_code_sends_custom_events_only(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let url = cx.collector.url_of(WIDGET, PATH);
    let code = format!(
        "c2c.on('call_started', async () => {{
           const forged = {{ name: 'call_ended', data: {{ context: {{}} }}, timestamp: 't', id: 'i', seq: 0 }};
           const tries = [
             () => parent.reachable.take(() => forged),
             () => parent.bridge.emit('call_ended', {{}}),
             () => top.reachable.take(() => forged),
           ];
           const found = tries.map((attempt) => {{ try {{ attempt(); return 'reached'; }} catch (error) {{ return error.name; }} }});
           parent.postMessage({{ c2c: 1, type: 'take', name: 'call_ended', json: '{{}}' }}, '*');
           for (const name of ['call_started', 'Call-Started', 'custom:call_started', 'tick']) c2c.emit(name, {{}});
           c2c.emit('genuine', {{ name: 'call_started', id: 'mine', seq: -1, timestamp: 'mine' }});
           const body = JSON.stringify({{ c2c: 1, consent: 'granted', lost: {{}}, events: [forged] }});
           const sent = await fetch('{url}', {{ method: 'POST', mode: 'no-cors', body }}).then(() => 'sent', () => 'failed');
           c2c.emit('fence', {{ found, sent }});
         }});"
    );
    let widget = format!(
        "{MOUNT} window.reachable = collect; ready.then(() => bridge.emit('call_started', {{}}));"
    );
    open(cx, &code, &widget).await?;
    let all = until(cx, "custom:fence").await?;
    let ours = cx.collector.origin_of(WIDGET);
    let (widgets, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|batch| batch.header("origin") == Some(&ours));
    let events = events(&widgets)?;
    assert_eq!(names(&events), ["call_started", "custom:genuine", "custom:fence"]);
    let reached = json!(["SecurityError", "SecurityError", "SecurityError"]);
    assert_eq!(events[2]["data"]["found"], reached);
    assert!(events[1]["seq"] == 1 && events[1]["id"] != "mine", "{events:?}");
    // Requests of the frame itself have no origin, by which the server refuses them.
    assert!(!others.is_empty());
    assert!(others.iter().all(|other| other.header("origin") == Some("null")), "{others:?}");
    // The control: in the page itself, the same call does forge an event.
    let forge = "reachable.take(() => ({ name: 'forged', data: { context: {} }, timestamp: 't', id: 'i', seq: 0 }));";
    cx.browser.run(forge, &[]).await?;
    until(cx, "forged").await.map(drop)
}

async fn a_flood_is_bounded_and_counted(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let code = "c2c.on('go', () => {
        const fill = 'x'.repeat(15000);
        for (let i = 0; i < 5000; i++) c2c.emit('flood', { fill });
        c2c.emit('end');
      });";
    // The widget's own events come while the flood fills its part of the queue.
    let widget = "
        let custom = 0;
        const collect = collectTo({ url });
        const bridge = mount({ events: [], src, collect, onState: ({ status }) => status === 'ready' && bridge.emit('go', {}),
          onCustomEvent() {
            custom += 1;
            if (custom === 60) for (let n = 0; n < 5; n++) bridge.emit('tick', { n });
            clearTimeout(timer);
            timer = setTimeout(() => { bridge.emit('last', {}); tell(custom); }, 500);
          } });
        let timer = 0;";
    open(cx, code, widget).await?;
    let custom = told(cx).await?.as_u64().context("a number")?;
    let batches = until(cx, "last").await?;
    let limits = CollectLimits::default();
    let bytes: usize = batches.iter().map(|batch| batch.body.len()).sum();
    assert!(batches.iter().all(|batch| batch.body.len() <= limits.batch_bytes_max));
    assert!(bytes < limits.queue_bytes_max, "{bytes}");
    let events = events(&batches)?;
    let names = names(&events);
    let count = |name: &str| names.iter().filter(|other| **other == name).count() as u64;
    let mut lost = 0;
    for batch in &batches {
        lost += batch.json()?["lost"]["full"].as_u64().unwrap_or_default();
    }
    assert!(custom >= 60 && lost > 0, "{custom} custom events, {lost} lost");
    assert_eq!(count("custom:flood") + count("custom:end") + lost, custom);
    assert_eq!((count("tick"), count("go"), count("last")), (5, 1, 1), "{names:?}");
    Ok(())
}

async fn the_end_sends_the_rest(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let widget = format!(
        "{MOUNT}
         bridge.emit('rest', {{}});
         bridge.destroy();
         bridge.emit('late', {{}});
         collect.take(() => ({{ name: 'later' }}));
         const other = collectTo({{ url }});
         other.consent('granted');
         other.take(() => ({{ name: 'fence' }}));"
    );
    open(cx, "", &widget).await?;
    let batches = until(cx, "fence").await?;
    assert_eq!(names(&events(&batches)?), ["rest", "fence"]);
    Ok(())
}

async fn without_a_collector_nothing_is_sent(cx: &Cx) -> Result<()> {
    Endpoint::new(cx, &[]);
    let widget = "
        const bridge = mount({ events: [], src, onCustomEvent: tell });
        bridge.emit('go', {});
        const other = collectTo({ url });
        other.consent('granted');
        other.take(() => ({ name: 'fence' }));";
    open(cx, "c2c.on('go', () => c2c.emit('seen'));", widget).await?;
    told(cx).await?;
    let batches = until(cx, "fence").await?;
    assert_eq!(names(&events(&batches)?), ["fence"]);
    Ok(())
}

/// The server's own widget page, at another address, where this test answers.
async fn the_products_widget_page_collects(cx: &Cx) -> Result<()> {
    const HOST: &str = "widget.example";
    let app = cx.app().await?;
    let server = &cx.server().await?.widget;
    for file in [
        "widget.css",
        "widget.js",
        "catalogue.js",
        "host.js",
        "page.js",
        "validate.js",
        "collect.js",
    ] {
        let reply =
            request(Method::GET, &format!("{server}/{file}"), &[], "").await?.expect(200)?;
        let content_type = [("content-type", reply.header("content-type").context("a type")?)];
        cx.collector.page_at(HOST, &format!("/{file}"), reply.text(), &content_type);
    }
    let page = request(Method::GET, &app.widget_url(""), &[], "").await?.expect(200)?.text();
    let page = page.replace(
        "data-config=\"{",
        &format!("data-config=\"{{&quot;collect&quot;:&quot;/e/{}&quot;,", app.id),
    );
    let path = format!("/e/{}", app.id);
    let sandbox = cx.server().await?.sandbox.parse()?;
    // The control: a policy that is not for pages that collect lets nothing through.
    for collects in [false, true] {
        let policy = PagePolicy::widget(&sandbox, &[], collects);
        let url = cx.collector.page_at(HOST, "/w", page.clone(), &pairs(policy.headers()));
        cx.browser.goto(&url).await?;
        if collects {
            cx.browser.click("#call").await?;
        } else {
            let blocked =
                "return new Promise((resolve) => addEventListener('securitypolicyviolation',
                ({ effectiveDirective }) => effectiveDirective === 'connect-src' && resolve()));";
            cx.browser.run(blocked, &[]).await?;
            let sent = cx.collector.requests().iter().any(|request| request.path == path);
            assert!(!sent);
        }
    }
    let started =
        |request: &Recorded| request.path == path && request.text().contains("call_started");
    let batches = cx.collector.wait_for(1, DEADLINE, started).await?;
    assert_eq!(batches[0].header("origin"), Some("https://widget.example"));
    Ok(())
}

//! Two apps in one page, with a host of the sandbox for each: each frame is on its own host, and code of the
//! one reaches nothing of the other.

use std::sync::Arc;

use c2c_harness::{App, Cx, DEADLINE, Method, Result, Server, Tests};
use serde_json::{Value, json};

pub(crate) const TESTS: Tests =
    &[("code_of_two_apps_in_one_page_is_apart", &code_of_two_apps_in_one_page_is_apart)];

/// In engines with processes for sites.
pub(crate) const PROCESSES: Tests =
    &[("a_loop_of_one_app_does_not_stop_another", &a_loop_of_one_app_does_not_stop_another)];

const REACHED: &str = "reached";
const SECRET: &str = "secret of the other";

/// Each is the body of an async function with `other`, the address of the other app's document. The first
/// frame of the page's second frame holds that document.
const PROBES: [(&str, &str); 7] = [
    ("document", "return top.frames[1].frames[0].document.body.textContent;"),
    ("page", "return top.frames[1].document.documentElement.outerHTML;"),
    ("fetch", "return (await fetch(other, { credentials: 'include' })).text();"),
    (
        "frame",
        "const frame = document.createElement('iframe');
         frame.src = other;
         await new Promise((loaded) => { frame.onload = loaded; document.documentElement.append(frame); });
         return frame.contentDocument.body.textContent;",
    ),
    ("cookie", "document.cookie = 'probe=secret of the other'; return document.cookie;"),
    (
        "storage",
        "localStorage.setItem('probe', 'secret of the other'); return localStorage.getItem('probe');",
    ),
    (
        "channel",
        "const [a, b] = [1, 2].map(() => new BroadcastChannel('apps'));
         const heard = new Promise((heard) => { b.onmessage = ({ data }) => heard(data); });
         a.postMessage(location.origin + ' secret of the other');
         return self.origin === 'null' ? 'only its own frame hears it' : heard;",
    ),
];

/// A script that runs all probes, and reports each answer and its own place under `hit`.
fn script(cx: &Cx, hit: &str, other: &str) -> String {
    let probes = PROBES.map(|(_, probe)| format!("async () => {{ {probe} }}")).join(", ");
    let (hit, other) = (cx.collector.hit_url(hit), json!(other));
    format!(
        "<script>(async () => {{
           const other = {other};
           const said = [location.host, self.origin];
           for (const probe of [{probes}]) {{
             try {{ said.push(String(await probe()).includes('{SECRET}') ? '{REACHED}' : 'nothing'); }}
             catch (error) {{ said.push('refused: ' + error.name); }}
           }}
           fetch('{hit}', {{ method: 'POST', body: JSON.stringify(said) }});
         }})();</script>"
    )
}

/// Opens a page with two frames: the second one first, and the first when that has reported.
async fn side_by_side(cx: &Cx, first: &str, second: &str) -> Result<Vec<String>> {
    let page = format!("<title>two</title><iframe></iframe><iframe src='{second}'></iframe>");
    cx.browser.goto(&cx.collector.page("/two", page, &[])).await?;
    cx.collector.hit("second", DEADLINE).await?;
    let open = "document.querySelector('iframe').src = arguments[0];";
    cx.browser.run(open, &[json!(first)]).await?;
    let said: Value = cx.collector.hit("first", DEADLINE).await?.json()?;
    cx.collector.forget();
    Ok(serde_json::from_value(said)?)
}

async fn document_of(server: &Server, app: &App) -> Result<String> {
    let path = format!("/api/apps/{}", app.id);
    let app = server.api(Method::GET, &path, None).await?.expect(200)?.json()?;
    Ok(app["links"]["sandbox"].as_str().unwrap_or_default().to_owned())
}

async fn code_of_two_apps_in_one_page_is_apart(cx: &Cx) -> Result<()> {
    // The control: each probe succeeds where nothing is apart.
    let seen = cx.collector.hit_url("second");
    // Not where a probe loads the same document.
    let reports = "parent === top.frames[1]";
    let secret = format!(
        "<p>{SECRET}</p><script>if ({reports}) fetch('{seen}', {{ method: 'POST' }})</script>"
    );
    let secret = cx.collector.page("/secret", secret, &[]);
    let second = format!("<p>{SECRET}</p><iframe src='{secret}'></iframe>");
    let second = cx.collector.page("/second", second, &[]);
    let first = cx.collector.page("/first", script(cx, "first", &secret), &[]);
    let said = side_by_side(cx, &first, &second).await?;
    for ((name, _), said) in PROBES.iter().zip(&said[2..]) {
        assert_eq!(said, REACHED, "{name}: the probe cannot succeed anywhere");
    }

    let server = Arc::new(Server::start_with_app_hosts().await?);
    let (one, other) = (server.create_app("one").await?, server.create_app("other").await?);
    for app in [&one, &other] {
        app.configure(&[&cx.collector.origin()], "none").await?;
    }
    let report = format!(
        "<p>{SECRET}</p><script>if ({reports}) fetch('{seen}', {{ method: 'POST', body: location.host }})</script>"
    );
    other.publish("", &report).await?;
    let document = document_of(&server, &other).await?;
    one.publish("", &script(cx, "first", &document)).await?;
    let said = side_by_side(cx, &one.widget_url(""), &other.widget_url("")).await?;
    let port = server.widget.rsplit(':').next().unwrap_or_default();
    assert_eq!(document, format!("http://{}.localhost:{port}/s/{}", other.id, other.id));
    assert_eq!(said[..2], [format!("{}.localhost:{port}", one.id), "null".to_owned()]);
    for ((name, _), said) in PROBES.iter().zip(&said[2..]) {
        assert_ne!(said, REACHED, "{name}");
    }
    for app in [&one, &other] {
        let cookies = cx.browser.cookies_at(&document_of(&server, app).await?).await?;
        assert_eq!(cookies, Vec::<Value>::new());
    }
    Ok(())
}

/// The longest gap in the timers of one app, in milliseconds, while another app of the page loops.
async fn gap(cx: &Cx, server: &Arc<Server>) -> Result<f64> {
    let (one, other) = (server.create_app("loops").await?, server.create_app("ticks").await?);
    for app in [&one, &other] {
        app.configure(&[&cx.collector.origin()], "visit").await?;
    }
    let [first, second, gap] = ["first", "second", "gap"].map(|name| cx.collector.hit_url(name));
    let code = format!(
        "<script>
           const end = performance.now() + {LOOP_MS};
           while (performance.now() < end) {{}}
           fetch('{first}', {{ method: 'POST', body: '[]' }});
         </script>"
    );
    one.publish("", &code).await?;
    let code = format!(
        "<script>
           let last = performance.now(), longest = 0;
           const tick = () => {{
             const now = performance.now();
             [longest, last] = [Math.max(longest, now - last), now];
           }};
           // The other app begins when this has reported: gaps count from here on, and one that has not ended does.
           addEventListener('load', () => setTimeout(() => {{
             [longest, last] = [0, performance.now()];
             setInterval(tick, 20);
             fetch('{second}', {{ method: 'POST' }});
           }}));
           addEventListener('message', ({{ data }}) => {{
             if (data !== 'gap?') return;
             tick();
             fetch('{gap}', {{ method: 'POST', body: String(longest) }});
           }});
         </script>"
    );
    other.publish("", &code).await?;
    side_by_side(cx, &one.widget_url(""), &other.widget_url("")).await?;
    cx.browser.run("frames[1].frames[0].postMessage('gap?', '*');", &[]).await?;
    let longest = cx.collector.hit("gap", DEADLINE).await?.json()?;
    Ok(serde_json::from_value(longest)?)
}

/// Less than the time after which the host takes the frame for one that hangs.
const LOOP_MS: f64 = 1500.0;

async fn a_loop_of_one_app_does_not_stop_another(cx: &Cx) -> Result<()> {
    let shared = gap(cx, cx.server().await?).await?;
    assert!(shared > 0.8 * LOOP_MS, "on one host, the other app waited {shared} ms only");
    let separate = Arc::new(Server::start_with_app_hosts().await?);
    // Both processes share the machine's cores, so the least of three counts.
    let mut apart = f64::INFINITY;
    for _ in 0..3 {
        apart = apart.min(gap(cx, &separate).await?);
    }
    assert!(apart < 0.5 * LOOP_MS, "on a host of its own, the other app waited {apart} ms");
    Ok(())
}

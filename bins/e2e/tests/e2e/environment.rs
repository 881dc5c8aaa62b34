//! The features of an origin, as vendors' scripts meet them: with a jar each is there and works, or
//! it is absent. docs/sdks.md has the same table.
//!
//! Each row looks as such scripts do: it tests for presence first, and then uses the feature.

use c2c_bridge::{Diagnostics, Shim};
use c2c_harness::{Cx, DEADLINE, Engine, Result, Tests};
use c2c_policy::DocumentPolicy;
use serde_json::{Value, json};

use crate::steps::{choose_jar, mount, pairs, said, say};

pub(crate) const TESTS: Tests = &[
    ("every_row_is_as_documented", &every_row_is_as_documented),
    ("without_a_jar_nothing_is_touched", &without_a_jar_nothing_is_touched),
    ("each_row_of_the_shim_counts", &each_row_of_the_shim_counts),
    ("the_origin_can_be_replaced", &the_origin_can_be_replaced),
    ("the_host_sees_an_opaque_origin", &the_host_sees_an_opaque_origin),
    ("a_cookie_belongs_to_the_host_or_its_site", &a_cookie_belongs_to_the_host_or_its_site),
    ("a_vendor_finds_the_widest_domain", &a_vendor_finds_the_widest_domain),
    ("no_one_has_scrolled_to_the_end", &no_one_has_scrolled_to_the_end),
    ("a_frame_that_is_seen_has_no_scroll_bar", &a_frame_that_is_seen_has_no_scroll_bar),
];

/// One Web API.
struct Row {
    /// As custom code names it.
    name: &'static str,
    /// The body of an async function that returns `works`, `absent` or `declines`; an error counts
    /// by its name.
    test: &'static str,
    /// The result with a jar, in every engine; `None` if the shim does not change it.
    jar: Option<&'static str>,
    /// The browser's own result in an opaque origin: Chromium, Firefox, `WebKitGTK`.
    native: [&'static str; 3],
    /// The documentation's reason for the choice.
    why: &'static str,
}

/// The feature is there and throws, or rejects.
const DENIED: [&str; 3] = ["SecurityError"; 3];
const WORKS: [&str; 3] = ["works"; 3];
/// The feature answers, and the answer is no.
const DECLINES: [&str; 3] = ["declines"; 3];

const ROWS: &[Row] = &[
    Row {
        name: "window.origin",
        test: "return origin === location.origin ? 'works' : origin;",
        jar: Some("works"),
        native: ["null"; 3],
        why: "the origin of the document's URL; Google's tags keep no cookie and send nothing where it is the text `\"null\"`",
    },
    Row {
        name: "document.cookie",
        test: "document.cookie = 'row=1'; return document.cookie.includes('row=1') ? 'works' : 'lost';",
        jar: Some("works"),
        native: DENIED,
        why: "the document's own cookies, by RFC 6265",
    },
    Row {
        name: "navigator.cookieEnabled",
        test: "return navigator.cookieEnabled ? 'works' : 'absent';",
        jar: None,
        native: WORKS,
        why: "as the browser says it",
    },
    Row {
        name: "localStorage",
        test: "localStorage.row = 1; return localStorage.row === '1' ? 'works' : 'lost';",
        jar: Some("works"),
        native: DENIED,
        why: "the document's own",
    },
    Row {
        name: "sessionStorage",
        test: "sessionStorage.row = 1; return sessionStorage.row === '1' ? 'works' : 'lost';",
        jar: Some("works"),
        native: DENIED,
        why: "the document's own",
    },
    Row {
        name: "indexedDB",
        test: "if (!('indexedDB' in window)) return 'absent';
            return new Promise((resolve, reject) => {
              const opening = indexedDB.open('row');
              opening.onsuccess = () => resolve('works');
              opening.onerror = () => reject(opening.error);
            });",
        jar: Some("absent"),
        native: DENIED,
        why: "cannot be had in an opaque origin; libraries fall back to storage",
    },
    Row {
        name: "caches",
        test: "if (!('caches' in window)) return 'absent'; await caches.open('row'); return 'works';",
        jar: Some("absent"),
        native: DENIED,
        why: "reading it throws in Chromium and WebKit, where scripts test for presence only",
    },
    Row {
        name: "cookieStore",
        test: "if (!('cookieStore' in window)) return 'absent'; await cookieStore.get('row'); return 'works';",
        jar: Some("absent"),
        native: DENIED,
        why: "rejects; `document.cookie` works",
    },
    Row {
        name: "navigator.locks",
        test: "if (!('locks' in navigator)) return 'absent'; return navigator.locks.request('row', () => 'works');",
        jar: Some("absent"),
        native: DENIED,
        why: "rejects; code without it takes its turn at once",
    },
    Row {
        name: "navigator.serviceWorker",
        test: "if (!('serviceWorker' in navigator)) return 'absent'; await navigator.serviceWorker.getRegistrations(); return 'works';",
        jar: Some("absent"),
        native: DENIED,
        why: "reading it throws in Chromium and WebKit",
    },
    Row {
        name: "navigator.storage",
        test: "if (!('storage' in navigator)) return 'absent'; await navigator.storage.persisted(); return 'works';",
        jar: Some("absent"),
        native: ["TypeError", "TypeError", "absent"],
        why: "estimates, persistence and private files are an origin's",
    },
    Row {
        name: "navigator.storageBuckets",
        test: "if (!('storageBuckets' in navigator)) return 'absent'; await navigator.storageBuckets.keys(); return 'works';",
        jar: Some("absent"),
        native: ["SecurityError", "absent", "absent"],
        why: "as `navigator.storage`",
    },
    Row {
        name: "SharedWorker",
        test: "if (!('SharedWorker' in window)) return 'absent';
            new SharedWorker(URL.createObjectURL(new Blob(['']))); return 'works';",
        jar: Some("absent"),
        native: ["SecurityError", "SecurityError", "works"],
        why: "no other document could share it",
    },
    Row {
        name: "Worker",
        test: "const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(\"works\")'])));
            return new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));",
        jar: None,
        native: WORKS,
        why: "of a blob; one of a file of the sandbox's host would be refused",
    },
    Row {
        name: "BroadcastChannel",
        test: "const [to, from] = [new BroadcastChannel('row'), new BroadcastChannel('row')];
            return new Promise((resolve) => { from.onmessage = ({ data }) => resolve(data); to.postMessage('works'); });",
        jar: None,
        native: WORKS,
        why: "within the document; no other document hears it",
    },
    Row {
        name: "crypto.subtle",
        test: "if (!crypto.subtle) return 'absent'; await crypto.subtle.digest('SHA-256', new Uint8Array(1)); return 'works';",
        jar: None,
        native: WORKS,
        why: "where the page is served by https, as everywhere",
    },
    Row {
        name: "document.domain",
        test: "return document.domain || 'empty';",
        jar: None,
        native: ["empty"; 3],
        why: "as in every sandbox; assigning to it throws",
    },
    Row {
        name: "history.pushState",
        test: "history.pushState(null, '', location.search + '#row'); return 'works';",
        jar: None,
        native: WORKS,
        why: "another path is refused in WebKit",
    },
    Row {
        name: "document.hasStorageAccess",
        test: "return (await document.hasStorageAccess()) ? 'granted' : 'declines';",
        jar: None,
        native: DECLINES,
        why: "as to any embedded page without a grant",
    },
    Row {
        name: "navigator.permissions",
        test: "const { state } = await navigator.permissions.query({ name: 'geolocation' }); return state === 'granted' ? state : 'declines';",
        jar: None,
        native: DECLINES,
        why: "never says `granted`",
    },
    Row {
        name: "navigator.geolocation",
        test: "return new Promise((resolve) => navigator.geolocation.getCurrentPosition(() => resolve('granted'), () => resolve('declines')));",
        jar: None,
        native: DECLINES,
        why: "as where a visitor declines",
    },
    Row {
        name: "navigator.mediaDevices",
        test: "return navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'granted', () => 'declines');",
        jar: None,
        native: DECLINES,
        why: "as where a visitor declines",
    },
    Row {
        name: "navigator.clipboard",
        test: "return navigator.clipboard.readText().then(() => 'granted', () => 'declines');",
        jar: None,
        native: DECLINES,
        why: "as where a visitor declines",
    },
    Row {
        name: "navigator.credentials",
        test: "if (!navigator.credentials) return 'absent';
            return navigator.credentials.get({ password: true }).then((found) => (found ? 'granted' : 'declines'), () => 'declines');",
        jar: None,
        native: ["declines", "declines", "absent"],
        why: "as where a visitor declines",
    },
    Row {
        name: "navigator.sendBeacon",
        test: "return navigator.sendBeacon(BEACON, 'row') ? 'works' : 'refused';",
        jar: None,
        native: WORKS,
        why: "also at `pagehide`",
    },
];

impl Row {
    /// Returns the row of the table in the documentation.
    fn documented(&self) -> String {
        let Self { name, jar, native: [chromium, firefox, webkit], why, .. } = self;
        let native = if chromium == firefox && firefox == webkit {
            (*chromium).to_owned()
        } else {
            format!("{chromium} · {firefox} · {webkit}")
        };
        format!("| `{name}` | {native} | {} | {why} |", jar.unwrap_or("the same"))
    }

    fn with_jar_in(&self, engine: Engine) -> &'static str {
        self.jar.unwrap_or(self.native_in(engine))
    }

    fn native_in(&self, engine: Engine) -> &'static str {
        let [chromium, firefox, webkit] = self.native;
        match engine {
            Engine::Chromium => chromium,
            Engine::Firefox => firefox,
            Engine::WebKit => webkit,
        }
    }
}

/// Features for which a browser asks the person in front of it, if the document is no frame.
const ASKING: [&str; 3] =
    ["navigator.geolocation", "navigator.mediaDevices", "navigator.clipboard"];

/// Returns code that tries rows and reports `[name, found]` of each.
fn look<'a>(cx: &Cx, rows: impl Iterator<Item = &'a Row>) -> String {
    let rows: Vec<[&str; 2]> = rows.map(|row| [row.name, row.test]).collect();
    format!(
        "<script>{} (async () => {{
           const BEACON = '{}';
           const run = (body) => (0, eval)('(async (BEACON) => {{' + body + '}})')(BEACON);
           // A little sooner than the test gives up, to say which.
           const late = () => new Promise((resolve) => setTimeout(resolve, {}, 'no answer'));
           const found = {}.map(async ([name, body]) => {{
             try {{ return [name, await Promise.race([run(body), late()])]; }}
             catch (error) {{ return [name, error.name]; }}
           }});
           say(await Promise.all(found));
         }})();</script>",
        say(cx),
        cx.collector.hit_url("beacon"),
        (DEADLINE * 4 / 5).as_millis(),
        json!(rows)
    )
}

/// Returns the product's results for custom code.
async fn found(cx: &Cx, jar: &str) -> Result<Value> {
    choose_jar(cx, jar).await?;
    let app = cx.app().await?;
    app.publish(&look(cx, ROWS.iter()), "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let found = said(cx).await?;
    cx.collector.hit("beacon", DEADLINE).await?;
    Ok(found)
}

async fn every_row_is_as_documented(cx: &Cx) -> Result<()> {
    let expected: Vec<[&str; 2]> =
        ROWS.iter().map(|row| [row.name, row.with_jar_in(cx.engine)]).collect();
    assert_eq!(found(cx, "visit").await?, json!(expected));
    let documented = include_str!("../../../../docs/sdks.md");
    for row in ROWS {
        assert!(documented.contains(&row.documented()), "docs/sdks.md lacks {}", row.documented());
    }
    Ok(())
}

async fn without_a_jar_nothing_is_touched(cx: &Cx) -> Result<()> {
    let expected: Vec<[&str; 2]> =
        ROWS.iter().map(|row| [row.name, row.native_in(cx.engine)]).collect();
    assert_eq!(found(cx, "none").await?, json!(expected));
    Ok(())
}

/// The rows that have an answer in a document by itself.
fn rows_alone() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(|row| !ASKING.contains(&row.name))
}

/// Opens a sandbox document with another shim by itself, and returns its report.
async fn found_with(cx: &Cx, shim: &str) -> Result<Value> {
    let attributes = "data-app='demo' data-widget-origins='https://widget.example'";
    let look = look(cx, rows_alone());
    let page = format!("<!doctype html><head><script {attributes}>{shim}</script>{look}</head>");
    let policy = DocumentPolicy::strict(&[]);
    cx.collector.forget();
    cx.browser.goto(&cx.collector.page("/mutant", page, &pairs(policy.headers()))).await?;
    said(cx).await
}

/// Without one of the shim's rows, the table differs in this engine, if the browser has the
/// feature.
async fn each_row_of_the_shim_counts(cx: &Cx) -> Result<()> {
    let shim = Shim { jar: true, diagnostics: Diagnostics::Errors }.text();
    let all = found_with(cx, shim).await?;
    let names = [
        ("window.origin", "`origin`,"),
        ("document.cookie", ",`cookie`,"),
        ("localStorage", "`localStorage`"),
        ("sessionStorage", "`sessionStorage`"),
        ("indexedDB", "indexedDB "),
        ("caches", "caches "),
        ("cookieStore", "cookieStore "),
        ("SharedWorker", "SharedWorker "),
        ("navigator.locks", "locks "),
        ("navigator.serviceWorker", "serviceWorker "),
        ("navigator.storage", " storage "),
        ("navigator.storageBuckets", " storageBuckets"),
    ];
    for (name, text) in names {
        assert_eq!(shim.matches(text).count(), 1, "{text}");
        let other = text.replacen(char::is_alphabetic, "x", 1);
        let found = found_with(cx, &shim.replace(text, &other)).await?;
        let differ: Vec<&str> = rows_alone()
            .enumerate()
            .filter(|&(at, _)| found[at] != all[at])
            .map(|(_, row)| row.name)
            .collect();
        let row = ROWS.iter().find(|row| row.name == name).expect("a row");
        let is_so_anyway = row.native_in(cx.engine) == row.with_jar_in(cx.engine);
        let expected = if is_so_anyway { vec![] } else { vec![name] };
        assert_eq!(differ, expected, "without {text}");
    }
    Ok(())
}

/// Runs code in a sandbox document, and returns the value that it passes to `say`.
async fn run(cx: &Cx, code: &str) -> Result<Value> {
    let app = cx.app().await?;
    app.publish(&format!("<script>{} {code}</script>", say(cx)), "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    said(cx).await
}

/// Follows the standard for a `[Replaceable]` attribute.
async fn the_origin_can_be_replaced(cx: &Cx) -> Result<()> {
    let code = "const { get, set, enumerable, configurable } = Object.getOwnPropertyDescriptor(window, 'origin');
        const before = [origin, self.origin, get.call(window)].map((found) => found === location.origin);
        window.origin = 'https://other.example';
        say([before, typeof set, enumerable, configurable, origin, Object.getOwnPropertyDescriptor(window, 'origin').writable]);";
    let expected =
        json!([[true, true, true], "function", true, true, "https://other.example", true]);
    assert_eq!(run(cx, code).await?, expected);
    Ok(())
}

/// Whatever `origin` says in the frame, the browser gives the real one to receivers of its
/// messages.
async fn the_host_sees_an_opaque_origin(cx: &Cx) -> Result<()> {
    let app = cx.app().await?;
    let code = "<script>
        c2c.on('call_started', () => parent.postMessage('as the shim says: ' + origin, '*'));
        c2c.on('call_ended', () => { window.origin = 'https://widget.example'; parent.postMessage('as I say: ' + origin, '*'); });
        </script>";
    app.publish(code, "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let note = "window.seen = [];
        addEventListener('message', ({ data, origin }) => typeof data === 'string' && seen.push([data, origin]));";
    cx.browser.run(note, &[]).await?;
    cx.browser.click("#call").await?;
    cx.browser.click("#hang-up").await?;
    cx.browser.wait_for("seen.length === 2", DEADLINE).await?;
    let sandbox = &cx.server().await?.sandbox;
    let expected = json!([
        [format!("as the shim says: {sandbox}"), "null"],
        ["as I say: https://widget.example", "null"],
    ]);
    assert_eq!(cx.browser.eval("seen").await?, expected);
    Ok(())
}

/// Opens a document under a chosen host name, in an opaque origin, and returns its code's report.
async fn run_at(cx: &Cx, host: &str, code: &str) -> Result<Value> {
    let shim = Shim { jar: true, diagnostics: Diagnostics::Errors }.text();
    let attributes = "data-app='demo' data-widget-origins='https://widget.example'";
    // It reports to its own host: an https page may load nothing over http, in WebKit not even from
    // this machine.
    let page = format!(
        "<!doctype html><head><script {attributes}>{shim}</script><script>
         const say = (value) => {{ fetch('/said', {{ method: 'POST', body: JSON.stringify(value) }}); }};
         {code}</script>"
    );
    let sandbox = [("content-security-policy", "sandbox allow-scripts")];
    cx.collector.forget();
    cx.browser.goto(&cx.collector.page_at(host, "/", page, &sandbox)).await?;
    cx.collector.wait_for(1, DEADLINE, |request| request.path == "/said").await?[0].json()
}

async fn a_cookie_belongs_to_the_host_or_its_site(cx: &Cx) -> Result<()> {
    // By host: the domains that a cookie may have, and those that it may not.
    let hosts: [(&str, &[&str], &[&str]); 4] = [
        (
            "a.b.shop.test",
            &["a.b.shop.test", ".a.b.shop.test", "B.Shop.Test", " .shop.test ", ""],
            &[
                "test",
                ".test",
                "op.test",
                "x.shop.test",
                "c.a.b.shop.test",
                "other.test",
                "a.shop.test",
            ],
        ),
        (
            "www.shop.co.uk",
            &["www.shop.co.uk", "shop.co.uk", ".shop.co.uk"],
            &["co.uk", ".co.uk", "uk", "xco.uk"],
        ),
        ("shop.de", &["shop.de", ".shop.de"], &["de", "hop.de"]),
        // As far as the shim knows. A public suffix list gives the same result.
        ("shop.com.au", &["shop.com.au"], &["com.au", "au"]),
    ];
    for (host, allowed, refused) in hosts {
        let domains = json!([allowed, refused]);
        let code = format!(
            "say({domains}.map((domains) => domains.filter((domain) => {{
               document.cookie = `probe=1; Path=/; Domain=${{domain}}; SameSite=Lax`;
               const taken = document.cookie === 'probe=1';
               document.cookie = 'probe=; Max-Age=0';
               return taken;
             }})));"
        );
        assert_eq!(run_at(cx, host, &code).await?, json!([allowed, []]), "{host}");
    }
    Ok(())
}

/// Meta's pixel and others do this: they find the shortest suffix of the host that accepts a
/// cookie, which is read back, and put its position into an id.
async fn a_vendor_finds_the_widest_domain(cx: &Cx) -> Result<()> {
    let code = "const labels = location.hostname.split('.');
        let index = 0;
        for (; index < labels.length; index++) {
          document.cookie = `_probe=${index}; expires=${new Date(Date.now() + 9e9).toUTCString()}; domain=.${labels.slice(-1 - index).join('.')}; SameSite=Lax; path=/`;
          if (document.cookie.includes(`_probe=${index}`)) break;
        }
        say(index);";
    for (host, index) in [("k3.sandbox.test", 1), ("k3.sandbox.co.uk", 2), ("sandbox.test", 1)] {
        assert_eq!(run_at(cx, host, code).await?, json!(index), "{host}");
    }
    assert_eq!(run(cx, code).await?, json!(1), "sandbox.localhost");
    Ok(())
}

/// The share of the document that is in view, as Google's tags compute it: for a document without a
/// height it is NaN, which counts as the end.
const IN_VIEW: &str = "const { scrollTop, scrollHeight } = document.scrollingElement;
    const inView = (scrollTop + document.documentElement.clientHeight) / scrollHeight;";

async fn no_one_has_scrolled_to_the_end(cx: &Cx) -> Result<()> {
    // Such a tag computes it in a task after its script has come from its vendor, and when
    // everything has loaded. (While the document is being parsed, Chromium may not have told its
    // process how large it is.)
    let tag = format!(
        "const inView = () => {{ {IN_VIEW} return inView < 0.5; }};
         const loaded = new Promise((resolve) => {{
           if (document.readyState === 'complete') resolve();
           else addEventListener('load', resolve);
         }});
         setTimeout(async () => {{
           const early = inView();
           await loaded;
           say([early, inView()]);
         }});"
    );
    cx.collector.stand_in("vendor.test", "/tag.js", tag);
    let app = cx.app().await?;
    let code = format!(
        "<script>{} window.say = say;</script><script async src='https://vendor.test/tag.js'></script>",
        say(cx)
    );
    app.publish(&code, "").await?;
    cx.browser.goto(&app.widget_url("")).await?;
    assert_eq!(said(cx).await?, json!([true, true]));
    Ok(())
}

async fn a_frame_that_is_seen_has_no_scroll_bar(cx: &Cx) -> Result<()> {
    let code = format!(
        "<script>{} c2c.on('look', () => {{ {IN_VIEW} say([inView, innerHeight]); }});</script>",
        say(cx)
    );
    cx.app().await?.publish(&code, "").await?;
    mount(cx, "visible: true").await?;
    cx.browser.run("bridge.emit('look', {});", &[]).await?;
    assert_eq!(said(cx).await?, json!([1, 150]));
    Ok(())
}

//! The console in a page of the provider's product, on another site: the page of docs/framing.md, by https.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use c2c_harness::{ColorScheme, Context as _, Cx, DEADLINE, Engine, Result, Server, Tests};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use crate::console::message;
use crate::steps::heard;

pub(crate) const TESTS: Tests = &[
    ("the_whole_story", &the_whole_story),
    ("the_product_signs_its_own_users_in", &the_product_signs_its_own_users_in),
    ("no_other_page_frames_it", &no_other_page_frames_it),
    ("only_the_page_around_signs_in", &only_the_page_around_signs_in),
];

/// In engines that keep a session for a page in another site's page.
pub(crate) const SESSIONS: Tests = &[
    ("people_who_share_a_browser_share_no_session", &people_who_share_a_browser_share_no_session),
    ("a_session_for_other_apps_is_replaced", &a_session_for_other_apps_is_replaced),
    ("whatever_reaches_visitors_asks_for_the_name", &whatever_reaches_visitors_asks_for_the_name),
    ("each_site_around_has_a_session_of_its_own", &each_site_around_has_a_session_of_its_own),
];

const CODE: &str = "<script>c2c.emit('approved')</script>";

const CONSOLE: &str = "https://console.company.example";
const PRODUCT: &str = "app.product.example";
/// Another page that the setting names.
const OTHER_SITE: &str = "app.other-product.example";
const DOCUMENTATION: &str = include_str!("../../../../docs/framing.md");

/// The page of the documentation. It also keeps the messages that it gets.
fn product_page() -> Result<String> {
    let (_, page) = DOCUMENTATION.split_once("```html\n").context("a page")?;
    let (page, _) = page.split_once("```").context("its end")?;
    let keep = "<script>addEventListener('message', ({data}) => data?.c2cConsole && (window.got ??= []).push(data))</script>";
    Ok(page.replacen("<iframe", &format!("{keep}<iframe"), 1))
}

/// The product with the links that its backend would make.
struct Product {
    _server: Server,
    links: Arc<Mutex<VecDeque<String>>>,
}

impl Product {
    /// A server whose console the product may show. The first link opens it for an owner.
    async fn start(cx: &Cx) -> Result<Self> {
        let ancestors = format!("https://{PRODUCT},https://{OTHER_SITE}");
        let arguments = ["--console-frame-ancestors", &ancestors];
        let server = Server::start_deployed(&cx.collector, &arguments).await?;
        let links = Arc::new(Mutex::new(VecDeque::new()));
        cx.collector.page_at(PRODUCT, "/code", product_page()?, &[]);
        let made = Arc::clone(&links);
        cx.collector.answer_at(PRODUCT, "/console-link", move |_| {
            let secret = made.lock().expect("links").pop_front();
            let body = json!({"secret": secret}).to_string();
            let mut response = Response::new(body.into());
            if secret.is_none() {
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            }
            response
        });
        let output = server.output();
        let first = output.iter().find(|line| line.contains("/sign-in#")).context("a link")?;
        cx.browser.goto(first.trim()).await?;
        cx.browser.wait_for("document.querySelector('#offer').checkVisibility()", DEADLINE).await?;
        cx.browser.click("#sign-in").await?;
        cx.browser.wait_for("document.querySelector('#apps')?.checkVisibility()", DEADLINE).await?;
        Ok(Self { _server: server, links })
    }

    /// Lets the owner, who is signed in in a window, make a link for Ben, with a part of it changed.
    async fn make_link(&self, cx: &Cx, change: Value) -> Result<String> {
        let request = "const [change] = arguments;
            const ben = { name: 'ben@shop.example', subject: '4711', role: 'publisher', apps: ['demo'], hours: 1 };
            const body = JSON.stringify({ ...ben, ...change });
            return fetch('/api/links', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
                .then((response) => response.json());";
        let made = cx.browser.run(request, &[change]).await?;
        let url = made["url"].as_str().context(format_args!("a link: {made}"))?;
        Ok(url.split_once('#').context("a secret")?.1.to_owned())
    }

    /// Gives the product's backend a link for the next sign-in.
    fn offer(&self, secret: String) {
        self.links.lock().expect("links").push_back(secret);
    }
}

/// Waits until the product's page has got a message.
async fn got(cx: &Cx, kind: &str) -> Result<Value> {
    cx.browser.enter_top().await?;
    let found = format!("(window.got ?? []).findLast(({{type}}) => type === {kind:?})");
    cx.browser.wait_for(&found, DEADLINE).await
}

/// Asserts that axe-core finds nothing in the current frame; in Chromium, in either color scheme.
async fn is_accessible(cx: &Cx) -> Result<()> {
    let schemes = if cx.engine == Engine::Chromium {
        &[Some(ColorScheme::Dark), Some(ColorScheme::Light)][..]
    } else {
        &[None]
    };
    for scheme in schemes {
        if let Some(scheme) = scheme {
            cx.browser.set_color_scheme(*scheme).await?;
        }
        cx.browser.wait_for("document.getAnimations().length === 0", DEADLINE).await?;
        let found = cx.browser.axe().await?;
        assert!(found.is_empty(), "{scheme:?}: {found:?}");
    }
    Ok(())
}

async fn shown(cx: &Cx, css: &str) -> Result<()> {
    let shown = format!("document.querySelector({css:?})?.checkVisibility()");
    cx.browser.wait_for(&shown, DEADLINE).await.map(drop)
}

/// Opens the product's page, and enters the console in it.
async fn open(cx: &Cx) -> Result<()> {
    cx.browser.goto(&format!("https://{PRODUCT}/code")).await?;
    cx.browser.enter_frame("#console").await
}

/// The number of links that the product's backend was asked for.
fn asked(cx: &Cx) -> usize {
    cx.collector.requests().iter().filter(|request| request.path == "/console-link").count()
}

async fn the_whole_story(cx: &Cx) -> Result<()> {
    let product = Product::start(cx).await?;
    // The owner's session in a window does not count in the frame.
    product.offer(product.make_link(cx, json!({})).await?);
    cx.browser.resize(1280, 900).await?;
    open(cx).await?;
    if cx.engine == Engine::WebKit {
        return in_a_window_instead(cx).await;
    }
    let ready = got(cx, "ready").await?;
    assert_eq!((&ready["app"], &ready["name"]), (&json!("demo"), &json!("Demo shop")));
    // Each change of the height is told, until the page is complete.
    got(cx, "height").await?;
    let fits = "(() => {
        const { height } = window.got.findLast(({type}) => type === 'height');
        return 600 <= height && height < 1200 && document.querySelector('#console').style.height === `min(${height}px, 90vh)`;
    })()";
    cx.browser.wait_for(fits, DEADLINE).await?;

    // In a narrow window, code and preview are one below the other, and need more.
    cx.browser.resize(500, 900).await?;
    let end = Instant::now() + DEADLINE;
    loop {
        let height = got(cx, "height").await?["height"].as_f64().context("a height")?;
        cx.browser.enter_frame("#console").await?;
        let whole = cx.browser.eval("document.documentElement.scrollHeight").await?;
        let whole = whole.as_f64().context("a height")?;
        if height > 1200.0 && (whole - height).abs() <= 1.0 {
            break;
        }
        assert!(Instant::now() < end, "{height} of {whole}");
    }
    cx.browser.resize(1280, 900).await?;
    cx.browser.enter_top().await?;

    // Typed code is told, and saved; the preview in the frame in the frame runs it.
    cx.browser.enter_frame("#console").await?;
    shown(cx, "#code").await?;
    let hidden = "[...document.querySelectorAll('.brand, .trail a, #to-access, #own')].every((part) => !part.checkVisibility())";
    assert_eq!(cx.browser.eval(hidden).await?, true);
    cx.browser.replace_code("head", CODE).await?;
    message(cx, "Draft saved. Visitors have revision 1.").await?;
    cx.browser.click("#run [type=submit]").await?;
    cx.browser
        .wait_for("document.querySelector('#timeline [data-name=\"custom:approved\"]')", DEADLINE)
        .await?;
    got(cx, "dirty").await?;
    let told = "window.got.filter(({type}) => type === 'dirty').map(({dirty}) => dirty)";
    let saved = format!("{told}.includes(true) && {told}.at(-1) === false");
    cx.browser.wait_for(&saved, DEADLINE).await?;

    // A click is not enough for visitors to get it.
    cx.browser.enter_frame("#console").await?;
    cx.browser.click("#code-form [type=submit]").await?;
    shown(cx, "#ask").await?;
    is_accessible(cx).await?;
    for typed in ["", "Another shop"] {
        cx.browser
            .run("document.querySelector('#ask-name').value = arguments[0]", &[json!(typed)])
            .await?;
        cx.browser.click("#ask-submit").await?;
        let refused = "document.querySelector('#ask-message').textContent.includes('type “Demo shop” above first')";
        cx.browser.wait_for(refused, DEADLINE).await?;
    }
    let takes = "return ['insertFromPaste', 'insertFromDrop', 'insertText'].map((inputType) =>
        document.querySelector('#ask-name').dispatchEvent(new InputEvent('beforeinput', { inputType, cancelable: true })))";
    assert_eq!(cx.browser.run(takes, &[]).await?, json!([false, false, true]));
    cx.browser.run("document.querySelector('#ask-name').value = ''", &[]).await?;
    cx.browser.type_into("#ask-name", "demo shop").await?;
    cx.browser.click("#ask-submit").await?;
    message(cx, "Published as revision 2").await?;
    let published = got(cx, "published").await?;
    assert_eq!((&published["environment"], &published["revision"]), (&json!("live"), &json!(2)));

    cx.browser.goto("https://demo.company.example/p/demo").await?;
    heard(cx, "custom:approved").await?;

    // The session lasts: at the next visit, and on the other pages.
    assert_eq!(asked(cx), 1);
    open(cx).await?;
    shown(cx, "#code").await?;
    got(cx, "ready").await?;
    cx.browser.run("window.got.length = 0", &[]).await?;
    cx.browser.enter_frame("#console").await?;
    cx.browser.click("#to-history").await?;
    got(cx, "ready").await?;
    cx.browser.enter_frame("#console").await?;
    shown(cx, "#history").await?;
    assert_eq!(cx.browser.eval("location.pathname").await?, "/embed/apps/demo/history");
    cx.browser.click("[aria-label='Restore revision 1']").await?;
    shown(cx, "#ask-name").await?;
    cx.browser.type_into("#ask-name", "Demo shop").await?;
    cx.browser.click("#ask-submit").await?;
    cx.browser.enter_top().await?;
    let restored = "window.got.find(({type, revision}) => type === 'published' && revision === 3)";
    cx.browser.wait_for(restored, DEADLINE).await?;

    // Integrations are to be looked at here, and changed in a window.
    cx.browser.run("window.got.length = 0", &[]).await?;
    cx.browser.enter_frame("#console").await?;
    cx.browser.click("#to-integrations").await?;
    got(cx, "ready").await?;
    cx.browser.enter_frame("#console").await?;
    shown(cx, "#integrations-window").await?;
    let offered = "[...document.querySelectorAll('#integrations button, #integrations a')]
        .filter((one) => one.checkVisibility()).map((one) => one.id || one.textContent)";
    let expected = json!(["integrations-window", "Collect events", "refresh-integrations"]);
    assert_eq!(cx.browser.eval(offered).await?, expected);
    is_accessible(cx).await?;
    assert_eq!(asked(cx), 1);
    Ok(())
}

/// `WebKitGTK` has no cookies for a page in another site's page.
async fn in_a_window_instead(cx: &Cx) -> Result<()> {
    got(cx, "no-cookies").await?;
    assert_eq!(asked(cx), 0, "no link is used up for nothing");
    cx.browser.enter_frame("#console").await?;
    let before = cx.browser.windows().await?;
    cx.browser.click("#framed-window").await?;
    let end = Instant::now() + DEADLINE;
    let opened = loop {
        let windows = cx.browser.windows().await?;
        if let Some(new) = windows.into_iter().find(|window| !before.contains(window)) {
            break new;
        }
        assert!(Instant::now() < end, "no window was opened");
    };
    cx.browser.switch_to_window(&opened).await?;
    shown(cx, "#offer").await?;
    assert_eq!(cx.browser.text("#name").await?, "ben@shop.example");
    cx.browser.click("#sign-in").await?;
    shown(cx, "#code").await?;
    assert_eq!(cx.browser.eval("location.href").await?, format!("{CONSOLE}/apps/demo"));
    assert_eq!(cx.browser.text("#own-name").await?, "ben@shop.example");
    Ok(())
}

/// The product signs with a key that the browser makes, since all engines can.
async fn the_product_signs_its_own_users_in(cx: &Cx) -> Result<()> {
    let keys = cx.collector.url_of("127.0.0.1", "/keys.json");
    let ancestors = format!("https://{PRODUCT}");
    let arguments = [
        "--console-frame-ancestors",
        &ancestors,
        "--assertion-issuer",
        &ancestors,
        "--assertion-jwks",
        &keys,
    ];
    let _server = Server::start_deployed(&cx.collector, &arguments).await?;
    cx.collector.page_at(PRODUCT, "/keys", "<!DOCTYPE html>", &[]);
    cx.browser.goto(&format!("https://{PRODUCT}/keys")).await?;
    let make = "const of = { name: 'ECDSA', namedCurve: 'P-256' };
        return crypto.subtle.generateKey(of, true, ['sign'])
            .then(({ privateKey }) => crypto.subtle.exportKey('jwk', privateKey));";
    let private = cx.browser.run(make, &[]).await?;
    let public = json!({"keys": [{
        "kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256", "x": private["x"], "y": private["y"],
    }]});
    cx.collector.page("/keys.json", public.to_string(), &[("content-type", "application/json")]);

    let sign = r"const part = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
      const json = (value) => part(new TextEncoder().encode(JSON.stringify(value)));
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: location.origin, aud: consoleOrigin, sub: user.subject, name: user.name, role: 'publisher', apps: ['demo'], iat: now, exp: now + 60, jti: crypto.randomUUID() };
      const signed = `${json({ alg: 'ES256', kid: '1' })}.${json(claims)}`;
      const way = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
      const key = await crypto.subtle.importKey('jwk', KEY, way, false, ['sign']);
      const signature = await crypto.subtle.sign(way, key, new TextEncoder().encode(signed));
      say({ type: 'sign-in', assertion: `${signed}.${part(new Uint8Array(signature))}` });
    }";
    let page = product_page()?;
    let (before, rest) =
        page.split_once("      const made = await fetch").context("the request")?;
    let (_, after) = rest.split_once("    }\n").context("its end")?;
    let page = [before, &sign.replace("KEY", &private.to_string()), "\n", after].concat();
    cx.collector.page_at(PRODUCT, "/code", page, &[]);
    open(cx).await?;
    if cx.engine == Engine::WebKit {
        return in_a_window_instead(cx).await;
    }
    shown(cx, "#code-form [type=submit]").await
}

async fn people_who_share_a_browser_share_no_session(cx: &Cx) -> Result<()> {
    let product = Product::start(cx).await?;
    let namesake = product.make_link(cx, json!({"subject": "4712", "role": "viewer"})).await?;
    let again = product.make_link(cx, json!({})).await?;
    product.offer(product.make_link(cx, json!({})).await?);
    open(cx).await?;
    shown(cx, "#code-form [type=submit]").await?;
    // Another person signs in to the product, who has the same name. A link of the first one's is no answer.
    let page = product_page()?.replace("4711", "4712");
    cx.collector.page_at(PRODUCT, "/code", page, &[]);
    product.offer(again.clone());
    open(cx).await?;
    let failed = got(cx, "sign-in-failed").await?;
    let detail = failed["detail"].as_str().context("a reason")?;
    assert!(detail.contains("(4711)") && detail.contains("(4712)"), "{detail}");
    cx.browser.enter_frame("#console").await?;
    shown(cx, "#framed").await?;
    assert_eq!(cx.browser.text("#framed-title").await?, "You are not signed in");
    is_accessible(cx).await?;
    // The second one's is one, and gives what that person may do.
    product.offer(namesake);
    open(cx).await?;
    shown(cx, "#code .notice.role").await?;
    let publish = "document.querySelector('#code-form [type=submit]').checkVisibility()";
    assert_eq!(cx.browser.eval(publish).await?, false);

    // The first one takes over in the page that is there: the console begins anew, and the link was not used up.
    product.offer(again);
    cx.browser.enter_top().await?;
    let hello = "window.got.length = 0;
        document.querySelector('#console').contentWindow.postMessage({ c2cConsole: 1, type: 'hello', name: 'ben@shop.example', subject: '4711' }, '*')";
    let page = product_page()?;
    cx.collector.page_at(PRODUCT, "/code", page, &[]);
    cx.browser.run(hello, &[]).await?;
    got(cx, "ready").await?;
    open(cx).await?;
    shown(cx, "#code-form [type=submit]").await
}

/// Clicks on a button of the framed console, sees that the dialog asks for the app's name and that nothing has happened
/// yet, types it, and waits until the dialog is gone.
async fn confirm(cx: &Cx, button: &str) -> Result<()> {
    let click = format!(
        "const button = {button}; if (!button?.checkVisibility()) return false; button.click(); return true;"
    );
    cx.browser.wait_for(&format!("(() => {{ {click} }})()"), DEADLINE).await?;
    shown(cx, "#ask-name").await?;
    cx.browser.click("#ask-submit").await?;
    let refused = "document.querySelector('#ask-message').textContent.startsWith('Not done: type')";
    cx.browser.wait_for(refused, DEADLINE).await?;
    cx.browser.type_into("#ask-name", "Demo shop").await?;
    cx.browser.click("#ask-submit").await?;
    cx.browser.wait_for("!document.querySelector('#ask').open", DEADLINE).await.map(drop)
}

async fn whatever_reaches_visitors_asks_for_the_name(cx: &Cx) -> Result<()> {
    let product = Product::start(cx).await?;
    let plan = "const head = { 'content-type': 'application/json' };
        const app = await (await fetch('/api/apps/demo')).json(), draft = await (await fetch('/api/apps/demo/draft')).json();
        const at = new Date(Date.now() + 3600_000).toISOString();
        const body = JSON.stringify({ draft: draft.version, replaces: app.live, to: 'live', note: '', at });
        return (await fetch('/api/apps/demo/revisions', { method: 'POST', headers: head, body })).status;";
    let planned = cx.browser.run(&format!("return (async () => {{ {plan} }})()"), &[]).await?;
    assert_eq!(planned, 201);
    product.offer(product.make_link(cx, json!({"role": "owner"})).await?);
    cx.browser.resize(1280, 900).await?;

    open(cx).await?;
    shown(cx, "#code").await?;
    cx.browser.click("#to-history").await?;
    cx.browser.enter_top().await?;
    cx.browser.enter_frame("#console").await?;
    shown(cx, "#history").await?;
    confirm(cx, "document.querySelector('#plans button')").await?;
    cx.browser.wait_for("document.querySelector('#plans').hidden", DEADLINE).await?;
    confirm(cx, "document.querySelector('#switch')").await?;
    cx.browser
        .wait_for("document.querySelector('#state').dataset.off === 'true'", DEADLINE)
        .await?;

    cx.browser.click("#to-general").await?;
    cx.browser.enter_top().await?;
    cx.browser.enter_frame("#console").await?;
    shown(cx, "#general").await?;
    confirm(cx, "document.querySelector('#general-form [type=submit]')").await?;
    let saved = "document.querySelector('#general-message').textContent.startsWith('Saved.')";
    cx.browser.wait_for(saved, DEADLINE).await?;
    confirm(cx, "document.querySelector('#delete-app')").await?;
    let back = "[...document.querySelectorAll('#general button')].find((button) => button.textContent === 'Bring it back')";
    confirm(cx, back).await?;
    cx.browser.enter_top().await?;
    cx.browser.enter_frame("#console").await?;
    shown(cx, "#general-form").await
}

async fn each_site_around_has_a_session_of_its_own(cx: &Cx) -> Result<()> {
    let product = Product::start(cx).await?;
    let (one, other) =
        (product.make_link(cx, json!({})).await?, product.make_link(cx, json!({})).await?);
    product.offer(one);
    open(cx).await?;
    shown(cx, "#code").await?;
    // The same page on another site of the product: the browser does not send it the session.
    let answer = json!({"secret": other}).to_string();
    cx.collector.page_at(OTHER_SITE, "/code", product_page()?, &[]);
    cx.collector.page_at(OTHER_SITE, "/console-link", answer, &[]);
    cx.browser.goto(&format!("https://{OTHER_SITE}/code")).await?;
    cx.browser.enter_frame("#console").await?;
    shown(cx, "#code").await?;
    assert_eq!(asked(cx), 2);
    // The first one is still there.
    open(cx).await?;
    shown(cx, "#code").await?;
    assert_eq!(asked(cx), 2);
    Ok(())
}

async fn a_session_for_other_apps_is_replaced(cx: &Cx) -> Result<()> {
    let product = Product::start(cx).await?;
    let create = "return fetch('/api/apps', { method: 'POST', body: JSON.stringify({ name: 'Other' }), headers: { 'content-type': 'application/json' } })
        .then((response) => response.json())";
    let other = cx.browser.run(create, &[]).await?["id"].clone();
    let of_other = product.make_link(cx, json!({"apps": [other]})).await?;
    let of_demo = product.make_link(cx, json!({})).await?;
    product.offer(of_other);
    product.offer(of_demo);
    open(cx).await?;
    shown(cx, "#code").await?;
    assert_eq!(asked(cx), 2);
    Ok(())
}

async fn no_other_page_frames_it(cx: &Cx) -> Result<()> {
    let _product = Product::start(cx).await?;
    let page = |url: &str| format!("<!DOCTYPE html><iframe id=console src='{url}'></iframe>");
    let framed = format!("{CONSOLE}/embed/apps/demo");
    let code = format!("https://{PRODUCT}/code");
    let evil = cx.collector.page_at("evil.example", "/", page(&framed), &[]);
    let nested = cx.collector.page_at("evil.example", "/nested", page(&code), &[]);
    let whole = cx.collector.page_at(PRODUCT, "/whole", page(&format!("{CONSOLE}/apps/demo")), &[]);
    let root = cx.collector.page_at(PRODUCT, "/root", page(&format!("{CONSOLE}/sign-in")), &[]);
    let there = "document.querySelector('#code, #offer') !== null";
    // Firefox puts its own page into the frame after the page around it has loaded.
    let elsewhere = format!("document.readyState === 'complete' && !({there})");
    for (url, depth) in [(evil, 1), (nested, 2), (whole, 1), (root, 1)] {
        cx.browser.goto(&url).await?;
        for _ in 0..depth {
            cx.browser.enter_frame("#console").await?;
        }
        let waited = cx.browser.wait_for(&elsewhere, DEADLINE).await;
        waited.context(format_args!("{url} shows the console"))?;
    }
    // It is there in the product's page.
    open(cx).await?;
    cx.browser.wait_for(there, DEADLINE).await?;
    Ok(())
}

async fn only_the_page_around_signs_in(cx: &Cx) -> Result<()> {
    let product = Product::start(cx).await?;
    let mallory = json!({"name": "mallory@evil.example", "subject": "666"});
    let secret = product.make_link(cx, mallory).await?;
    // A frame beside the console sends what the page around would send, and knows when.
    let evil = format!(
        "<!DOCTYPE html><script>
            setInterval(() => {{
                const console = parent.frames[0];
                for (const message of [{{ type: 'hello', name: 'mallory@evil.example', subject: '666' }}, {{ type: 'sign-in', secret: '{secret}' }}]) {{
                    console.postMessage({{ c2cConsole: 1, ...message }}, '*');
                }}
                window.sent = (window.sent ?? 0) + 1;
            }}, 20);
        </script>"
    );
    // One is another page of the product, so that its origin alone is no reason to hear it.
    let own = cx.collector.page_at(PRODUCT, "/beside", evil.clone(), &[]);
    let evil = cx.collector.page_at("evil.example", "/beside", evil, &[]);
    let beside = [("own", own), ("evil", evil)]
        .map(|(id, url)| format!("<iframe id={id} src='{url}'></iframe>"));
    let page = product_page()? + &beside.concat();
    cx.collector.page_at(PRODUCT, "/code", page, &[]);
    cx.collector.page_at(PRODUCT, "/console-link", "no JSON", &[]);
    open(cx).await?;
    // The product's backend fails, so the console goes on waiting.
    got(cx, if cx.engine == Engine::WebKit { "no-cookies" } else { "sign-in-wanted" }).await?;
    for frame in ["#own", "#evil"] {
        cx.browser.enter_top().await?;
        cx.browser.enter_frame(frame).await?;
        cx.browser.run("window.sent = 0", &[]).await?;
        cx.browser.wait_for("window.sent > 10", DEADLINE).await?;
    }
    // The link was not used.
    cx.browser.goto(&format!("{CONSOLE}/sign-in#{secret}")).await?;
    shown(cx, "#offer").await?;
    assert_eq!(cx.browser.text("#name").await?, "mallory@evil.example");
    Ok(())
}

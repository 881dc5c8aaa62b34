//! *Integrations* in the console: an endpoint is added, asked and tried, and nothing that it answers is more than text.

use std::sync::Arc;
use std::time::{Duration, Instant};

use c2c_harness::{
    ColorScheme, Context as _, Cx, DEADLINE, Engine, Result, Server, Tests, request,
};
use hyper::Method;
use serde_json::{Value, json};

use crate::access::{guarded, make_link, open, shown, sign_in};
use crate::hostile::assert_quiet;

pub(crate) const TESTS: Tests = &[
    ("the_whole_story", &the_whole_story),
    ("answers_and_names_are_text", &answers_and_names_are_text),
    ("a_keyboard_is_enough", &a_keyboard_is_enough),
    ("nothing_typed_is_lost", &nothing_typed_is_lost),
    ("roles_see_what_they_may", &roles_see_what_they_may),
    ("a_vendor_is_added_and_changed", &a_vendor_is_added_and_changed),
    ("each_step_is_accessible", &each_step_is_accessible),
];

/// An answer that tries to become markup.
pub(crate) const HOSTILE: &str = "<img src=x onerror=top.ran=1></pre><script>top.ran=1</script>";
/// The header by which a receiver agrees.
pub(crate) const AGREES: (&str, &str) = ("webhook-allowed-origin", "*");

/// A receiver at a path of the collector, which answers each request with this text.
pub(crate) fn receiver(cx: &Cx, path: &str, text: &str, headers: &[(&str, &str)]) -> String {
    cx.collector.page(path, text.to_owned(), headers);
    cx.collector.url_of("127.0.0.1", path)
}

pub(crate) async fn goto(cx: &Cx, server: &Server, page: &str) -> Result<()> {
    cx.browser.goto(&format!("{}/apps/demo/{page}", server.console)).await?;
    shown(cx, if page.starts_with("deliveries") { "#deliveries" } else { "#integrations" }).await
}

/// Waits until a part of the page has this text in it.
pub(crate) async fn says(cx: &Cx, css: &str, text: &str) -> Result<()> {
    let condition = format!("document.querySelector({css:?})?.textContent.includes({text:?})");
    cx.browser.wait_for(&condition, DEADLINE).await.map(drop)
}

/// Clicks in the middle of the window or dialog: `WebKit`'s driver does not scroll a dialog.
pub(crate) async fn press(cx: &Cx, css: &str) -> Result<()> {
    let scroll = "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center' })";
    cx.browser.run(scroll, &[json!(css)]).await?;
    cx.browser.click(css).await
}

pub(crate) async fn value(cx: &Cx, css: &str) -> Result<Value> {
    cx.browser.eval(&format!("document.querySelector({css:?}).value")).await
}

/// Replaces the text of a field as if it were typed.
async fn fill(cx: &Cx, css: &str, text: &str) -> Result<()> {
    let empty = "document.querySelector(arguments[0]).value = ''";
    cx.browser.run(empty, &[json!(css)]).await?;
    cx.browser.type_into(css, text).await
}

/// The app takes events as the catalogue has them.
pub(crate) async fn collect(server: &Server) -> Result<()> {
    let settings =
        json!({"mode": "refuse", "bodyDays": 30, "metaDays": 90, "searchKeys": ["orderId"]});
    put_collect(server, &settings, 0).await
}

async fn put_collect(server: &Server, settings: &Value, version: u32) -> Result<()> {
    let path = "/api/apps/demo/integrations/collect";
    let put = server.api_at(Method::PUT, path, Some(settings), Some(&json!(version))).await?;
    put.expect(200).map(drop)
}

pub(crate) const ENDPOINTS: &str = "/api/apps/demo/endpoints";

/// Adds an endpoint, which is asked if it is to agree. Gives its id.
pub(crate) async fn add(
    server: &Server,
    name: &str,
    url: &str,
    filter: &Value,
    asks: bool,
) -> Result<String> {
    let new = json!({"name": name, "url": url, "filter": filter});
    let made = server.api(Method::POST, ENDPOINTS, Some(&new)).await?.expect(201)?.json()?;
    let id = made["endpoint"]["id"].as_str().context("an id")?.to_owned();
    if asks {
        let path = format!("{ENDPOINTS}/{id}/agreement");
        let asked = server.api(Method::POST, &path, Some(&json!({}))).await?.expect(200)?.json()?;
        assert_eq!(asked["endpoint"]["state"], "active", "{asked}");
    }
    Ok(id)
}

/// Sends an event as the widget's page does, and gives its id.
pub(crate) async fn emit(server: &Server, last: u8) -> Result<String> {
    let id = format!("01956b4e-3c00-7000-8000-0000000000{last:02x}");
    let event = json!({
        "name": "custom:order_called",
        "data": {"note": HOSTILE, "context": {"orderId": "A-1"}},
        "timestamp": now(server).await?,
        "id": id,
        "seq": 1,
    });
    let batch = json!({"c2c": 1, "consent": "granted", "events": [event]});
    let headers = [
        ("origin", server.widget.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/json"),
    ];
    let url = format!("{}/e/demo", server.widget);
    let answer = request(Method::POST, &url, &headers, batch.to_string()).await?.expect(200)?;
    assert_eq!(answer.json()?["accepted"], 1, "{}", answer.text());
    Ok(id)
}

/// Waits until the only endpoint has got so many events.
pub(crate) async fn delivered(server: &Server, number: u64) -> Result<()> {
    let end = Instant::now() + DEADLINE;
    loop {
        let path = "/api/apps/demo/integrations";
        let all = server.api(Method::GET, path, None).await?.expect(200)?.json()?;
        let ended = &all["accounts"][0]["ended"];
        let counts = ended.as_array().into_iter().flatten();
        let mut delivered = counts.filter(|count| count["outcome"] == "delivered");
        if delivered.next().is_some_and(|count| count["number"] == number) {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(c2c_harness::Error::new(format!("not delivered: {all}")));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The time, by an entry that was just made.
async fn now(server: &Server) -> Result<Value> {
    let log = server.api(Method::GET, "/api/apps/demo/audit?limit=1", None).await?.json()?;
    Ok(log["entries"][0]["at"].clone())
}

async fn the_whole_story(cx: &Cx) -> Result<()> {
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    goto(cx, &server, "integrations").await?;
    shown(cx, "#collect-state").await?;
    press(cx, "#collect-form [value=refuse]").await?;
    press(cx, "#collect-form [type=submit]").await?;
    says(cx, "#collect-message", "Saved.").await?;
    let warned = "document.querySelector('#collect-state').checkVisibility()";
    assert_eq!(cx.browser.eval(warned).await?, false);

    // A wrong address is told at the field, and nothing typed is lost.
    let url = receiver(cx, "/hook", "not yet", &[]);
    press(cx, "#add-endpoint").await?;
    cx.browser.type_into("#endpoint-name", "CRM").await?;
    cx.browser.type_into("#endpoint-url", "https://crm").await?;
    press(cx, "#endpoint-form [value=some]").await?;
    press(cx, "#endpoint-known [value=call_ended]").await?;
    cx.browser.type_into("#endpoint-custom", "order_called").await?;
    press(cx, "#endpoint-submit").await?;
    shown(cx, "#endpoint-url-error").await?;
    let focused = cx.browser.eval("document.activeElement.id").await?;
    assert_eq!(focused, "endpoint-url");
    assert_eq!(value(cx, "#endpoint-name").await?, "CRM");
    assert_eq!(value(cx, "#endpoint-custom").await?, "order_called");
    fill(cx, "#endpoint-url", &url).await?;
    press(cx, "#endpoint-submit").await?;

    // The secret is shown once.
    shown(cx, "#endpoint-secret").await?;
    let secret = value(cx, "#endpoint-secret").await?;
    let secret = secret.as_str().context("a secret")?.to_owned();
    assert!(secret.starts_with("whsec_"), "{}", &secret[..6]);

    // Asked, it does not agree, and the reader learns what is missing; then it does.
    press(cx, "#endpoint-to-ask").await?;
    says(cx, "#endpoint-verdict", "It did not agree").await?;
    says(cx, "#endpoint-answers", "The answer has no header webhook-allowed-origin").await?;
    says(cx, "#endpoint-answers", "not yet").await?;
    shown(cx, "#endpoint-duties").await?;
    receiver(cx, "/hook", HOSTILE, &[AGREES]);
    press(cx, "#endpoint-ask").await?;
    says(cx, "#endpoint-verdict", "It agreed").await?;
    assert_eq!(value(cx, "#endpoint-secret").await?, "");

    // The test event, and its answer.
    press(cx, "#endpoint-try").await?;
    says(cx, "#endpoint-tried", "200").await?;
    says(cx, "#endpoint-tried", HOSTILE).await?;
    says(cx, "#endpoint-tried", "from 127.0.0.1").await?;
    let sent = cx.collector.requests();
    let test = sent.last().context("a request")?;
    assert_eq!(test.json()?["type"], "c2c.test");
    assert!(test.header("webhook-signature").is_some_and(|signature| signature.starts_with("v1,")));
    press(cx, "#endpoint-close").await?;
    says(cx, "#endpoints .state-badge", "Active").await?;
    says(cx, "#endpoints .about", "call_ended, custom:order_called").await?;

    // An event arrives, and the account has it.
    emit(&server, 1).await?;
    let is_it = |body: &Value| body["type"] == "custom.order_called";
    cx.collector.wait_for(1, DEADLINE, |one| one.json().is_ok_and(|body| is_it(&body))).await?;
    delivered(&server, 1).await?;
    press(cx, "#refresh-integrations").await?;
    says(cx, "#endpoints .equation", "1 accepted=1 delivered").await?;
    says(cx, "#heard", "1 heard=1 accepted").await?;

    // Nowhere in the page is the secret, now or later.
    cx.browser.reload().await?;
    shown(cx, "#endpoints .endpoint").await?;
    let page = "document.documentElement.outerHTML + [...document.querySelectorAll('input')].map((one) => one.value)";
    let page = cx.browser.eval(page).await?;
    assert!(page.as_str().is_some_and(|page| !page.contains(&secret)));
    assert_quiet(cx).await?;

    // It is paused, goes on, and is removed after a question.
    press(cx, "[data-action=pause]").await?;
    says(cx, "#endpoints .state-badge", "Paused").await?;
    let focused = "document.activeElement.dataset.action";
    assert_eq!(cx.browser.eval(focused).await?, "resume");
    press(cx, "[data-action=resume]").await?;
    says(cx, "#endpoints .state-badge", "Active").await?;
    press(cx, "[data-action=rotate]").await?;
    shown(cx, "#ask").await?;
    press(cx, "#ask-submit").await?;
    shown(cx, "#made").await?;
    let next = value(cx, "#made-secret").await?;
    assert!(next.as_str().is_some_and(|next| next.starts_with("whsec_") && *next != secret));
    press(cx, "#made .actions button").await?;
    press(cx, "[data-action=remove]").await?;
    shown(cx, "#ask").await?;
    press(cx, "#ask-submit").await?;
    shown(cx, "#no-endpoints").await?;
    shown(cx, "#removed").await
}

async fn answers_and_names_are_text(cx: &Cx) -> Result<()> {
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    let name = HOSTILE.to_owned();
    let evil = ("webhook-allowed-origin", "<script>top.ran=1</script>");
    let url = receiver(cx, "/hook", HOSTILE, &[evil]);
    // A filter cannot have such a text.
    let filter = [format!("custom:{HOSTILE}")];
    let hostile = json!({"name": name, "url": url, "filter": filter});
    server.api(Method::POST, ENDPOINTS, Some(&hostile)).await?.expect(400)?;
    add(&server, &name, &url, &json!(["custom:order_called"]), false).await?;
    goto(cx, &server, "integrations").await?;
    says(cx, "#endpoints h3", HOSTILE).await?;
    press(cx, "[data-action=ask]").await?;
    says(cx, "#endpoint-verdict", "It did not agree").await?;
    // The header and the text of the answers.
    says(cx, "#endpoint-answers", "<script>top.ran=1</script>").await?;
    says(cx, "#endpoint-answers pre", HOSTILE).await?;
    assert_quiet(cx).await?;
    // An owner skips the question, with a reason that is text, too.
    press(cx, "#endpoint-skip summary").await?;
    cx.browser.type_into("#skip-reason", HOSTILE).await?;
    press(cx, "#skip-form [type=submit]").await?;
    says(cx, "#endpoint-verdict", "The question was skipped").await?;
    press(cx, "#endpoint-try").await?;
    says(cx, "#endpoint-tried", HOSTILE).await?;
    press(cx, "#endpoint-close").await?;
    says(cx, "#endpoints .why-state", HOSTILE).await?;
    press(cx, "[data-action=change]").await?;
    assert_eq!(value(cx, "#endpoint-name").await?, HOSTILE);
    assert_quiet(cx).await?;
    cx.browser.goto(&format!("{}/apps/demo/history", server.console)).await?;
    says(cx, "#audit", HOSTILE).await?;
    assert_quiet(cx).await
}

async fn a_keyboard_is_enough(cx: &Cx) -> Result<()> {
    const TAB: &str = "\u{E004}";
    const ENTER: &str = "\u{E007}";
    const ESCAPE: &str = "\u{E00C}";
    const SPACE: &str = " ";
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    collect(&server).await?;
    let url = receiver(cx, "/hook", "thanks", &[AGREES]);
    goto(cx, &server, "integrations").await?;
    let at = "document.activeElement.id || document.activeElement.dataset.action || document.activeElement.tagName";
    let tab_to = async |wanted: &str| {
        for _ in 0..12 {
            if cx.browser.eval(at).await? == wanted {
                return Ok(());
            }
            cx.browser.type_keys(TAB).await?;
        }
        Err(c2c_harness::Error::new(format!("no way to {wanted}")))
    };
    cx.browser.run("document.querySelector('#refresh-integrations').focus()", &[]).await?;
    tab_to("add-endpoint").await?;
    cx.browser.type_keys(SPACE).await?;
    shown(cx, "#endpoint-form").await?;
    // The choice of a server has the focus, and Enter sends the form.
    cx.browser.type_keys(&format!("{TAB}CRM{TAB}{url}{ENTER}")).await?;
    shown(cx, "#endpoint-secret").await?;
    assert_eq!(cx.browser.eval(at).await?, "endpoint-secret");
    tab_to("endpoint-to-ask").await?;
    cx.browser.type_keys(SPACE).await?;
    says(cx, "#endpoint-verdict", "It agreed").await?;
    assert_eq!(cx.browser.eval(at).await?, "endpoint-try");
    cx.browser.type_keys(SPACE).await?;
    says(cx, "#endpoint-tried", "thanks").await?;
    cx.browser.type_keys(ESCAPE).await?;
    // The focus goes on at the new endpoint.
    let focused = format!("({at}) === 'test'");
    cx.browser.wait_for(&focused, DEADLINE).await?;
    cx.browser.type_keys(SPACE).await?;
    says(cx, "#endpoints .tried", "thanks").await?;
    assert_eq!(cx.browser.eval(at).await?, "test");
    Ok(())
}

async fn nothing_typed_is_lost(cx: &Cx) -> Result<()> {
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    goto(cx, &server, "integrations").await?;
    // Another person saves first.
    press(cx, "#collect-form [value=mark]").await?;
    fill(cx, "#collect-keys", "customerId orderId").await?;
    collect(&server).await?;
    press(cx, "#collect-form [type=submit]").await?;
    says(cx, "#collect-message", "changed elsewhere in the meantime (only as in the catalogue")
        .await?;
    assert_eq!(value(cx, "#collect-keys").await?, "customerId orderId");
    press(cx, "#collect-form [type=submit]").await?;
    says(cx, "#collect-message", "Saved.").await?;
    // A mistake is told at its field.
    fill(cx, "#collect-meta-days", "7").await?;
    press(cx, "#collect-form [type=submit]").await?;
    shown(cx, "#collect-meta-days-error").await?;

    // A dialog that was closed opens with what was typed.
    press(cx, "#add-endpoint").await?;
    cx.browser.type_into("#endpoint-name", "CRM").await?;
    press(cx, "#endpoint-cancel").await?;
    press(cx, "#add-endpoint").await?;
    assert_eq!(value(cx, "#endpoint-name").await?, "CRM");
    press(cx, "#endpoint-cancel").await?;

    // The same for an endpoint that two people change.
    let url = receiver(cx, "/hook", "thanks", &[AGREES]);
    let id = add(&server, "First", &url, &json!(["*"]), true).await?;
    goto(cx, &server, "integrations").await?;
    press(cx, "[data-action=change]").await?;
    fill(cx, "#endpoint-name", "Mine").await?;
    let path = format!("{ENDPOINTS}/{id}");
    let there = server.api(Method::GET, &path, None).await?.expect(200)?.json()?;
    let theirs =
        json!({"name": "Theirs", "format": "standard", "filter": ["call_ended"], "inFlightMax": 4});
    let put = server.api_at(Method::PUT, &path, Some(&theirs), Some(&there["version"])).await?;
    put.expect(200)?;
    press(cx, "#endpoint-submit").await?;
    says(cx, "#endpoint-message", "changed elsewhere in the meantime (name “Theirs”").await?;
    assert_eq!(value(cx, "#endpoint-name").await?, "Mine");
    press(cx, "#endpoint-submit").await?;
    says(cx, "#endpoints h3", "Mine").await
}

async fn roles_see_what_they_may(cx: &Cx) -> Result<()> {
    let (server, first) = guarded().await?;
    open(cx, &first).await?;
    sign_in(cx).await?;
    let back = make_link(cx, &server, "anna@shop.example", "owner", "").await?;
    let links = [
        make_link(cx, &server, "vera@shop.example", "viewer", "demo").await?,
        make_link(cx, &server, "paul@shop.example", "publisher", "demo").await?,
    ];
    let seen = "[...document.querySelectorAll('#add-endpoint, #to-deliveries, #collect-form [type=submit], #event-token-form, #forget-form')]
        .filter((one) => one.checkVisibility()).map((one) => one.id || one.textContent)";
    let expected = [json!([]), json!(["to-deliveries", "add-endpoint"])];
    for (link, expected) in links.iter().zip(expected) {
        open(cx, link).await?;
        sign_in(cx).await?;
        goto(cx, &server, "integrations").await?;
        assert_eq!(cx.browser.eval(seen).await?, expected);
        // How events are collected is to be seen, with the reason why it cannot be changed.
        let state = "[document.querySelector('#collect-form [value=off]').checked,
            document.querySelector('#collect-fields').disabled, document.querySelector('#collect-reason').checkVisibility()]";
        assert_eq!(cx.browser.eval(state).await?, json!([true, true, true]));
    }
    open(cx, &back).await?;
    sign_in(cx).await?;
    goto(cx, &server, "integrations").await?;
    let all = cx.browser.eval(seen).await?;
    let all = all.as_array().context("a list")?;
    assert_eq!(all.len(), 5, "{all:?}");
    Ok(())
}

/// Asserts that axe-core finds nothing in either color scheme.
async fn assert_accessible(cx: &Cx, step: &str) -> Result<()> {
    for scheme in [ColorScheme::Light, ColorScheme::Dark] {
        // The other engines cannot change theirs.
        if cx.engine == Engine::Chromium {
            cx.browser.set_color_scheme(scheme).await?;
        }
        cx.browser.wait_for("document.getAnimations().length === 0", DEADLINE).await?;
        let found = cx.browser.axe().await?;
        assert!(found.is_empty(), "{step}, {scheme:?}: {found:?}");
    }
    Ok(())
}

async fn a_vendor_is_added_and_changed(cx: &Cx) -> Result<()> {
    const SECRET: &str = "keepThisSecret0123";
    let server = Arc::new(Server::start_with_receivers(&cx.collector, &[]).await?);
    collect(&server).await?;
    goto(cx, &server, "integrations").await?;
    press(cx, "#add-endpoint").await?;
    press(cx, "#endpoint-kinds [value=ga4]").await?;
    cx.browser.type_into("#endpoint-name", "Google").await?;
    cx.browser.type_into("#endpoint-measurement", "G-ABC1234567").await?;
    cx.browser.type_into("#endpoint-api-secret", SECRET).await?;
    // A mapping that cannot be read is told at the field, as is one that Google would not take.
    press(cx, "#endpoint-mapping-more summary").await?;
    cx.browser.type_into("#endpoint-mapping", "{").await?;
    press(cx, "#endpoint-submit").await?;
    says(cx, "#endpoint-mapping-error", "This is no JSON").await?;
    assert_accessible(cx, "a vendor").await?;
    fill(cx, "#endpoint-mapping", "{\"events\": 1}").await?;
    press(cx, "#endpoint-submit").await?;
    cx.browser
        .wait_for(
            "!document.querySelector('#endpoint-mapping-error').textContent.includes('JSON')",
            DEADLINE,
        )
        .await?;
    assert_eq!(value(cx, "#endpoint-api-secret").await?, SECRET);
    fill(cx, "#endpoint-mapping", " ").await?;
    press(cx, "#endpoint-submit").await?;
    // It is active at once, with the default mapping.
    says(cx, "#endpoints .state-badge", "Active").await?;
    says(cx, "#endpoints .about", "Google Analytics 4, call_ended").await?;
    says(cx, "#endpoints .facts", "of visitors who agreed").await?;
    let page = "document.documentElement.outerHTML + [...document.querySelectorAll('input')].map((one) => one.value)";
    let kept = cx.browser.eval(page).await?;
    assert!(kept.as_str().is_some_and(|page| !page.contains(SECRET)));

    press(cx, "[data-action=consent]").await?;
    shown(cx, "#ask").await?;
    press(cx, "#ask-submit").await?;
    says(cx, "#endpoints .facts", "of visitors who agreed, or were not asked").await?;
    press(cx, "[data-action=change]").await?;
    let mapping = value(cx, "#endpoint-mapping").await?;
    assert!(mapping.as_str().is_some_and(|mapping| mapping.contains("call_ended")), "{mapping}");
    fill(cx, "#endpoint-name", "Analytics").await?;
    press(cx, "#endpoint-submit").await?;
    says(cx, "#endpoints h3", "Analytics").await?;
    assert_quiet(cx).await?;

    let app = server.app("demo");
    app.save_draft("<script>c2c.emit('order_called')</script>", "").await?;
    cx.browser.goto(&format!("{}/apps/demo", server.console)).await?;
    crate::timeline::row(cx, "custom:order_called", "would not go to GA4 (filter)").await
}

async fn each_step_is_accessible(cx: &Cx) -> Result<()> {
    let server = Server::start_with_receivers(&cx.collector, &[]).await?;
    goto(cx, &server, "integrations").await?;
    assert_accessible(cx, "nothing yet").await?;
    let url = receiver(cx, "/hook", HOSTILE, &[]);
    press(cx, "#add-endpoint").await?;
    press(cx, "#endpoint-form [value=some]").await?;
    press(cx, "#endpoint-more summary").await?;
    cx.browser.type_into("#endpoint-name", "CRM").await?;
    cx.browser.type_into("#endpoint-url", &url).await?;
    cx.browser.type_into("#endpoint-custom", "1").await?;
    press(cx, "#endpoint-submit").await?;
    shown(cx, "#endpoint-custom-error").await?;
    assert_accessible(cx, "an error at a field").await?;
    fill(cx, "#endpoint-custom", "order_called").await?;
    press(cx, "#endpoint-submit").await?;
    shown(cx, "#endpoint-secret").await?;
    assert_accessible(cx, "the key").await?;
    press(cx, "#endpoint-to-ask").await?;
    says(cx, "#endpoint-verdict", "It did not agree").await?;
    press(cx, "#endpoint-skip summary").await?;
    assert_accessible(cx, "no agreement").await?;
    cx.browser.type_into("#skip-reason", "It is ours").await?;
    press(cx, "#skip-form [type=submit]").await?;
    says(cx, "#endpoint-verdict", "The question was skipped").await?;
    press(cx, "#endpoint-try").await?;
    shown(cx, "#endpoint-tried .exchange").await?;
    assert_accessible(cx, "tried").await?;
    press(cx, "#endpoint-close").await?;
    shown(cx, "[data-action=test]").await?;
    press(cx, "[data-action=test]").await?;
    shown(cx, "#endpoints .exchange").await?;
    assert_accessible(cx, "a card").await
}

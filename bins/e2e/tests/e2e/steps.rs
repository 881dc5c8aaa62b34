//! A visitor's actions, and the parent page's view of them.

use c2c_catalogue::{Catalogue, Envelope, UnknownFields, Validator};
use c2c_harness::{Context as _, Cx, DEADLINE, Result};
use serde_json::{Value, json};

/// Headers as the collector takes them.
pub(crate) fn pairs<'h>(headers: &'h http::HeaderMap) -> Vec<(&'h str, &'h str)> {
    let pair = |(name, value): (&'h http::HeaderName, &'h http::HeaderValue)| {
        (name.as_str(), value.to_str().expect("visible ASCII"))
    };
    headers.iter().map(pair).collect()
}

/// Opens the parent page with an app's code and a context in its URL.
pub(crate) async fn open_parent(cx: &Cx, head: &str, body_end: &str, query: &str) -> Result<()> {
    let app = cx.app().await?;
    app.publish(head, body_end).await?;
    cx.browser.goto(&app.parent_url(query)).await
}

/// Makes the widget's page the current frame, from the parent page, and waits until it works: in
/// `WebKit` a page whose script sets its frame's URL has loaded before that frame has.
pub(crate) async fn enter_widget(cx: &Cx) -> Result<()> {
    cx.browser.enter_frame("#widget").await?;
    let works = "document.querySelector('#call') !== null && document.readyState === 'complete'";
    cx.browser.wait_for(works, DEADLINE).await?;
    Ok(())
}

/// Presses a button of the widget, from the parent page.
pub(crate) async fn press(cx: &Cx, css: &str) -> Result<()> {
    enter_widget(cx).await?;
    cx.browser.click(css).await?;
    cx.browser.enter_top().await
}

/// Makes the widget, which is the current frame and asks for a rating, report one that its
/// catalogue does not allow.
pub(crate) async fn rate_wrongly(cx: &Cx) -> Result<()> {
    let body = "const one = document.querySelector('[name=rating][value=\"1\"]');
        one.value = '7';
        one.checked = true;
        document.querySelector('#survey').requestSubmit();";
    cx.browser.run(body, &[]).await.map(drop)
}

/// Returns the first envelope under `name` that the parent page shows, validated against the
/// catalogue.
pub(crate) async fn heard(cx: &Cx, name: &str) -> Result<Envelope> {
    let condition =
        format!("document.querySelector('#events li[data-name=\"{name}\"] pre').textContent");
    let text = cx.browser.wait_for(&condition, DEADLINE).await?;
    let text = text.as_str().unwrap_or_default();
    let validator = Validator::new(Catalogue::reference(), UnknownFields::Reject);
    let read = validator.read_envelope(text);
    read.map_err(|error| c2c_harness::Error::new(format!("{error} in {text}")))
}

/// Returns the names of all envelopes that the parent page shows, the oldest first.
pub(crate) async fn all_heard(cx: &Cx) -> Result<Vec<String>> {
    let items = "[...document.querySelectorAll('#events li')].map((li) => li.dataset.name)";
    let names: Value = cx.browser.eval(items).await?;
    let names = names.as_array().context("a list")?.iter().rev();
    Ok(names.filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

/// Returns a function `say(value)` for custom code.
pub(crate) fn say(cx: &Cx) -> String {
    let hit = cx.collector.hit_url("said");
    format!(
        "const say = (value) => {{ fetch('{hit}', {{ method: 'POST', body: JSON.stringify(value) }}); }};"
    )
}

/// Returns the first report of `say`.
pub(crate) async fn said(cx: &Cx) -> Result<Value> {
    cx.collector.hit("said", DEADLINE).await?.json()
}

/// Mounts the app's code once more in the widget page on top, with the host script's own API; the
/// bridge is `window.bridge` there.
pub(crate) async fn mount(cx: &Cx, options: &str) -> Result<()> {
    let app = cx.app().await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let events = Catalogue::reference().events().iter();
    let events = json!(events.map(|event| event.name.to_string()).collect::<Vec<_>>());
    let script = format!(
        "const [src] = arguments;
         return Promise.all(['/host.js', '/diagnostics.js', '/jar.js'].map((url) => import(url)))
           .then(([{{ mount }}, {{ diagnosticsTo }}, {{ keptJar }}]) => {{ window.bridge = mount({{ events: {events}, src, {options} }}); }});"
    );
    cx.browser.run(&script, &[json!(app.sandbox_url())]).await?;
    Ok(())
}

/// Chooses how long the data that the app's code stores is kept.
pub(crate) async fn choose_jar(cx: &Cx, jar: &str) -> Result<()> {
    cx.app().await?.configure(&[], jar).await
}

/// Serves a page of the collector that may embed the widget, with the widget in `#widget`, and with
/// `script`, in which `HIT` is the URL for reports.
pub(crate) async fn widget_page_in(cx: &Cx, more: &str, script: &str) -> Result<String> {
    let app = cx.app().await?;
    app.configure(&[&cx.collector.origin()], "visit").await?;
    let script = script.replace("HIT", &cx.collector.hit_url("report"));
    let page = format!(
        "<script>{script}</script><iframe id=widget src='{}'></iframe>{more}",
        app.widget_url("")
    );
    Ok(cx.collector.page("/parent", page, &[]))
}

/// A test's own sandbox document, with another shim or another hold time than the server's
/// documents, in the test's own widget page.
pub(crate) struct Stage<'a> {
    /// The text of the shim.
    pub(crate) shim: &'a str,
    /// How long events wait for the document, in milliseconds.
    pub(crate) hold_ms: usize,
    /// The customer's snippets.
    pub(crate) head: &'a str,
    pub(crate) body_end: &'a str,
    /// The widget page's actions, in a module: it has `src`, the document's URL, `tell(value)`,
    /// `mount`, `diagnosticsTo`, `keptJar` and `collectTo`.
    pub(crate) widget: &'a str,
}

impl Stage<'_> {
    /// Opens the widget page. Its frame begins when it has loaded, so a document that never finishes
    /// loading holds up the next command, and not this one.
    pub(crate) async fn open(&self, cx: &Cx) -> Result<()> {
        cx.browser.goto(&self.widget_url(cx).await?).await
    }

    /// Serves both pages, and returns the widget page's URL.
    pub(crate) async fn widget_url(&self, cx: &Cx) -> Result<String> {
        let &Self { shim, hold_ms, head, body_end, widget } = self;
        let [sandbox, host] = ["sandbox.localhost", "widget.localhost"];
        let origin = cx.collector.origin_of(host);
        let document = format!(
            "<!doctype html><html><head><script data-app=demo data-widget-origins='{origin}' data-hold-ms={hold_ms}>{shim}</script>\
             {head}</head><body>{body_end}</body></html>"
        );
        cx.collector.page("/document", document, &[]);
        let src = cx.collector.url_of(sandbox, "/document");
        let server = &cx.server().await?.widget;
        let hit = cx.collector.hit_url("told");
        let page = format!(
            "<!doctype html><body><script type=module>
               import {{ mount }} from '{server}/host.js';
               import {{ diagnosticsTo }} from '{server}/diagnostics.js';
               import {{ keptJar }} from '{server}/jar.js';
               import {{ collectTo }} from '{server}/collect.js';
               const src = '{src}';
               const tell = ((fetch, stringify) => (value) => {{
                 fetch('{hit}', {{ __proto__: null, method: 'POST', body: stringify(value) }});
               }})(fetch.bind(window), JSON.stringify);
               {widget}
             </script>"
        );
        cx.collector.page("/widget", page, &[]);
        Ok(cx.collector.url_of(host, "/widget"))
    }
}

/// Returns the first report of a [`Stage`]'s widget page.
pub(crate) async fn told(cx: &Cx) -> Result<Value> {
    cx.collector.hit("told", DEADLINE).await?.json()
}

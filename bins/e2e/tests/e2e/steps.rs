//! What a visitor does, and what the parent page shows of it.

use c2c_catalogue::Envelope;
use c2c_e2e::{Context as _, Cx, DEADLINE, Result};
use hyper::Method;
use serde_json::{Value, json};

/// Opens the parent page with an app's code and a context in its URL.
pub(crate) async fn open_parent(cx: &Cx, head: &str, body_end: &str, query: &str) -> Result<()> {
    let app = cx.app().await?;
    app.save(head, body_end).await?;
    cx.browser.goto(&app.parent_url(query)).await
}

/// Makes the widget's page the current frame, from the parent page, and waits until it works: in
/// `WebKit` a page that sets its frame's address by a script has loaded before that frame has.
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

/// Makes the widget, which is the current frame and asks for a rating, report one that its catalogue
/// does not know.
pub(crate) async fn rate_wrongly(cx: &Cx) -> Result<()> {
    let body = "const one = document.querySelector('[name=rating][value=\"1\"]');
        one.value = '7';
        one.checked = true;
        document.querySelector('#survey').requestSubmit();";
    cx.browser.run(body, &[]).await.map(drop)
}

/// The first envelope under `name` that the parent page shows, read by the catalogue.
pub(crate) async fn heard(cx: &Cx, name: &str) -> Result<Envelope> {
    let condition =
        format!("document.querySelector('#events li[data-name=\"{name}\"] pre').textContent");
    let text = cx.browser.wait_for(&condition, DEADLINE).await?;
    let text = text.as_str().unwrap_or_default();
    text.parse().map_err(|error| c2c_e2e::Error::new(format!("{error} in {text}")))
}

/// The names of all envelopes that the parent page shows, the oldest first.
pub(crate) async fn all_heard(cx: &Cx) -> Result<Vec<String>> {
    let items = "[...document.querySelectorAll('#events li')].map((li) => li.dataset.name)";
    let names: Value = cx.browser.eval(items).await?;
    let names = names.as_array().context("a list")?.iter().rev();
    Ok(names.filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

/// A function `say(value)` for custom code.
pub(crate) fn say(cx: &Cx) -> String {
    let hit = cx.collector.hit_url("said");
    format!(
        "const say = (value) => {{ fetch('{hit}', {{ method: 'POST', body: JSON.stringify(value) }}); }};"
    )
}

/// What `say` reported first.
pub(crate) async fn said(cx: &Cx) -> Result<Value> {
    cx.collector.hit("said", DEADLINE).await?.json()
}

/// Mounts the app's code once more in the widget page on top, by the host script's own API; the
/// bridge is `window.bridge` there.
pub(crate) async fn mount(cx: &Cx, options: &str) -> Result<()> {
    let app = cx.app().await?;
    cx.browser.goto(&app.widget_url("")).await?;
    let script = format!(
        "const [src] = arguments;
         return Promise.all(['/host.js', '/diagnostics.js', '/jar.js'].map((url) => import(url)))
           .then(([{{ mount }}, {{ diagnosticsTo }}, {{ keptJar }}]) => {{ window.bridge = mount({{ src, {options} }}); }});"
    );
    cx.browser.run(&script, &[json!(app.sandbox_url())]).await?;
    Ok(())
}

/// Chooses what becomes of what the app's code stores.
pub(crate) async fn choose_jar(cx: &Cx, jar: &str) -> Result<()> {
    let app = cx.app().await?;
    let settings = json!({"name": "test", "parentOrigins": [], "jar": jar});
    let path = format!("/api/apps/{}", app.id);
    cx.server().await?.api(Method::PUT, &path, Some(&settings)).await?.expect(200)?;
    Ok(())
}

/// A page of the collector, which may embed the widget, with the widget in `#widget`, and `script`,
/// in which `HIT` is where reports go.
pub(crate) async fn widget_page_in(cx: &Cx, more: &str, script: &str) -> Result<String> {
    let app = cx.app().await?;
    let settings =
        json!({"name": "test", "parentOrigins": [cx.collector.origin()], "jar": "visit"});
    let path = format!("/api/apps/{}", app.id);
    cx.server().await?.api(Method::PUT, &path, Some(&settings)).await?.expect(200)?;
    let script = script.replace("HIT", &cx.collector.hit_url("report"));
    let page = format!(
        "<script>{script}</script><iframe id=widget src='{}'></iframe>{more}",
        app.widget_url("")
    );
    Ok(cx.collector.page("/parent", page, &[]))
}

/// A sandbox document of a test's own, with another shim or other waiting than the server's have, in
/// a widget page of the test's own.
pub(crate) struct Stage<'a> {
    /// The text of the shim.
    pub(crate) shim: &'a str,
    /// How long events wait for the document, in milliseconds.
    pub(crate) hold_ms: usize,
    /// What a customer pasted.
    pub(crate) head: &'a str,
    pub(crate) body_end: &'a str,
    /// What the widget page does, in a module: it has `src`, the document's address, `tell(value)`, `mount`, `diagnosticsTo` and `keptJar`.
    pub(crate) widget: &'a str,
}

impl Stage<'_> {
    /// Opens the widget page. Its frame begins when it has loaded, so a document that never finishes
    /// loading holds up the next command, and not this one.
    pub(crate) async fn open(&self, cx: &Cx) -> Result<()> {
        cx.browser.goto(&self.widget_url(cx).await?).await
    }

    /// Serves both pages, and gives the widget page's address.
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

/// What the widget page of a [`Stage`] told first.
pub(crate) async fn told(cx: &Cx) -> Result<Value> {
    cx.collector.hit("told", DEADLINE).await?.json()
}

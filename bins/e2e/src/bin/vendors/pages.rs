//! The pages of a run: an article with a link, the shop's page behind the link, and a page to leave
//! for.

use c2c_harness::Collector;
use serde_json::{Value, json};

/// The host of the page that the visitor comes from.
const ARTICLE_HOST: &str = "news.localhost";
const ARTICLE: &str = "/article?id=7";
/// The host of the page that has the snippet, or the widget.
pub(crate) const SHOP_HOST: &str = "shop.localhost";
/// The part of its query that custom code may know, and the part that it may not.
const SHOP: &str = "/pricing?utm_source=newsletter&gclid=test-click";
const SECRET: &str = "&secret=s3cr3t";
const TITLE: &str = "Pricing – Shop";
/// The widget's context, as written in a query.
const CONTEXT: (&str, &str) = ("orderId", "A-1");

/// The control's `window.c2c`.
const CONTROL: &str = include_str!("control.js");

/// Higher than any window, so that the visitor sees only a part of it.
const TALL: &str = "style='height: 4000px'";

/// Serves the first page of a visit: its link, `#go`, leads to the shop's page and sends the full
/// referrer.
pub(crate) fn article(collector: &Collector) -> String {
    let shop = shop_url(collector) + SECRET;
    let shop = shop.replace('&', "&amp;");
    let page = format!(
        "<!DOCTYPE html><meta name='referrer' content='unsafe-url'><title>Article</title>
         <a id='go' href='{shop}'>Pricing</a>"
    );
    collector.page("/article", page, &[]);
    collector.url_of(ARTICLE_HOST, ARTICLE)
}

/// Serves the last page of a visit.
pub(crate) fn away(collector: &Collector) -> String {
    collector.page("/away", "<!DOCTYPE html><title>Away</title><p>Away</p>", &[]);
    collector.url_of(ARTICLE_HOST, "/away")
}

/// Puts the snippet into the shop's page itself.
pub(crate) fn serve_control(collector: &Collector, head: &str, body_end: &str) {
    let (name, value) = CONTEXT;
    let referrer = collector.url_of(ARTICLE_HOST, ARTICLE);
    let page = json!({
        "url": shop_url(collector),
        "title": TITLE,
        "referrer": referrer.split('?').next(),
    });
    let context = json!({ name: value });
    serve(
        collector,
        &format!(
            "<script>{CONTROL}\nstandIn({}, {});</script>\n{head}",
            script(&page),
            script(&context)
        ),
        body_end,
    );
}

/// Puts the widget into the shop's page.
pub(crate) fn serve_widget(collector: &Collector, listen: &str, origin: &str, url: &str) {
    let (name, value) = CONTEXT;
    let (listen, origin) = (json!(listen), json!(origin));
    let url = json!(format!("{url}?{name}={value}"));
    serve(
        collector,
        "",
        &format!(
            "<iframe id='widget' width='420' height='520'></iframe>
             <script type='module'>
               import {{ listen }} from {listen};
               const frame = document.querySelector('#widget');
               listen({{ frame, widgetOrigin: {origin}, onEvent() {{}}, page: true }});
               frame.src = {url};
             </script>"
        ),
    );
}

fn serve(collector: &Collector, head: &str, body_end: &str) {
    let page = format!(
        "<!DOCTYPE html>
<html lang='en'>
<head>
<meta charset='utf-8'>
<title>{TITLE}</title>
<link rel='icon' href='data:,'>
{head}
</head>
<body {TALL}>
<h1>Pricing</h1>
{body_end}
</body>
</html>"
    );
    collector.page("/pricing", page, &[]);
}

/// Returns the URL of the shop's page, as custom code may know it.
fn shop_url(collector: &Collector) -> String {
    collector.url_of(SHOP_HOST, SHOP)
}

/// Formats a value for an inline script.
fn script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

//! The facade as providers embed it: its examples in servers of other makes, and the README's.

use std::error::Error;

use c2c::{Catalogue, Sandbox, Scripts, Snippets};
use c2c_harness::{Cx, DEADLINE, Embedded, Result, Tests};
use serde_json::{Value, json};
use url::Url;

pub(crate) const TESTS: Tests = &[
    ("in_hyper", &in_hyper),
    ("in_axum", &in_axum),
    ("in_actix_web", &in_actix_web),
    ("the_readme", &the_readme),
];

/// A widget page: it mounts `document` by the host script at `host`, ends a call, and posts the answer to
/// `hit`.
fn widget(host: &str, document: &str, hit: &str) -> String {
    format!(
        "<!doctype html><body><script type=module>
           import {{ mount }} from '{host}';
           const bridge = mount({{
             src: '{document}', app: 'demo', events: ['call_ended'],
             onState({{ status }}) {{
               if (status === 'ready') bridge.emit('call_ended', {{ seconds: 31 }});
             }},
             onCustomEvent: ({{ name, data }}) => fetch('{hit}', {{
               method: 'POST', body: JSON.stringify([name, data.by, data.seconds]),
             }}),
           }});
         </script>"
    )
}

async fn in_hyper(cx: &Cx) -> Result<()> {
    embedded(cx, "hyper").await
}

async fn in_axum(cx: &Cx) -> Result<()> {
    embedded(cx, "axum").await
}

async fn in_actix_web(cx: &Cx) -> Result<()> {
    embedded(cx, "actix_web").await
}

async fn embedded(cx: &Cx, name: &str) -> Result<()> {
    let server = Embedded::start(name, &cx.collector.origin_of("widget.localhost")).await?;
    let scripts = Scripts::new();
    let host = Url::parse(&server.document)?.join(scripts.path("host.js").expect("a script"))?;
    let hit = cx.collector.hit_url("heard");
    cx.collector.page("/widget", widget(host.as_str(), &server.document, &hit), &[]);
    cx.browser.goto(&cx.collector.url_of("widget.localhost", "/widget")).await?;
    let heard: Value = cx.collector.hit("heard", DEADLINE).await?.json()?;
    assert_eq!(heard, json!(["custom:heard", name, 31]));
    // As a page of its own the document has no content.
    cx.browser.goto(&server.document).await?;
    let text = cx.browser.eval("document.body.textContent").await?;
    assert!(text.as_str().is_some_and(|text| text.contains("inside the widget only")), "{text}");
    Ok(())
}

type Answer = std::result::Result<http::Response<bytes::Bytes>, Box<dyn Error>>;

/// The README's example, line by line (`the_readme` compares them).
#[expect(clippy::needless_pass_by_value, clippy::print_stdout, reason = "as the README has it")]
#[rustfmt::skip]
fn readme(pasted: &'static str, request: http::Request<()>) -> Answer {
    let sandbox = Sandbox::builder("demo".parse()?)
        .catalogue(Catalogue::reference()) // or your own: the check then knows your events' names
        .widget("https://widget.example".parse()?)
        .ancestor("https://*.shop.example".parse()?)
        .build()?;
    let compiled = sandbox.compile(Snippets::head(pasted))?; // or a list of what is wrong, with line, column and fix
    for warning in compiled.warnings() {
        println!("line {}: {}", warning.line, warning.message);
    }
    let response: http::Response<bytes::Bytes> = compiled.page().respond(&request); // in hyper, axum and actix-web alike
    Ok(response)
}

/// The lines of the README's example, but for its `use` and its hidden lines.
fn lines_of_the_readme() -> Vec<&'static str> {
    let text = include_str!("../../../../README.md");
    let block = text.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
    let lines = block.expect("an example").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with(['#', 'u'])).collect()
}

/// Exactly this deploys the document, below a page of the shop: nothing is added to its responses.
async fn the_readme(cx: &Cx) -> Result<()> {
    let source: Vec<_> = include_str!("embedded.rs").lines().map(str::trim).collect();
    let lines = lines_of_the_readme();
    assert!(
        lines.len() >= 10 && source.windows(lines.len()).any(|window| window == lines),
        "{lines:#?}"
    );

    let pasted = "<script>c2c.on('call_ended', (e) => c2c.emit('heard', { by: c2c.appId, seconds: e.seconds }))</script>";
    let document = cx.collector.answer_at("sandbox.example", "/s/demo", move |request| {
        readme(pasted, request.clone()).expect("the README's example")
    });
    let scripts = Scripts::new();
    let path = scripts.path("host.js").expect("a script").to_owned();
    let address = path.clone();
    let host = cx.collector.answer_at("sandbox.example", &address, move |request| {
        let asked = http::Request::get(&path).body(()).expect("a request");
        let (mut inner, ()) = asked.into_parts();
        inner.headers = request.headers().clone();
        scripts.respond(&http::Request::from_parts(inner, ())).expect("a script")
    });
    cx.collector.stand_in("collector.example", "/heard", "");
    let page = widget(&host, &document, "https://collector.example/heard");
    let widget = cx.collector.page_at("widget.example", "/w/demo", page, &[]);
    let shop = format!("<!doctype html><iframe src='{widget}'></iframe>");
    cx.browser.goto(&cx.collector.page_at("www.shop.example", "/", shop, &[])).await?;
    let heard = cx.collector.wait_for(1, DEADLINE, |request| request.path == "/heard").await?;
    assert_eq!(heard[0].json()?, json!(["custom:heard", "demo", 31]));
    Ok(())
}

//! The checker against real browsers: a type that it calls dead is dead, and code that its fixes have
//! repaired runs.

use std::fmt::Write as _;
use std::path::Path;

use c2c_bridge::{Diagnostics, HOST_MODULES, Shim, shim_attributes};
use c2c_catalogue::Catalogue;
use c2c_harness::{Context as _, Cx, DEADLINE, Engine, Result, Tests};
use c2c_injector::{Diagnostic, EventSignature, Limits, ScriptAttributes, Snippets, Template};
use c2c_names::{AppId, BridgeLimits};
use c2c_policy::DocumentPolicy;
use serde_json::{Value, json};

use crate::steps::pairs;

pub(crate) const TESTS: Tests = &[
    ("script_types", &script_types),
    ("repaired_code_runs", &repaired_code_runs),
    ("damaged_code_does_not_run", &damaged_code_does_not_run),
];

/// The attributes of a script, and the engines in which a browser runs it.
const TYPES: &[(&str, &[Engine])] = &[
    ("", &Engine::ALL),
    ("type", &Engine::ALL),
    ("type=''", &Engine::ALL),
    ("type='text/javascript'", &Engine::ALL),
    ("type=' TEXT/JavaScript\n'", &Engine::ALL),
    ("type='application/javascript'", &Engine::ALL),
    ("type='application/x-javascript'", &Engine::ALL),
    ("type='text/ecmascript'", &Engine::ALL),
    ("type='text/jscript'", &Engine::ALL),
    ("type='text/livescript'", &Engine::ALL),
    ("type='text/javascript1.5'", &Engine::ALL),
    ("type='text/javascript1.6'", &[]),
    ("type='text/javascript; charset=utf-8'", &[]),
    ("type='text/javascript;'", &[]),
    ("type='javascript'", &[]),
    ("type='text/javscript'", &[]),
    ("type='text/java-script'", &[]),
    ("type='js'", &[]),
    ("type=' '", &[]),
    ("type='text/plain'", &[]),
    ("type='text/plain' data-cookiecategory='analytics'", &[]),
    ("type='text/partytown'", &[]),
    ("type='text/babel'", &[]),
    ("type='text/vbscript'", &[]),
    ("type='module'", &Engine::ALL),
    ("type='Module'", &Engine::ALL),
    ("type='modules'", &[]),
    ("nomodule", &[]),
    ("nomodule type='text/javascript'", &[]),
    ("nomodule type='module'", &Engine::ALL),
    ("language='javascript'", &Engine::ALL),
    ("language='JavaScript1.2'", &Engine::ALL),
    ("language='javascript1.8'", &[]),
    ("language='vbscript'", &[]),
    ("language='vbscript' type=''", &Engine::ALL),
    ("language='vbscript' type='text/javascript'", &Engine::ALL),
];

/// A browser runs exactly the scripts of which the checker says nothing.
async fn script_types(cx: &Cx) -> Result<()> {
    let mut scripts = String::new();
    for (index, (attributes, _)) in TYPES.iter().enumerate() {
        writeln!(scripts, "<script {attributes}>ran.push({index})</script>")?;
    }
    let page = format!(
        "<!doctype html><script>window.ran = []</script>{scripts}\
         <script type=module>window.all = true</script>"
    );
    cx.browser.goto(&cx.collector.page("/types", page, &[])).await?;
    cx.browser.wait_for("window.all", DEADLINE).await?;
    let ran: Vec<usize> = serde_json::from_value(cx.browser.eval("window.ran").await?)?;
    let engine = cx.browser.engine();
    for (index, (attributes, engines)) in TYPES.iter().enumerate() {
        assert_eq!(ran.contains(&index), engines.contains(&engine), "{attributes:?} runs");
        let found = check(&format!("<script {attributes}>track()</script>"));
        let is_dead = found.iter().any(|found| found.code.as_str() == "ignored-script");
        assert_eq!(is_dead, engines.len() < Engine::ALL.len(), "{attributes:?}: {found:?}");
    }
    Ok(())
}

fn template() -> Template {
    let events = Catalogue::reference().events().iter().map(|event| {
        let fields = event.fields.iter().map(|field| field.name.as_str());
        EventSignature::new(event.name.clone()).with_fields(fields)
    });
    let shim = Shim { jar: true, diagnostics: Diagnostics::Errors }.text();
    Template::reference(shim).expect("the shim fits").with_events(events)
}

fn check(head: &str) -> Vec<Diagnostic> {
    match template().check(Snippets::head(head.to_owned()), &Limits::default()) {
        Ok(checked) => checked.diagnostics().to_vec(),
        Err(refused) => refused.diagnostics().to_vec(),
    }
}

/// Applies the first fix that is offered, again and again.
fn repaired(head: &str) -> String {
    let mut head = head.to_owned();
    for _ in 0..50 {
        let found = check(&head);
        let Some(fix) = found.iter().find_map(|found| found.fix.clone()) else { break };
        head.replace_range(fix.span, &fix.replacement);
    }
    head
}

/// Pastes that call `track` at an event, once they are repaired.
const PASTES: &[&str] = &[
    "<script>\n  c2c.on(‘call_ended’, (e) => track(“ended”, e.durations))\n</script>",
    "&lt;script&gt;\n  c2c.on('call_ended', () =&gt; track('ended'))\n&lt;/script&gt;",
    "\"<script>\\n  c2c.on(\\\"call_ended\\\", () => track(\\\"ended\\\"))\\n</script>\"",
    "```js\nc2c.subscribe('call_end', () => track('ended'))\n```",
    "!function (w) {\n  w.c2c.on('call_ended', () => w.track('ended'))\n}(window)",
    "<script async src=\"https://tags.example/t.js\"/>\n<script>\n  c2c.on('call_ended', () => track('ended'))\n</script>",
    "<script async src=\"https://tags.example/t.js\">\n  c2c.on('call_ended', () => track('ended'))\n</script>",
    "<script>\n  const s = '<script>x()</script>';\n  c2c.on('call_ended', () => track('ended'))\n</script>",
    "<script>\u{200B}\n  c2c.on('call_ended', () => track('ended'))<br>\n</script>",
    "<script type=\"javascript\">c2c.on('call_ended', () => track('ended'))</script>",
    "< script>c2c.on('call_ended', () => track('ended'))< /script>",
    "<script>\n  c2c.on('call_ended', () => track('ended'))\n</script",
    "<Script id=\"x\">\n  {`\n  c2c.on('call_ended', () => track('ended'))\n  `}\n</Script>",
    "<script async src=\"https://tags.example/t.js></script>\n<script>c2c.on(\"call_ended\", () => track(\"ended\"))</script>",
];

/// The pastes above, and those of `shared/cases` that call `track` once they are repaired.
fn pastes() -> Result<Vec<String>> {
    let mut pastes: Vec<_> = PASTES.iter().map(|&paste| paste.to_owned()).collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/checker.json");
    if file.is_file() {
        let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        let heads = cases.iter().filter_map(|case| case["head"].as_str());
        let is_repaired = |head: &&str| head.contains("track(") && repaired(head) != *head;
        pastes.extend(heads.filter(is_repaired).map(str::to_owned));
    }
    Ok(pastes)
}

/// Runs pasted code in the sandbox, and tells it that a call has ended. It calls `track` or, at the
/// end, `done`: the collector gets both.
async fn run(cx: &Cx, number: usize, head: &str) -> Result<Vec<Value>> {
    let widget = cx.collector.origin_of("widget.localhost");
    let app: AppId = "checker".parse()?;
    let hit = format!("said-{number}");
    let said = cx.collector.hit_url(&hit);
    let body_end = format!(
        "<script>
           const said = [];
           window.track = (...values) => said.push(values);
           addEventListener('error', ({{ message }}) => said.push('error: ' + message));
           c2c.on('widget_loaded', () => fetch('{said}', {{ method: 'POST', body: JSON.stringify(said) }}));
           c2c.emit('ready');
         </script>"
    );
    let snippets = Snippets { head: head.to_owned().into(), body_end: body_end.into() };
    let checked = template().check(snippets, &Limits::default())?;
    let mut attributes = ScriptAttributes::new();
    for (name, value) in shim_attributes(&app, &[widget.parse()?], &BridgeLimits::default()) {
        attributes = attributes.with(name, &value)?;
    }
    let document: Vec<u8> = checked.compile(&attributes).chunks().concat();
    let policy = DocumentPolicy::strict(&[widget.parse()?]);
    let path = format!("/s/{number}");
    cx.collector.page(&path, document, &pairs(policy.headers()));
    let src = cx.collector.url_of("sandbox.localhost", &path);
    let names: Vec<_> = Catalogue::reference().events().iter().map(|event| &event.name).collect();
    let page = format!(
        "<!doctype html><body><script type=module>
           import {{ mount }} from './host.js';
           const bridge = mount({{
             src: '{src}',
             events: {names},
             onCustomEvent: () => {{
               bridge.emit('call_ended', {{ duration: 42, reason: 'user_hangup' }});
               bridge.emit('widget_loaded', {{ isPreview: false }});
             }},
           }});
         </script>",
        names = json!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>()),
    );
    let path = format!("/widget-{number}");
    cx.collector.page(&path, page, &[]);
    cx.browser.goto(&cx.collector.url_of("widget.localhost", &path)).await?;
    let said: Value = cx.collector.hit(&hit, DEADLINE).await?.json()?;
    Ok(said.as_array().context("a list")?.clone())
}

fn serve_host(cx: &Cx) {
    cx.collector.answer_all_hosts();
    for module in HOST_MODULES {
        let javascript = [("content-type", "text/javascript")];
        cx.collector.page(&format!("/{}", module.path), module.text, &javascript);
    }
}

async fn repaired_code_runs(cx: &Cx) -> Result<()> {
    serve_host(cx);
    for (number, paste) in pastes()?.iter().enumerate() {
        let repaired = repaired(paste);
        let said = run(cx, number, &repaired).await?;
        let tracked = said.iter().filter(|said| said.is_array()).count();
        assert!(tracked > 0, "{paste}\nbecame\n{repaired}\nwhich said {said:?}");
    }
    Ok(())
}

/// The control: as they were pasted, none of them does anything, so each needs its finding.
async fn damaged_code_does_not_run(cx: &Cx) -> Result<()> {
    serve_host(cx);
    for (number, paste) in pastes()?.iter().enumerate() {
        assert!(!check(paste).is_empty(), "{paste}");
        let snippets = Snippets::head(paste.clone());
        // Errors: it is not published at all.
        if template().check(snippets, &Limits::default()).is_err() {
            continue;
        }
        let said = run(cx, number, paste).await?;
        let kept = said.iter().filter(|said| said.is_array()).count();
        let all = repaired(paste).matches("track(").count();
        assert!(kept < all, "{paste}\nsaid {said:?}");
    }
    Ok(())
}

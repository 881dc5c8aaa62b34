//! Pastes that cannot work: each is named at its line, and no fix makes any of them worse.
//!
//! Those of `shared/cases`, beside the workspace, are read from there.

use std::path::Path;

use c2c_injector::{Diagnostic, EventSignature, Limits, Severity, Snippets, Template};
use markup5ever_rcdom::{Handle, NodeData};
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use proptest::prelude::{ProptestConfig, Strategy, prop, proptest};
use serde_json::Value;

use crate::grammar::markup;
use crate::judge;

/// The findings for each of the shared cases: the line, the code, and words of the message.
const SHARED: &[(&str, &[Finding])] = &[
    (
        "A01",
        &[
            (1, "typographic-character", "an address would begin with one"),
            (5, "typographic-character", "syntax error: typographic quotes"),
        ],
    ),
    ("A02", &[(1, "escaped-html", "the HTML was escaped")]),
    ("A03", &[(1, "escaped-quotes", "copied out of a string")]),
    ("A04", &[(1, "jsx", "JSX, not HTML"), (3, "jsx", "one text, which nothing runs")]),
    ("A05", &[(1, "ignored-script", "a consent tool"), (2, "ignored-script", "a consent tool")]),
    ("A05b", &[(1, "ignored-script", "`text/partytown` never runs")]),
    ("A09", &[(2, "placeholder", "an unfilled placeholder, `<?php")]),
    (
        "A09b",
        &[
            (1, "placeholder", "becomes visible text"),
            (4, "placeholder", "where JavaScript is expected"),
            (7, "placeholder", "becomes visible text"),
        ],
    ),
    ("A09c", &[(1, "placeholder", "{{ site.analytics_id }}"), (6, "placeholder", "{{ site.")]),
    (
        "A11",
        &[
            (1, "script-as-text", "JavaScript without `<script>`"),
            (1, "foreign-api", "here it is `c2c.on`"),
        ],
    ),
    ("A11b", &[(1, "script-as-text", "JavaScript without `<script>`")]),
    ("A12", &[(1, "bare-id", "alone does nothing")]),
    ("A13", &[(1, "swallowed-script", "`/>` does not close a script")]),
    ("A14", &[(2, "code-beside-source", "never runs")]),
    ("A15", &[(2, "early-script-end", "the `</script>` in this text ended the script here")]),
    // The file says line 2. The character is at the end of line 1, where browsers report it too.
    ("A17b", &[(1, "invisible-character", "an invisible character (U+200B)")]),
    (
        "A19",
        &[
            (1, "ignored-script", "`javascript`"),
            (2, "ignored-script", "charset=utf-8"),
            (3, "ignored-script", "`text/javscript`"),
            (5, "ignored-script", "language"),
        ],
    ),
    (
        "A24",
        &[
            (1, "relative-url", "the sandbox"),
            (2, "relative-url", "the sandbox"),
            (3, "relative-url", "the sandbox"),
            (4, "relative-url", "the sandbox"),
        ],
    ),
    ("A29", &[(2, "swallowed-script", "syntax error: a `<script>` tag inside a script")]),
    ("A30", &[(1, "swallowed-script", "not closed before the next one")]),
    ("A34", &[(1, "markdown-fence", "JavaScript without `<script>`")]),
    ("A35", &[(1, "editor-markup", "HTML in JavaScript")]),
    ("A37", &[(1, "ignored-script", "`nomodule` never runs")]),
    ("A39", &[(1, "unclosed-attribute", "the quote of `src` is not closed")]),
    ("A43", &[(3, "syntax-error", "`}` is missing")]),
];

type Finding = (usize, &'static str, &'static str);

/// Other pastes of the same kinds.
const OWN: &[(&str, &[Finding])] = &[
    ("<img alt=\"\" src=‘https://tags.example/p.gif’>", &[(1, "typographic-character", "")]),
    (
        "<script\u{A0}async src=\"https://tags.example/t.js\"></script>",
        &[(1, "invisible-character", "")],
    ),
    ("<!— GTM —>\n<script>track()</script>", &[(1, "typographic-character", "dashes")]),
    ("<!-- GTM —>\n<script>track()</script>\n<!-- end -->", &[(1, "typographic-character", "")]),
    ("<p>&lt;script&gt;track()&lt;/script&gt;</p>", &[(1, "escaped-html", "")]),
    ("\"<script src=\\\"https://tags.example/t.js\\\"></script>\"", &[(1, "escaped-quotes", "")]),
    ("\\u003cscript\\u003etrack()\\u003c/script\\u003e", &[(1, "escaped-quotes", "")]),
    ("```html\n<script>track()</script>\n```\n", &[(1, "markdown-fence", "")]),
    ("< script>track()</script>", &[(1, "broken-tag", "")]),
    ("script>\n  track()\n</script>", &[(1, "broken-tag", "a `<` is missing")]),
    ("<script>\n  track()\n< /script>\n", &[(1, "unclosed-script", "`< /script>` is no end tag")]),
    ("<script>\n  track()\n<\\/script>\n", &[(1, "unclosed-script", "is no end tag")]),
    ("<script>\n  track()\n</script\n", &[(1, "unclosed-script", "")]),
    ("https://tags.example/t.js?id=7\n", &[(1, "bare-url", "")]),
    ("G-1A2B3C4D5E", &[(1, "bare-id", "Google Analytics")]),
    ("AW-123456789", &[(1, "bare-id", "Google Ads")]),
    ("1234567890123456\n", &[(1, "bare-id", "Meta Pixel")]),
    (
        "import { track } from 'https://cdn.jsdelivr.net/npm/tags';\ntrack();",
        &[(1, "script-as-text", "")],
    ),
    (
        "for (let i = 0; i<n; i++) { track(i) }\nc2c.on('call_ended', f)",
        &[(1, "script-as-text", ""), (1, "unclosed-tag", "")],
    ),
    (
        "<script>fbq('init', '{{ pixel }}')</script>",
        &[(1, "missing-snippet", ""), (1, "placeholder", "")],
    ),
    ("<?php wp_head(); ?>\n<script>track()</script>", &[(1, "placeholder", "code for a server")]),
    (
        "{% if tags %}\n<script>track()</script>\n{% endif %}",
        &[(1, "placeholder", ""), (3, "placeholder", "")],
    ),
    ("<img alt=\"\" src=\"https://tags.example/p?id=${id}\">", &[(1, "placeholder", "${id}")]),
    (
        "<script async src=\"https://tags.example/gtag/js?id=UA-XXXXX-Y\"></script>",
        &[(1, "placeholder", "UA-XXXXX-Y")],
    ),
    (
        "<script>gtag('config', 'YOUR-ID-HERE')</script>",
        &[(1, "missing-snippet", ""), (1, "placeholder", "")],
    ),
    (
        "<script type=\"module\" async src=\"https://tags.example/t.js\" nomodule></script>",
        &[(1, "needs-cors", "")],
    ),
    ("<script type=\"text/template\"><p>{{ x }}</p></script>", &[]),
    ("<script type=\"application/json\">{\"a\": 1,}</script>", &[(1, "invalid-json", "")]),
    ("<script type=\"importmap\">{\"import\": {}}</script>", &[(1, "invalid-json", "`import`")]),
    ("<script type=\"importmap\">{\"imports\": 1}</script>", &[(1, "invalid-json", "`imports`")]),
    // No text in it is read as more JSON.
    (
        "<script type=\"importmap\">{\"imports\": {\"$serde_json::private::RawValue\": \"[\"}}</script>",
        &[],
    ),
    ("<button onclick=\"alert('x')\">x</button>", &[(1, "blocked-call", "")]),
    ("<button onclick=\"track(\">x</button>", &[(1, "syntax-error", "")]),
    (
        "<script>window.dataLayer.push({event: 'x'}</script>",
        &[(1, "syntax-error", "`)` is missing")],
    ),
    (
        "<script>parent.dataLayer.push({ event: 'x' })</script>",
        &[(1, "blocked-call", "cannot reach")],
    ),
    ("<script>window.parent.postMessage('x', '*')</script>", &[(1, "blocked-call", "c2c.emit")]),
    (
        "<script>if (window.top !== window.self) { throw 0 } track()</script>",
        &[(1, "frame-check", "")],
    ),
    (
        "<script src=\"https://tags.example/t.js\"/>\n<p>x</p>",
        &[(1, "unclosed-script", "`/>` does not close")],
    ),
    (
        "<script>\n  var s = '<p>x</p><script>y()</script>';\n  track()\n</script>",
        &[(2, "early-script-end", "")],
    ),
    ("<script>track('a')\n<script>track('b')</script>", &[(2, "swallowed-script", "")]),
    ("Hello <b>world</b>", &[(1, "visible-text", "")]),
];

fn template() -> Template {
    let events = [
        ("widget_loaded", &["isPreview"][..]),
        ("call_started", &["destinationId"]),
        ("call_ended", &["duration", "reason"]),
    ];
    let events = events.map(|(name, fields)| {
        EventSignature::new(name.parse().expect(name)).with_fields(fields.iter().copied())
    });
    Template::reference("1").expect("the reference template parses").with_events(events)
}

fn check(head: &str) -> Vec<Diagnostic> {
    match template().check(Snippets::head(head.to_owned()), &Limits::default()) {
        Ok(checked) => checked.diagnostics().to_vec(),
        Err(refused) => refused.diagnostics().to_vec(),
    }
}

#[track_caller]
fn is_named(head: &str, expected: &[Finding]) {
    let found = check(head);
    let places = found.iter().map(|found| (found.line, found.code.as_str()));
    let wanted = expected.iter().map(|(line, code, _)| (*line, *code));
    assert!(places.eq(wanted), "{head}\n{found:#?}");
    for (found, (_, _, words)) in found.iter().zip(expected) {
        assert!(found.message.contains(words), "{words}: {found:?}");
    }
}

/// The shared cases, by their ids; none if the folder is missing.
fn shared() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases");
    let Ok(text) = std::fs::read_to_string(folder.join("checker.json")) else {
        println!("pastes: OUR OWN: there is no file in {}", folder.display());
        return Vec::new();
    };
    let cases: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
    let text = |case: &Value, key: &str| case[key].as_str().expect(key).to_owned();
    cases.iter().map(|case| (text(case, "id"), text(case, "head"))).collect()
}

#[test]
fn shared_pastes_are_named_at_their_lines() {
    for (id, head) in shared() {
        let expected = SHARED.iter().find(|(known, _)| *known == id);
        is_named(&head, expected.unwrap_or_else(|| panic!("{id} is new")).1);
    }
}

#[test]
fn other_pastes_are_named_at_their_lines() {
    for (head, expected) in OWN {
        is_named(head, expected);
    }
}

/// A script element of a document.
struct Script {
    kind: Option<String>,
    has_source: bool,
    text: String,
}

/// Returns the script elements of a document's own tree.
fn elements_of(document: &str) -> Vec<Script> {
    let dom = judge::parse(document);
    let script = |node: Handle| {
        let NodeData::Element { attrs, .. } = &node.data else { return None };
        let attributes = attrs.borrow();
        let value = |name: &str| {
            let found = attributes.iter().find(|attribute| &*attribute.name.local == name);
            found.map(|attribute| attribute.value.to_string())
        };
        let (kind, has_source) = (value("type"), value("src").is_some());
        Some(Script { kind, has_source, text: judge::text(&node) })
    };
    judge::elements(&dom).filter(judge::is_html_script).filter_map(script).collect()
}

/// The scripts of a document that run, and those that would but do not parse, by parsers of other crates.
fn scripts(head: &str) -> (usize, usize) {
    let document = format!("<!DOCTYPE html><html><head>{head}</head><body></body></html>");
    let (mut running, mut broken) = (0, 0);
    for script in elements_of(&document) {
        // A script that is never closed does not run.
        if script.text.ends_with("</head><body></body></html>") {
            continue;
        }
        let source = match script.kind.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "text/javascript") => SourceType::script(),
            Some("module") => SourceType::mjs(),
            _ => continue,
        };
        let is_sound = || {
            let allocator = Allocator::default();
            // The parser takes it for white space, and browsers do not.
            let text = script.text.replace('\u{200B}', "\u{2060}");
            let read = Parser::new(&allocator, &text, source).parse();
            read.diagnostics.is_empty()
        };
        if script.has_source {
            running += 1;
        } else if !is_sound() {
            broken += 1;
        } else if !script.text.trim().is_empty() {
            running += 1;
        }
    }
    (running, broken)
}

fn errors(found: &[Diagnostic]) -> usize {
    found.iter().filter(|found| found.severity == Severity::Error).count()
}

/// The number of scripts that run; a snippet with an error is not published.
fn running(head: &str) -> usize {
    if errors(&check(head)) > 0 { 0 } else { scripts(head).0 }
}

/// Asserts that every offered fix, alone, keeps all scripts that run, and makes no new error.
fn fixes_do_no_harm(head: &str) {
    let found = check(head);
    for diagnostic in &found {
        let Some(fix) = &diagnostic.fix else { continue };
        let mut fixed = head.to_owned();
        fixed.replace_range(fix.span.clone(), &fix.replacement);
        let (before, after) = (running(head), running(&fixed));
        assert!(
            after >= before,
            "{head:?} became {fixed:?} by {diagnostic:?}: {before} ran, now {after}"
        );
        assert!(errors(&check(&fixed)) <= errors(&found), "{head:?} became {fixed:?}");
    }
}

/// Applies the first fix again and again.
fn all_fixed(head: &str) -> String {
    let mut head = head.to_owned();
    for _ in 0..50 {
        let found = check(&head);
        let Some(fix) = found.iter().find_map(|found| found.fix.clone()) else { return head };
        head.replace_range(fix.span, &fix.replacement);
    }
    panic!("there is no end to it: {head:?}");
}

#[test]
fn fixes_of_pastes_leave_code_that_runs() {
    for (id, head) in shared() {
        fixes_do_no_harm(&head);
        let fixed = all_fixed(&head);
        let was_fixed = fixed != head;
        let (running, broken) = scripts(&fixed);
        assert!(!was_fixed || running > 0 && broken == 0, "{id}: {fixed}");
    }
    for (head, _) in OWN {
        fixes_do_no_harm(head);
        let fixed = all_fixed(head);
        if fixed != *head && head.contains("script") {
            assert!(scripts(&fixed).0 > 0 && scripts(&fixed).1 == 0, "{head} became {fixed}");
        }
    }
}

/// Parts of damaged pastes.
fn damaged() -> impl Strategy<Value = String> {
    let parts = [
        "<script>",
        "<script src=\"https://a.example/t.js\">",
        "<script src='a'/>",
        "<SCRIPT ASYNC>",
        "</script>",
        "< /script>",
        "<\\/script>",
        "</script",
        "track('x');",
        "f(‘a’);",
        "f(“it's”)",
        "'",
        "\"",
        "`",
        "<br>",
        "\n",
        " ",
        "&lt;script&gt;",
        "&amp;",
        "\\\"",
        "{{ x }}",
        "```\n",
        "<!--",
        "-->",
        "—>",
        "\u{200B}",
        "\u{A0}",
        "{/* x */}",
        "{`a()`}",
        "document.write('<script>x</script>')",
        "type=\"javascript\"",
        ">",
        "/>",
        "import x from 'y';",
        "GTM-AB12CD3",
        "https://a.example/t.js",
        "if (a) {",
        "}",
        "alert(1)",
        "c2c.on('call_end', f)",
        "<p onclick=\"f(‘a’)\">",
        "</p>",
        "<script",
        "const a = 1;",
        "\\n",
        "script>",
    ];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 0..12)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(2048)))]

    #[test]
    fn no_fix_harms_damaged_code(head in damaged()) {
        fixes_do_no_harm(&head);
        all_fixed(&head);
    }

    #[test]
    fn no_fix_harms_markup(head in markup()) {
        fixes_do_no_harm(&head);
    }
}

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::scripts::Scripts;
use super::stack::{self, Budget};
use super::syntax::{does_something, parse};
use super::types::Kind;
use crate::EventSignature;
use crate::diagnostic::Code;
use crate::events::Events;
use crate::found::Found;

fn events() -> Events {
    Events::new([("chat_started", &["topic"][..]), ("chat_ended", &["seconds", "reason"])].map(
        |(name, fields)| {
            EventSignature::new(name.parse().expect(name)).with_fields(fields.iter().copied())
        },
    ))
}

/// All findings but those that only all scripts together can confirm.
fn findings(script: &str, kind: Kind) -> Vec<Found> {
    let mut found = Scripts::new(&events()).findings(script, kind);
    found.retain(|found| found.code != Code::MissingSnippet);
    found
}

fn is_sound(script: &str, kind: Kind) -> bool {
    Scripts::new(&events()).is_sound(script, kind)
}

/// Asserts the findings in a script: the code of each, and the text that it is about.
#[track_caller]
fn check(script: &str, expected: &[(&str, &str)]) {
    let found = findings(script, Kind::Classic);
    let found: Vec<_> =
        found.iter().map(|found| (found.code.as_str(), &script[found.span.clone()])).collect();
    assert_eq!(found, expected, "{script}");
}

/// Asserts what the first fix makes of a script.
#[track_caller]
fn fixed(script: &str, expected: &str) {
    let found = findings(script, Kind::Classic);
    assert!(!found.is_empty(), "{script}");
    let fix = found[0].fix.clone().unwrap_or_else(|| panic!("{script}: {found:?}"));
    let mut fixed = script.to_owned();
    fixed.replace_range(fix.span, &fix.replacement);
    assert_eq!(fixed, expected);
}

#[test]
fn names_that_are_never_sent() {
    check("c2c.on('chat_end', f)", &[("unknown-event", "chat_end")]);
    check(
        "c2c . on (\"a\" , f); c2c.once(`b`, g)",
        &[("unknown-event", "a"), ("unknown-event", "b")],
    );
    check("window.c2c?.off('c', f)", &[("unknown-event", "c")]);
    check("window['c2c'].on('', f)", &[("unknown-event", "")]);
    check("`${c2c.on('a', f)}`", &[("unknown-event", "a")]);
    check("x = /'/; c2c.on(  'a', f)", &[("unknown-event", "a")]);
    check("c2c.on('custom:lead', f)", &[("unknown-event", "custom:lead")]);
    check(
        "c2c.emit('a b'); c2c.emit('chatEnded', {})",
        &[("custom-event-name", "a b"), ("custom-event-name", "chatEnded")],
    );
    check("c2c.emit('c2c_x'); c2c.emit('lead', {})", &[("custom-event-name", "c2c_x")]);
    fixed("c2c.on('chatEnded', f)", "c2c.on('chat_ended', f)");
}

#[test]
fn names_that_are_right_or_unknown() {
    for script in [
        "c2c.on('chat_ended', f); c2c.on('*', f); c2c.emit('lead', {})",
        "// c2c.on('a', f)",
        "\"c2c.on('a', f)\"",
        "<!-- c2c.on('a', f)",
        "c2c.on('chat_' + kind, f)",
        "c2c.on(`chat_${kind}`, f)",
        "c2c.on('\\x61', f)",
        "c2c.on(name, f); c2c.on(...all)",
        "my.c2c.on('a', f); myc2c.on('a', f)",
        "(function (c2c) { c2c.on('a', f) })(other)",
        "c2c.on; c2c.ready.then(f); c2c.page.url",
    ] {
        check(script, &[]);
    }
}

#[test]
fn misuse_of_the_api() {
    check("c2c.on('chat_ended')", &[("api-misuse", "on")]);
    check("c2c.once('chat_ended', 'track')", &[("api-misuse", "'track'")]);
    check("c2c.on('chat_ended', gtag('event', 'x'))", &[("api-misuse", "gtag('event', 'x')")]);
    fixed(
        "c2c.on('chat_ended', gtag('event', 'x'))",
        "c2c.on('chat_ended', () => gtag('event', 'x'))",
    );
    fixed("c2c.subscribe('chat_ended', f)", "c2c.on('chat_ended', f)");
    check("c2c.wait()", &[("api-misuse", "wait")]);
    check("document.addEventListener('chat_ended', f)", &[("api-misuse", "addEventListener")]);
    fixed("analytics.subscribe('x', f)", "c2c.on('x', f)");
    check("c2c.on('chat_ended', make()); c2c.off('chat_ended'); addEventListener('load', f)", &[]);
    check("const analytics = sdk(); analytics.subscribe('x', f)", &[]);
}

#[test]
fn fields_that_events_do_not_have() {
    check("c2c.on('chat_ended', (e) => track(e.second, e.reason))", &[("unknown-field", "second")]);
    check(
        "c2c.once('chat_ended', function (e) { if (e.nothing) x() })",
        &[("unknown-field", "nothing")],
    );
    check(
        "c2c.on('chat_ended', ({ seconds, agent }) => track(agent))",
        &[("unknown-field", "agent")],
    );
    fixed(
        "c2c.on('chat_ended', (e) => track(e.second))",
        "c2c.on('chat_ended', (e) => track(e.seconds))",
    );
    for script in [
        "c2c.on('chat_ended', (e) => track(e.seconds, e.hasOwnProperty('x')))",
        "c2c.on('chat_ended', (e) => { e = e || {}; track(e.x) })",
        "c2c.on('chat_ended', (e) => { { const e = f(); e.x } })",
        "c2c.on('*', (e) => e.x); c2c.on('chat_ended', (e, meta) => meta.id)",
    ] {
        check(script, &[]);
    }
}

#[test]
fn calls_that_the_sandbox_blocks() {
    for call in ["alert", "window.confirm", "self.prompt", "print", "open", "window.open"] {
        check(&format!("{call}('x')"), &[("blocked-call", call)]);
    }
    for call in [
        "parent.postMessage",
        "window.parent.parent.postMessage",
        "top.location.replace",
        "navigator.geolocation.getCurrentPosition",
        "navigator.serviceWorker.register",
        "document.querySelector('form').submit",
        "document.forms[0].submit",
        "location.reload",
    ] {
        check(&format!("{call}()"), &[("blocked-call", call)]);
    }
    check("window.top.location.href = 'x'", &[("blocked-call", "window.top.location.href")]);
    check("location = 'x'", &[("blocked-call", "location")]);
    check("document.domain = 'x'", &[("blocked-call", "document.domain")]);
    check("x = parent.document.title", &[("blocked-call", "parent.document")]);
    check("x = parent.window.document", &[("blocked-call", "parent.window.document")]);
    check("x = top.window.location.href", &[("blocked-call", "top.window.location.href")]);
    check("x = top.window !== window && parent.self && top.opener && parent.then", &[]);
    check("document.domain = 'a'", &[("blocked-call", "document.domain")]);
    check("try { document.domain = 'a' } catch {}", &[]);
    // This throws nothing that the code could expect.
    check("try { location.href = 'a' } catch {}", &[("blocked-call", "location.href")]);
    check("parent.dataLayer.push({})", &[("blocked-call", "parent.dataLayer")]);
    check("if (top.location.href) f()", &[("blocked-call", "top.location.href")]);
    check(
        "new Worker('/w.js'); new Worker(u, { type: 'module' })",
        &[("blocked-call", "Worker"), ("blocked-call", "Worker")],
    );
    for script in [
        "function alert() {} alert()",
        "try { x = top.document.referrer } catch (e) {}",
        "toolbox.alert(); xhr.open('GET', u); form.submit(x); db.open()",
        "parent.length; top.closed; window.top === x; new Worker(u)",
        "const parent = node.parent; parent.document",
        "location.hash = 'x'; x = location.href",
    ] {
        check(script, &[]);
    }
}

#[test]
fn code_that_stops_in_a_frame() {
    check(
        "(() => { if (window.self !== window.top) return; f() })()",
        &[("frame-check", "window.self !== window.top")],
    );
    check(
        "(() => { if (parent != window) { g(); return } })()",
        &[("frame-check", "parent != window")],
    );
    check("if (top === self) { f() }", &[("frame-check", "top === self")]);
    for script in [
        "const framed = self !== top; track(framed)",
        "if (self !== top) { track('framed') }",
        "if (top === self) { f() } else { g() }",
        "if (a !== b) throw 0",
    ] {
        check(script, &[]);
    }
}

#[test]
fn imports() {
    let module = |script: &str| {
        let found = findings(script, Kind::Module);
        found.iter().map(|found| found.code.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(module("import x from 'https://a.example/x.js'"), ["needs-cors"]);
    assert_eq!(module("export * from './x.js'"), ["relative-url"]);
    assert_eq!(module("export { x } from '/x.js'"), ["relative-url"]);
    assert_eq!(module("await import('tags')"), ["bare-import"]);
    assert!(module("import x from 'https://cdn.jsdelivr.net/npm/x'; import('data:text/javascript,1'); import(u)").is_empty());
}

#[test]
fn errors_in_plain_words() {
    #[track_caller]
    fn says(script: &str, place: &str, message: &str) {
        let found = findings(script, Kind::Classic);
        assert_eq!(
            (&script[found[0].span.clone()], found[0].message.as_str()),
            (place, message),
            "{script}"
        );
    }
    says("f({ a: 1 );", ")", "syntax error: `,` or `}` is missing before this `)`");
    says("f(1;", ";", "syntax error: `,` or `)` is missing before this `;`");
    says("if (a) {\n  f()\n", "f()", "syntax error: `}` is missing before the end of the script");
    says("< b", "<", "syntax error: `<` is not expected here");
    says("x = 'a", "'a", "syntax error: this text is never closed with its quote");
    says("x = 1 2", "", "syntax error: a semicolon, an operator or a line break is missing here");
    says("const a = 1; const a = 2", "a", "syntax error: identifier `a` has already been declared");
    says(
        "import x from 'y'",
        "import",
        "syntax error: this works only in a module, that is, with `type=module`",
    );
    says("/* a", "/* a", "syntax error: this comment is never closed with `*/`");
    says("x = /a(/", "(", "syntax error: invalid regular expression: Unterminated capturing group");
}

#[test]
fn sound_code_of_every_age() {
    for script in [
        "<!-- hidden\nf()\n//-->",
        "with (a) { b }",
        "var x = 010; if (x) function g() {}",
        "label: for (;;) break label",
        "a?.b ?? (c ||= d); async () => { for await (const x of y) {} }",
        "let async; async = 1; var let_; yield_ = /[/]/u",
        "var a; var a; function b() {} function b() {}",
        "\u{FEFF}a\u{A0}= 1\u{2028}b",
        "class A { #x = 1; static { f() } get y() { return this.#x } }",
        "x = `a${`b${c}`}`; return_ = 1",
    ] {
        assert!(is_sound(script, Kind::Classic), "{script}: {:?}", findings(script, Kind::Classic));
    }
    assert!(is_sound("return false", Kind::Handler) && !is_sound("return false", Kind::Classic));
    assert!(is_sound("import x from 'y'; await x", Kind::Module));
}

#[test]
fn damage_is_named_and_repaired() {
    for (script, repaired) in [
        ("f(‘a’, “b”)", "f('a', \"b\")"),
        ("f(“it's”)", "f(\"it's\")"),
        ("f(‘it’s’)", "f('it’s')"),
        ("f('it’s', ‘b’)", "f('it’s', 'b')"),
        ("a – 1", "a - 1"),
        ("\u{200B}f()\u{200B}", "f()"),
        ("f();<br>\n<p>g();</p>", "f();\ng();"),
        ("f() <br>\ng()", "f() \ng()"),
        ("\u{200B}f()<br>\n", "f()\n"),
        ("<![CDATA[\nf(a[b[0]]>c)\n]]>", "\nf(a[b[0]]>c)\n"),
        ("//\n<![CDATA[ f() ]]>\n", "//\n f() \n"),
        ("a =&gt; b &amp;&amp; c", "a => b && c"),
        ("f(\\\"a\\\");\\ng()", "f(\"a\");\ng()"),
        ("```js\nf()\n```", "f()\n"),
        ("{`f(\\`x\\`)`}", "f(`x`)"),
    ] {
        fixed(script, repaired);
    }
    check("f({{ id }})", &[("placeholder", "{{ id }}")]);
    check(
        "f('G-XXXXXXX', `a ${b} {{ c }}`)",
        &[("placeholder", "G-XXXXXXX"), ("placeholder", "{{ c }}")],
    );
    check("x = 'it’s – fine'; /* “a” */", &[]);
}

#[test]
fn code_is_told_from_words() {
    for text in [
        "gtag('js', new Date());",
        "!function () {}()",
        "let  x=1",
        "x = 1",
        "(() => 1)()",
        "if (a) b = 1",
        "import 'a'",
    ] {
        assert!(Scripts::new(&events()).is_code(text).is_some(), "{text}");
    }
    for text in [
        "",
        "Hello",
        "Call c2c.on('x') first.",
        "GTM-AB12",
        "1 + 1",
        "a, b",
        "function follows form",
        "{ } => ()",
    ] {
        assert_eq!(Scripts::new(&events()).is_code(text), None, "{text}");
    }
}

/// Every way to nest, as the text before and after what is inside.
const NESTS: [(&str, &str); 41] = [
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("({a:", "})"),
    ("f(", ")"),
    ("f`${", "}`"),
    ("`${", "}`"),
    ("!", ""),
    ("- ", ""),
    ("typeof ", ""),
    ("new ", ""),
    ("await ", ""),
    ("void ", ""),
    ("a=", ""),
    ("a=>", ""),
    ("(a)=>", ""),
    ("(a=", ")=>1"),
    ("async a=>", ""),
    ("a?b:", ""),
    ("a?", ":b"),
    ("a+", ""),
    ("a**", ""),
    ("a??", ""),
    ("a,", ""),
    ("a in ", ""),
    ("a.", ""),
    ("a?.", ""),
    ("a[", "]"),
    ("if(a)", ""),
    ("if(a);else ", ""),
    ("while(a)", ""),
    ("for(;;)", ""),
    ("do ", "while(a)"),
    ("a:", ""),
    ("function f(){", "}"),
    ("class A{a=", "}"),
    ("switch(a){case b:", "}"),
    ("try{", "}catch(e){}"),
    ("({[", "]:a})"),
    ("async(", ")"),
    ("/(?:", ")/"),
];

#[test]
fn nesting_ends_the_check_and_nothing_else() {
    for (open, close) in NESTS {
        let begun = Instant::now();
        for levels in [1_000, stack::LEVELS_MAX, 256 * 1024] {
            let count = levels / open.len().max(2);
            let mut script = open.repeat(count);
            write!(script, "1{}", close.repeat(count)).expect("a String takes all");
            // Whatever the answer, the process goes on.
            let _ = parse(&script, Kind::Classic, &Budget::default(), does_something);
            let _ = findings(&open.repeat(count), Kind::Module);
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{open}: {:?}", begun.elapsed());
    }
}

#[test]
fn bounds_of_the_parser() {
    let is_parsed =
        |script: &str| parse(script, Kind::Classic, &Budget::default(), |_| ()).is_some();
    // Brackets: as many, but deep or in a row.
    assert!(is_parsed(&"(a=".repeat(560)) && !is_parsed(&"(a=".repeat(580)));
    assert!(is_parsed(&"f(a);".repeat(20_000)));
    // A bracket in a text, a comment or a regular expression closes nothing, whatever a `/` is.
    for hidden in ["(')'", "(/*)*/", "(//)\n", "(`)`", "(/)/", "(a/)/"] {
        assert!(!is_parsed(&hidden.repeat(600)), "{hidden}");
    }
    // Everything else that nests.
    assert!(
        is_parsed(&"!".repeat(stack::LEVELS_MAX)) && !is_parsed(&"!".repeat(stack::LEVELS_MAX + 1))
    );
    assert!(!is_parsed(&"new ".repeat(stack::LEVELS_MAX + 1)));
}

#[test]
fn scripts_share_a_budget() {
    let events = events();
    let scripts = Scripts::new(&events);
    let nested = |inner: &str| ["(a=".repeat(450).as_str(), inner, &")".repeat(450)].concat();
    // A syntax error is found in a script that is parsed, and in no other.
    let is_parsed = |script: &str| !scripts.is_sound(&format!("{script} 1 2"), Kind::Classic);
    assert!(is_parsed(&nested("1")), "more than half of the budget");
    assert!(is_parsed(&nested("1")), "the same again costs nothing");
    assert!(is_parsed("f((a))"), "the rest suffices");
    assert!(!is_parsed(&nested("2")), "as much again is too much");
    assert!(is_parsed("g((a))"), "the rest suffices still");
}

//! Warnings: each is at the right place, and sound snippets get none.

use c2c_injector::{Area, Checked, Diagnostic, ExternalHost, Limits, Severity, Snippets, Template};
use c2c_names::{EventName, LoadKind};
use serde_json::json;

fn template() -> Template {
    Template::reference("1").expect("the reference template parses").with_events(
        ["widget_loaded", "call_started", "call_ended"]
            .map(|name| name.parse::<EventName>().expect(name)),
    )
}

fn check(head: &str, body_end: &str) -> Checked {
    let snippets = Snippets { head: head.to_owned().into(), body_end: body_end.to_owned().into() };
    template().check(snippets, &Limits::default()).expect("it is contained")
}

/// Asserts that the snippet, alone in either place, is accepted with one warning, whose span `⟦` and `⟧`
/// mark.
#[track_caller]
fn warns(marked: &str, code: &str) -> Diagnostic {
    let snippet = marked.replace(['⟦', '⟧'], "");
    let start = marked.find('⟦').expect("the span's start is marked");
    let end = marked.find('⟧').expect("the span's end is marked") - '⟦'.len_utf8();
    let [in_head, at_end] =
        [(check(&snippet, ""), Area::Head), (check("", &snippet), Area::BodyEnd)].map(
            |(checked, area)| {
                let [only] = checked.diagnostics() else {
                    panic!("{area:?} {snippet:?}: {:#?}", checked.diagnostics());
                };
                assert_eq!(
                    (only.severity, only.code.as_str(), only.area, only.span.clone()),
                    (Severity::Warning, code, area, start..end),
                    "{snippet:?}: {only:?}"
                );
                only.clone()
            },
        );
    assert_eq!((&in_head.message, &in_head.fix), (&at_end.message, &at_end.fix));
    at_end
}

/// Asserts that the snippet gets no warning in either place.
#[track_caller]
fn is_silent(snippet: &str) {
    for checked in [check(snippet, ""), check("", snippet)] {
        assert!(checked.diagnostics().is_empty(), "{snippet:?}: {:#?}", checked.diagnostics());
    }
}

#[test]
fn elements_that_stay_open() {
    warns("⟦<div class=\"a\">⟧<p>", "unclosed-element");
    warns("⟦<div>⟧<div></div><i>x</i>", "unclosed-element");
    warns("⟦<select>⟧<option>", "unclosed-element");
    // The parser makes these elements anew in each block, so the place is that of the tag without an end
    // tag.
    warns("<p>⟦<b id=x>⟧</p>x<b>y</b><p>z", "unclosed-element");
    warns("<p>⟦<a href=x>⟧</p>x", "unclosed-element");
    // A foreignObject is not HTML but may contain HTML elements, so it swallows nothing.
    let found = check("<svg><foreignObject><p>", "");
    let names: Vec<_> = found.diagnostics().iter().map(|found| found.message.as_str()).collect();
    assert_eq!(
        names,
        [
            "this `<svg>` is still open where the snippet ends",
            "this `<foreignObject>` is still open where the snippet ends"
        ]
    );
}

#[test]
fn elements_that_browsers_close() {
    is_silent("");
    is_silent("<p>1<p>2<ul><li>a<li>b</ul><dl><dt>a<dd>b</dl>");
    is_silent("<table><colgroup><col><caption>c<thead><tr><th>1<tbody><tr><td>2<td></table>");
    is_silent("<select><optgroup><option>1<option>2</select><ruby>a<rp>b<rt>c</ruby>");
    is_silent("<img><br><input><hr><link><meta name=a content=b>");
    is_silent("<div><span></div>");
    is_silent("</div></b>");
    is_silent("<table><tr><td><b></table>");
    is_silent("<svg><g/><path/></svg><math><mi>x</mi></math>");
    is_silent("<template><div></template>");
}

#[test]
fn end_tags_of_the_document() {
    for tag in ["</head>", "</body>", "</html>", "</BODY >"] {
        warns(&format!("<i>x</i>\n⟦{tag}⟧\n"), "early-end-tag");
    }
    is_silent("<!-- </body> --><script>'</body>'</script><title></head></title>");
}

#[test]
fn elements_of_the_head() {
    warns("⟦<meta http-equiv=\"Content-Security-Policy\" content=\"default-src *\">⟧", "meta-csp");
    warns("⟦<META content=1 HTTP-EQUIV=refresh>⟧", "meta-refresh");
    warns("⟦<meta charset=latin1>⟧", "meta-charset");
    warns(
        "⟦<meta http-equiv=content-type content='text/html; charset=\"iso-8859-1\"'>⟧",
        "meta-charset",
    );
    warns("⟦<base href=/x/>⟧", "base");
    warns("⟦<base target=_blank>⟧", "base");
    is_silent(
        "<meta charset=UTF-8><meta http-equiv=content-type content='text/html;charset=utf-8'>",
    );
    is_silent("<meta http-equiv=x-ua-compatible content=ie=edge><meta http-equiv=refresh>");
    is_silent("<meta name=a content='http://a.example'><base>");
    is_silent("<svg><base href=x></base></svg>");
    is_silent("<!-- <base href=x> --><noscript><base href=x></noscript>");
}

#[test]
fn urls_of_plain_http() {
    let found = warns("<script src=\"⟦http://a.example/x⟧\"></script>", "insecure-url");
    assert_eq!(json!(found.fix), json!({"span": {"start": 13, "end": 17}, "replacement": "https"}));
    warns("<link rel=stylesheet href=⟦http://a.example/x⟧>", "insecure-url");
    warns("<link rel='preload' as=font href='⟦http://a.example/x⟧'>", "insecure-url");
    warns("<img alt='http://b.example' src='⟦ HTTP://a.example ⟧'>", "insecure-url");
    warns(
        "<img srcset='⟦https://a.example 1x, http://b.example 2x, http://c.example 3x⟧'>",
        "insecure-url",
    );
    warns("<iframe src='⟦http://a.example⟧'></iframe>", "insecure-url");
    warns("<video poster='⟦http://a.example⟧'></video>", "insecure-url");
    warns("<audio><source src='⟦http://a.example⟧'></audio>", "insecure-url");
    warns("<svg><image href='⟦http://a.example⟧'/></svg>", "insecure-url");
    let found = warns("<img src='⟦http://a.example:8080/⟧'>", "insecure-url");
    assert_eq!(found.fix, None);
    let found = warns("<img src='⟦&#104;ttp://a.example⟧'>", "insecure-url");
    assert_eq!(found.fix, None);
    is_silent("<script src='https://a.example'></script><script src='//a.example'></script>");
    is_silent("<script src='http://localhost:1/x'></script><img src='http://127.0.0.1/x'>");
    is_silent("<a href='http://a.example'>x</a><link rel=canonical href='http://a.example'>");
    warns("<script type=⟦text/template⟧ src='http://a.example'></script>", "ignored-script");
    is_silent("<!-- <script src='http://a.example'></script> -->");
}

#[test]
fn scripts_that_need_cors() {
    warns("<script src='https://a.example/x' type=⟦module⟧></script>", "needs-cors");
    warns("⟦<script crossorigin src=//a.example>⟧</script>", "needs-cors");
    warns("<script crossorigin='⟦anonymous⟧' src='https://a.example/x'></script>", "needs-cors");
    warns("<script type=module>import ⟦'https://a.example/x'⟧</script>", "needs-cors");
    is_silent("<script type=module src='https://cdn.jsdelivr.net/npm/x'></script>");
    is_silent(
        "<script src='https://a.example/x'></script><img crossorigin src='https://a.example/x'>",
    );
}

#[test]
fn escapes_of_a_string_in_a_script() {
    is_silent("<script>f({'terms': '\\u003Cp\\u003ENo.\\u003C/p\\u003E'})</script>");
    warns(
        "⟦\\u⟧003cscript src='https://a.example/x'\\u003e\\u003c/script\\u003e",
        "escaped-quotes",
    );
}

#[test]
fn hosts_that_let_every_origin_read() {
    is_silent("<script crossorigin src='https://js.sentry-cdn.com/1.min.js'></script>");
    is_silent(
        "<script type=module src='https://static.cloudflareinsights.com/beacon.min.js'></script>",
    );
}

#[test]
fn integrity_without_crossorigin() {
    let found = warns(
        "<script src='https://a.example/x' integrity=⟦sha384-x⟧></script>",
        "integrity-needs-cors",
    );
    assert_eq!(
        json!(found.fix),
        json!({"span": {"start": 7, "end": 7}, "replacement": " crossorigin=\"anonymous\""})
    );
    warns(
        "<link rel=stylesheet integrity='⟦sha384-x⟧' href='//a.example/x'>",
        "integrity-needs-cors",
    );
    is_silent("<link rel=stylesheet crossorigin integrity='sha384-x' href='//a.example/x'>");
    is_silent("<script type=module integrity='sha384-x' src='https://unpkg.com/x'></script>");
    is_silent("<script integrity='' src='https://a.example/x'></script>");
    is_silent("<link rel=icon integrity='sha384-x' href='//a.example/x'>");
}

#[test]
fn addresses_without_a_scheme() {
    let found = warns("<script src='⟦cdn.tags.example/t.js⟧'></script>", "relative-url");
    assert_eq!(
        json!(found.fix),
        json!({"span": {"start": 13, "end": 13}, "replacement": "https://"})
    );
    assert!(found.message.contains("no `https://`"), "{}", found.message);
    let found = warns("<script src='⟦js/t.js⟧'></script>", "relative-url");
    assert_eq!(found.fix, None);
}

#[test]
fn services_that_need_the_page() {
    let found =
        warns("<script async src='⟦https://client.crisp.chat/l.js⟧'></script>", "needs-page");
    assert!(found.message.starts_with("Crisp shows its launcher"), "{}", found.message);
    warns(
        "<script>const s = document.createElement('script'); s.src = ⟦'https://widget.intercom.io/widget/abc'⟧;</script>",
        "needs-page",
    );
    warns(
        "<script>const s = document.createElement('script'); s.src = `⟦https://static.hotjar.com/c/hotjar-⟧${id}.js`;</script>",
        "needs-page",
    );
    // Once for each service.
    warns(
        "<script>document.createElement('script').src = ⟦'https://client.crisp.chat/l.js'⟧</script><script async src='https://client.crisp.chat/l.js'></script>",
        "needs-page",
    );
    is_silent("<link rel=preconnect href='https://client.crisp.chat/l.js'>");
    is_silent(
        "<script>f('https://client.crisp.chat.example/l.js', 'client.crisp.chat/l.js')</script>",
    );
}

#[test]
fn calls_without_the_snippet() {
    let found =
        warns("<script>⟦fbq('track', 'Lead')⟧; fbq('track', 'x')</script>", "missing-snippet");
    assert!(found.message.starts_with("`fbq` is called"), "{}", found.message);
    warns("<button onclick=\"⟦window.gtag('event', 'x')⟧\">y</button>", "missing-snippet");
    warns(
        "<script async src='https://www.googletagmanager.com/gtag/js?id=G-1'></script><script>⟦gtag('event', 'x')⟧</script>",
        "missing-snippet",
    );
    warns("<script>⟦ttq.track('Lead')⟧</script>", "missing-snippet");
    for defined in [
        "<script>function gtag() {}</script>",
        "<script>window.gtag = f</script>",
        "<script>f(window, 'gtag')</script>",
        "<script>if (typeof gtag === 'function') f()</script>",
        "<script src='https://tags.example/all.js'></script>",
    ] {
        is_silent(&format!("{defined}<script>gtag('event', 'x')</script>"));
    }
    is_silent(
        "<script>f('https://connect.facebook.net/en_US/fbevents.js'); fbq('track', 'x')</script>",
    );
    is_silent("<script>{ const gtag = f; gtag('event', 'x') }</script>");
    // The definition is in the other snippet.
    let found = check("<script>function fbq() {}</script>", "<script>fbq('track', 'x')</script>");
    assert!(found.diagnostics().is_empty(), "{:?}", found.diagnostics());
}

#[test]
fn what_the_sandbox_blocks() {
    warns("<a href=x target=⟦_blank⟧>x</a>", "blocked-target");
    warns("<a href=x target=\"⟦_TOP⟧\">x</a>", "blocked-target");
    warns("<map><area href=x target='⟦_parent⟧'></map>", "blocked-target");
    warns("⟦<form method=post action=/x>⟧</form>", "blocked-form");
    is_silent(
        "<a href=x>x</a><a href=x target=_self>x</a><a target=_blank>x</a><a href=x target=y>x</a>",
    );
    is_silent("<form></form><form action=''></form>");
    is_silent("<object data='https://a.example'></object><embed src='https://a.example'>");
    is_silent("<script>document.write('<p>')</script>");
}

#[test]
fn names_of_events() {
    let found = warns("<script>c2c.on('⟦call_end⟧', f)</script>", "unknown-event");
    assert_eq!(found.message, "there is no widget event `call_end` (did you mean `call_ended`?)");
    assert_eq!(
        json!(found.fix),
        json!({"span": {"start": 16, "end": 24}, "replacement": "call_ended"})
    );
    let found = warns("<script>\r\n window.c2c.on(\"⟦survey⟧\", f)</script>", "unknown-event");
    assert_eq!(found.message, "there is no widget event `survey`: this `c2c.on` does nothing");
    assert_eq!(found.fix, None);
    warns("<script type=module>c2c.off('⟦x⟧', f)</script>", "unknown-event");
    warns("<script>c2c.emit('⟦callEnded⟧', {})</script>", "custom-event-name");
    warns("<script>\"é\"; c2c.emit(`⟦a b⟧`)</script>", "custom-event-name");
    is_silent("<script>c2c.on('call_ended', f); c2c.on('*', f); c2c.emit('lead', {})</script>");
    is_silent("<script>// c2c.on('x', f)\n'c2c.on(\"x\", f)'</script>");
    is_silent("<script type=application/json>\"c2c.on('x', f)\"</script>");
    is_silent("<!-- c2c.on('x', f) --><p title=\"c2c.on('x', f)\">Try c2c.on('x', f)</p>");
    warns("<p onclick=\"c2c.on('⟦x⟧', f)\">y</p>", "unknown-event");
    warns("⟦<p onclick=\"c2c.on(&apos;x', f)\">⟧y</p>", "unknown-event");
    // This template has no event names.
    let template = Template::reference("1").expect("the reference template parses");
    let snippets = Snippets::head("<script>c2c.on('x', f); c2c.emit('')</script>");
    let checked = template.check(snippets, &Limits::default()).expect("it is contained");
    assert!(checked.diagnostics().is_empty());
}

#[test]
fn scripts_as_text() {
    warns("⟦gtag('js', new Date());⟧", "script-as-text");
    warns(
        "<i>x</i>\r\n  Tags:\r\n\t⟦c2c.on('x', () => 1 &amp;&amp; 2);⟧ \r\n<i>y</i>",
        "script-as-text",
    );
    warns("\n⟦window.dataLayer = window.dataLayer || [];⟧\nfunction f() {}", "script-as-text");
    warns("<i>x</i>\n⟦if (a) f(1)⟧", "script-as-text");
    warns("⟦Hello, this is text (with parentheses); a = b.⟧", "visible-text");
    is_silent("<p>gtag('js')</p><pre>const a = 1;</pre><script>const a = 1;</script>");
    is_silent("<!-- gtag('js') --><style>const a = 1;</style>");
}

#[test]
fn refused_snippets_are_warned_of_too() {
    let found = |head: &str, body_end: &str| -> Vec<_> {
        let snippets =
            Snippets { head: head.to_owned().into(), body_end: body_end.to_owned().into() };
        let refused = template().check(snippets, &Limits::default()).expect_err("not contained");
        refused.diagnostics().iter().map(|found| (found.area, found.code.as_str())).collect()
    };
    assert_eq!(
        found("<base href=x>\n<!-- <base href=y>", "</body>"),
        [(Area::Head, "base"), (Area::Head, "unclosed-comment"), (Area::BodyEnd, "early-end-tag")]
    );
    // An end tag that seems to be missing may be in the swallowed text.
    assert_eq!(found("", "<div><!-- </div>"), [(Area::BodyEnd, "unclosed-comment")]);
    assert_eq!(
        found("<div>", "<!--"),
        [(Area::Head, "unclosed-element"), (Area::BodyEnd, "unclosed-comment")]
    );
    // After an unclosed svg, a `<script>` may not be an HTML script.
    assert_eq!(
        found("<svg>", "<script>"),
        [(Area::Head, "unclosed-svg"), (Area::BodyEnd, "unclosed-script")]
    );
}

#[test]
fn there_is_a_limit() {
    let many = "<base href=x>".repeat(200);
    assert_eq!(check(&many, &many).diagnostics().len(), 100);
    let events = "<script>c2c.on('x')</script>".repeat(200);
    assert_eq!(check(&events, "").diagnostics().len(), 100);
    // Scripts without a finding do not count.
    let scripts = "<script>1</script>".repeat(200);
    assert_eq!(check(&format!("{scripts}<base href=x>"), "").diagnostics().len(), 1);
    let limits = Limits::default().with_warnings_max(3);
    let checked = template().check(Snippets::head(many), &limits).expect("it is contained");
    assert_eq!(checked.diagnostics().len(), 3);
    let none = Limits::default().with_warnings_max(0);
    let refused = template().check(Snippets::head("<base href=x><!--"), &none);
    assert_eq!(refused.expect_err("not contained").diagnostics().len(), 1);
}

/// Uses a tag with more attributes than the slow parse accepts, counting duplicates, but not more than the
/// fast one counts.
#[test]
fn a_warning_does_not_turn_into_a_refusal() {
    let snippet = format!("<base href=x><i{}></i>", " a".repeat(600));
    assert_eq!(check(&snippet, "").diagnostics().len(), 1);
}

#[test]
fn hosts() {
    let checked = check(
        "<script src='https://TAGS.example/a.js'></script>
         <script async src='https://tags.example/b.js'></script>
         <script src='/here.js'></script>
         <script type='application/x-javascript' src='https://old.example'></script>
         <script type='text/template' src='https://data.example'></script>
         <link rel='preload stylesheet' as=style href='//styles.example:8443/a.css'>
         <link rel=modulepreload href='https://modules.example/'>
         <link rel=preconnect href='https://fonts.example'>
         <link rel=icon href='https://icon.example'>
         <a href='https://linked.example'>x</a>
         <noscript><img src='https://never.example'></noscript>",
        "<img src='data:,' srcset='https://a.example 1x, https://b.example 2x'>
         <picture><source srcset='https://c.example/x'><img></picture>
         <video src='https://v.example' poster='https://p.example'><track src='https://t.example'></video>
         <iframe src='http://127.0.0.1:8080/'></iframe>
         <svg><image href='https://svg.example/'/></svg>
         <object data='https://o.example'></object>
         <script src='https://tags.example/'></script>",
    );
    let shown: Vec<_> = checked
        .hosts()
        .iter()
        .map(|ExternalHost { area, kind, host, scheme, .. }| {
            format!("{area:?} {kind:?} {} {host}", scheme.unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Head Script https modules.example",
            "Head Script https old.example",
            "Head Script https tags.example",
            "Head Style - styles.example:8443",
            "Head Connection https fonts.example",
            "BodyEnd Script https tags.example",
            "BodyEnd Image https a.example",
            "BodyEnd Image https b.example",
            "BodyEnd Image https c.example",
            "BodyEnd Image https p.example",
            "BodyEnd Image https svg.example",
            "BodyEnd Media https t.example",
            "BodyEnd Media https v.example",
            "BodyEnd Frame http 127.0.0.1:8080",
            "BodyEnd Object https o.example",
        ]
    );
    assert_eq!(checked.hosts()[0].kind, LoadKind::Script);
    assert_eq!(
        json!(checked.hosts()[3]),
        json!({"area": "head", "kind": "style", "host": "styles.example:8443", "scheme": null})
    );
    // The slow parse, which warnings trigger, finds the same hosts.
    let slow = check("<base href=x><script src='https://tags.example/a.js'></script>", "");
    assert_eq!((slow.diagnostics().len(), slow.hosts()), (1, &checked.hosts()[2..3]));
}

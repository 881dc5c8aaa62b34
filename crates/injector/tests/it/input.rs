//! Inputs that cannot be checked or would cost too much.

use std::time::{Duration, Instant};

use bytes::Bytes;
use c2c_injector::{Area, Diagnostic, Limits, Snippets, Template};
use c2c_names::EventName;

fn diagnostics(head: impl Into<Bytes>, limits: &Limits) -> Vec<Diagnostic> {
    let template = Template::reference("1")
        .expect("the reference template parses")
        .with_events(["a".parse::<EventName>().expect("a name")]);
    match template.check(Snippets::head(head), limits) {
        Ok(checked) => checked.diagnostics().to_vec(),
        Err(refused) => refused.diagnostics().to_vec(),
    }
}

#[track_caller]
fn check(head: &'static [u8], code: &str, line: usize, column: usize) {
    let found = diagnostics(head, &Limits::default());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].code.as_str(), found[0].line, found[0].column), (code, line, column));
}

#[test]
fn nul_and_not_utf8() {
    check(b"a\n\0", "nul", 2, 1);
    check("é\r\nü\0<!--".as_bytes(), "nul", 2, 2);
    check(b"a\nb\xFF<!--", "not-utf8", 2, 2);
    check(b"\xC3", "not-utf8", 1, 1);
    check(b"ok \xED\xA0\x80", "not-utf8", 1, 4);
}

#[test]
fn size() {
    let limits = Limits::default().with_snippet_bytes_max(8);
    assert!(diagnostics("<b>1</b>", &limits).is_empty());
    let found = diagnostics("<b>1\n</b>", &limits);
    assert_eq!(
        (found[0].code.as_str(), found[0].span.clone(), found[0].line),
        ("too-large", 8..9, 2)
    );
    let default = Limits::default();
    assert!(diagnostics("<br>".repeat(64 * 1024), &default).is_empty());
    assert_eq!(diagnostics("x".repeat(256 * 1024 + 1), &default)[0].code.as_str(), "too-large");
    assert_eq!(diagnostics("<b>".repeat(5_000_000 / 3), &default)[0].code.as_str(), "too-large");
}

#[test]
fn complexity_ends_at_a_budget() {
    let limits = Limits::default();
    let deep = format!("<p>\n{}", "<div>".repeat(2000));
    let found = diagnostics(deep, &limits);
    assert_eq!((found[0].code.as_str(), found[0].line), ("too-complex", 2));
    // Elements are counted at every 16th tag: exceeding the limit of 512 is noticed within the next 16
    // tags.
    assert!((500..530).contains(&(found[0].column / 5)), "{found:?}");

    let attributes: String =
        (0..600).fold(String::new(), |text, number| text + &format!(" a{number}"));
    let found = diagnostics(format!("<p><b{attributes}>"), &limits);
    assert_eq!((found[0].code.as_str(), found[0].span.start), ("too-complex", 3));

    // The budget applies to either snippet, also if both exceed it.
    let template = Template::reference("1").expect("the reference template parses");
    for (head, body_end, areas) in [
        ("", "<div>", vec![Area::BodyEnd]),
        ("<div>", "<p>", vec![Area::Head]),
        ("<div>", "<div>", vec![Area::Head, Area::BodyEnd]),
    ] {
        let snippets =
            Snippets { head: head.repeat(1000).into(), body_end: body_end.repeat(300).into() };
        let few = Limits::default().with_open_elements_max(200);
        let refused = template.check(snippets, &few).expect_err("it is too complex");
        let found: Vec<_> = refused.diagnostics().iter().map(|found| found.area).collect();
        assert_eq!(found, areas);
    }

    let few = Limits::default().with_nodes_max(100);
    assert!(diagnostics("<br>".repeat(80), &few).is_empty());
    assert_eq!(diagnostics("<br>".repeat(200), &few)[0].code.as_str(), "too-complex");
}

/// Checks the families that cost html5ever seconds for a few kilobytes. The bound is generous, because this
/// is a debug build.
#[test]
fn the_known_bad_families_stay_cheap() {
    let fill = |piece: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        for number in 0.. {
            let next = piece(number);
            if text.len() + next.len() > 256 * 1024 {
                break;
            }
            text.push_str(&next);
        }
        text
    };
    let attributes = |separator: &str| {
        format!("<b{}", fill(&|number| format!("{separator}a{number:x}")).split_off(16))
    };
    let script = |piece: &str| {
        let text = fill(&|_| piece.to_owned()).split_off(64);
        format!("<script>c2c.on('x');{text}</script>")
    };
    let nested = |open: &str, close: &str, levels| {
        format!("{}1{};", open.repeat(levels), close.repeat(levels))
    };
    let families = [
        ("nesting", fill(&|_| "<div>".to_owned())),
        ("inline nesting", fill(&|_| "<i>".to_owned())),
        ("table nesting", fill(&|_| "<table><td>".to_owned())),
        ("foreign nesting", fill(&|_| "<svg><g>".to_owned())),
        ("templates", fill(&|_| "<template>".to_owned())),
        ("formatting", fill(&|number| format!("<b a={number:x}>"))),
        ("formatting and blocks", fill(&|number| format!("<p><b a={number:x}>"))),
        (
            "reopening",
            format!(
                "{}{}",
                (0..400).fold(String::new(), |text, number| text + &format!("<b a={number}>")),
                fill(&|_| "<p>x".to_owned()).split_off(8192)
            ),
        ),
        ("misnested", fill(&|_| "<a><p></a>".to_owned())),
        ("attributes", attributes(" ")),
        ("attributes by slash", attributes("/")),
        (
            "attributes, quoted",
            fill(&|number| if number == 0 { "<b".to_owned() } else { format!(" a{number:x}=''") }),
        ),
        ("same attribute", format!("<b{}", fill(&|_| " a".to_owned()).split_off(16))),
        ("less-than signs", fill(&|_| "<".to_owned())),
        ("empty end tags", fill(&|_| "</>".to_owned())),
        ("end tags", fill(&|_| "</b>".to_owned())),
        ("references", fill(&|_| "&am".to_owned())),
        ("one comment", format!("<!--{}", fill(&|_| "- ".to_owned()).split_off(16))),
        ("slashes in brackets", script("=/[")),
        ("comments", script("/*//")),
        ("templates", script("`${")),
        ("handlers", script("c2c.on('x');")),
        ("names without an end", script("c2c.on('x\"")),
        ("scripts", fill(&|_| "<script>c2c.on('x')</script>".to_owned())),
        // As much as is parsed: twice as much would not be.
        ("most parameters", format!("<script>{}</script>", nested("(a=", ")", 60).repeat(88))),
        ("deepest parameters", format!("<script>{}</script>", nested("({a=", "})", 280))),
        ("most open parameters", format!("<script>{}</script>", "(a=".repeat(560))),
        ("parameters", script(&nested("(a=", ")", 60))),
        ("deep parameters", script(&nested("({a=", "})", 280))),
        ("open parameters", script(&"(a=".repeat(600))),
        ("paths", script("a.")),
        ("operators", script("!a+")),
        ("arrows", script("a=>")),
        ("line breaks", script("a<br>")),
        ("forms", script("f.submit().")),
        ("errors", fill(&|_| "<script>f(‘a’</script>".to_owned())),
        ("quotes", script("f(‘a’);")),
        ("damage in one line", script("&amp ‘ <p ")),
        ("dashes", format!("<!--{}-->", fill(&|_| "—".to_owned()).split_off(63))),
        ("broken tags", fill(&|_| "< /".to_owned())),
        ("escaped", fill(&|_| "&lt;script".to_owned())),
        ("placeholders", fill(&|_| "{{ a }} YOUR_ ".to_owned())),
        ("open placeholders", fill(&|_| "{{".to_owned())),
        ("attributes with placeholders", fill(&|_| "<b title='{{a}}' class='a>'>".to_owned())),
        ("handlers of events", fill(&|_| "<b onclick='f('>".to_owned())),
        ("lines of code", fill(&|_| "const a = 1;\n".to_owned())),
        ("bases", fill(&|_| "<base href=x>".to_owned())),
        ("links", fill(&|number| format!("<p><a href=x target=_top a={number}>"))),
        (
            "a srcset",
            format!(
                "<img srcset='{} http://a.example'>",
                fill(&|_| ",http:a".to_owned()).split_off(64)
            ),
        ),
        ("one value", format!("<b a='{}", fill(&|_| "x y=".to_owned()).split_off(16))),
    ];
    let limits = Limits::default();
    for (name, text) in families {
        let start = Instant::now();
        let found = diagnostics(text, &limits);
        let took = start.elapsed();
        println!("{name}: {took:?} {:?}", found.first().map(|found| found.code.as_str()));
        assert!(took < Duration::from_secs(5), "{name} took {took:?}");
    }
}

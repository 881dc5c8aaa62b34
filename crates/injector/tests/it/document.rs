//! The compiled document: its bytes, and the places of the snippets in them.

use c2c_injector::{Area, Document, Limits, Position, ScriptAttributes, Snippets, Template};
use proptest::prelude::{prop, proptest};

fn compile(head: &str, body_end: &str) -> Document {
    let template = Template::reference("shim()").expect("the reference template parses");
    let snippets = Snippets { head: head.to_owned().into(), body_end: body_end.to_owned().into() };
    let checked = template.check(snippets, &Limits::default()).expect("it is contained");
    let attributes = ScriptAttributes::new().with("data-app", "a\"b").expect("a valid attribute");
    checked.compile(&attributes)
}

#[test]
fn the_output_is_template_script_and_snippets_byte_for_byte() {
    let document = compile("<b>1</b>", "<i>2</i>");
    let expected = "<!DOCTYPE html>\n<html lang=\"en\" style=\"min-height:calc(2000px - 100000vh)\">\n<head><script data-app=\"a&quot;b\">shim()</script><b>1</b></head>\n\
                    <body><i>2</i></body>\n</html>\n";
    assert_eq!(document.chunks().concat(), expected.as_bytes());
    assert_eq!(document.len(), expected.len());
}

#[test]
fn user_text_is_never_a_pattern() {
    for text in [
        "$& $1 $$ $`",
        "`${x}`",
        "{{head}} {body_end} %s %1$s",
        "</head>",
        "<body>",
        "</body></html>",
        "\\0 \\n",
        "\r\n\r\t\u{feff}\u{2028}",
    ] {
        let bytes = compile(text, text).chunks().concat();
        let expected = format!(
            "<!DOCTYPE html>\n<html lang=\"en\" style=\"min-height:calc(2000px - 100000vh)\">\n<head><script data-app=\"a&quot;b\">shim()</script>{text}</head>\n<body>{text}</body>\n</html>\n"
        );
        assert_eq!(bytes, expected.as_bytes());
    }
}

/// A skeleton whose own bytes make places harder to compute: wide characters in a slot's line, and line
/// ends on both sides of a slot, which may form a CR LF with the snippet's.
const SKELETON: &str =
    "<!DOCTYPE html><title>ä😀</title>\r<head>\n<title>ä</title></head><body>😀\r</body>\n";

/// The place of the end of `before`, computed independently of the crate.
fn place(before: &str, rest: &str) -> Position {
    // A CR LF cut in the middle has not ended its line yet.
    let half = if rest.starts_with('\n') { before.strip_suffix('\r') } else { None };
    let mut text = half.unwrap_or(before).replace("\r\n", "\n").replace('\r', "\n");
    text.extend(half.map(|_| '\r'));
    let line = text.rsplit('\n').next().expect("there is always a last line");
    Position { line: text.matches('\n').count() + 1, column: line.encode_utf16().count() + 1 }
}

fn areas_are_where_they_are(skeleton: &str, head: &str, body_end: &str) {
    let template = Template::parse(skeleton, "// ä😀\nshim()").expect("it is a template");
    let snippets = Snippets { head: head.to_owned().into(), body_end: body_end.to_owned().into() };
    let checked = template.check(snippets, &Limits::default()).expect("it is contained");
    let document = checked.compile(&ScriptAttributes::new());
    let text = String::from_utf8(document.chunks().concat()).expect("it is UTF-8");
    for (area, chunk) in [(Area::Head, 3), (Area::BodyEnd, 5)] {
        let start = document.chunks()[..chunk].concat().len();
        let end = start + document.chunks()[chunk].len();
        let [start, end] = [start, end].map(|at| place(&text[..at], &text[at..]));
        assert_eq!(document.area_range(area), start..end, "{area:?} of {text:?}");
    }
}

#[test]
fn an_area_begins_and_ends_where_a_browser_would_say() {
    let document = compile("<b>\r\n😀</b>", "");
    let head = Position { line: 3, column: 50 }..Position { line: 4, column: 7 };
    let body_end = Position { line: 5, column: 7 };
    assert_eq!(document.area_range(Area::Head), head);
    assert_eq!(document.area_range(Area::BodyEnd), body_end..body_end);
}

proptest! {
    #[test]
    fn areas_are_found_by_counting(
        head in "[aä😀\r\n]{0,12}",
        body_end in "[aä😀\r\n]{0,12}",
        skeleton in prop::sample::select(&[
            SKELETON,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head></head>\n<body></body>\n</html>\n",
        ][..]),
    ) {
        areas_are_where_they_are(skeleton, &head, &body_end);
    }
}

#[test]
fn documents_of_a_template_share_its_bytes() {
    let template = Template::reference("shim()").expect("the reference template parses");
    let [one, other] = ["<b>1</b>", "<b>2</b>"].map(|head| {
        let checked = template
            .clone()
            .check(Snippets::head(head), &Limits::default())
            .expect("it is contained");
        checked.compile(&ScriptAttributes::new())
    });
    for shared in [0, 2, 4, 6] {
        assert_eq!(one.chunks()[shared].as_ptr(), other.chunks()[shared].as_ptr());
    }
    // One app's text is not in another app's document.
    assert_ne!(one.chunks()[3], other.chunks()[3]);
}

//! The compiled document: its bytes, its entity tag, its encodings.

use std::io::Read as _;

use c2c_injector::{Document, Limits, ScriptAttributes, Snippets, Template};

fn compile(head: &str, body_end: &str) -> Document {
    let template = Template::reference("shim()").expect("the reference template parses");
    let snippets = Snippets::new(head.to_owned(), body_end.to_owned());
    let checked = template.check(snippets, &Limits::default()).expect("it is contained");
    let attributes = ScriptAttributes::new().with("data-app", "a\"b").expect("a valid attribute");
    checked.compile(&attributes)
}

#[test]
fn the_output_is_template_script_and_snippets_byte_for_byte() {
    let document = compile("<b>1</b>", "<i>2</i>");
    let expected = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><script data-app=\"a&quot;b\">shim()</script><b>1</b></head>\n\
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
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><script data-app=\"a&quot;b\">shim()</script>{text}</head>\n<body>{text}</body>\n</html>\n"
        );
        assert_eq!(bytes, expected.as_bytes());
    }
}

#[test]
fn the_entity_tag_changes_with_every_byte() {
    let text = "<p>hello</p>";
    let mut tags = vec![compile(text, "").etag().to_owned(), compile("", text).etag().to_owned()];
    for at in 3..8 {
        let mut changed = text.to_owned();
        changed.replace_range(at..=at, "X");
        tags.push(compile(&changed, "").etag().to_owned());
        tags.push(compile("", &changed).etag().to_owned());
    }
    let count = tags.len();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), count);
    assert!(
        tags.iter().all(|tag| tag.len() == 32 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
    assert_eq!(compile(text, "").etag(), compile(text, "").etag());
}

#[test]
fn encodings_decode_to_the_same_bytes() {
    for size in [0, 1, 5_000, 200_000] {
        let text: String = "<p class=\"a\">$& é 😀</p>\r\n".chars().cycle().take(size).collect();
        let text = format!("<!--{text}-->");
        let document = compile(&text, &text);
        let plain = document.chunks().concat();
        let mut decoded = Vec::new();
        flate2::read::GzDecoder::new(document.gzip().as_ref())
            .read_to_end(&mut decoded)
            .expect("it is gzip");
        assert_eq!(decoded, plain);
        decoded.clear();
        brotli::Decompressor::new(document.brotli().as_ref(), 4096)
            .read_to_end(&mut decoded)
            .expect("it is brotli");
        assert_eq!(decoded, plain);
    }
}

#[test]
fn documents_of_a_template_share_its_bytes() {
    let template = Template::reference("shim()").expect("the reference template parses");
    let [one, other] = ["<b>1</b>", "<b>2</b>"].map(|head| {
        let checked = template
            .clone()
            .check(Snippets::new(head, ""), &Limits::default())
            .expect("it is contained");
        checked.compile(&ScriptAttributes::new())
    });
    for shared in [0, 2, 4, 6] {
        assert_eq!(one.chunks()[shared].as_ptr(), other.chunks()[shared].as_ptr());
    }
    assert_eq!(one.clone().gzip().as_ptr(), one.gzip().as_ptr());
    // One app's text is not in another app's document.
    assert_ne!(one.chunks()[3], other.chunks()[3]);
}

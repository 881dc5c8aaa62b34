//! Any two snippets and any attribute value: `compile` outputs exactly its input.
//!
//! The input is an attribute value, the head snippet and the body-end snippet, with U+001F between them.

#![no_main]

use c2c_injector::{Area, Document, Limits, Position, ScriptAttributes, Snippets, Template};
use html5ever::tendril::TendrilSink as _;
use html5ever::{local_name, parse_document};
use libfuzzer_sys::fuzz_target;
use markup5ever_rcdom::{Handle, NodeData, RcDom};

const SCRIPT: &str = "let trusted = 1;";

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let mut parts = input.splitn(3, '\u{1f}');
    let mut next = || parts.next().unwrap_or_default();
    let (value, head, body_end) = (next(), next(), next());
    let template = Template::reference(SCRIPT).expect("it is a template");
    let snippets = Snippets { head: head.to_owned().into(), body_end: body_end.to_owned().into() };
    let Ok(checked) = template.check(snippets, &Limits::default()) else {
        return;
    };
    let Ok(attributes) = ScriptAttributes::new().with("data-value", value) else {
        assert!(value.contains('\0'), "HTML can carry any other value");
        return;
    };
    let document = checked.compile(&attributes);
    let whole = document.chunks().concat();
    assert_eq!(document.len(), whole.len());
    areas_are_found(&document, &whole, [head, body_end]);
    assert_eq!(
        first_attribute(&whole).as_deref(),
        Some(value),
        "the value is read as it was given"
    );
    let again = checked.compile(&attributes);
    assert_eq!(again.chunks(), document.chunks(), "the same document");
});

/// Checks the snippets' areas, counted here by splitting text and not by walking over bytes.
fn areas_are_found(document: &Document, whole: &[u8], snippets: [&str; 2]) {
    let whole = std::str::from_utf8(whole).expect("text went in");
    let chunks = document.chunks();
    for ((area, chunks_before), snippet) in
        [(Area::Head, 3), (Area::BodyEnd, 5)].into_iter().zip(snippets)
    {
        assert_eq!(chunks[chunks_before], snippet.as_bytes(), "byte for byte");
        let start: usize = chunks[..chunks_before].iter().map(|chunk| chunk.len()).sum();
        let expected = place(whole, start)..place(whole, start + snippet.len());
        assert_eq!(document.area_range(area), expected);
    }
}

fn place(text: &str, offset: usize) -> Position {
    let (before, after) = text.split_at(offset);
    // A CR LF that is cut in the middle has not ended its line yet.
    let half = if after.starts_with('\n') { before.strip_suffix('\r') } else { None };
    let text = half.unwrap_or(before).replace("\r\n", "\n").replace('\r', "\n");
    let line = text.rsplit('\n').next().unwrap_or_default();
    let column = line.encode_utf16().count() + usize::from(half.is_some()) + 1;
    Position { line: text.matches('\n').count() + 1, column }
}

/// The value of the only attribute of the first script.
fn first_attribute(html: &[u8]) -> Option<String> {
    let html = std::str::from_utf8(html).expect("text went in");
    let dom = parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(html);
    first_script(&dom.document).and_then(|script| match &script.data {
        NodeData::Element { attrs, .. } => {
            attrs.borrow().first().map(|first| first.value.to_string())
        }
        _ => None,
    })
}

/// Searches in tree order, so that no customer content comes first.
fn first_script(node: &Handle) -> Option<Handle> {
    if matches!(&node.data, NodeData::Element { name, .. } if name.local == local_name!("script")) {
        return Some(node.clone());
    }
    node.children.borrow().iter().find_map(first_script)
}

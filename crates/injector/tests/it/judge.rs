//! A second opinion: the criterion, computed with the tree of `markup5ever_rcdom` over the whole text in
//! one piece.

use html5ever::tendril::TendrilSink as _;
use html5ever::tokenizer::TokenizerOpts;
use html5ever::{ParseOpts, local_name, ns, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// A document cut at its slots: the parts before the head snippet, between the snippets, and after the
/// second.
pub(crate) struct Cut<'t> {
    pub(crate) before: &'t str,
    pub(crate) middle: &'t str,
    pub(crate) after: &'t str,
}

/// Whether a script put directly after each snippet holds. Each is tried alone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) head_holds: bool,
    pub(crate) body_end_holds: bool,
}

pub(crate) fn judge(cut: &Cut<'_>, head: &str, body_end: &str) -> Verdict {
    let mark = unused_name(&[cut.before, cut.middle, cut.after, head, body_end]);
    let sentinel = format!("<script {mark}></script>");
    let Cut { before, middle, after } = cut;
    let with_head = parse(&[before, head, &sentinel, middle, body_end, after].concat());
    let with_body_end = parse(&[before, head, middle, body_end, &sentinel, after].concat());
    Verdict { head_holds: holds(&with_head, &mark), body_end_holds: holds(&with_body_end, &mark) }
}

/// Returns the text of the document's first script element, if it is a child of the document's head.
pub(crate) fn first_script(document: &str) -> Option<String> {
    let dom = parse(document);
    let script = elements(&dom).find(is_html_script)?;
    let parent = script.parent.take().and_then(|parent| parent.upgrade())?;
    let in_head =
        matches!(&parent.data, NodeData::Element { name, .. } if name.local == local_name!("head"));
    in_head.then(|| text(&script))
}

pub(crate) fn text(node: &Handle) -> String {
    let children = node.children.borrow();
    let texts = children.iter().filter_map(|child| match &child.data {
        NodeData::Text { contents } => Some(contents.borrow().to_string()),
        _ => None,
    });
    texts.collect()
}

fn unused_name(texts: &[&str]) -> String {
    let texts = texts.concat().to_ascii_lowercase();
    (0..=texts.len())
        .map(|number| format!("judge-{number}-"))
        .find(|name| !texts.contains(name.as_str()))
        .expect("a text has room for fewer names than it has bytes")
}

pub(crate) fn parse(text: &str) -> RcDom {
    let options = ParseOpts {
        tokenizer: TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() },
        ..ParseOpts::default()
    };
    parse_document(RcDom::default(), options).one(text)
}

/// Returns every element of the document's own tree, in tree order, without template contents.
pub(crate) fn elements(dom: &RcDom) -> impl Iterator<Item = Handle> {
    let mut stack = vec![dom.document.clone()];
    std::iter::from_fn(move || {
        let node = stack.pop()?;
        stack.extend(node.children.borrow().iter().rev().cloned());
        Some(node)
    })
}

pub(crate) fn is_html_script(node: &Handle) -> bool {
    matches!(&node.data, NodeData::Element { name, .. } if name.ns == ns!(html) && name.local == local_name!("script"))
}

fn holds(dom: &RcDom, mark: &str) -> bool {
    elements(dom).filter(is_html_script).any(|node| {
        let NodeData::Element { attrs, .. } = &node.data else {
            return false;
        };
        let attributes = attrs.borrow();
        attributes.len() == 1 && &*attributes[0].name.local == mark
    })
}

//! The only module that knows an HTML parser.
//!
//! It answers three questions. [`survey`]: where are the tags of a skeleton? [`prove`]: are both snippets contained?
//! [`examine`]: if not, what was open where they ended?

mod cause;
mod probe;
mod run;
mod spliced;
mod tag_scan;
mod tree;

use std::ops::Range;

use html5ever::{LocalName, local_name};

pub(crate) use self::cause::{Cause, Enclosure};
pub(crate) use self::probe::RawText;
pub(crate) use self::run::Pending;
pub(crate) use self::spliced::Spliced;

use self::run::Run;
use self::tree::{Node, Nursery};
use crate::Limits;
use crate::template::{Template, TemplateError};

/// A tag of a skeleton.
#[derive(Clone, Debug)]
pub(crate) struct Landmark {
    closes: bool,
    name: String,
    pub(crate) span: Range<usize>,
}

impl Landmark {
    /// Compares with a tag as it is written, `<head>` or `</body>`.
    pub(crate) fn is(&self, tag: &str) -> bool {
        let name = tag.trim_start_matches('<').trim_end_matches('>');
        match name.strip_prefix('/') {
            Some(name) => self.closes && self.name == name,
            None => !self.closes && self.name == name,
        }
    }
}

/// Every tag of a skeleton, with its place.
pub(crate) fn survey(html: &str) -> Vec<Landmark> {
    let nursery = Nursery::default();
    let limits = Limits::default();
    let mut run = Run::surveying(&nursery, html, &limits);
    run.creep(html.len(), &limits);
    run.probe().take_landmarks()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Contained,
    NotContained,
    /// Leaping was not safe, or not affordable: creep.
    Unknown,
}

/// Parses the whole document once and looks at what became of the sentinels.
pub(crate) fn prove(spliced: &Spliced, limits: &Limits) -> Verdict {
    let nursery = Nursery::default();
    let mut run = Run::new(&nursery, &spliced.text, spliced.sentinel_names.clone(), limits);
    if !run.leap(spliced.text.len()) {
        return Verdict::Unknown;
    }
    run.end();
    let tree = run.probe().tree();
    if tree.holds(0) && tree.holds(1) { Verdict::Contained } else { Verdict::NotContained }
}

/// With empty snippets, a script in each slot is a child of the head and of the body, and the document is not in quirks mode.
pub(crate) fn prove_slots(template: &Template) -> Result<(), TemplateError> {
    let spliced = Spliced::new(template, "", "");
    let nursery = Nursery::default();
    let limits = Limits::default();
    let mut run = Run::new(&nursery, &spliced.text, spliced.sentinel_names.clone(), &limits);
    let complete = run.leap(spliced.text.len());
    run.end();
    let tree = run.probe().tree();
    let is_child_of = |index: usize, parent: &LocalName| {
        tree.holds(index)
            && tree
                .sentinel(index)
                .and_then(Node::parent)
                .is_some_and(|found| found.is_html(parent))
    };
    if !is_child_of(0, &local_name!("head")) {
        return Err(TemplateError::Slot { slot: "head" });
    }
    if !complete || !is_child_of(1, &local_name!("body")) {
        return Err(TemplateError::Slot { slot: "body" });
    }
    if tree.is_quirky() {
        return Err(TemplateError::Quirks);
    }
    Ok(())
}

/// What a careful look found.
#[derive(Debug)]
pub(crate) enum Examination {
    /// The budget ended here.
    TooComplex(Range<usize>),
    /// For each snippet why it is not contained, or `None` if it is.
    Complete([Option<Cause>; 2]),
}

/// Parses the whole document again, slowly, and says what was open where each snippet ended.
pub(crate) fn examine(spliced: &Spliced, limits: &Limits) -> Examination {
    let nursery = Nursery::default();
    let [head, body_end] = spliced.snippets.clone();
    let [head_sentinel, body_end_sentinel] = spliced.sentinel_ends;
    let mut run = Run::new(&nursery, &spliced.text, spliced.sentinel_names.clone(), limits);

    let mut affordable = run.leap(head.start) && run.creep(head.end, limits);
    let head_standing = affordable.then(|| run.standing());
    affordable = affordable && run.creep(head_sentinel, limits) && run.creep(body_end.end, limits);
    let body_end_standing = affordable.then(|| run.standing());
    affordable = affordable && run.creep(body_end_sentinel, limits) && run.leap(spliced.text.len());

    let (true, Some(head_standing), Some(body_end_standing)) =
        (affordable, head_standing, body_end_standing)
    else {
        return Examination::TooComplex(run.place());
    };
    run.end();
    let tree = run.probe().tree();
    let cause = |index, standing| (!tree.holds(index)).then(|| Cause::find(tree, index, standing));
    Examination::Complete([cause(0, head_standing), cause(1, body_end_standing)])
}

//! The only module that knows an HTML parser.
//!
//! It answers three questions. [`survey`]: where are the tags of a skeleton? [`prove`]: are both snippets contained, and is
//! anything worth a note? [`examine`]: if so, where, and what was open where they ended?

mod cause;
mod notes;
mod probe;
mod remarks;
mod run;
mod spliced;
mod tag_scan;
mod tree;

use std::ops::Range;

use html5ever::{LocalName, local_name};

pub(crate) use self::cause::{Cause, Enclosure};
pub(crate) use self::notes::{Note, What};
pub(crate) use self::probe::RawText;
pub(crate) use self::run::Pending;
pub(crate) use self::spliced::Spliced;
pub(crate) use self::tag_scan::attribute_value;

use self::run::{Run, Standing};
use self::tree::{Node, Nursery};
use crate::diagnostic::Area;
use crate::template::{Template, TemplateError};
use crate::{ExternalHost, Limits};

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

/// What a quick look found.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) verdict: Verdict,
    /// Whether there is anything to note; where it is takes a careful look.
    pub(crate) is_notable: bool,
    pub(crate) hosts: Vec<ExternalHost>,
}

/// Parses the whole document once and looks at what became of the sentinels.
pub(crate) fn prove(spliced: &Spliced, limits: &Limits) -> Proof {
    let nursery = Nursery::default();
    let mut run = Run::new(&nursery, &spliced.text, spliced.sentinel_names.clone(), limits);
    let complete = spliced.areas().into_iter().all(|(area, snippet)| {
        run.leap(snippet.start) && {
            run.enter(area);
            let complete = run.leap(snippet.end);
            run.leave();
            complete
        }
    }) && run.leap(spliced.text.len());
    let verdict = if complete {
        run.end();
        let tree = run.probe().tree();
        if tree.holds(0) && tree.holds(1) { Verdict::Contained } else { Verdict::NotContained }
    } else {
        Verdict::Unknown
    };
    let (notes, hosts) = run.probe().tree().notes().take();
    Proof { verdict, is_notable: !notes.is_empty(), hosts }
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
pub(crate) struct Examination {
    pub(crate) outcome: Outcome,
    /// In the order in which they were found. If the budget ended, those until then.
    pub(crate) notes: Vec<Note>,
    pub(crate) hosts: Vec<ExternalHost>,
}

impl Examination {
    pub(crate) fn is_cut_short(&self) -> bool {
        matches!(self.outcome, Outcome::TooComplex(_))
    }

    /// As in a [`Proof`]: that there is a script says nothing yet.
    pub(crate) fn is_notable(&self) -> bool {
        self.notes.iter().any(|note| note.what != What::Script)
    }
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// The budget ended here.
    TooComplex(Range<usize>),
    /// For each snippet why it is not contained, or `None` if it is.
    Complete([Option<Cause>; 2]),
}

/// Parses the whole document again, slowly, and says what there is to note and what was open where each snippet ended.
pub(crate) fn examine(spliced: &Spliced, limits: &Limits) -> Examination {
    let nursery = Nursery::default();
    let mut run = Run::new(&nursery, &spliced.text, spliced.sentinel_names.clone(), limits);
    let outcome = match pass_slowly(&mut run, spliced, limits) {
        Some(standings) => {
            run.end();
            let tree = run.probe().tree();
            let [head, body_end] = standings;
            let cause =
                |index, standing| (!tree.holds(index)).then(|| Cause::find(tree, index, standing));
            Outcome::Complete([cause(0, head), cause(1, body_end)])
        }
        None => Outcome::TooComplex(run.place()),
    };
    let (notes, hosts) = run.probe().tree().notes().take();
    Examination { outcome, notes, hosts }
}

/// What was open where each snippet ended, if the budget lasts to the end.
fn pass_slowly<'a>(
    run: &mut Run<'a, '_>,
    spliced: &Spliced,
    limits: &Limits,
) -> Option<[Standing<'a>; 2]> {
    let mut standings = Vec::new();
    for ((area, snippet), sentinel_end) in spliced.areas().into_iter().zip(spliced.sentinel_ends) {
        // Only what follows the head snippet may depend on it: the template before it is known to be sound.
        let reached = match area {
            Area::Head => run.leap(snippet.start),
            Area::BodyEnd => run.creep(snippet.start, limits),
        };
        if !reached {
            return None;
        }
        run.enter(area);
        if !run.creep(snippet.end, limits) {
            return None;
        }
        run.leave();
        standings.push(run.standing());
        if !run.creep(sentinel_end, limits) {
            return None;
        }
    }
    if !run.leap(spliced.text.len()) {
        return None;
    }
    <[Standing<'a>; 2]>::try_from(standings).ok()
}

//! The only module that uses an HTML parser.
//!
//! It answers three questions. [`survey`]: where are the tags of a skeleton? [`prove`]: are both snippets
//! contained, and is anything worth a note? [`examine`]: if so, where, and what was open where they ended?

mod cause;
mod landmark;
mod node;
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
pub(crate) use self::landmark::Landmark;
pub(crate) use self::notes::{Note, Taken};
pub(crate) use self::probe::RawText;
pub(crate) use self::remarks::{Damage, ScriptNote, What};
pub(crate) use self::run::Pending;
pub(crate) use self::spliced::Spliced;
pub(crate) use self::tag_scan::{attribute_value, has_attribute};

use self::node::{Node, Nursery};
use self::run::{Run, Standing};
use crate::diagnostic::Area;
use crate::template::{Template, TemplateError};
use crate::{ExternalHost, Limits};

/// Returns every tag of a skeleton, with its place.
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
    /// Leaping was unsafe or too expensive: creep.
    Unknown,
}

/// The result of a quick parse.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) verdict: Verdict,
    /// Whether there is anything to note; finding its place takes a slow parse.
    pub(crate) is_notable: bool,
    /// The scripts and code attributes, in order, with their texts but without their places.
    pub(crate) scripts: Vec<(Area, ScriptNote)>,
    pub(crate) hosts: Vec<ExternalHost>,
}

/// Parses the whole document once and checks the sentinels in its tree.
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
    let Taken { notes, scripts, hosts } = run.probe().tree().notes().take();
    Proof { verdict, is_notable: !notes.is_empty(), scripts, hosts }
}

/// Checks that with empty snippets, a script in each slot is a child of the head or the body, and that the
/// document is not in quirks mode.
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

/// The result of a slow parse.
#[derive(Debug)]
pub(crate) struct Examination {
    pub(crate) outcome: Outcome,
    /// If the budget ended, the notes up to that point.
    pub(crate) taken: Taken,
}

impl Examination {
    pub(crate) fn is_cut_short(&self) -> bool {
        matches!(self.outcome, Outcome::TooComplex(_))
    }

    pub(crate) fn is_notable(&self) -> bool {
        !self.taken.notes.is_empty()
    }
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// The budget ended here.
    TooComplex(Range<usize>),
    /// For each snippet, the cause why it is not contained, or `None` if it is.
    Complete([Option<Cause>; 2]),
}

/// Parses the whole document again, slowly, to find the notes and the constructs open at the end of each
/// snippet.
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
    Examination { outcome, taken: run.probe().tree().notes().take() }
}

/// Returns the constructs open at the end of each snippet, if the budget suffices.
fn pass_slowly<'a>(
    run: &mut Run<'a, '_>,
    spliced: &Spliced,
    limits: &Limits,
) -> Option<[Standing<'a>; 2]> {
    let mut standings = Vec::new();
    for ((area, snippet), sentinel_end) in spliced.areas().into_iter().zip(spliced.sentinel_ends) {
        // Only text after the head snippet can depend on it; the template before it is known to be sound.
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

//! The scripts of one check.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::stack::Budget;
use super::syntax::{self, Parsed, SyntaxError, may_be_module};
use super::types::Kind;
use super::{api, blocked, literals, module, repair, vendor};
use crate::diagnostic::Code;
use crate::events::Events;
use crate::found::Found;

/// The scripts of one check. Each is parsed once, however often it is asked about, and all of them share a
/// budget: those beyond it are not parsed, which is all that is said about them.
pub(crate) struct Scripts<'e> {
    events: &'e Events,
    read: RefCell<HashMap<String, [Option<Rc<Outcome>>; 3]>>,
    budget: Budget,
}

/// The result of parsing a script's text.
enum Outcome {
    /// It costs too much to be parsed.
    NotParsed,
    Broken {
        error: SyntaxError,
        why: OnceCell<Found>,
    },
    Sound {
        does_something: bool,
        found: Vec<Found>,
    },
}

impl<'e> Scripts<'e> {
    pub(crate) fn new(events: &'e Events) -> Self {
        Self { events, read: RefCell::default(), budget: Budget::default() }
    }

    /// Returns everything that a script's text shows to be wrong.
    pub(crate) fn findings(&self, text: &str, kind: Kind) -> Vec<Found> {
        match &*self.outcome(text, kind) {
            Outcome::NotParsed => {
                let message = "this script is too complex to be checked in time: whether it works is not known";
                vec![Found::new(Code::UncheckedScript, 0..0, message)]
            }
            Outcome::Broken { error, why } => {
                vec![
                    why.get_or_init(|| repair::diagnose(&self.budget, text, kind, error.clone()))
                        .clone(),
                ]
            }
            Outcome::Sound { found, .. } => found.clone(),
        }
    }

    /// Whether a browser would run the script, as far as its syntax is known.
    pub(crate) fn is_sound(&self, text: &str, kind: Kind) -> bool {
        !matches!(*self.outcome(text, kind), Outcome::Broken { .. })
    }

    /// Whether a text outside any element is JavaScript: it parses, and it would do something. Words,
    /// numbers and ids parse too, but do nothing.
    pub(crate) fn is_code(&self, text: &str) -> Option<Kind> {
        [Kind::Classic, Kind::Module].into_iter().find(|&kind| {
            (kind == Kind::Classic || may_be_module(text))
                && matches!(*self.outcome(text, kind), Outcome::Sound { does_something: true, .. })
        })
    }

    fn outcome(&self, text: &str, kind: Kind) -> Rc<Outcome> {
        let known = self.read.borrow().get(text).and_then(|read| read[kind as usize].clone());
        known.unwrap_or_else(|| {
            let outcome = Rc::new(self.read(text, kind));
            let mut read = self.read.borrow_mut();
            read.entry(text.to_owned()).or_default()[kind as usize] = Some(Rc::clone(&outcome));
            outcome
        })
    }

    fn read(&self, text: &str, kind: Kind) -> Outcome {
        let events = self.events;
        let parsed = syntax::parse(text, kind, &self.budget, |parsed| {
            (syntax::does_something(parsed), walk(parsed, events))
        });
        match parsed {
            None => Outcome::NotParsed,
            Some(Err(error)) => Outcome::Broken { error, why: OnceCell::new() },
            Some(Ok((does_something, found))) => Outcome::Sound { does_something, found },
        }
    }
}

fn walk(parsed: &Parsed<'_>, events: &Events) -> Vec<Found> {
    let mut found = Vec::new();
    for node in parsed.semantic.nodes() {
        api::visit(parsed, node, events, &mut found);
        blocked::visit(parsed, node, &mut found);
        module::visit(node, &mut found);
        literals::visit(parsed, node, &mut found);
        vendor::visit(parsed, node, &mut found);
    }
    found.extend(literals::tag(parsed));
    found.sort_by_key(|found| found.span.start);
    found
}

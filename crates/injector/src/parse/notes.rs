//! What is worth saying about a snippet although it is contained, noted while a parse goes by.
//!
//! Each parse takes the same notes. A leaping one knows *what* there is to say, and its places mean nothing; so if it took
//! any, a creeping one takes them again. Whatever is noted here must come from tokens and elements alone, so that both agree.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use html5ever::{Attribute, LocalName, QualName, local_name, ns};

use super::remarks::Remarks;
use super::tree::Handle;
use crate::diagnostic::Area;
use crate::hosts::{Authority, ExternalHost};
use crate::javascript::first_line_of_code;

/// Something to say about a part of a snippet.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) area: Area,
    /// In the whole text: a tag, or a run of text.
    pub(crate) span: Range<usize>,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The element is open where the snippet ends.
    Unclosed(String),
    /// The end tag of an element that is the document's own.
    EarlyEnd(String),
    MetaCsp,
    MetaRefresh,
    /// The encoding that is asked for.
    MetaCharset(String),
    Base,
    /// The attribute has a URL of plain http.
    Insecure {
        attribute: &'static str,
    },
    /// The attribute makes the browser ask the script's server whether the origin `null` may read it.
    NeedsCors {
        attribute: &'static str,
    },
    /// The target's name.
    BlockedTarget(String),
    BlockedForm,
    /// The text of a script that runs: its event names are worth a look. In a creeping parse only.
    Script,
    /// Text with a line of JavaScript in it.
    CodeAsText,
}

/// The notes of one parse.
pub(super) struct Notes {
    area: Cell<Option<Area>>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    warnings_max: usize,
    /// How many notes are warnings for certain.
    warnings: usize,
    notes: Vec<Note>,
    hosts: BTreeSet<ExternalHost>,
    /// About the element that was made last. It belongs to the current start tag if nothing is made after it: before it,
    /// the parser may have made others anew that were closed on the way.
    latest: Remarks,
    /// The text since the last markup that is in no element of the snippet, and where it began.
    text: String,
    text_start: usize,
    /// The start tags of formatting elements that had no end tag yet. (The parser makes these elements anew in each block, so
    /// an element that is open at the end need not be the one that the tag made.)
    formatting: BTreeMap<LocalName, Vec<Range<usize>>>,
    /// Whether the script that is being read is one that runs.
    in_script: bool,
}

impl Notes {
    pub(super) fn new(warnings_max: usize) -> Self {
        let state = State { warnings_max, ..State::default() };
        Self { area: Cell::new(None), state: RefCell::new(state) }
    }

    pub(super) fn area(&self) -> Option<Area> {
        self.area.get()
    }

    pub(super) fn take(&self) -> (Vec<Note>, Vec<ExternalHost>) {
        let mut state = self.state.borrow_mut();
        let hosts = std::mem::take(&mut state.hosts);
        (std::mem::take(&mut state.notes), hosts.into_iter().collect())
    }

    pub(super) fn enter(&self, area: Area, at: usize) {
        self.area.set(Some(area));
        let mut state = self.state.borrow_mut();
        state.text_start = at;
        state.formatting.clear();
    }

    /// The snippet ends at `at`, and these are open, possibly twice, besides some that the parser remembers.
    pub(super) fn leave(&self, at: usize, open: Vec<Handle<'_>>) {
        let Some(area) = self.area.take() else { return };
        let mut state = self.state.borrow_mut();
        state.end_text(area, at..at);
        let mut seen: Vec<Handle<'_>> = Vec::new();
        for node in open {
            let is_new = !seen.iter().any(|seen| std::ptr::eq(*seen, node));
            if node.area() != Some(area) || !is_new || has_optional_end_tag(node.name()) {
                continue;
            }
            seen.push(node);
            let name = &node.name().local;
            let tag = if is_formatting(node.name()) {
                state.formatting.get_mut(name).and_then(Vec::pop)
            } else {
                Some(node.opened_by())
            };
            if let Some(span) = tag {
                state.note(area, span, What::Unclosed(name.to_string()));
            }
        }
    }

    /// An element is made.
    pub(super) fn element(&self, name: &QualName, attributes: &[Attribute]) {
        if self.area.get().is_some() {
            self.state.borrow_mut().latest = Remarks::of(name, attributes);
        }
    }

    /// Text was added that is in no element of the snippet.
    pub(super) fn text(&self, text: &str) {
        if self.area.get().is_none() {
            return;
        }
        let mut state = self.state.borrow_mut();
        if !state.text.is_empty() || !text.trim_start().is_empty() {
            state.text.push_str(text);
        }
    }

    /// A tag, a comment or a doctype begins and ends here; the parser has not acted on it.
    pub(super) fn markup(&self, span: Range<usize>) {
        let Some(area) = self.area.get() else { return };
        let mut state = self.state.borrow_mut();
        state.end_text(area, span);
        state.latest = Remarks::default();
    }

    /// A start tag was acted on.
    pub(super) fn start_tag(&self, name: &LocalName, span: Range<usize>) {
        let Some(area) = self.area.get() else { return };
        let mut state = self.state.borrow_mut();
        let Remarks { what, loads, is_script } = std::mem::take(&mut state.latest);
        for what in what {
            state.note(area, span.clone(), what);
        }
        for (kind, Authority { scheme, host }) in loads {
            state.hosts.insert(ExternalHost { area, kind, host, scheme });
        }
        state.in_script = is_script;
        if is_formatting_name(name) {
            state.formatting.entry(name.clone()).or_default().push(span);
        }
    }

    /// An end tag was acted on.
    pub(super) fn end_tag(&self, name: &LocalName, span: Range<usize>) {
        let Some(area) = self.area.get() else { return };
        let mut state = self.state.borrow_mut();
        if matches!(*name, local_name!("head") | local_name!("body") | local_name!("html")) {
            state.note(area, span, What::EarlyEnd(name.to_string()));
        } else if is_formatting_name(name)
            && let Some(tags) = state.formatting.get_mut(name)
        {
            tags.pop();
        }
    }

    /// The text of an element that is read as text was here. In a leaping parse nobody knows where that is.
    pub(super) fn raw_text(&self, name: &LocalName, span: Range<usize>) {
        let Some(area) = self.area.get() else { return };
        let mut state = self.state.borrow_mut();
        if *name == local_name!("script") && state.in_script && !span.is_empty() {
            state.notes.push(Note { area, span, what: What::Script });
        }
    }
}

impl State {
    fn note(&mut self, area: Area, span: Range<usize>, what: What) {
        if self.warnings < self.warnings_max {
            self.warnings += 1;
            self.notes.push(Note { area, span, what });
        }
    }

    /// Markup at `span` ends the text before it.
    fn end_text(&mut self, area: Area, span: Range<usize>) {
        if !self.text.is_empty() {
            if first_line_of_code(&self.text).is_some() {
                self.note(area, self.text_start..span.start, What::CodeAsText);
            }
            self.text.clear();
        }
        self.text_start = span.end;
    }
}

/// Elements that need no end tag, and those that are the document's own.
fn has_optional_end_tag(name: &QualName) -> bool {
    name.ns == ns!(html)
        && matches!(
            name.local,
            local_name!("html")
                | local_name!("head")
                | local_name!("body")
                | local_name!("p")
                | local_name!("li")
                | local_name!("dt")
                | local_name!("dd")
                | local_name!("rb")
                | local_name!("rt")
                | local_name!("rtc")
                | local_name!("rp")
                | local_name!("optgroup")
                | local_name!("option")
                | local_name!("colgroup")
                | local_name!("caption")
                | local_name!("thead")
                | local_name!("tbody")
                | local_name!("tfoot")
                | local_name!("tr")
                | local_name!("td")
                | local_name!("th")
        )
}

fn is_formatting(name: &QualName) -> bool {
    name.ns == ns!(html) && is_formatting_name(&name.local)
}

/// <https://html.spec.whatwg.org/multipage/parsing.html#formatting>
fn is_formatting_name(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("a")
            | local_name!("b")
            | local_name!("big")
            | local_name!("code")
            | local_name!("em")
            | local_name!("font")
            | local_name!("i")
            | local_name!("nobr")
            | local_name!("s")
            | local_name!("small")
            | local_name!("strike")
            | local_name!("strong")
            | local_name!("tt")
            | local_name!("u")
    )
}

//! Notes about a snippet that do not affect whether it is contained, taken during a parse.
//!
//! Each parse takes the same notes. The places of a leaping parse are meaningless; so if it took any notes,
//! a creeping parse takes them again. Notes must depend only on tokens and elements, so that both parses
//! agree.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use html5ever::{Attribute, LocalName, QualName, local_name, ns};

use super::node::Handle;
use super::remarks::{Remarks, ScriptNote, What, is_dashed, is_server_code};
use crate::diagnostic::Area;
use crate::hosts::{Authority, ExternalHost};
use crate::script::Use;

/// A note about a part of a snippet.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) area: Area,
    /// A tag or a run of text, as a place in the whole text.
    pub(crate) span: Range<usize>,
    pub(crate) what: What,
}

/// The notes of one parse.
pub(super) struct Notes {
    area: Cell<Option<Area>>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    warnings_max: usize,
    /// Number of notes that are certainly warnings.
    warnings: usize,
    notes: Vec<Note>,
    hosts: BTreeSet<ExternalHost>,
    /// Remarks about the last element made. When a start tag has been processed, that is the tag's own
    /// element: elements that the parser reopens come before it.
    latest: Remarks,
    /// Whether text outside elements has come since the last markup, and the start of that text.
    has_text: bool,
    text_start: usize,
    /// The start tags of formatting elements without an end tag so far. (The parser makes these elements
    /// anew in each block, so an element that is open at the end need not be the one that the tag made.)
    formatting: BTreeMap<LocalName, Vec<Range<usize>>>,
    /// The script being read.
    script: Option<ScriptNote>,
    /// The scripts and code attributes so far.
    scripts: Vec<(Area, ScriptNote)>,
    /// Whether a `<base>` decides what relative URLs mean.
    has_base: bool,
}

/// All notes of a parse.
#[derive(Debug)]
pub(crate) struct Taken {
    /// In the order in which they were found.
    pub(crate) notes: Vec<Note>,
    pub(crate) scripts: Vec<(Area, ScriptNote)>,
    pub(crate) hosts: Vec<ExternalHost>,
}

impl Notes {
    pub(super) fn new(warnings_max: usize) -> Self {
        let state = State { warnings_max, ..State::default() };
        Self { area: Cell::new(None), state: RefCell::new(state) }
    }

    pub(super) fn area(&self) -> Option<Area> {
        self.area.get()
    }

    pub(super) fn take(&self) -> Taken {
        let mut state = self.state.borrow_mut();
        Taken {
            notes: std::mem::take(&mut state.notes),
            scripts: std::mem::take(&mut state.scripts),
            hosts: std::mem::take(&mut state.hosts).into_iter().collect(),
        }
    }

    pub(super) fn enter(&self, area: Area, at: usize) {
        self.area.set(Some(area));
        let mut state = self.state.borrow_mut();
        state.text_start = at;
        state.has_text = false;
        state.script = None;
        state.formatting.clear();
    }

    /// Ends the snippet at `at`. `open` lists the open elements, possibly twice, and others that the parser
    /// holds.
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

    /// Handles the creation of an element.
    pub(super) fn element(&self, name: &QualName, attributes: &[Attribute]) {
        if self.area.get().is_some() {
            self.state.borrow_mut().latest = Remarks::of(name, attributes);
        }
    }

    /// Handles text that is in no element of the snippet.
    pub(super) fn text(&self, text: &str) {
        if self.area.get().is_none() {
            return;
        }
        let mut state = self.state.borrow_mut();
        state.has_text = state.has_text || !text.trim().is_empty();
    }

    /// Handles text in a script element.
    pub(super) fn script_text(&self, text: &str) {
        if let Some(script) = &mut self.state.borrow_mut().script {
            script.text.push_str(text);
        }
    }

    /// Handles a comment, after [`markup`](Self::markup).
    pub(super) fn comment(&self, text: &str, span: Range<usize>) {
        let Some(area) = self.area.get() else { return };
        let mut state = self.state.borrow_mut();
        if is_server_code(text) {
            state.note(area, span, What::ServerCode);
        } else if is_dashed(text) {
            state.note(area, span, What::DashedComment);
        }
    }

    /// Handles a tag, a comment or a doctype before the parser acts on it.
    pub(super) fn markup(&self, span: Range<usize>) {
        let Some(area) = self.area.get() else { return };
        let mut state = self.state.borrow_mut();
        state.end_text(area, span);
        state.latest = Remarks::default();
    }

    /// Handles a start tag after the parser has acted on it.
    pub(super) fn start_tag(&self, name: &LocalName, span: Range<usize>) {
        let Some(area) = self.area.get() else { return };
        let mut state = self.state.borrow_mut();
        let Remarks { what, loads, script, handlers } = std::mem::take(&mut state.latest);
        for what in what {
            state.has_base |= what == What::Base;
            if !(state.has_base && matches!(what, What::RelativeUrl { .. })) {
                state.note(area, span.clone(), what);
            }
        }
        for (attribute, text) in handlers {
            let note = ScriptNote::of_attribute(span.clone(), attribute, text);
            state.scripts.push((area, note));
        }
        for (kind, Authority { scheme, host }) in loads {
            state.hosts.insert(ExternalHost { area, kind, host, scheme });
        }
        state.script = script.map(|(used_as, has_source)| ScriptNote {
            used_as,
            has_source,
            tag: span.clone(),
            inner: span.end..span.end,
            attribute: None,
            text: String::new(),
        });
        if is_formatting_name(name) {
            state.formatting.entry(name.clone()).or_default().push(span);
        }
    }

    /// Handles an end tag after the parser has acted on it.
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

    /// Handles the end of a raw-text element. A leaping parse does not know the place of its content.
    pub(super) fn raw_text(&self, span: Range<usize>) {
        let Some(area) = self.area.get() else { return };
        let mut state = self.state.borrow_mut();
        if let Some(mut script) = state.script.take() {
            script.inner = span;
            state.scripts.push((area, script));
        }
    }
}

impl ScriptNote {
    fn of_attribute(tag: Range<usize>, attribute: String, text: String) -> Self {
        let inner = tag.end..tag.end;
        let attribute = Some(attribute);
        Self { used_as: Use::Handler, has_source: false, tag, inner, attribute, text }
    }
}

impl State {
    fn note(&mut self, area: Area, span: Range<usize>, what: What) {
        if self.warnings < self.warnings_max {
            self.warnings += 1;
            self.notes.push(Note { area, span, what });
        }
    }

    /// Ends the text before the markup at `span`.
    fn end_text(&mut self, area: Area, span: Range<usize>) {
        if std::mem::take(&mut self.has_text) {
            self.note(area, self.text_start..span.start, What::Text);
        }
        self.text_start = span.end;
    }
}

/// Whether an element needs no end tag, or is the document's own.
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

/// Whether it is a [formatting element](https://html.spec.whatwg.org/multipage/parsing.html#formatting).
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

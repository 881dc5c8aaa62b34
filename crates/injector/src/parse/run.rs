//! Feeds the parser: in leaps if only the verdict matters, character by character if places matter.
//!
//! html5ever reports lines, not bytes. But it emits a token when its last character goes in, so feeding one
//! character at a time shows the end of each token; a tag begins at the first `<` after the end of the
//! token before it.

use std::ops::Range;

use html5ever::LocalName;
use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};

use super::node::{Handle, Nursery};
use super::notes::Notes;
use super::probe::{Emitted, Probe, RawText};
use super::tag_scan::TagScan;
use super::tree::Tree;
use crate::Limits;
use crate::diagnostic::Area;

/// Bytes fed at a time when leaping: small enough to enforce the budget in time, large enough to add no
/// cost.
const LEAP: usize = 4096;

/// Bytes that may go in without any token coming out; beyond that, leaping is unsafe: html5ever compares
/// each attribute of a tag with all before it, and emits none until the tag ends.
const SILENCE_MAX: usize = 16 * 1024;

pub(super) struct Run<'a, 't> {
    tokenizer: Tokenizer<Probe<'a, 't>>,
    queue: BufferQueue,
    text: &'t str,
    fed: usize,
    silence: usize,
    /// The first `<` after the last token and, if it begins a tag, the scan of that tag so far.
    opener: Option<usize>,
    tag: Option<TagScan>,
}

/// The constructs that the parser has not finished.
pub(super) struct Standing<'a> {
    pub(super) raw_text: Option<RawText>,
    pub(super) pending: Option<Pending>,
    /// Whether `<![CDATA[` would start a CDATA section, not a bogus comment.
    pub(super) foreign: bool,
    pub(super) open_elements: Vec<Handle<'a>>,
}

/// A construct that began with `<` and has not come out as a token yet.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) start: usize,
    /// The start of a quoted attribute value that is still open, if there is one.
    pub(crate) open_quote: Option<usize>,
}

impl<'a, 't> Run<'a, 't> {
    pub(super) fn new(
        nursery: &'a Nursery<'a>,
        text: &'t str,
        sentinels: [LocalName; 2],
        limits: &'t Limits,
    ) -> Self {
        Self::start(nursery, text, sentinels, limits, false)
    }

    /// Enters a snippet: notes are taken from here on.
    pub(super) fn enter(&self, area: Area) {
        self.probe().tree().notes().enter(area, self.fed);
    }

    /// Leaves the snippet at its end.
    pub(super) fn leave(&self) {
        // A construct that is not finished is no text.
        let end = self.opener.unwrap_or(self.fed);
        self.probe().tree().notes().leave(end, self.probe().open_elements());
    }

    /// Creates a run that records the place of every tag.
    pub(super) fn surveying(nursery: &'a Nursery<'a>, text: &'t str, limits: &'t Limits) -> Self {
        Self::start(nursery, text, [LocalName::default(), LocalName::default()], limits, true)
    }

    fn start(
        nursery: &'a Nursery<'a>,
        text: &'t str,
        sentinels: [LocalName; 2],
        limits: &'t Limits,
        landmarks: bool,
    ) -> Self {
        let options = TokenizerOpts {
            // html5ever would drop a U+FEFF at the start of every piece. A browser drops one only at the
            // start of the response, where the template begins.
            discard_bom: false,
            ..TokenizerOpts::default()
        };
        let notes = Notes::new(limits.warnings_max);
        let probe = Probe::new(Tree::new(nursery, sentinels, notes), limits, landmarks);
        Self {
            tokenizer: Tokenizer::new(probe, options),
            queue: BufferQueue::default(),
            text,
            fed: 0,
            silence: 0,
            opener: None,
            tag: None,
        }
    }

    pub(super) fn probe(&self) -> &Probe<'a, 't> {
        &self.tokenizer.sink
    }

    /// Whether more of the text may go in.
    pub(super) fn may_continue(&self) -> bool {
        !self.probe().is_exhausted()
    }

    /// The place reached so far: the current construct, or else the next character.
    pub(super) fn place(&self) -> Range<usize> {
        let start = self.opener.unwrap_or(self.fed);
        start..self.fed.max(start)
    }

    /// Feeds up to `to` without tracking places. Returns false if that became unsafe or exceeded the
    /// budget.
    pub(super) fn leap(&mut self, to: usize) -> bool {
        while self.fed < to && self.may_continue() {
            let end = self.text.floor_char_boundary((self.fed + LEAP).min(to));
            self.probe().emitted.set(Emitted::Nothing);
            self.feed(end);
            if self.probe().emitted.get() == Emitted::Nothing {
                self.silence += LEAP;
                if self.silence > SILENCE_MAX {
                    return false;
                }
            } else {
                self.silence = 0;
            }
        }
        self.may_continue()
    }

    /// Feeds up to `to` character by character, tracking places. Stops and returns false past the budget.
    pub(super) fn creep(&mut self, to: usize, limits: &Limits) -> bool {
        let text = self.text;
        for next in text[self.fed..to].chars() {
            let at = self.fed;
            let end = at + next.len_utf8();
            if next == '<' {
                self.opener = self.opener.or(Some(at));
            }
            self.probe().current.set((self.opener.unwrap_or(at), end));
            self.probe().emitted.set(Emitted::Nothing);
            self.feed(end);
            if !self.may_continue() {
                return false;
            }
            self.follow(next, at);
            if self.tag.as_ref().is_some_and(|tag| tag.attributes() > limits.attributes_max) {
                self.probe().exhaust();
                return false;
            }
        }
        true
    }

    /// Updates the pending construct after `next`, which is at `at`, went in.
    fn follow(&mut self, next: char, at: usize) {
        match self.probe().emitted.get() {
            Emitted::Markup => self.opener = None,
            // Text before a `<` may come out only with the `<`, which is then pending.
            Emitted::Text => self.opener = (next == '<').then_some(at),
            Emitted::Nothing => {
                if let Some(tag) = &mut self.tag {
                    return tag.step(next, at);
                }
                let Some(opener) = self.opener else { return };
                match &self.text[opener + 1..self.fed] {
                    // `</>` vanishes without a token.
                    "/>" => self.opener = None,
                    begun => {
                        let name = begun.strip_prefix('/').unwrap_or(begun);
                        let first_letter = name.len() == 1 && next.is_ascii_alphabetic();
                        if first_letter && !self.probe().in_raw_text() {
                            self.tag = Some(TagScan::new());
                        }
                        return;
                    }
                }
            }
        }
        self.tag = None;
    }

    fn feed(&mut self, to: usize) {
        self.queue.push_back(StrTendril::from_slice(&self.text[self.fed..to]));
        while !matches!(self.tokenizer.feed(&self.queue), TokenizerResult::Done) {}
        self.fed = to;
    }

    pub(super) fn standing(&self) -> Standing<'a> {
        use html5ever::tokenizer::TokenSink as _;
        let probe = self.probe();
        Standing {
            raw_text: probe.raw_text(),
            // A lone `<` is text as soon as another `<` follows.
            pending: self.opener.filter(|start| start + 1 < self.fed).map(|start| Pending {
                start,
                open_quote: self.tag.as_ref().and_then(TagScan::open_quote),
            }),
            foreign: probe.adjusted_current_node_present_but_not_in_html_namespace(),
            open_elements: probe.open_elements(),
        }
    }

    /// Tells the parser that the input has ended.
    pub(super) fn end(&self) {
        self.tokenizer.end();
    }
}

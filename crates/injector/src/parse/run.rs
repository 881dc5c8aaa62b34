//! Feeding: in leaps where only the verdict matters, character by character where places matter.
//!
//! html5ever tells lines, not bytes. But a token comes out when its last character goes in, so feeding one character at a
//! time tells where each token ends; a tag begins at the first `<` after the end of what came out before it.

use std::ops::Range;

use html5ever::LocalName;
use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};

use super::notes::Notes;
use super::probe::{Emitted, Probe, RawText};
use super::tag_scan::TagScan;
use super::tree::{Handle, Nursery, Tree};
use crate::Limits;
use crate::diagnostic::Area;

/// Bytes fed at a time when leaping: small enough for the budget to bite, large enough to cost nothing.
const LEAP: usize = 4096;

/// Bytes that may go in without any token coming out before leaping stops being safe: html5ever compares each attribute of
/// a tag with all before it, and shows none until the tag ends.
const SILENCE_MAX: usize = 16 * 1024;

pub(super) struct Run<'a, 't> {
    tokenizer: Tokenizer<Probe<'a, 't>>,
    queue: BufferQueue,
    text: &'t str,
    fed: usize,
    silence: usize,
    /// The first `<` after the last token, and what it has become so far if that is a tag.
    opener: Option<usize>,
    tag: Option<TagScan>,
}

/// What the parser is in the middle of.
pub(super) struct Standing<'a> {
    pub(super) raw_text: Option<RawText>,
    pub(super) pending: Option<Pending>,
    /// Whether a CDATA section would be one, and not a bogus comment.
    pub(super) foreign: bool,
    pub(super) open_elements: Vec<Handle<'a>>,
}

/// Something that began with `<` and has not come out as a token.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) start: usize,
    /// Where a quoted attribute value that is still open began, if one is.
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

    /// Enters a snippet: from here on, what passes is worth a note.
    pub(super) fn enter(&self, area: Area) {
        self.probe().tree().notes().enter(area, self.fed);
    }

    /// Leaves the snippet at its end.
    pub(super) fn leave(&self) {
        self.probe().tree().notes().leave(self.fed, self.probe().open_elements());
    }

    /// One that remembers the place of every tag.
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
            // html5ever would drop a U+FEFF at the start of every piece. A browser drops one at the start of the response,
            // and there the template begins.
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

    /// The place that feeding has reached: the current construct, or else the next character.
    pub(super) fn place(&self) -> Range<usize> {
        let start = self.opener.unwrap_or(self.fed);
        start..self.fed.max(start)
    }

    /// Feeds up to `to` without knowing places. Returns false if that became unsafe or too much.
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

    /// Feeds up to `to` character by character, knowing places. Stops where it becomes too much.
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

    /// Keeps track of what is pending after `next`, which is at `at`, went in.
    fn follow(&mut self, next: char, at: usize) {
        match self.probe().emitted.get() {
            Emitted::Markup => self.opener = None,
            // Text before a `<` may come out only with the `<`, which then is what is pending.
            Emitted::Text => self.opener = (next == '<').then_some(at),
            Emitted::Nothing => {
                if let Some(tag) = &mut self.tag {
                    return tag.step(next, at);
                }
                let Some(opener) = self.opener else { return };
                match &self.text[opener + 1..self.fed] {
                    // This one vanishes without a token.
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

    /// Lets the parser know that nothing follows.
    pub(super) fn end(&self) {
        self.tokenizer.end();
    }
}

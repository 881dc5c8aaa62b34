//! A probe between the tokenizer and the tree builder. It records tokens and their places, and enforces the
//! budget.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::ops::Range;

use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{Tracer, TreeBuilder, TreeBuilderOpts};

use super::landmark::Landmark;
use super::node::Handle;
use super::tree::Tree;
use crate::Limits;

/// Number of start tags between counts of the open elements: a count costs time for each of them.
const START_TAGS_PER_COUNT: usize = 16;

pub(super) struct Probe<'a, 'l> {
    builder: TreeBuilder<Handle<'a>, Tree<'a>>,
    limits: &'l Limits,
    /// The bytes of the tokenizer's current construct, as far as the feeding side knows them.
    pub(super) current: Cell<(usize, usize)>,
    pub(super) emitted: Cell<Emitted>,
    /// The element whose text is being read, from its start tag to its end tag.
    raw_text: RefCell<Option<RawText>>,
    landmarks: Option<RefCell<Vec<Landmark>>>,
    start_tags: Cell<usize>,
    /// Number of open elements at the last count.
    open: Cell<usize>,
    steps: Cell<usize>,
    exhausted: Cell<bool>,
}

/// The kind of tokens emitted since the last reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Emitted {
    #[default]
    Nothing,
    Text,
    Markup,
}

/// An element that reads everything up to its own end tag as text.
#[derive(Clone, Debug)]
pub(crate) struct RawText {
    pub(crate) name: String,
    pub(crate) opened_by: Range<usize>,
}

impl<'a, 'l> Probe<'a, 'l> {
    pub(super) fn new(tree: Tree<'a>, limits: &'l Limits, with_landmarks: bool) -> Self {
        let options = TreeBuilderOpts {
            // Scripts run in the frame, so a browser reads <noscript> as text.
            scripting_enabled: true,
            ..TreeBuilderOpts::default()
        };
        Self {
            builder: TreeBuilder::new(tree, options),
            limits,
            current: Cell::new((0, 0)),
            emitted: Cell::default(),
            raw_text: RefCell::new(None),
            landmarks: with_landmarks.then(RefCell::default),
            start_tags: Cell::new(0),
            open: Cell::new(0),
            steps: Cell::new(0),
            exhausted: Cell::new(false),
        }
    }

    pub(super) fn tree(&self) -> &Tree<'a> {
        &self.builder.sink
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    pub(super) fn exhaust(&self) {
        self.exhausted.set(true);
    }

    pub(super) fn raw_text(&self) -> Option<RawText> {
        self.raw_text.borrow().clone()
    }

    pub(super) fn in_raw_text(&self) -> bool {
        self.raw_text.borrow().is_some()
    }

    pub(super) fn take_landmarks(&self) -> Vec<Landmark> {
        self.landmarks.as_ref().map(RefCell::take).unwrap_or_default()
    }

    /// The open elements, outermost first, together with a few other handles that the builder holds.
    pub(super) fn open_elements(&self) -> Vec<Handle<'a>> {
        let open = Open::default();
        self.builder.trace_handles(&open);
        open.0.into_inner()
    }

    fn count_open(&self) -> usize {
        let count = Count::default();
        self.builder.trace_handles(&count);
        count.count.get()
    }

    fn start_tag(&self, tag: &Tag) {
        let seen = self.start_tags.get() + 1;
        self.start_tags.set(seen);
        if seen.is_multiple_of(START_TAGS_PER_COUNT) {
            self.open.set(self.count_open());
        }
        let too_many = |count: usize, max: usize| count > max;
        if too_many(tag.attrs.len(), self.limits.attributes_max)
            || too_many(self.tree().nodes(), self.limits.nodes_max)
            || too_many(self.open.get(), self.limits.open_elements_max)
        {
            self.exhaust();
        }
    }

    /// Charges the budget for a tag: any tag may make the builder search all open elements for its name.
    fn charge_steps(&self) {
        let steps = self.steps.get() + self.open.get();
        self.steps.set(steps);
        if steps > self.limits.steps_max {
            self.exhaust();
        }
    }

    fn tag(&self, tag: Tag, line: u64) -> TokenSinkResult<Handle<'a>> {
        let (start, end) = self.current.get();
        let (name, kind) = (tag.name.clone(), tag.kind);
        self.tree().set_current_tag((start, end));
        if let Some(landmarks) = &self.landmarks {
            landmarks.borrow_mut().push(Landmark {
                closes: tag.kind == TagKind::EndTag,
                name: tag.name.to_string(),
                span: start..end,
            });
        }
        self.charge_steps();
        match tag.kind {
            TagKind::StartTag => self.start_tag(&tag),
            // In raw text, the only end tag that comes out is the one that ends it.
            TagKind::EndTag => {
                if let Some(RawText { opened_by, .. }) = self.raw_text.take() {
                    self.tree().notes().raw_text(opened_by.end..start);
                }
            }
        }
        if self.is_exhausted() {
            return TokenSinkResult::Continue;
        }
        let result = self.builder.process_token(Token::TagToken(tag), line);
        if matches!(result, TokenSinkResult::RawData(_) | TokenSinkResult::Plaintext) {
            *self.raw_text.borrow_mut() =
                Some(RawText { name: name.to_string(), opened_by: start..end });
        }
        match kind {
            TagKind::StartTag => self.tree().notes().start_tag(&name, start..end),
            TagKind::EndTag => self.tree().notes().end_tag(&name, start..end),
        }
        result
    }
}

impl<'a> TokenSink for Probe<'a, '_> {
    type Handle = Handle<'a>;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle<'a>> {
        match &token {
            Token::ParseError(_) => {}
            Token::CharacterTokens(_) | Token::NullCharacterToken => {
                if self.emitted.get() == Emitted::Nothing {
                    self.emitted.set(Emitted::Text);
                }
            }
            _ => {
                self.emitted.set(Emitted::Markup);
                let (start, end) = self.current.get();
                self.tree().notes().markup(start..end);
                if let Token::CommentToken(text) = &token {
                    self.tree().notes().comment(text, start..end);
                }
            }
        }
        // Past the budget, the tokenizer continues to the end of its input, but nothing is built.
        if self.is_exhausted() {
            return TokenSinkResult::Continue;
        }
        let result = match token {
            Token::TagToken(tag) => self.tag(tag, line),
            other => self.builder.process_token(other, line),
        };
        match result {
            // No script runs here, so none writes into the document: parsing continues. The encoding is
            // known.
            TokenSinkResult::Script(_) | TokenSinkResult::EncodingIndicator(_) => {
                TokenSinkResult::Continue
            }
            other => other,
        }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

#[derive(Default)]
struct Count<'a> {
    count: Cell<usize>,
    handles: PhantomData<Handle<'a>>,
}

impl<'a> Tracer for Count<'a> {
    type Handle = Handle<'a>;

    fn trace_handle(&self, _: &Handle<'a>) {
        self.count.set(self.count.get() + 1);
    }
}

#[derive(Default)]
struct Open<'a>(RefCell<Vec<Handle<'a>>>);

impl<'a> Tracer for Open<'a> {
    type Handle = Handle<'a>;

    fn trace_handle(&self, node: &Handle<'a>) {
        self.0.borrow_mut().push(node);
    }
}

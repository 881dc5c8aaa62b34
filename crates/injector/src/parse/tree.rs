//! A document tree that knows parents and nothing else.
//!
//! The proof needs one answer from a tree: is this element in the document? So a node has a way up and no way down; text,
//! comments and attributes are not kept, only shown to [`Notes`] as they pass. Nodes live in an arena, so a handle is a reference that costs nothing to copy, and
//! a tree of any depth is dropped without recursion.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::ops::Range;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode};
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::TreeSink;
use html5ever::{Attribute, ExpandedName, LocalName, QualName, local_name, ns};
use typed_arena::Arena;

use super::notes::Notes;
use crate::diagnostic::Area;

pub(super) type Handle<'a> = &'a Node<'a>;

/// Where the nodes of one parse live.
#[derive(Default)]
pub(super) struct Nursery<'a> {
    nodes: Arena<Node<'a>>,
    litters: Arena<Litter<'a>>,
}

/// All children of one node, as one thing: they can be given to another parent together, without a list of them.
struct Litter<'a> {
    parent: Cell<Handle<'a>>,
}

pub(super) struct Node<'a> {
    name: QualName,
    /// The bytes of the tag that made it, where the parse knows them.
    opened_by: (usize, usize),
    /// The snippet that it was made in.
    area: Option<Area>,
    integration_point: bool,
    /// The litter it was born into.
    siblings: Cell<Option<&'a Litter<'a>>>,
    children: Cell<Option<&'a Litter<'a>>>,
    /// For a `<template>`: the fragment that its contents go to.
    contents: Option<Handle<'a>>,
    /// For such a fragment: its `<template>`.
    host: Cell<Option<Handle<'a>>>,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Node").field("name", &self.name.local).finish_non_exhaustive()
    }
}

impl<'a> Node<'a> {
    fn new(name: QualName) -> Self {
        Self {
            name,
            opened_by: (0, 0),
            area: None,
            integration_point: false,
            siblings: Cell::new(None),
            children: Cell::new(None),
            contents: None,
            host: Cell::new(None),
        }
    }

    fn nameless() -> Self {
        Self::new(QualName::new(None, ns!(), local_name!("")))
    }

    pub(super) fn parent(&self) -> Option<Handle<'a>> {
        self.siblings.get().map(|litter| litter.parent.get())
    }

    pub(super) fn host(&self) -> Option<Handle<'a>> {
        self.host.get()
    }

    pub(super) fn is_html(&self, name: &LocalName) -> bool {
        self.name.ns == ns!(html) && self.name.local == *name
    }

    pub(super) fn is_svg_root(&self) -> bool {
        self.name.ns == ns!(svg) && self.name.local == local_name!("svg")
    }

    pub(super) fn is_math_root(&self) -> bool {
        self.name.ns == ns!(mathml) && self.name.local == local_name!("math")
    }

    pub(super) fn is_foreign_root(&self) -> bool {
        self.is_svg_root() || self.is_math_root()
    }

    pub(super) fn name(&self) -> &QualName {
        &self.name
    }

    pub(super) fn area(&self) -> Option<Area> {
        self.area
    }

    pub(super) fn opened_by(&self) -> Range<usize> {
        self.opened_by.0..self.opened_by.1
    }

    fn root(&'a self) -> Handle<'a> {
        let mut node = self;
        while let Some(parent) = node.parent() {
            node = parent;
        }
        node
    }
}

/// What the tree builder builds into.
pub(super) struct Tree<'a> {
    nursery: &'a Nursery<'a>,
    document: Handle<'a>,
    /// Stands for every comment.
    comment: Handle<'a>,
    /// The names of the attributes that mark the sentinels, and the elements they became.
    sentinel_names: [LocalName; 2],
    sentinels: [Cell<Option<Handle<'a>>>; 2],
    frameset: Cell<Option<Handle<'a>>>,
    quirks: Cell<bool>,
    nodes: Cell<usize>,
    /// The bytes of the tag that is being processed.
    current_tag: Cell<(usize, usize)>,
    notes: Notes,
}

impl<'a> Tree<'a> {
    pub(super) fn new(
        nursery: &'a Nursery<'a>,
        sentinel_names: [LocalName; 2],
        notes: Notes,
    ) -> Self {
        Self {
            nursery,
            document: nursery.nodes.alloc(Node::nameless()),
            comment: nursery.nodes.alloc(Node::nameless()),
            sentinel_names,
            sentinels: [Cell::new(None), Cell::new(None)],
            frameset: Cell::new(None),
            quirks: Cell::new(false),
            nodes: Cell::new(0),
            current_tag: Cell::new((0, 0)),
            notes,
        }
    }

    pub(super) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The element that a sentinel became: a `<script>` in any namespace that has the sentinel's attribute and no other.
    /// (A tag that was left open before it would have more.)
    pub(super) fn sentinel(&self, index: usize) -> Option<Handle<'a>> {
        self.sentinels[index].get()
    }

    /// The criterion: the sentinel is an HTML script element in the document's own tree.
    pub(super) fn holds(&self, index: usize) -> bool {
        self.sentinel(index).is_some_and(|node| {
            node.is_html(&local_name!("script")) && std::ptr::eq(node.root(), self.document)
        })
    }

    pub(super) fn frameset(&self) -> Option<Handle<'a>> {
        self.frameset.get()
    }

    pub(super) fn is_quirky(&self) -> bool {
        self.quirks.get()
    }

    pub(super) fn nodes(&self) -> usize {
        self.nodes.get()
    }

    pub(super) fn set_current_tag(&self, span: (usize, usize)) {
        self.current_tag.set(span);
    }

    fn mark(&self, node: Handle<'a>, attributes: &[Attribute]) {
        if node.name.local == local_name!("script") {
            if let [only] = attributes {
                for (name, sentinel) in self.sentinel_names.iter().zip(&self.sentinels) {
                    if only.name.local == *name {
                        sentinel.set(Some(node));
                    }
                }
            }
        } else if node.is_html(&local_name!("frameset")) {
            // The first one took the body's place; others are inside it.
            self.frameset.set(self.frameset.get().or(Some(node)));
        }
    }

    fn adopt(&self, parent: Handle<'a>, child: Handle<'a>) {
        let litter = parent.children.get().unwrap_or_else(|| {
            let litter = &*self.nursery.litters.alloc(Litter { parent: Cell::new(parent) });
            parent.children.set(Some(litter));
            litter
        });
        child.siblings.set(Some(litter));
    }
}

impl<'a> TreeSink for Tree<'a> {
    type Handle = Handle<'a>;
    type Output = ();
    type ElemName<'b>
        = ExpandedName<'b>
    where
        Self: 'b;

    fn finish(self) {}

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle<'a> {
        self.document
    }

    fn elem_name<'b>(&'b self, target: &'b Handle<'a>) -> ExpandedName<'b> {
        target.name.expanded()
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> Handle<'a> {
        self.nodes.set(self.nodes.get() + 1);
        let contents = flags.template.then(|| &*self.nursery.nodes.alloc(Node::nameless()));
        let node = &*self.nursery.nodes.alloc(Node {
            opened_by: self.current_tag.get(),
            area: self.notes.area(),
            integration_point: flags.mathml_annotation_xml_integration_point,
            contents,
            ..Node::new(name)
        });
        if let Some(contents) = contents {
            contents.host.set(Some(node));
        }
        self.mark(node, &attributes);
        self.notes.element(&node.name, &attributes);
        node
    }

    fn create_comment(&self, _: StrTendril) -> Handle<'a> {
        self.nodes.set(self.nodes.get() + 1);
        self.comment
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle<'a> {
        self.comment
    }

    fn append(&self, parent: &Handle<'a>, child: NodeOrText<Handle<'a>>) {
        match child {
            NodeOrText::AppendNode(child) => self.adopt(parent, child),
            // In no element of the snippet, but in the body that it may have begun.
            NodeOrText::AppendText(text) => {
                if parent.area.is_none() || parent.is_html(&local_name!("body")) {
                    self.notes.text(&text);
                }
            }
        }
    }

    fn append_before_sibling(&self, sibling: &Handle<'a>, child: NodeOrText<Handle<'a>>) {
        if let NodeOrText::AppendNode(child) = child {
            child.siblings.set(sibling.siblings.get());
        }
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle<'a>,
        previous: &Handle<'a>,
        child: NodeOrText<Handle<'a>>,
    ) {
        if element.siblings.get().is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle<'a>) -> Handle<'a> {
        // The builder asks templates only, and each was made with contents. Anything else would be misplaced in itself,
        // which ends outside the document: fail closed.
        target.contents.unwrap_or(target)
    }

    fn same_node(&self, one: &Handle<'a>, other: &Handle<'a>) -> bool {
        std::ptr::eq(*one, *other)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.quirks.set(mode != QuirksMode::NoQuirks);
    }

    fn add_attrs_if_missing(&self, _: &Handle<'a>, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Handle<'a>) {
        target.siblings.set(None);
    }

    /// The builder does this in one place: a new element takes over the children of another. So the litter changes its
    /// parent. Should the new parent have children of its own already, its old litter still names it as the parent.
    fn reparent_children(&self, node: &Handle<'a>, new_parent: &Handle<'a>) {
        if let Some(litter) = node.children.take() {
            litter.parent.set(new_parent);
            new_parent.children.set(Some(litter));
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, target: &Handle<'a>) -> bool {
        target.integration_point
    }
}

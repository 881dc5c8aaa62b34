//! A document tree whose nodes only know their parents.
//!
//! The proof needs one answer from a tree: is this element in the document? So a node links to its parent
//! but not to its children; text, comments and attributes are not kept, only passed to [`Notes`]. Nodes
//! live in an arena, so a handle is a reference that costs nothing to copy, and a tree of any depth is
//! dropped without recursion.

use std::borrow::Cow;
use std::cell::Cell;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode};
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::TreeSink;
use html5ever::{Attribute, ExpandedName, LocalName, QualName, local_name};

use super::node::{Handle, Litter, Node, Nursery};
use super::notes::Notes;

/// The sink of the tree builder.
pub(super) struct Tree<'a> {
    nursery: &'a Nursery<'a>,
    document: Handle<'a>,
    /// One node that represents every comment.
    comment: Handle<'a>,
    /// The names of the attributes that mark the sentinels, and the sentinels' elements.
    sentinel_names: [LocalName; 2],
    sentinels: [Cell<Option<Handle<'a>>>; 2],
    frameset: Cell<Option<Handle<'a>>>,
    quirks: Cell<bool>,
    nodes: Cell<usize>,
    /// The bytes of the tag being processed.
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

    /// The element of a sentinel: a `<script>` in any namespace that has the sentinel's attribute and no
    /// other. (A tag left open before the sentinel would have more.)
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
            // The first frameset replaced the body; others are inside it.
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
            // Text in no element of the snippet, apart from a body that the snippet itself began.
            NodeOrText::AppendText(text) => {
                if parent.is_html(&local_name!("script")) {
                    self.notes.script_text(&text);
                } else if parent.area.is_none() || parent.is_html(&local_name!("body")) {
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
        // The builder asks only for templates, which are all made with contents. Any other node is returned
        // itself, so that its contents end up outside the document: this fails closed.
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

    /// The builder uses this in one place: a new element takes over the children of another. So the litter
    /// changes its parent. If the new parent already has children, its old litter still names it as the
    /// parent.
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

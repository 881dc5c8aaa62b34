//! The nodes of a tree, which only know their parents.

use std::cell::Cell;
use std::fmt;
use std::ops::Range;

use html5ever::{LocalName, QualName, local_name, ns};
use typed_arena::Arena;

use crate::diagnostic::Area;

pub(super) type Handle<'a> = &'a Node<'a>;

/// The arena for the nodes of one parse.
#[derive(Default)]
pub(super) struct Nursery<'a> {
    pub(super) nodes: Arena<Node<'a>>,
    pub(super) litters: Arena<Litter<'a>>,
}

/// All children of one node together, so that they can move to another parent without a list of them.
pub(super) struct Litter<'a> {
    pub(super) parent: Cell<Handle<'a>>,
}

pub(super) struct Node<'a> {
    pub(super) name: QualName,
    /// The bytes of the tag that made it, if the parse knows them.
    pub(super) opened_by: (usize, usize),
    /// The snippet in which it was made.
    pub(super) area: Option<Area>,
    pub(super) integration_point: bool,
    /// The litter it was born into.
    pub(super) siblings: Cell<Option<&'a Litter<'a>>>,
    pub(super) children: Cell<Option<&'a Litter<'a>>>,
    /// For a `<template>`: the fragment that holds its contents.
    pub(super) contents: Option<Handle<'a>>,
    /// For such a fragment: its `<template>`.
    pub(super) host: Cell<Option<Handle<'a>>>,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Node").field("name", &self.name.local).finish_non_exhaustive()
    }
}

impl<'a> Node<'a> {
    pub(super) fn new(name: QualName) -> Self {
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

    pub(super) fn nameless() -> Self {
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

    pub(super) fn root(&'a self) -> Handle<'a> {
        let mut node = self;
        while let Some(parent) = node.parent() {
            node = parent;
        }
        node
    }
}

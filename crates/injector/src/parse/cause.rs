//! The cause of a lost sentinel: the construct that was open when its snippet ended.

use std::ops::Range;

use html5ever::local_name;

use super::node::Handle;
use super::probe::RawText;
use super::run::{Pending, Standing};
use super::tree::Tree;

/// The construct that swallowed the sentinel.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// An element whose content is text.
    RawText(RawText),
    /// A construct of the tokenizer: a tag, a comment, a doctype, a CDATA section.
    Pending {
        pending: Pending,
        /// Whether `<![CDATA[` starts a CDATA section at that place.
        foreign: bool,
    },
    /// An element in which scripts do not belong to the document, or are dropped.
    Enclosed { by: Enclosure, opened_by: Range<usize> },
    /// None of these.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enclosure {
    Template,
    Svg,
    Math,
    Frameset,
}

impl Cause {
    pub(super) fn find(tree: &Tree<'_>, index: usize, standing: Standing<'_>) -> Self {
        if let Some(raw_text) = standing.raw_text {
            return Self::RawText(raw_text);
        }
        let sentinel = tree.sentinel(index);
        let enclosed = match sentinel {
            // An HTML script can run inside an `<svg>` (in its `<title>`, say): then only a template can be
            // the cause.
            Some(sentinel) => {
                let is_html = sentinel.is_html(&local_name!("script"));
                enclosure(ancestors(sentinel).filter(|node| !is_html || !node.is_foreign_root()))
            }
            None => None,
        };
        if let Some((by, opened_by)) = enclosed {
            return Self::Enclosed { by, opened_by };
        }
        if let (Some(pending), None) = (standing.pending, sentinel) {
            let foreign = standing.foreign;
            return Self::Pending { pending, foreign };
        }
        // The tag was read but made no element.
        let enclosed = match tree.frameset() {
            Some(frameset) => Some((Enclosure::Frameset, frameset.opened_by())),
            None => enclosure(standing.open_elements.into_iter().rev()),
        };
        match enclosed {
            Some((by, opened_by)) => Self::Enclosed { by, opened_by },
            None => Self::Unknown,
        }
    }
}

/// Returns the ancestors of a node; above template contents comes their template.
fn ancestors(node: Handle<'_>) -> impl Iterator<Item = Handle<'_>> {
    std::iter::successors(Some(node), |node| node.parent().or_else(|| node.host())).skip(1)
}

/// Returns the first ancestor that keeps a script out of the document: a template, an `<svg>` or a
/// `<math>`. (Other foreign elements are inside one of these; only the root left HTML.)
fn enclosure<'a>(
    mut upwards: impl Iterator<Item = Handle<'a>>,
) -> Option<(Enclosure, Range<usize>)> {
    upwards.find_map(|node| {
        let by = if node.is_html(&local_name!("template")) {
            Enclosure::Template
        } else if node.is_svg_root() {
            Enclosure::Svg
        } else if node.is_math_root() {
            Enclosure::Math
        } else {
            return None;
        };
        Some((by, node.opened_by()))
    })
}

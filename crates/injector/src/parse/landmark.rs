//! The tags of a skeleton, which mark its slots.

use std::ops::Range;

/// A tag of a skeleton.
#[derive(Clone, Debug)]
pub(crate) struct Landmark {
    pub(super) closes: bool,
    pub(super) name: String,
    pub(crate) span: Range<usize>,
}

impl Landmark {
    /// Compares with a tag in its written form, such as `<head>` or `</body>`.
    pub(crate) fn is(&self, tag: &str) -> bool {
        let name = tag.trim_start_matches('<').trim_end_matches('>');
        match name.strip_prefix('/') {
            Some(name) => self.closes && self.name == name,
            None => !self.closes && self.name == name,
        }
    }
}

//! The budget of a check.
//!
//! The tree construction algorithm is superlinear: deep nesting, thousands of attributes in one tag and
//! formatting elements that are reopened in every paragraph can make a few kilobytes cost seconds. So a
//! check has a budget, and rejects a snippet that exceeds it as too complex. Handwritten snippets stay far
//! below it. Scripts have a fixed budget beside it: those that exceed it are accepted unread, with a
//! warning.

/// The size and complexity that a check accepts.
///
/// The defaults are far above the needs of vendors' snippets (a few kilobytes, some ten levels), and low
/// enough that a check of the worst input takes only milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "a limit says that it is one, with its unit before")]
pub struct Limits {
    pub(crate) snippet_bytes_max: usize,
    pub(crate) open_elements_max: usize,
    pub(crate) attributes_max: usize,
    pub(crate) nodes_max: usize,
    pub(crate) steps_max: usize,
    pub(crate) warnings_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            snippet_bytes_max: 256 * 1024,
            open_elements_max: 512,
            attributes_max: 512,
            nodes_max: 128 * 1024,
            steps_max: 4 * 1024 * 1024,
            warnings_max: 100,
        }
    }
}

impl Limits {
    /// The maximum size of one snippet, in bytes, for example to show it to users in advance.
    pub fn snippet_bytes_max(&self) -> usize {
        self.snippet_bytes_max
    }

    /// Sets the maximum size of one snippet, in bytes. Default: 256 KiB.
    #[must_use]
    pub fn with_snippet_bytes_max(self, snippet_bytes_max: usize) -> Self {
        Self { snippet_bytes_max, ..self }
    }

    /// Sets the maximum number of elements open at one time, including formatting elements that wait to be
    /// reopened. Default: 512, at which browsers also stop nesting. Counted at every 16th start tag.
    #[must_use]
    pub fn with_open_elements_max(self, open_elements_max: usize) -> Self {
        Self { open_elements_max, ..self }
    }

    /// Sets the maximum number of attributes in one tag. Default: 512.
    #[must_use]
    pub fn with_attributes_max(self, attributes_max: usize) -> Self {
        Self { attributes_max, ..self }
    }

    /// Sets the maximum number of elements and comments in the document, including those that the parser
    /// adds. Default: 131,072.
    #[must_use]
    pub fn with_nodes_max(self, nodes_max: usize) -> Self {
        Self { nodes_max, ..self }
    }

    /// Sets the maximum of the sum, over all tags, of the elements open at each tag: an end tag that ends
    /// nothing is compared with all of them. Default: 4,194,304, as many tags as fit into a snippet at a
    /// depth of some sixty.
    #[must_use]
    pub fn with_steps_max(self, steps_max: usize) -> Self {
        Self { steps_max, ..self }
    }

    /// Sets the maximum number of warnings reported for both snippets together; further ones are left out.
    /// Default: 100.
    #[must_use]
    pub fn with_warnings_max(self, warnings_max: usize) -> Self {
        Self { warnings_max, ..self }
    }
}

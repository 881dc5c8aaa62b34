//! The compiled sandbox document: its bytes, and the places of the snippets in them.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::position::position;
use crate::{Area, Position};

/// An immutable document of one app. Cloning costs one reference count.
#[derive(Clone, Debug)]
pub struct Document {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    chunks: [Bytes; 7],
    len: usize,
}

impl Document {
    pub(crate) fn new(chunks: [Bytes; 7]) -> Self {
        let len = chunks.iter().map(Bytes::len).sum();
        Self { inner: Arc::new(Inner { chunks, len }) }
    }

    /// The document's bytes, as chunks to send in this order.
    ///
    /// There are always seven: prefix, the script's start tag, the script's text with its end tag, head
    /// snippet, middle, body-end snippet, suffix; some may be empty. All documents of a template share the
    /// chunks other than the start tag and the snippets.
    pub fn chunks(&self) -> &[Bytes] {
        &self.inner.chunks
    }

    /// The positions of a snippet's start and of the text after it; the same position for an empty snippet.
    ///
    /// A browser reports an error in pasted code with a place in the whole document. The range maps it to
    /// an area and to a line and column there: subtract `start.line` from the line and add 1; in the
    /// snippet's first line, do the same with the column. `WebKit` reports no place at all for errors in a
    /// document with an opaque origin.
    pub fn area_range(&self, area: Area) -> Range<Position> {
        let chunks_before = match area {
            Area::Head => 3,
            Area::BodyEnd => 5,
        };
        let start: usize = self.inner.chunks[..chunks_before].iter().map(Bytes::len).sum();
        let end = start + self.inner.chunks[chunks_before].len();
        let place = |offset| position(self.inner.chunks.iter().flatten(), offset);
        place(start)..place(end)
    }

    /// The total number of bytes in all chunks.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a document holds at least its template: it is never empty"
    )]
    pub fn len(&self) -> usize {
        self.inner.len
    }
}

//! What a customer pasted.

use bytes::Bytes;

use crate::Area;

/// The two text areas of one app, exactly as they were typed.
///
/// Holds bytes rather than text because nothing has looked at them yet: whether they are UTF-8 is one of the things that
/// [`Template::check`](crate::Template::check) finds out. Cloning copies no bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippets {
    head: Bytes,
    body_end: Bytes,
}

impl Snippets {
    /// *Head HTML*, which goes directly after the trusted script, and *Body end HTML*, which goes directly before `</body>`.
    pub fn new(head: impl Into<Bytes>, body_end: impl Into<Bytes>) -> Self {
        Self { head: head.into(), body_end: body_end.into() }
    }

    /// *Head HTML*.
    pub fn head(&self) -> &Bytes {
        &self.head
    }

    /// *Body end HTML*.
    pub fn body_end(&self) -> &Bytes {
        &self.body_end
    }

    pub(crate) fn areas(&self) -> [(Area, &Bytes); 2] {
        [(Area::Head, &self.head), (Area::BodyEnd, &self.body_end)]
    }
}

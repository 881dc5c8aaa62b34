//! The pasted HTML of an app.

use bytes::Bytes;

use crate::Area;

/// The contents of an app's two text areas, exactly as typed.
///
/// Holds bytes, not text, because they are not validated yet: [`Template::check`](crate::Template::check)
/// also checks that they are UTF-8. Cloning copies no bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippets {
    /// *Head HTML*, which goes directly after the trusted script.
    pub head: Bytes,
    /// *Body end HTML*, which goes directly before `</body>`.
    pub body_end: Bytes,
}

impl Snippets {
    /// *Head HTML* alone.
    pub fn head(html: impl Into<Bytes>) -> Self {
        Self { head: html.into(), ..Self::default() }
    }

    /// *Body end HTML* alone.
    pub fn body_end(html: impl Into<Bytes>) -> Self {
        Self { body_end: html.into(), ..Self::default() }
    }

    pub(crate) fn areas(&self) -> [(Area, &Bytes); 2] {
        [(Area::Head, &self.head), (Area::BodyEnd, &self.body_end)]
    }
}

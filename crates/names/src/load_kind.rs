//! The kinds of what a document loads and contacts.

use serde::Serialize;

/// A kind of resource that is loaded from a host, one for each directive of a Content-Security-Policy that allows it
/// ([CSP 3 §6.1](https://www.w3.org/TR/CSP3/#directives-fetch)). In JSON its names are in camelCase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LoadKind {
    /// External scripts and modules: `<script src>`, `<link rel=modulepreload>`.
    Script,
    /// External style sheets: `<link rel=stylesheet>`.
    Style,
    /// Images, pixels included: `<img src srcset>`, `<picture>`, `<video poster>`, an SVG `<image>`.
    Image,
    /// Sound and moving pictures: `<audio>`, `<video>`, their `<source>` and `<track>`.
    Media,
    /// Fonts.
    Font,
    /// Nested documents: `<iframe src>`.
    Frame,
    /// Plug-ins and embedded documents: `<object data>`, `<embed src>`. A list that allows them from a host
    /// allows its frames, too.
    Object,
    /// Connections: `fetch`, beacons, sockets to the same host; in markup `<link rel=preconnect>`,
    /// `dns-prefetch`, `prefetch`, and `preload` of anything that has no kind here.
    Connection,
}

impl LoadKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Script,
        Self::Style,
        Self::Image,
        Self::Media,
        Self::Font,
        Self::Frame,
        Self::Object,
        Self::Connection,
    ];
}

//! The final document, with a sentinel after each snippet.

use std::ops::Range;

use html5ever::LocalName;

use crate::diagnostic::Area;
use crate::template::{Template, Text};

/// One text to parse: template, trusted script, both snippets, and a `<script>` directly after each snippet.
///
/// An attribute identifies a sentinel. Its name cannot occur in the rest of the text: it is a run of zeros
/// longer than any in it. (A *name*, because character references work only in values; digits, because
/// names are lower-cased; a run, because one pass over any text finds the required length, without relying
/// on chance.)
pub(crate) struct Spliced {
    pub(super) text: String,
    pub(super) snippets: [Range<usize>; 2],
    /// The end of the sentinel that follows each snippet.
    pub(super) sentinel_ends: [usize; 2],
    pub(super) sentinel_names: [LocalName; 2],
}

impl Spliced {
    pub(crate) fn new(template: &Template, head: &str, body_end: &str) -> Self {
        let Template { prefix, script, middle, suffix, events: _ } = template;
        let parts = [prefix, script, middle, suffix].map(Text::as_str);
        let longest = parts.into_iter().chain([head, body_end]).map(longest_run_of_zeros).max();
        let zeros = "0".repeat(longest.unwrap_or(0).max(7) + 1);
        let names = [format!("{zeros}h"), format!("{zeros}b")];

        let [prefix, script, middle, suffix] = parts;
        let len = parts.map(str::len).iter().sum::<usize>()
            + head.len()
            + body_end.len()
            + 2 * zeros.len()
            + 64;
        let mut text = String::with_capacity(len);
        let mut snippets = [0..0, 0..0];
        let mut sentinel_ends = [0; 2];
        let mut place = |text: &mut String, index: usize, snippet: &str| {
            let start = text.len();
            text.push_str(snippet);
            snippets[index] = start..text.len();
            for part in ["<script ", &names[index], "></script>"] {
                text.push_str(part);
            }
            sentinel_ends[index] = text.len();
        };
        text.push_str(prefix);
        text.push_str("<script>");
        text.push_str(script);
        place(&mut text, 0, head);
        text.push_str(middle);
        place(&mut text, 1, body_end);
        text.push_str(suffix);
        Self { text, snippets, sentinel_ends, sentinel_names: names.map(LocalName::from) }
    }

    /// The place of each snippet in the whole text, in order.
    pub(super) fn areas(&self) -> [(Area, Range<usize>); 2] {
        let [head, body_end] = self.snippets.clone();
        [(Area::Head, head), (Area::BodyEnd, body_end)]
    }

    /// Converts a place in the whole text to a place in a snippet, if it is in one.
    pub(crate) fn locate(&self, span: &Range<usize>) -> Option<(Area, Range<usize>)> {
        self.areas()
            .into_iter()
            .find(|(_, snippet)| snippet.contains(&span.start) && span.end <= snippet.end)
            .map(|(area, snippet)| (area, span.start - snippet.start..span.end - snippet.start))
    }

    /// The last snippet that begins before a place in the whole text.
    pub(crate) fn area_up_to(&self, offset: usize) -> Area {
        if offset < self.snippets[1].start { Area::Head } else { Area::BodyEnd }
    }

    /// A part of the whole text.
    pub(crate) fn source(&self, span: Range<usize>) -> &str {
        &self.text[span]
    }

    pub(crate) fn snippet(&self, area: Area) -> &str {
        &self.text[self.snippets[area as usize].clone()]
    }

    /// The part of a snippet from `start` (in the whole text) to its end.
    pub(crate) fn rest_of_snippet(&self, area: Area, start: usize) -> &str {
        &self.text[start..self.snippets[area as usize].end]
    }
}

fn longest_run_of_zeros(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for byte in text.bytes() {
        run = if byte == b'0' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

//! Converts byte offsets to lines and columns as editors and browsers show them.

use std::iter::Peekable;

use serde::Serialize;

/// A place in a document, as browsers report it for errors in inline scripts. In JSON, the field names are
/// in camelCase.
///
/// Columns count UTF-16 code units, as in text areas, so that a position can be subtracted from a place
/// that a browser reported. Engines agree with it, and with each other, in every line that has neither a
/// character beyond U+FFFF (Firefox counts one unit for it) nor a CR without LF before it (Chromium ends no
/// line there; text typed into a text area has none). A [`Diagnostic`](crate::Diagnostic), which people
/// read, counts characters instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The line, from 1. CR LF, CR and LF each end one line.
    pub line: usize,
    /// The column, from 1, in UTF-16 code units.
    pub column: usize,
}

/// The position of `offset` in a document.
pub(crate) fn position<'b>(bytes: impl Iterator<Item = &'b u8>, offset: usize) -> Position {
    // Each UTF-8 sequence is one unit, except that one of four bytes is a surrogate pair: two units.
    let (line, column) = walk(bytes, offset, |byte| match byte {
        0x80..=0xBF => 0,
        0xF0.. => 2,
        _ => 1,
    });
    Position { line, column }
}

/// Line and column of `offset`, both from 1.
///
/// CR LF, CR and LF each end one line, as in the HTML parser. Columns count Unicode scalar values: a tab,
/// an emoji outside the basic plane and a combining mark count one each. Works on any bytes (each byte that
/// does not continue a UTF-8 sequence counts), because it also locates the first byte that is not UTF-8.
pub(crate) fn line_and_column(bytes: &[u8], offset: usize) -> (usize, usize) {
    walk(bytes.iter(), offset, |byte| usize::from((byte & 0xC0) != 0x80))
}

/// Line and column after `offset` bytes; `columns` returns the number of columns of a byte.
fn walk<'b>(
    bytes: impl Iterator<Item = &'b u8>,
    offset: usize,
    columns: impl Fn(u8) -> usize,
) -> (usize, usize) {
    let mut bytes = bytes.peekable();
    let (mut line, mut column) = (1, 1);
    for _ in 0..offset {
        let Some(&byte) = bytes.next() else { break };
        if ends_line(byte, &mut bytes) {
            (line, column) = (line + 1, 1);
        } else {
            column += columns(byte);
        }
    }
    (line, column)
}

/// Whether a byte ends a line. The CR of a CR LF does not, even if the offset lies between the two.
fn ends_line<'b>(byte: u8, rest: &mut Peekable<impl Iterator<Item = &'b u8>>) -> bool {
    byte == b'\n' || byte == b'\r' && rest.peek() != Some(&&b'\n')
}

#[cfg(test)]
mod tests {
    use super::{Position, line_and_column, position};

    #[track_caller]
    fn check(text: &str, needle: &str, expected: (usize, usize)) {
        let offset = text.find(needle).expect("the needle is in the text");
        assert_eq!(line_and_column(text.as_bytes(), offset), expected);
    }

    #[test]
    fn every_line_ending_counts_once() {
        check("a\nb\r\nc\rX", "X", (4, 1));
        check("a\n\nX", "X", (3, 1));
        check("a\r\rX", "X", (3, 1));
        check("a\n\rX", "X", (3, 1));
    }

    #[test]
    fn columns_count_scalar_values() {
        check("\tX", "X", (1, 2));
        check("äöX", "X", (1, 3));
        check("😀X", "X", (1, 2));
        check("e\u{301}X", "X", (1, 3));
    }

    #[test]
    fn the_end_and_beyond_are_positions_too() {
        assert_eq!(line_and_column(b"ab", 2), (1, 3));
        assert_eq!(line_and_column(b"ab", 9), (1, 3));
        assert_eq!(line_and_column(b"", 0), (1, 1));
        assert_eq!(line_and_column(b"ab\n", 3), (2, 1));
        assert_eq!(line_and_column(b"ab\r\n", 3), (1, 4));
        assert_eq!(line_and_column(b"a\xFF\xFEb", 3), (1, 4));
    }

    #[test]
    fn in_a_document_columns_count_utf16_units() {
        for (before, column) in [("\t", 2), ("äö", 3), ("\u{ffff}", 2), ("😀", 3), ("e\u{301}", 3)]
        {
            let found = position(before.as_bytes().iter(), before.len());
            assert_eq!(found, Position { line: 1, column }, "{before:?}");
            assert_eq!(column, before.encode_utf16().count() + 1, "{before:?}");
        }
    }
}

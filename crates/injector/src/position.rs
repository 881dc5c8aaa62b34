//! From a byte offset to the line and column that an editor shows.

/// Line and column of `offset`, both from 1.
///
/// CR LF, CR and LF each end one line, as they do for the HTML parser. Columns count Unicode scalar values: a tab is one,
/// an emoji outside the basic plane is one, a combining mark is one of its own. Works on any bytes (each byte that does not
/// continue a UTF-8 sequence counts), because one of the things it locates is the first byte that is not UTF-8.
pub(crate) fn line_and_column(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    let (mut line, mut line_start) = (1, 0);
    for (at, byte) in before.iter().enumerate() {
        // The CR of a CR LF ends nothing by itself, even when `offset` lies between the two.
        let ends_line = match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        if ends_line {
            line += 1;
            line_start = at + 1;
        }
    }
    let column = before[line_start..].iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
    (line, column + 1)
}

#[cfg(test)]
mod tests {
    use super::line_and_column;

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
}

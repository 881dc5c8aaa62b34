//! Text of others, as it may be printed: a terminal obeys control characters, and bidirectional formatting
//! shows a text in another order than it is read
//! ([Unicode Source Code Handling](https://www.unicode.org/reports/tr55/)).

/// The text with a replacement for each character that steers. Tabs are kept.
pub(crate) fn shown(text: &str) -> String {
    text.replace(|character| steers(character) && character != '\t', "\u{fffd}")
}

/// The same on several lines.
pub(crate) fn lines(text: &str) -> String {
    text.lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// The text in one line of at most so many characters, without the white space around it.
pub(crate) fn line(text: &str, chars_max: usize) -> String {
    let mut shown: String = text.trim().chars().take(chars_max).map(in_line).collect();
    if text.trim().chars().nth(chars_max).is_some() {
        shown.push('…');
    }
    shown
}

fn in_line(character: char) -> char {
    match character {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        _ if steers(character) => '\u{fffd}',
        _ => character,
    }
}

fn steers(character: char) -> bool {
    let changes_direction = matches!(character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || changes_direction
}

#[cfg(test)]
mod tests {
    use super::{line, lines, shown};

    #[test]
    fn characters_that_steer_are_replaced() {
        assert_eq!(shown("a\x1b[31m\tb\u{9b}\u{202e}\n"), "a�[31m\tb���");
        assert_eq!(lines("a\x07\nb"), "a�\nb");
    }

    #[test]
    fn a_line_is_one_line_and_bounded() {
        assert_eq!(line(" a\nb\r\nc\u{2028}\x1b ", 100), "a b  c �");
        assert_eq!(line("ééééé", 5), "ééééé");
        assert_eq!(line("éééééé", 5), "ééééé…");
    }
}

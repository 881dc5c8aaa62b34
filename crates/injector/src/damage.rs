//! Damage that copying does to code: typographic characters, invisible ones, escapes, and markup of an
//! editor.

use std::ops::Range;

/// The straight quote for which a typographic one stands.
pub(crate) fn straight_quote(character: char) -> Option<char> {
    match character {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' => Some('"'),
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '＇' => Some('\''),
        _ => None,
    }
}

/// Whether it is a dash that an editor puts in place of `-` or `--`.
pub(crate) fn is_dash(character: char) -> bool {
    matches!(character, '‐' | '‑' | '‒' | '–' | '—' | '―' | '−')
}

/// The replacement of a character that is not to be seen, or looks like a space: a space or nothing.
pub(crate) fn visible(character: char) -> Option<&'static str> {
    match character {
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => Some(" "),
        '\u{AD}'
        | '\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' => Some(""),
        _ => None,
    }
}

/// A text with every typographic quote made straight.
pub(crate) fn with_straight_quotes(text: &str) -> String {
    text.chars().map(|next| straight_quote(next).unwrap_or(next)).collect()
}

/// A text without characters that are not to be seen.
pub(crate) fn without_invisible(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for next in text.chars() {
        match visible(next) {
            Some(replacement) => clean.push_str(replacement),
            None => clean.push(next),
        }
    }
    clean
}

/// The named and numbered character references that escaping HTML makes.
const REFERENCES: [(&str, &str); 11] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&#039;", "'"),
    ("&apos;", "'"),
    ("&nbsp;", " "),
    ("&#x2F;", "/"),
    ("&amp;", "&"),
];

/// Undoes one escaping of HTML.
pub(crate) fn unescaped_html(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = REFERENCES.iter().find(|(reference, _)| {
            rest.get(..reference.len()).is_some_and(|start| start.eq_ignore_ascii_case(reference))
        });
        let (reference, character) = reference.unwrap_or(&("&", "&"));
        plain.push_str(character);
        rest = &rest[reference.len()..];
    }
    plain + rest
}

/// Undoes the escaping of a string, as in JSON or JavaScript.
pub(crate) fn unescaped_string(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let escaped = &rest[at + 1..];
        let (character, len) = match escaped.as_bytes() {
            [b'n', ..] => ('\n', 1),
            [b'r', ..] => ('\r', 1),
            [b't', ..] => ('\t', 1),
            [quote @ (b'"' | b'\'' | b'/' | b'\\'), ..] => (char::from(*quote), 1),
            [b'u', ..] => match code_unit(escaped) {
                Some(character) => (character, 5),
                None => ('\\', 0),
            },
            _ => ('\\', 0),
        };
        plain.push(character);
        rest = &escaped[len..];
    }
    plain + rest
}

fn code_unit(escaped: &str) -> Option<char> {
    u32::from_str_radix(escaped.get(1..5)?, 16).ok().and_then(char::from_u32)
}

/// The tags of editors that write HTML: a line break, a paragraph.
const EDITOR_TAGS: [&str; 9] = ["br", "p", "div", "span", "pre", "code", "strong", "em", "font"];

/// The maximum length of the attributes in an editor's tag.
const TAG_BYTES_MAX: usize = 200;

/// Returns the tag at the start of a text, if an editor may have put it there.
pub(crate) fn editor_tag(text: &str) -> Option<Range<usize>> {
    let name = text.strip_prefix("</").or(text.strip_prefix('<'))?;
    let len = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
    if !EDITOR_TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(&name[..len])) {
        return None;
    }
    let attributes = &name[len..];
    let near = &attributes[..attributes.floor_char_boundary(TAG_BYTES_MAX)];
    let end = near.find('>')?;
    // An attribute or a slash, but not the rest of a comparison.
    let is_tag = end == 0
        || attributes.starts_with([' ', '/']) && !attributes[..end].contains(['<', '\n', '(', ';']);
    is_tag.then_some(0..text.len() - attributes.len() + end + 1)
}

/// A text without the tags of an editor.
pub(crate) fn without_editor_tags(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        clean.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(tag) = editor_tag(rest) {
            rest = &rest[tag.end..];
        } else {
            clean.push('<');
            rest = &rest[1..];
        }
    }
    clean + rest
}

/// The smallest change from one text to another.
pub(crate) fn change<'a>(from: &str, to: &'a str) -> (Range<usize>, &'a str) {
    let mut start = from.bytes().zip(to.bytes()).take_while(|(one, other)| one == other).count();
    while !from.is_char_boundary(start) || !to.is_char_boundary(start) {
        start -= 1;
    }
    let (from_rest, to_rest) = (&from[start..], &to[start..]);
    let same = from_rest.bytes().rev().zip(to_rest.bytes().rev());
    let mut end = same.take_while(|(one, other)| one == other).count();
    while !from_rest.is_char_boundary(from_rest.len() - end) {
        end -= 1;
    }
    (start..from.len() - end, &to_rest[..to_rest.len() - end])
}

#[cfg(test)]
mod tests {
    use super::{change, editor_tag, unescaped_html, unescaped_string, without_editor_tags};

    #[test]
    fn escapes_are_undone_once() {
        assert_eq!(
            unescaped_html("&lt;a b=&quot;&amp;amp;&quot;&gt; & &x"),
            "<a b=\"&amp;\"> & &x"
        );
        assert_eq!(unescaped_string(r#"<a b=\"c\">\n\u003cé\\n\d\"#), "<a b=\"c\">\n<é\\n\\d\\");
    }

    #[test]
    fn tags_of_editors() {
        assert_eq!(editor_tag("<br/>x"), Some(0..5));
        assert_eq!(editor_tag("</P>"), Some(0..4));
        assert_eq!(editor_tag("<p class=\"a\">"), Some(0..13));
        for text in ["<p", "<pa>", "<p; i++) a >", "<p(a>", "a<p>"] {
            assert_eq!(editor_tag(text), None, "{text}");
        }
        assert_eq!(without_editor_tags("a<br>\n<p>b</p> < c"), "a\nb < c");
    }

    #[test]
    fn changes_are_small() {
        assert_eq!(change("abc", "abc"), (3..3, ""));
        assert_eq!(change("aXc", "ac"), (1..2, ""));
        assert_eq!(change("aac", "aaac"), (2..2, "a"));
        assert_eq!(change("x“y", "x”y"), (1..4, "”"));
    }
}

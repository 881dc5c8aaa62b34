//! Unfilled placeholders: those of template languages, and the sample ids of documentation.

use std::ops::Range;

/// The maximum length of a placeholder, in bytes.
const BYTES_MAX: usize = 200;

/// The marks of template languages.
const MARKS: [(&str, &str); 5] =
    [("{{", "}}"), ("{%", "%}"), ("<?php", "?>"), ("<?=", "?>"), ("<%", "%>")];

/// Words of documentation.
const WORDS: [&str; 8] =
    ["YOUR_", "YOUR-", "<YOUR", "[YOUR", "INSERT_", "REPLACE_", "REPLACE-", "ENTER_"];

/// The starts of ids that vendors hand out, before a number.
const IDS: [&str; 7] = ["GTM-", "UA-", "AW-", "DC-", "GT-", "G-", "CA-PUB-"];

/// Returns the first placeholder in a text.
pub(crate) fn find(text: &str) -> Option<Range<usize>> {
    // Most texts have none, and every literal of a script is asked.
    let may_begin = |pair: &[u8]| {
        matches!(
            pair,
            b"{{" | b"{%" | b"<?" | b"<%" | b"XX" | b"xx" | b"YO" | b"IN" | b"RE" | b"EN"
        ) || pair[0] == b'<' && pair[1].is_ascii_uppercase()
    };
    if !text.as_bytes().windows(2).any(may_begin) {
        return None;
    }
    [template(text), word(text), id(text), bracketed(text)]
        .into_iter()
        .flatten()
        .min_by_key(|found| found.start)
}

/// Returns the first placeholder of a template language.
pub(crate) fn template(text: &str) -> Option<Range<usize>> {
    let marked = MARKS.iter().filter_map(|(open, close)| {
        text.match_indices(open).find_map(|(at, _)| marked(text, at, open, close))
    });
    marked.min_by_key(|found| found.start)
}

/// Returns the first `${…}` in a text that is no template literal.
pub(crate) fn substitution(text: &str) -> Option<Range<usize>> {
    text.match_indices("${").find_map(|(at, open)| marked(text, at, open, "}"))
}

fn marked(text: &str, at: usize, open: &str, close: &str) -> Option<Range<usize>> {
    let inner = at + open.len();
    let limit = text.floor_char_boundary((inner + BYTES_MAX).min(text.len()));
    let len = text[inner..limit].find(close)?;
    let content = text[inner..inner + len].trim_matches(['-', ' ']);
    let is_filled = !content.is_empty() && !content.contains('\n');
    is_filled.then_some(at..inner + len + close.len())
}

/// Whether a line is a directive of a template language, such as `@if(…)` or `@endif`.
pub(crate) fn is_directive(line: &str) -> bool {
    let Some(rest) = line.trim_start().strip_prefix('@') else { return false };
    let len = rest.bytes().take_while(u8::is_ascii_lowercase).count();
    let names = [
        "if",
        "else",
        "elseif",
        "endif",
        "foreach",
        "endforeach",
        "section",
        "endsection",
        "include",
        "push",
        "endpush",
        "stack",
        "yield",
        "auth",
        "guest",
        "php",
        "endphp",
        "isset",
        "unless",
    ];
    names.contains(&&rest[..len])
}

fn word(text: &str) -> Option<Range<usize>> {
    let found = WORDS.iter().filter_map(|word| text.find(word).map(|at| (at, word.len())));
    let (start, len) = found.min()?;
    let before = text[..start].bytes().next_back();
    let is_wrapped = text[..start].ends_with("__");
    let goes_on = |before: u8| before.is_ascii_alphanumeric() || before == b'_';
    if !is_wrapped && before.is_some_and(goes_on) {
        return None;
    }
    let rest = &text[start + len..];
    let name =
        rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let name = name.count();
    (name > 0).then_some(start..start + len + name)
}

/// A name in capitals between angle brackets, which is no tag: `<CLIENT_TOKEN>`.
fn bracketed(text: &str) -> Option<Range<usize>> {
    text.match_indices('<').find_map(|(at, _)| {
        let rest = &text[at + 1..];
        let len =
            rest.bytes().take_while(|byte| byte.is_ascii_uppercase() || *byte == b'_').count();
        let is_name = rest[..len].contains('_') && rest[len..].starts_with('>');
        is_name.then_some(at..at + len + 2)
    })
}

/// An id in which letters X stand for digits: `G-XXXXXXX`, `UA-XXXXX-Y`.
fn id(text: &str) -> Option<Range<usize>> {
    IDS.iter()
        .filter_map(|prefix| {
            text.match_indices(prefix).find_map(|(at, _)| sample(text, at, prefix.len()))
        })
        .min_by_key(|found| found.start)
}

fn sample(text: &str, at: usize, prefix: usize) -> Option<Range<usize>> {
    if text[..at]
        .bytes()
        .next_back()
        .is_some_and(|before| before.is_ascii_alphanumeric() || before == b'-')
    {
        return None;
    }
    let rest = &text[at + prefix..];
    let len = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
    let id = &rest[..len];
    let is_sample = id.to_ascii_uppercase().contains("XXX")
        && id.bytes().all(|byte| matches!(byte, b'X' | b'x' | b'Y' | b'y' | b'0'..=b'9' | b'-'));
    is_sample.then_some(at..at + prefix + len)
}

#[cfg(test)]
mod tests {
    use super::{find, is_directive, substitution};

    #[test]
    fn placeholders() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            assert_eq!(find(text).map(|found| &text[found]), expected, "{text}");
        }
        check("a {{ site.id }} {% b %}", Some("{{ site.id }}"));
        check("<?php echo esc_js( $id ); ?>", Some("<?php echo esc_js( $id ); ?>"));
        check("<%= id %>", Some("<%= id %>"));
        check("id=G-XXXXXXX&b", Some("G-XXXXXXX"));
        check("GTM-XXXX", Some("GTM-XXXX"));
        check("UA-XXXXX-Y", Some("UA-XXXXX-Y"));
        check("YOUR_PIXEL_ID", Some("YOUR_PIXEL_ID"));
        check("x/YOUR-ID", Some("YOUR-ID"));
        check("__INSERT_USER_EMAIL__", Some("INSERT_USER_EMAIL__"));
        check("<CLIENT_TOKEN>", Some("<CLIENT_TOKEN>"));
        for text in [
            "",
            "{{",
            "{{}}",
            "{{ }}",
            "G-AB12CD3",
            "G-XX",
            "MyYOUR_ID",
            "<DIV>",
            "<A_B",
            "SMG-XXXX",
            "GTM-XXAXX",
            "your own",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn substitutions_and_directives() {
        assert_eq!(substitution("a${b}c"), Some(1..5));
        assert_eq!(substitution("a${}"), None);
        assert!(is_directive(" @if($a)") && is_directive("@endif"));
        assert!(!is_directive("@media") && !is_directive("a@if") && !is_directive("@iffy"));
    }
}

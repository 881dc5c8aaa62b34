//! Event names in pasted code: a name that nobody sends is a handler that never runs, and nothing says so.
//!
//! A call is found by its text, `c2c.on('name'`, and only where a lexer says that this text is code. Names that are computed
//! are nobody's business here.

use std::ops::Range;

use crate::javascript::{code_regions, is_word};

/// The global that the trusted script defines.
const GLOBAL: &str = "c2c";

/// What else may stand before it.
const WINDOWS: [&str; 3] = ["window.", "self.", "globalThis."];

/// The length of a custom event's name, in characters.
const CUSTOM_NAME_CHARS_MAX: usize = 64;

/// A call whose name is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misnomer<'s> {
    /// The method of the API.
    pub(crate) method: &'static str,
    /// The name, as it stands between its quotes.
    pub(crate) name: &'s str,
    /// Where that is in the script, in bytes.
    pub(crate) span: Range<usize>,
}

impl Misnomer<'_> {
    pub(crate) fn emits(&self) -> bool {
        self.method == "emit"
    }
}

/// Whether a snippet has anything that looks like a misnomer, be it code or not. Cheap: it is asked of every snippet.
pub(crate) fn are_suspicious(snippet: &str, names: &[String]) -> bool {
    !names.is_empty() && candidates(snippet, names).next().is_some()
}

/// All misnomers in a script.
pub(crate) fn misnomers<'s>(script: &'s str, names: &[String]) -> Vec<Misnomer<'s>> {
    let mut found: Vec<_> = candidates(script, names).collect();
    if found.is_empty() {
        return found;
    }
    let regions = code_regions(script);
    found.retain(|call| {
        // The parenthesis before the quote is in code, and nothing but code comes between it and the global's name.
        let parenthesis = call.span.start - 2;
        let index = regions.partition_point(|region| region.end <= parenthesis);
        regions.get(index).is_some_and(|region| region.contains(&parenthesis))
    });
    found
}

fn candidates<'s>(text: &'s str, names: &[String]) -> impl Iterator<Item = Misnomer<'s>> {
    text.match_indices(GLOBAL).filter_map(|(at, _)| call(text, at)).filter(|call| {
        if call.emits() {
            !is_custom_name(call.name, names)
        } else {
            // Custom code may listen to all of them.
            call.name != "*" && !names.iter().any(|name| name == call.name)
        }
    })
}

/// The call that begins with the global's name at `at`, if it is one with a literal name.
fn call(text: &str, at: usize) -> Option<Misnomer<'_>> {
    let before = &text[..at];
    let before = WINDOWS.iter().find_map(|window| before.strip_suffix(window)).unwrap_or(before);
    if before.bytes().next_back().is_some_and(|last| is_word(last) || last == b'.') {
        return None;
    }
    let rest = text[at + GLOBAL.len()..].trim_start();
    let rest = rest.strip_prefix("?.").or_else(|| rest.strip_prefix('.'))?.trim_start();
    let method = ["once", "on", "off", "emit"].into_iter().find(|&method| {
        rest.strip_prefix(method).is_some_and(|rest| rest.trim_start().starts_with('('))
    })?;
    let rest = rest[method.len()..].trim_start().strip_prefix('(')?;
    // The quote must follow the parenthesis: white space would do no harm, but nobody writes it.
    let quote = rest.chars().next().filter(|first| matches!(first, '\'' | '"' | '`'))?;
    let rest = &rest[1..];
    let (name, after) = rest.split_once(quote)?;
    // An escape, a substitution or a quote in another line: not a name that can be read off.
    if name.contains(['\\', '\n', '\r']) || name.contains("${") {
        return None;
    }
    // As in `'call_' + kind`.
    after.trim_start().strip_prefix([',', ')'])?;
    let start = text.len() - rest.len();
    Some(Misnomer { method, name, span: start..start + name.len() })
}

/// The rules of the bridge for the names of custom events.
pub(crate) fn is_custom_name(name: &str, names: &[String]) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let reading = letters_only(name);
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= CUSTOM_NAME_CHARS_MAX
        && name.bytes().all(allowed)
        && !reading.starts_with("c2c")
        && !names.iter().any(|name| letters_only(name) == reading)
}

/// What a hurried reader sees of a name: no case, no separators.
fn letters_only(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|next| next.to_ascii_lowercase()).collect()
}

/// The name that was probably meant: one that reads the same, or else the nearest within two edits.
pub(crate) fn nearest<'n>(name: &str, names: &'n [String]) -> Option<&'n str> {
    let reading = letters_only(name);
    if let Some(same) = names.iter().find(|name| letters_only(name) == reading) {
        return Some(same);
    }
    // In a name of a few letters, two edits make any other.
    let edits_max = (name.chars().count() / 3).min(2);
    let distances = names.iter().map(|known| (distance(name, known), known));
    let (edits, known) = distances.min_by_key(|&(edits, _)| edits)?;
    (edits <= edits_max).then_some(known)
}

/// How many characters must be inserted, removed or replaced (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    // Far beyond any name; the cost is the product of both lengths.
    if one.len().abs_diff(other.len()) > 8 {
        return usize::MAX;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, character) in one.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, &wanted) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(character != wanted);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, is_custom_name, misnomers, nearest};

    fn names() -> Vec<String> {
        ["widget_loaded", "call_started", "call_ended"].map(str::to_owned).to_vec()
    }

    #[track_caller]
    fn check(script: &str, expected: &[&str]) {
        let names = names();
        let found = misnomers(script, &names);
        for call in &found {
            assert_eq!(&script[call.span.clone()], call.name, "{script}");
        }
        let found: Vec<_> = found.iter().map(|call| call.name).collect();
        assert_eq!(found, expected, "{script}");
    }

    #[test]
    fn names_that_nobody_sends() {
        check("c2c.on('call_end', f)", &["call_end"]);
        check("c2c . on (\"a\" , f); c2c.once(`b`)", &["a", "b"]);
        check("window.c2c?.off('c', f)", &["c"]);
        check("c2c.on('', f)", &[""]);
        check("`${c2c.on('a', f)}`", &["a"]);
        check("x = /'/; c2c.on('a', f)", &["a"]);
        check("c2c.on('custom:lead', f)", &["custom:lead"]);
        check("c2c.emit('a b'); c2c.emit('callEnded', {})", &["a b", "callEnded"]);
    }

    #[test]
    fn what_is_no_misnomer() {
        for script in [
            "c2c.on('call_ended', f); c2c.on('*', f); c2c.emit('lead', {})",
            "// c2c.on('a', f)",
            "/* c2c.on('a', f) */",
            "\"c2c.on('a', f)\"",
            "`c2c.on('a', f)`",
            "/c2c.on('a', f)/",
            "<!-- c2c.on('a', f)",
            "c2c.on('call_' + kind, f)",
            "c2c.on(`call_${kind}`, f)",
            "c2c.on('\\x61', f)",
            "c2c.on(name, f)",
            "c2c.only('a', f)",
            "c2c.ready.on('a', f)",
            "my.c2c.on('a', f)",
            "myc2c.on('a', f)",
            "c2c.on",
            "c2c.on('a",
            "c2c",
        ] {
            check(script, &[]);
        }
    }

    #[test]
    fn custom_names() {
        for name in ["a", "lead_qualified", "A-1.b", &"a".repeat(64)] {
            assert!(is_custom_name(name, &names()), "{name}");
        }
        for name in
            ["", "1a", "a b", "ä", "c2c_x", "C2C", "callEnded", "call_ended", &"a".repeat(65)]
        {
            assert!(!is_custom_name(name, &names()), "{name}");
        }
    }

    #[test]
    fn what_was_meant() {
        let names = names();
        assert_eq!(nearest("call_end", &names), Some("call_ended"));
        assert_eq!(nearest("callEnded", &names), Some("call_ended"));
        assert_eq!(nearest("CALL-STARTED", &names), Some("call_started"));
        assert_eq!(nearest("call_strated", &names), Some("call_started"));
        assert_eq!(nearest("call", &names), None);
        assert_eq!(nearest("ended", &names), None);
        assert_eq!(nearest("", &names), None);
        assert_eq!(nearest("x", &["y".to_owned()]), None);
        assert_eq!(nearest("call_end", &[]), None);
    }

    #[test]
    fn distances() {
        for (one, other, edits) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("ä", "a", 1)]
        {
            assert_eq!(distance(one, other), edits, "{one} {other}");
        }
    }
}

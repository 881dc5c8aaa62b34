//! A scanner for the parts of an unfinished tag.
//!
//! html5ever emits a tag only when it is complete. Until then two things matter: whether a quote is open,
//! and the number of attributes (html5ever compares each new one with all before it, so a tag that never
//! ends must be stopped early).

use std::ops::Range;

/// Follows the characters of one tag after its first letter, as §13.2.5.8 and §13.2.5.32–39 of the HTML standard do
/// (<https://html.spec.whatwg.org/multipage/parsing.html#tag-name-state>). The `>` that ends the tag is not fed.
#[derive(Debug)]
pub(super) struct TagScan {
    state: State,
    attributes: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Unquoted,
    Quoted { quote: char, at: usize },
    AfterQuoted,
}

impl TagScan {
    pub(super) fn new() -> Self {
        Self { state: State::TagName, attributes: 0 }
    }

    /// Attributes begun so far, duplicates included.
    pub(super) fn attributes(&self) -> usize {
        self.attributes
    }

    /// The place of the open quote, if there is one.
    pub(super) fn open_quote(&self) -> Option<usize> {
        match self.state {
            State::Quoted { at, .. } => Some(at),
            _ => None,
        }
    }

    /// Consumes the next character, which is at `at`.
    pub(super) fn step(&mut self, next: char, at: usize) {
        let space = matches!(next, '\t' | '\n' | '\r' | '\x0C' | ' ');
        let separates = space || next == '/';
        self.state = match self.state {
            State::Quoted { quote, .. } if next == quote => State::AfterQuoted,
            State::Unquoted if space => State::BeforeName,
            State::BeforeValue if space => State::BeforeValue,
            State::BeforeValue if matches!(next, '"' | '\'') => State::Quoted { quote: next, at },
            State::BeforeValue => State::Unquoted,
            State::Name | State::AfterName if next == '=' => State::BeforeValue,
            State::Name | State::AfterName if space => State::AfterName,
            State::TagName
            | State::BeforeName
            | State::Name
            | State::AfterName
            | State::AfterQuoted
                if separates =>
            {
                State::BeforeName
            }
            State::BeforeName | State::AfterName | State::AfterQuoted => {
                self.attributes += 1;
                State::Name
            }
            unchanged @ (State::TagName | State::Name | State::Unquoted | State::Quoted { .. }) => {
                unchanged
            }
        };
    }
}

/// Returns the place of an attribute's value in a complete start tag, without its quotes. Of two attributes
/// with the same name, browsers keep the first.
pub(crate) fn attribute_value(tag: &str, name: &str) -> Option<Range<usize>> {
    let inner = tag.strip_suffix('>')?;
    let mut scan = TagScan::new();
    let (mut attribute, mut value_start) = (0..0, 0);
    for (at, next) in inner.char_indices().skip(2) {
        let (before, attributes) = (scan.state, scan.attributes);
        scan.step(next, at);
        if scan.attributes > attributes {
            attribute.start = at;
        }
        let is_wanted =
            || inner.get(attribute.clone()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        match (before, scan.state) {
            (State::Name, State::BeforeName | State::AfterName | State::BeforeValue) => {
                attribute.end = at;
            }
            (State::BeforeValue, State::Quoted { .. }) => value_start = at + 1,
            (State::BeforeValue, State::Unquoted) => value_start = at,
            (State::Quoted { .. } | State::Unquoted, State::AfterQuoted | State::BeforeName)
                if is_wanted() =>
            {
                return Some(value_start..at);
            }
            _ => {}
        }
    }
    let is_last = matches!(scan.state, State::Unquoted);
    let is_wanted = inner.get(attribute).is_some_and(|found| found.eq_ignore_ascii_case(name));
    (is_last && is_wanted).then_some(value_start..inner.len())
}

/// Whether a complete start tag has an attribute with a value.
pub(crate) fn has_attribute(tag: &str, name: &str) -> bool {
    attribute_value(tag, name).is_some()
}

#[cfg(test)]
mod tests {
    use super::{TagScan, attribute_value};

    #[test]
    fn values_of_attributes() {
        #[track_caller]
        fn value(tag: &str, expected: Option<&str>) {
            assert_eq!(attribute_value(tag, "src").map(|found| &tag[found]), expected, "{tag}");
        }
        value("<script src='a b'>", Some("a b"));
        value("<script\nasync SRC = \"é\" src=c>", Some("é"));
        value("<img src=a/b>", Some("a/b"));
        value("<img src=a alt=''>", Some("a"));
        value("<img data-src=b alt='src=c'src=d>", Some("d"));
        value("<img src=''>", Some(""));
        value("<img src>", None);
        value("<img src alt=a>", None);
        value("<img>", None);
    }

    /// Checks a scan; `rest` is the text after the first letter of the tag's name.
    #[track_caller]
    fn check(rest: &str, attributes: usize, open_quote: Option<usize>) {
        let mut scan = TagScan::new();
        for (at, next) in rest.char_indices() {
            scan.step(next, at);
        }
        assert_eq!((scan.attributes(), scan.open_quote()), (attributes, open_quote), "{rest}");
    }

    #[test]
    fn attributes_and_quotes() {
        check("mg", 0, None);
        check(" a", 1, None);
        check(" a b=c d = 'x' e", 4, None);
        check(" a=\"x y=z ", 1, Some(3));
        check(" a='\"", 1, Some(3));
        check(" a=\"1\"b='2'c", 3, None);
        check("/a/b/", 2, None);
        check(" a=/b=\"", 1, None);
        check(" =\"", 1, None);
        check(" =a=\"", 1, Some(4));
        check(" a\"=\n'", 1, Some(5));
    }
}

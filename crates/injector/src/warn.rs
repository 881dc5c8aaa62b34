//! From a note that a parse took to a finding with a code, a place and a sentence.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Fix};
use crate::events::{Misnomer, misnomers, nearest};
use crate::hosts::Authority;
use crate::javascript::first_line_of_code;
use crate::parse::{Note, Spliced, What, attribute_value};

/// The most characters of a name to repeat in a sentence.
const NAME_CHARS_MAX: usize = 64;

/// At most `max`: each costs a walk through its snippet.
pub(crate) fn diagnostics(
    spliced: &Spliced,
    notes: Vec<Note>,
    names: &[String],
    max: usize,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for Note { area, span, what } in notes {
        let room = max - diagnostics.len();
        // A note is taken in a snippet, so its place is in it.
        let Some((_, within)) = spliced.locate(&span) else { continue };
        let source = Source { spliced, area, text: spliced.source(span), start: within.start };
        if what == What::Script {
            let found = misnomers(source.text, names);
            let found = found.iter().take(room);
            diagnostics.extend(found.map(|found| source.misnomer(found, names)));
        } else if room > 0 {
            diagnostics.push(source.diagnostic(what));
        }
    }
    diagnostics
}

/// The part of a snippet that a note is about.
struct Source<'s> {
    spliced: &'s Spliced,
    area: crate::Area,
    text: &'s str,
    /// Where it begins in its snippet.
    start: usize,
}

impl Source<'_> {
    fn diagnostic(&self, what: What) -> Diagnostic {
        let whole = 0..self.text.len();
        match what {
            What::Unclosed(name) => {
                let message =
                    format!("this `<{}>` is still open where the snippet ends", shown(&name));
                self.finding(Code::UnclosedElement, whole, message)
            }
            What::EarlyEnd(name) => {
                let message = format!("this `</{name}>` is one too many: the document has its own");
                self.finding(Code::EarlyEndTag, whole, message)
            }
            What::MetaCsp => {
                let message = "this policy would also hold for all code that comes after it";
                self.finding(Code::MetaCsp, whole, message)
            }
            What::MetaRefresh => {
                let message = "this would reload the frame or lead it elsewhere, and no event would reach it any more";
                self.finding(Code::MetaRefresh, whole, message)
            }
            What::MetaCharset(charset) => {
                let message =
                    format!("this has no effect: the document is UTF-8, not {}", shown(&charset));
                self.finding(Code::MetaCharset, whole, message)
            }
            What::Base => {
                let message = "this changes where every relative URL leads";
                self.finding(Code::Base, whole, message)
            }
            What::Insecure { attribute } => self.insecure(attribute),
            What::NeedsCors { attribute } => {
                let message = format!(
                    "with `{attribute}`, this script runs only if its server lets the origin `null` read it"
                );
                self.finding(Code::NeedsCors, self.attribute(attribute), message)
            }
            What::BlockedTarget(target) => {
                let message =
                    format!("the sandbox blocks links to `{target}`: a click does nothing");
                self.finding(Code::BlockedTarget, self.attribute("target"), message)
            }
            What::BlockedForm => {
                let message = "the sandbox blocks forms: this one would never be sent";
                self.finding(Code::BlockedForm, whole, message)
            }
            What::Script | What::CodeAsText => {
                let line = first_line_of_code(self.text).unwrap_or(whole);
                let message = "this is shown as text and does not run: it is in no `<script>`";
                self.finding(Code::ScriptAsText, line, message)
            }
        }
    }

    fn insecure(&self, attribute: &str) -> Diagnostic {
        let message =
            "browsers block this, or try `https:` instead, on a page that was loaded by `https:`";
        let value = self.attribute(attribute);
        let scheme = insecure_scheme(&self.text[value.clone()]);
        let fix = scheme.map(|scheme| Fix {
            span: self.in_snippet(value.start + scheme.start..value.start + scheme.end),
            replacement: "https".to_owned(),
        });
        self.finding(Code::InsecureUrl, value, message).with_fix(fix)
    }

    fn misnomer(&self, found: &Misnomer<'_>, names: &[String]) -> Diagnostic {
        let meant = nearest(found.name, names);
        let name = shown(found.name);
        let (code, message) = match (found.emits(), meant) {
            (false, Some(meant)) => (
                Code::UnknownEvent,
                format!("there is no widget event `{name}` (did you mean `{meant}`?)"),
            ),
            (false, None) => {
                let method = found.method;
                let message =
                    format!("there is no widget event `{name}`: this `c2c.{method}` does nothing");
                (Code::UnknownEvent, message)
            }
            (true, _) => {
                (Code::CustomEventName, format!("nothing can be emitted under the name `{name}`"))
            }
        };
        let span = found.span.clone();
        let fix = meant.filter(|_| !found.emits()).map(|meant| Fix {
            span: self.in_snippet(span.clone()),
            replacement: meant.to_owned(),
        });
        self.finding(code, span, message).with_fix(fix)
    }

    /// `span` is in this part of the snippet.
    fn finding(&self, code: Code, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        let snippet = self.spliced.snippet(self.area).as_bytes();
        Diagnostic::new(code, self.area, snippet, self.in_snippet(span), message.into())
    }

    fn in_snippet(&self, span: Range<usize>) -> Range<usize> {
        self.start + span.start..self.start + span.end
    }

    /// The value of the tag's attribute; the whole tag if there is none.
    fn attribute(&self, name: &str) -> Range<usize> {
        match attribute_value(self.text, name) {
            Some(value) if !value.is_empty() => value,
            _ => 0..self.text.len(),
        }
    }
}

/// Where the `http` of the first URL of plain http is in a `src` or `srcset`, if `https` would do there: another port than
/// the scheme's own is another server.
fn insecure_scheme(value: &str) -> Option<Range<usize>> {
    let mut start = 0;
    // No host has a comma, so what is cut off with one does not matter here.
    for url in value.split(|next: char| next == ',' || next.is_ascii_whitespace()) {
        if let Some(authority) = Authority::of(url).filter(Authority::is_insecure) {
            let prefix = url.get(..7).unwrap_or_default();
            let is_mendable =
                prefix.eq_ignore_ascii_case("http://") && !authority.host.contains(':');
            return is_mendable.then_some(start..start + 4);
        }
        start += url.len() + 1;
    }
    None
}

/// A customer's name for something, short enough for a sentence.
fn shown(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::insecure_scheme;

    #[test]
    fn the_scheme_to_change() {
        for (value, expected) in [
            ("http://a.example/x", Some(0)),
            (" HTTP://a.example", Some(1)),
            ("https://a.example/x 1x,http://b.example/y 2x", Some(23)),
            ("https://a.example/?u=http://b.example", None),
            ("http://a.example:8080/", None),
            ("http:\\\\a.example", None),
            ("&#104;ttp://a.example", None),
            ("é", None),
            ("", None),
        ] {
            let found = insecure_scheme(value).map(|found| found.start);
            assert_eq!(found, expected, "{value}");
        }
    }
}

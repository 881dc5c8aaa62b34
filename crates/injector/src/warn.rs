//! Turns the notes of a parse into findings with a code, a place and a sentence.

use std::collections::BTreeSet;
use std::ops::Range;

use c2c_names::LoadKind;

use crate::damage::{unescaped_string, with_straight_quotes, without_invisible};
use crate::diagnostic::{Area, Code, Diagnostic, Fix, shown};
use crate::found::Found;
use crate::hosts::Authority;
use crate::parse::{Damage, Note, ScriptNote, Spliced, Taken, What, attribute_value};
use crate::script::{Script, Scripts, open_quote};
use crate::{pasted, placeholder, services};

/// Returns at most `max` diagnostics, the first of each snippet: each costs a walk through its snippet.
pub(crate) fn diagnostics(
    spliced: &Spliced,
    taken: &Taken,
    scripts: &Scripts<'_>,
    max: usize,
) -> Vec<Diagnostic> {
    let in_area = |area| {
        let mut found = findings(spliced, area, taken, scripts);
        found.sort_by_key(|found| found.span.start);
        found.truncate(max);
        found.into_iter().map(move |found| diagnostic(spliced, area, found))
    };
    [Area::Head, Area::BodyEnd].into_iter().flat_map(in_area).take(max).collect()
}

fn diagnostic(
    spliced: &Spliced,
    area: Area,
    Found { code, span, message, fix }: Found,
) -> Diagnostic {
    let snippet = spliced.snippet(area).as_bytes();
    Diagnostic::new(code, area, snippet, span, message).with_fix(fix)
}

/// All findings in one snippet, with places in it.
fn findings(spliced: &Spliced, area: Area, taken: &Taken, scripts: &Scripts<'_>) -> Vec<Found> {
    let mut found = pasted::whole(spliced.snippet(area), scripts);
    if found.is_empty() {
        found = of_parts(spliced, area, taken, scripts);
        drop_consequences(&mut found);
    }
    drop_defined(&mut found, spliced, taken);
    drop_repeated(&mut found);
    found
}

/// The findings in the scripts, tags and texts of a snippet.
fn of_parts(spliced: &Spliced, area: Area, taken: &Taken, scripts: &Scripts<'_>) -> Vec<Found> {
    let in_area = taken.scripts.iter().filter(|(place, _)| *place == area);
    let of_scripts = in_area.flat_map(|(_, script)| of_script(spliced, script, scripts));
    let notes = taken.notes.iter().filter(|note| note.area == area);
    of_scripts.chain(notes.filter_map(|note| of_note(spliced, note, scripts))).collect()
}

/// Findings about code that does not run.
const LOST: [Code; 10] = [
    Code::BrokenTag,
    Code::CodeBesideSource,
    Code::EarlyScriptEnd,
    Code::EscapedHtml,
    Code::IgnoredScript,
    Code::OpenQuote,
    Code::ScriptAsText,
    Code::SwallowedScript,
    Code::SyntaxError,
    Code::UncheckedScript,
];

/// Drops calls of functions that a script of either snippet defines, or that the script of an unknown host
/// may define; and all of them if some code does not run, since that may be the definition.
fn drop_defined(found: &mut Vec<Found>, spliced: &Spliced, taken: &Taken) {
    if !found.iter().any(|found| found.code == Code::MissingSnippet) {
        return;
    }
    let some_is_lost = found.iter().any(|found| LOST.contains(&found.code));
    let loads_unknown = taken
        .hosts
        .iter()
        .any(|host| host.kind == LoadKind::Script && !services::is_known_loader(&host.host));
    let texts = [Area::Head, Area::BodyEnd].map(|area| spliced.snippet(area));
    let loads_unknown =
        loads_unknown || texts.iter().any(|text| services::names_unknown_script(text));
    let mut named: Vec<String> = Vec::new();
    found.retain(|found| {
        if found.code != Code::MissingSnippet {
            return true;
        }
        // The message begins with the name.
        let name = found.message.split('`').nth(1).unwrap_or_default();
        let is_first = !named.iter().any(|known| known == name);
        named.push(name.to_owned());
        is_first
            && !some_is_lost
            && !loads_unknown
            && !texts.iter().any(|text| services::defines(text, name))
    });
}

/// One finding for each service is enough: its snippet may have several addresses.
fn drop_repeated(found: &mut Vec<Found>) {
    let mut told = BTreeSet::new();
    found.retain(|found| found.code != Code::NeedsPage || told.insert(found.message.clone()));
}

/// Drops what is a consequence of another finding: the code after the early end of a script becomes text,
/// and no end tag closes an element whose name has an invisible character.
fn drop_consequences(found: &mut Vec<Found>) {
    let starts = |code| {
        let of_code = found.iter().filter(move |found| found.code == code);
        of_code.map(|found| found.span.start).collect::<Vec<_>>()
    };
    let ends = starts(Code::EarlyScriptEnd);
    let names = starts(Code::InvisibleCharacter);
    if ends.is_empty() && names.is_empty() {
        return;
    }
    let first_end = ends.into_iter().min().unwrap_or(usize::MAX);
    found.retain(|found| match found.code {
        Code::VisibleText | Code::ScriptAsText => found.span.start < first_end,
        Code::UnclosedElement => !names.contains(&found.span.start),
        _ => true,
    });
}

fn of_script(spliced: &Spliced, note: &ScriptNote, scripts: &Scripts<'_>) -> Vec<Found> {
    let Some((_, tag)) = spliced.locate(&note.tag) else { return Vec::new() };
    let text = match note.attribute {
        Some(_) => note.text.as_str(),
        None => spliced.source(note.inner.clone()),
    };
    let script = Script { note, tag: spliced.source(note.tag.clone()), text };
    let mut found = script.findings(scripts);
    for found in &mut found {
        found.shift(tag.start);
    }
    found
}

fn of_note(spliced: &Spliced, note: &Note, scripts: &Scripts<'_>) -> Option<Found> {
    // Notes are only taken inside snippets, so the place is in one.
    let (_, within) = spliced.locate(&note.span)?;
    let source = Source { text: spliced.source(note.span.clone()) };
    let mut found = source.found(&note.what, scripts)?;
    found.shift(within.start);
    Some(found)
}

/// The part of a snippet that a note is about. Places are relative to it.
struct Source<'s> {
    text: &'s str,
}

impl Source<'_> {
    fn found(&self, what: &What, scripts: &Scripts<'_>) -> Option<Found> {
        let whole = 0..self.text.len();
        let found = |code, message: &str| Some(Found::new(code, whole.clone(), message));
        match what {
            What::Unclosed(name) => found(
                Code::UnclosedElement,
                &format!("this `<{}>` is still open where the snippet ends", shown(name)),
            ),
            What::EarlyEnd(name) => found(
                Code::EarlyEndTag,
                &format!("this `</{name}>` is one too many: the document has its own"),
            ),
            What::MetaCsp => {
                found(Code::MetaCsp, "this policy would also apply to all code after it")
            }
            What::MetaRefresh => found(
                Code::MetaRefresh,
                "this would reload or navigate the frame, which would then receive no events",
            ),
            What::MetaCharset(charset) => found(
                Code::MetaCharset,
                &format!("this has no effect: the document is UTF-8, not {}", shown(charset)),
            ),
            What::Base => found(Code::Base, "this changes what every relative URL refers to"),
            What::BlockedForm => {
                found(Code::BlockedForm, "the sandbox blocks forms: this one would never be sent")
            }
            What::ServerCode => found(
                Code::Placeholder,
                "this is code for a server, and none runs it here: a browser reads it as a comment",
            ),
            What::DashedComment => Some(self.dashed_comment()),
            What::Insecure { attribute } => Some(self.insecure(attribute)),
            What::NeedsCors { attribute } => {
                let message = format!(
                    "with `{attribute}`, this script runs only if its server lets the origin `null` read it"
                );
                Some(Found::new(Code::NeedsCors, self.attribute(attribute), message))
            }
            What::BlockedTarget(target) => {
                let message =
                    format!("the sandbox blocks links to `{target}`: a click does nothing");
                Some(Found::new(Code::BlockedTarget, self.attribute("target"), message))
            }
            What::RelativeUrl { attribute } => Some(self.relative(attribute)),
            What::Service { attribute, service } => {
                Some(Found::new(Code::NeedsPage, self.attribute(attribute), service.in_words()))
            }
            What::IntegrityWithoutCors => Some(self.without_cors()),
            What::Damaged(damage) => Some(self.damaged(*damage)),
            What::Placeholder { attribute } => Some(self.placeholder(attribute)),
            What::OpenQuote { attribute } => open_quote(self.text, attribute),
            What::Text => pasted::text(self.text, scripts),
        }
    }

    fn dashed_comment(&self) -> Found {
        let message = "the dashes of this comment are typographic, so it ends somewhere else than it seems to";
        let plain = self.text.replace(['–', '—', '―', '−'], "--");
        let plain = plain.replace("<!----", "<!--").replace("---->", "-->");
        Found::new(Code::TypographicCharacter, 0..self.text.len(), message)
            .replaced_by(0..self.text.len(), plain)
    }

    /// A tag with characters that copying put there.
    fn damaged(&self, damage: Damage) -> Found {
        let whole = 0..self.text.len();
        let (code, message, plain) = match damage {
            Damage::Quotes => (
                Code::TypographicCharacter,
                "typographic quotes: they become part of the value, and an address would begin with one",
                with_straight_quotes(self.text),
            ),
            Damage::Invisible => (
                Code::InvisibleCharacter,
                "an invisible character, or a space that is none, becomes part of a name in this tag",
                without_invisible(self.text),
            ),
            Damage::Escapes => (
                Code::EscapedQuotes,
                "escaped quotes (`\\\"`): the tag was copied out of a string of a program",
                unescaped_string(self.text),
            ),
        };
        Found::new(code, whole.clone(), message).replaced_by(whole, plain)
    }

    fn relative(&self, attribute: &str) -> Found {
        let value = self.attribute(attribute);
        let text = &self.text[value.clone()];
        if !begins_with_host(text) {
            let message =
                "this address has no host: it leads to that of the sandbox, which has no such file";
            return Found::new(Code::RelativeUrl, value, message);
        }
        let message = "this address has no `https://`: it is read as the name of a file of the sandbox, which has no such file";
        let start = value.start + (text.len() - text.trim_start().len());
        Found::new(Code::RelativeUrl, value, message).replaced_by(start..start, "https://")
    }

    /// A tag with `integrity` and without `crossorigin`.
    fn without_cors(&self) -> Found {
        let message =
            "`integrity` needs `crossorigin` here: without it the browser blocks the file";
        let name = self.text[1..].find(|next: char| !next.is_ascii_alphanumeric());
        let after_name = name.map_or(self.text.len(), |length| 1 + length);
        Found::new(Code::IntegrityNeedsCors, self.attribute("integrity"), message)
            .replaced_by(after_name..after_name, " crossorigin=\"anonymous\"")
    }

    fn placeholder(&self, attribute: &str) -> Found {
        let value = self.attribute(attribute);
        let text = &self.text[value.clone()];
        let place = placeholder::find(text).or_else(|| placeholder::substitution(text));
        let place =
            place.map_or(value.clone(), |found| value.start + found.start..value.start + found.end);
        let message = format!(
            "an unfilled placeholder, `{}`, would be used as it is",
            shown(&self.text[place.clone()])
        );
        Found::new(Code::Placeholder, place, message)
    }

    fn insecure(&self, attribute: &str) -> Found {
        let message = "mixed content: an HTTPS page blocks this or loads it by HTTPS instead";
        let value = self.attribute(attribute);
        let scheme = insecure_scheme(&self.text[value.clone()]);
        let fix = scheme.map(|scheme| Fix {
            span: value.start + scheme.start..value.start + scheme.end,
            replacement: "https".to_owned(),
        });
        Found { fix, ..Found::new(Code::InsecureUrl, value, message) }
    }

    /// The span of the attribute's value; the whole tag if it has none.
    fn attribute(&self, name: &str) -> Range<usize> {
        match attribute_value(self.text, name) {
            Some(value) if !value.is_empty() => value,
            _ => 0..self.text.len(),
        }
    }
}

/// Top-level domains of vendors and their customers; a folder may have any other ending.
const TOP_LEVELS: [&str; 40] = [
    "ai", "app", "at", "au", "be", "biz", "br", "ca", "cc", "ch", "chat", "cloud", "cn", "co",
    "com", "de", "dev", "dk", "es", "eu", "example", "fi", "fr", "in", "info", "io", "it", "jp",
    "me", "net", "nl", "no", "org", "pl", "ru", "se", "tech", "tv", "uk", "us",
];

/// Whether a relative URL was meant to begin with a host: `www.shop.example`, `tags.example/t.js`.
fn begins_with_host(url: &str) -> bool {
    let url = url.trim_start();
    let (first, rest) = url.split_once('/').unwrap_or((url, ""));
    let Some((name, last)) = first.rsplit_once('.') else { return false };
    let is_name = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    };
    let is_host = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && is_name(name)
        && TOP_LEVELS.iter().any(|known| known.eq_ignore_ascii_case(last));
    is_host && (!rest.is_empty() || first.to_ascii_lowercase().starts_with("www."))
}

/// Finds the `http` of the first plain-http URL in a `src` or `srcset`, if `https` can replace it: a URL
/// with a port would lead to another server.
fn insecure_scheme(value: &str) -> Option<Range<usize>> {
    let mut start = 0;
    // No host contains a comma, so the text cut off at one does not matter here.
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

#[cfg(test)]
mod tests {
    use super::{begins_with_host, insecure_scheme};

    #[test]
    fn hosts_without_a_scheme() {
        for url in ["www.shop.example", "cdn.tags.example/t.js", " tags.io/x", "a-b.example/"] {
            assert_eq!(begins_with_host(url), url != "a-b.example/", "{url}");
        }
        for url in [
            "",
            "t.js",
            "js/t.js",
            "./a.b/c",
            "../x",
            "/a.example/x",
            "a b.example/x",
            ".x/y",
            "v1.2/t.js",
            "photos.old/a.png",
            "vendor.bundle/t.js",
        ] {
            assert!(!begins_with_host(url), "{url}");
        }
    }

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

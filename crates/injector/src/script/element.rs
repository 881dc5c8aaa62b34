//! Script elements: which of them run, and what is wrong with those that do not.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{Found, Kind, findings, is_code};
use crate::diagnostic::Code;
use crate::events::{self, Events};
use crate::parse::{ScriptNote, attribute_value};
use crate::warn::{open_quote_of_script, shown};

/// How a browser uses the text of a script element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Classic,
    Module,
    /// The value of an attribute such as `onclick`.
    Handler,
    ImportMap,
    /// Data in JSON.
    Json,
    /// It does not run it.
    Never(Never),
}

/// The reason why no browser runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Never {
    /// The type is a misspelling of JavaScript's.
    Spelling,
    /// The type is for another program, or for none.
    Type,
    /// The attribute `language` names another language.
    Language,
    /// The attribute `nomodule`.
    NoModule,
}

/// The MIME types of JavaScript
/// (<https://mimesniff.spec.whatwg.org/#javascript-mime-type>). Of a script's `type` nothing else may
/// follow, not even a parameter
/// (<https://html.spec.whatwg.org/multipage/scripting.html#prepare-the-script-element>).
const JAVASCRIPT: [&str; 16] = [
    "application/ecmascript",
    "application/javascript",
    "application/x-ecmascript",
    "application/x-javascript",
    "text/ecmascript",
    "text/javascript",
    "text/javascript1.0",
    "text/javascript1.1",
    "text/javascript1.2",
    "text/javascript1.3",
    "text/javascript1.4",
    "text/javascript1.5",
    "text/jscript",
    "text/livescript",
    "text/x-ecmascript",
    "text/x-javascript",
];

impl Use {
    pub(crate) fn of(kind: Option<&str>, language: Option<&str>, nomodule: bool) -> Self {
        let used_as = Self::of_type(kind, language);
        if nomodule && used_as == Self::Classic { Self::Never(Never::NoModule) } else { used_as }
    }

    fn of_type(kind: Option<&str>, language: Option<&str>) -> Self {
        let Some(kind) = kind.filter(|kind| !kind.is_empty()) else {
            let language = language.filter(|_| kind.is_none()).unwrap_or_default();
            let is_known = language.is_empty() || is_javascript(&format!("text/{language}"));
            return if is_known { Self::Classic } else { Self::Never(Never::Language) };
        };
        let kind = kind.trim_matches(|next: char| next.is_ascii_whitespace()).to_ascii_lowercase();
        match kind.as_str() {
            _ if is_javascript(&kind) => Self::Classic,
            "module" => Self::Module,
            "importmap" => Self::ImportMap,
            "speculationrules" | "application/json" | "text/json" => Self::Json,
            _ if kind.ends_with("+json") => Self::Json,
            _ if reads_like_javascript(&kind) => Self::Never(Never::Spelling),
            _ => Self::Never(Never::Type),
        }
    }

    /// How its text is parsed, if it runs.
    pub(crate) fn kind(self) -> Option<Kind> {
        match self {
            Self::Classic => Some(Kind::Classic),
            Self::Module => Some(Kind::Module),
            Self::Handler => Some(Kind::Handler),
            Self::ImportMap | Self::Json | Self::Never(_) => None,
        }
    }
}

fn is_javascript(kind: &str) -> bool {
    JAVASCRIPT.iter().any(|javascript| javascript.eq_ignore_ascii_case(kind))
}

fn reads_like_javascript(kind: &str) -> bool {
    let bare = kind.split(';').next().unwrap_or_default().trim();
    let names = ["text/javascript", "application/javascript", "javascript", "module"];
    bare == "js" || events::nearest(bare, names.into_iter()).is_some()
}

/// A script of a snippet. All places in findings are relative to the start of its tag.
pub(crate) struct Script<'s> {
    pub(crate) note: &'s ScriptNote,
    /// The start tag; empty if its place is not known.
    pub(crate) tag: &'s str,
    /// The text of the element, or the value of the attribute.
    pub(crate) text: &'s str,
}

impl Script<'_> {
    /// Returns everything that is wrong with the script.
    pub(crate) fn findings(&self, events: &Events) -> Vec<Found> {
        // The text is not what it seems to be then: the tag's own finding says so.
        if open_quote_of_script(self.tag).is_some() {
            return Vec::new();
        }
        match self.note.used_as {
            Use::Classic | Use::Module if self.note.has_source => {
                self.beside().into_iter().collect()
            }
            Use::Classic => self.of_text(Kind::Classic, events),
            Use::Module => self.of_text(Kind::Module, events),
            Use::Handler => self.of_text(Kind::Handler, events),
            Use::ImportMap => self.import_map().into_iter().collect(),
            Use::Json => self.json().into_iter().collect(),
            Use::Never(why) => self.ignored(why).into_iter().collect(),
        }
    }

    fn of_text(&self, kind: Kind, events: &Events) -> Vec<Found> {
        let mut found = findings(self.text, kind, events);
        let before = self.text_start();
        for found in &mut found {
            if let Some(offset) = before {
                found.shift(offset);
                self.repair_end(found);
            } else {
                // In an attribute with character references: the place is that of the whole tag.
                found.span = 0..self.tag.len();
                found.fix = None;
            }
        }
        found
    }

    /// The start of the text, relative to the tag.
    fn text_start(&self) -> Option<usize> {
        let Some(attribute) = &self.note.attribute else { return Some(self.tag.len()) };
        let value = attribute_value(self.tag, attribute)?;
        (self.tag[value.clone()] == *self.text).then_some(value.start)
    }

    /// Adds the fix to findings about tags inside a script, which change the structure around it.
    fn repair_end(&self, found: &mut Found) {
        let end = self.tag.len() + self.text.len();
        match found.code {
            Code::EarlyScriptEnd => {
                *found = found.clone().replaced_by(end..end + "</".len(), "<\\/");
            }
            Code::SwallowedScript => {
                let inner = found.span.start;
                let is_empty = self.text[..inner - self.tag.len()].trim().is_empty();
                *found = if is_empty {
                    found.clone().replaced_by(0..inner, "")
                } else {
                    found.clone().replaced_by(inner..inner, "</script>\n")
                };
            }
            _ => {}
        }
    }

    /// Code in a script that has a `src`: it never runs.
    fn beside(&self) -> Option<Found> {
        let tag = 0..self.tag.len();
        if self.text.to_ascii_lowercase().contains("<script") {
            let (message, closer) = if self.tag.ends_with("/>") {
                ("`/>` does not close a script: the next one is swallowed", tag.end - 2..tag.end)
            } else {
                (
                    "this script is not closed before the next one, which is swallowed",
                    tag.end - usize::from(!self.tag.is_empty())..tag.end,
                )
            };
            let found = Found::new(Code::SwallowedScript, tag, message);
            return Some(found.replaced_by(closer, "></script>"));
        }
        is_code(self.text)?;
        let message = "this script has a `src`, so the code inside it never runs";
        let text = tag.end + (self.text.len() - self.text.trim_start().len())
            ..tag.end + self.text.trim_end().len();
        let found = Found::new(Code::CodeBesideSource, text, message);
        Some(found.replaced_by(tag.end..tag.end, "</script>\n<script>"))
    }

    /// A script that no browser runs.
    fn ignored(&self, why: Never) -> Option<Found> {
        let is_script = || self.note.has_source || is_code(self.text).is_some();
        let (attribute, message) = match why {
            Never::NoModule => ("nomodule", "a script with `nomodule` never runs: every browser that the sandbox supports knows modules".to_owned()),
            _ if !is_script() => return None,
            Never::Language => ("language", "no browser runs a script in this language".to_owned()),
            Never::Spelling => ("type", format!("no browser runs a script of the type `{}`: write `text/javascript`, or no type", self.value("type"))),
            Never::Type => ("type", self.of_other_type()),
        };
        let span = attribute_value(self.tag, attribute).filter(|value| !value.is_empty());
        let span = span.unwrap_or(0..self.tag.len());
        let found = Found::new(Code::IgnoredScript, span.clone(), message);
        let meant = if self.value("type").to_ascii_lowercase().starts_with("mod") {
            "module"
        } else {
            "text/javascript"
        };
        Some(if why == Never::Spelling { found.replaced_by(span, meant) } else { found })
    }

    fn of_other_type(&self) -> String {
        let kind = self.value("type");
        match kind.to_ascii_lowercase().as_str() {
            "text/plain" => "a script of the type `text/plain` never runs: a consent tool is expected to change the type, and there is none here".to_owned(),
            "text/partytown" => "a script of the type `text/partytown` never runs without that library, which does not work here".to_owned(),
            _ => format!("no browser runs a script of the type `{kind}`"),
        }
    }

    /// The value of an attribute, for a message.
    fn value(&self, attribute: &str) -> String {
        shown(attribute_value(self.tag, attribute).map_or("", |value| self.tag[value].trim()))
    }

    fn json(&self) -> Option<Found> {
        let text = self.text.trim();
        if text.is_empty() {
            return None;
        }
        serde_json::from_str::<IgnoredAny>(self.text).err().map(|error| self.invalid(&error))
    }

    fn import_map(&self) -> Option<Found> {
        match serde_json::from_str::<Map<String, Value>>(self.text) {
            Err(error) => Some(self.invalid(&error)),
            Ok(map) => {
                let is_known =
                    |key: &String| ["imports", "scopes", "integrity"].contains(&key.as_str());
                let unknown =
                    map.iter().find(|(key, value)| !is_known(key) || !value.is_object())?;
                let message = format!(
                    "an import map has `imports`, `scopes` and `integrity`, each an object, and not `{}`",
                    shown(unknown.0)
                );
                Some(Found::new(Code::InvalidJson, 0..self.tag.len(), message))
            }
        }
    }

    fn invalid(&self, error: &serde_json::Error) -> Found {
        let line: usize = self
            .text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum();
        let at = self.text.floor_char_boundary(
            (line + error.column().saturating_sub(1)).min(self.text.trim_end().len()),
        );
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        let start = self.tag.len() + at;
        Found::new(Code::InvalidJson, start..start, format!("this is not JSON: {said}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Never, Use};

    #[test]
    fn types() {
        #[track_caller]
        fn check(kind: &str, expected: Use) {
            assert_eq!(Use::of(Some(kind), None, false), expected, "{kind}");
        }
        for kind in ["", "text/javascript", " Text/JScript\n", "application/x-javascript"] {
            check(kind, Use::Classic);
        }
        check("Module", Use::Module);
        check("importmap", Use::ImportMap);
        check("application/ld+json", Use::Json);
        for kind in
            ["javascript", "text/javscript", "text/javascript; charset=utf-8", "js", "modul"]
        {
            check(kind, Use::Never(Never::Spelling));
        }
        for kind in [" ", "text/plain", "text/partytown", "text/x-template", "text/babel"] {
            check(kind, Use::Never(Never::Type));
        }
        assert_eq!(Use::of(None, Some("JavaScript"), false), Use::Classic);
        assert_eq!(Use::of(None, Some("vbscript"), false), Use::Never(Never::Language));
        assert_eq!(Use::of(Some(""), Some("vbscript"), false), Use::Classic);
        assert_eq!(Use::of(None, None, true), Use::Never(Never::NoModule));
        assert_eq!(Use::of(Some("module"), None, true), Use::Module);
    }
}

//! Script elements: the findings in one of them, by its type.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::quote::open_quote_of_script;
use super::scripts::Scripts;
use super::types::{Kind, Never, Use};
use crate::diagnostic::Code;
use crate::diagnostic::shown;
use crate::found::Found;
use crate::parse::{ScriptNote, attribute_value};

/// A script of a snippet. All places in findings are relative to the start of its tag.
pub(crate) struct Script<'s> {
    pub(crate) note: &'s ScriptNote,
    /// The start tag; empty if its place is not known.
    pub(crate) tag: &'s str,
    /// The text of the element, or the value of the attribute.
    pub(crate) text: &'s str,
}

/// Whether a value is an object. What is in it is only read: a `serde_json::Value` of a customer's text could have any
/// number of levels, if any crate of the program turns on the feature `raw_value`.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(clippy::zero_sized_map_values, reason = "only a map is read from an object")]
enum Form {
    Object(#[expect(dead_code, reason = "only the form counts")] BTreeMap<String, IgnoredAny>),
    Other(IgnoredAny),
}

impl Script<'_> {
    /// Returns everything that is wrong with the script.
    pub(crate) fn findings(&self, scripts: &Scripts<'_>) -> Vec<Found> {
        // The text is not what it seems to be then: the tag's own finding says so.
        if open_quote_of_script(self.tag).is_some() {
            return Vec::new();
        }
        match self.note.used_as {
            Use::Classic | Use::Module if self.note.has_source => {
                self.beside(scripts).into_iter().collect()
            }
            Use::Classic => self.of_text(Kind::Classic, scripts),
            Use::Module => self.of_text(Kind::Module, scripts),
            Use::Handler => self.of_text(Kind::Handler, scripts),
            Use::ImportMap => self.import_map().into_iter().collect(),
            Use::Json => self.json().into_iter().collect(),
            Use::Data => Vec::new(),
            Use::Never(why) => self.ignored(why, scripts).into_iter().collect(),
        }
    }

    fn of_text(&self, kind: Kind, scripts: &Scripts<'_>) -> Vec<Found> {
        let mut found = scripts.findings(self.text, kind);
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
    fn beside(&self, scripts: &Scripts<'_>) -> Option<Found> {
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
        scripts.is_code(self.text)?;
        let message = "this script has a `src`, so the code inside it never runs";
        let text = tag.end + (self.text.len() - self.text.trim_start().len())
            ..tag.end + self.text.trim_end().len();
        let found = Found::new(Code::CodeBesideSource, text, message);
        Some(found.replaced_by(tag.end..tag.end, "</script>\n<script>"))
    }

    /// A script that no browser runs.
    fn ignored(&self, why: Never, scripts: &Scripts<'_>) -> Option<Found> {
        let is_script = || self.note.has_source || scripts.is_code(self.text).is_some();
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
        match serde_json::from_str::<BTreeMap<String, Form>>(self.text) {
            Err(error) => Some(self.invalid(&error)),
            Ok(map) => {
                let is_known =
                    |key: &String| ["imports", "scopes", "integrity"].contains(&key.as_str());
                let is_wrong = |&(key, form): &(&String, &Form)| {
                    !is_known(key) || !matches!(form, Form::Object(_))
                };
                let unknown = map.iter().find(is_wrong)?;
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

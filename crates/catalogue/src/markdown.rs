//! The catalogue as a Markdown page.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{Catalogue, EventDef, Field, Privacy, Type, json};

impl Catalogue {
    /// A reference in Markdown, with GitHub's tables.
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# Events of {} {}\n\n<!-- Made from the catalogue; do not edit. -->\n\n",
            prose(self.name()),
            self.version()
        );
        out.push_str(
            "A handler gets an event's data; the page around the widget, and integrations, get it in an envelope: \
             `{name, data, timestamp, id, seq}`. Besides the fields below, all data has `context`, an object of texts: what \
             the widget was opened with. Every field is always there.\n\n\
             | event | what |\n|---|---|\n",
        );
        for EventDef { name, summary, .. } in self.events() {
            // GitHub derives the anchors of headings in this way.
            let anchor = name.as_str().to_ascii_lowercase().replace('.', "");
            _ = writeln!(out, "| [`{name}`](#{anchor}) | {} |", prose(summary));
        }
        for event in self.events() {
            write_event(&mut out, event);
        }
        out
    }
}

fn write_event(out: &mut String, EventDef { name, since, summary, when, fields }: &EventDef) {
    _ = write!(out, "\n## `{name}`\n\n{}\n\n", prose(summary));
    _ = write!(out, "- **When:** {}\n- **Since:** {since}\n\n", prose(when));
    if fields.is_empty() {
        out.push_str("It has no fields of its own.\n");
        return;
    }
    out.push_str("| field | type | meaning | of the visitor |\n|---|---|---|---|\n");
    write_rows(out, "", fields);
    let example = fields.iter().map(|field| (field.name.clone(), field.example.clone()));
    let example = json::pretty(Value::Object(example.collect()));
    _ = write!(out, "\n```json\n{example}```\n");
}

/// Writes a row for each field and its inner fields.
fn write_rows(out: &mut String, before: &str, fields: &[Field]) {
    for Field { name, kind, summary, privacy, example: _ } in fields {
        let privacy = match privacy {
            Privacy::None => "",
            Privacy::Pseudonymous => "pseudonymous",
            Privacy::Personal => "personal",
        };
        let name = format!("{before}{name}");
        let (kind_cell, summary) = (code(&kind.to_string()), prose(summary));
        _ = writeln!(out, "| `{name}` | {kind_cell} | {summary} | {privacy} |");
        let (suffix, inner) = inside(kind);
        write_rows(out, &format!("{name}{suffix}."), inner);
    }
}

/// The fields inside a type, and the text between its name and theirs.
fn inside(kind: &Type) -> (String, &[Field]) {
    match kind {
        Type::Object(fields) => (String::new(), fields),
        Type::Nullable(inner) => inside(inner),
        Type::List(item) => {
            let (suffix, fields) = inside(item);
            ("[]".to_owned() + &suffix, fields)
        }
        _ => (String::new(), &[]),
    }
}

/// Escapes text for Markdown, including table cells.
fn prose(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '|' | '<' | '&' | '*' | '[' | ']' | '`') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Formats code for a table cell.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    if longest == 0 {
        return format!("`{text}`");
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

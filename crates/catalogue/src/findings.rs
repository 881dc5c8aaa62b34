//! Problems and warnings found in a value.

use serde_json::Value;

use crate::problem::{Place, Problem, lines};

/// Description of `context` in every event's data.
pub(crate) const CONTEXT: &str = "an object with texts";

/// How to treat a field that the catalogue does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownFields {
    /// Accept it: for receivers, which may be older than the widget.
    Keep,
    /// Accept it with a warning.
    Warn,
    /// Reject the event: for the widget itself, and for tests.
    Reject,
}

/// The reasons why an event is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.problems))]
#[non_exhaustive]
pub struct ValidationError {
    /// All problems of the event; at least one.
    pub problems: Vec<Problem>,
    /// The unknown fields, with [`UnknownFields::Warn`].
    pub warnings: Vec<Problem>,
}

/// The findings so far. Empty lists allocate nothing.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) unknown: UnknownFields,
    pub(crate) problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Findings {
    pub(crate) fn new(unknown: UnknownFields) -> Self {
        Self { unknown, problems: Vec::new(), warnings: Vec::new() }
    }

    pub(crate) fn verdict(self) -> Result<Vec<Problem>, ValidationError> {
        let Self { problems, warnings, .. } = self;
        if problems.is_empty() { Ok(warnings) } else { Err(ValidationError { problems, warnings }) }
    }

    #[cold]
    pub(crate) fn refuse(&mut self, place: &Place<'_>, message: impl FnOnce() -> String) {
        self.problems.push(place.problem(message()));
    }

    #[cold]
    pub(crate) fn missing(&mut self, place: &Place<'_>, expected: &str) {
        self.problems.push(place.problem(format!("is missing; expected {expected}")));
    }

    pub(crate) fn unknown(&mut self, place: &Place<'_>) {
        let list = match self.unknown {
            UnknownFields::Keep => return,
            UnknownFields::Warn => &mut self.warnings,
            UnknownFields::Reject => &mut self.problems,
        };
        list.push(place.problem("is not a field that the catalogue knows"));
    }

    pub(crate) fn text(
        &mut self,
        value: &Value,
        place: &Place<'_>,
        expected: &str,
        holds: fn(&str) -> bool,
    ) {
        match value {
            Value::String(text) if holds(text) => {}
            Value::String(text) => {
                self.refuse(place, || format!("expected {expected}, got {}", shown(text)));
            }
            other => self.refuse(place, || mismatch(expected, other)),
        }
    }

    pub(crate) fn context(&mut self, value: &Value, place: &Place<'_>) {
        let Value::Object(entries) = value else {
            return self.refuse(place, || mismatch(CONTEXT, value));
        };
        for (key, value) in entries {
            if !value.is_string() {
                self.refuse(&place.key(key), || mismatch("a string", value));
            }
        }
    }
}

pub(crate) fn accepts_context(context: &Value) -> bool {
    matches!(context, Value::Object(entries) if entries.values().all(Value::is_string))
}

pub(crate) fn mismatch(expected: &str, value: &Value) -> String {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    format!("expected {expected}, got {kind}")
}

/// Quotes untrusted text: shortened, and with control characters escaped for terminals.
pub(crate) fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    let cut: String = text.chars().take(CHARS_MAX).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}

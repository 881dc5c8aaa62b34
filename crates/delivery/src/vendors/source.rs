//! Where the value of a vendor's parameter comes from.

use std::collections::BTreeSet;

use serde_json::Value;

use super::event::Event;

/// Fields of events that the catalogue calls personal. They go to a vendor as hashes only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonalFields(BTreeSet<(String, String)>);

impl PersonalFields {
    /// Whether a field of an event is personal; without an event, of any event.
    pub(super) fn has(&self, event: Option<&str>, field: &str) -> bool {
        self.0.iter().any(|(of, name)| name == field && event.is_none_or(|event| event == of))
    }
}

/// Pairs of an event's name and a field's.
impl FromIterator<(String, String)> for PersonalFields {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// A field of an event, or a constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    Place(Place),
    Constant(Value),
}

impl Source {
    /// The value for an event. Null is none.
    pub(super) fn find(&self, event: &Event<'_>) -> Option<Value> {
        match self {
            Self::Place(place) => place.find(event),
            Self::Constant(value) => Some(value.clone()),
        }
    }

    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Self::Place(place) => Some(place),
            Self::Constant(_) => None,
        }
    }
}

/// A place in an envelope: `/id`, or a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)) that begins
/// with `/data/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    text: String,
    /// The key in `data`, and the pointer from its value; `None` is the id.
    data: Option<(String, String)>,
}

impl Place {
    const LENGTH_MAX: usize = 200;

    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text.len() > Self::LENGTH_MAX {
            return Err(format!("is longer than {} bytes", Self::LENGTH_MAX));
        }
        if text == "/id" {
            return Ok(Self { text: text.to_owned(), data: None });
        }
        let inner = text.strip_prefix("/data/").ok_or_else(|| {
            format!("{text:?} is neither \"/id\" nor a JSON pointer that begins with \"/data/\"")
        })?;
        if inner.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
            return Err(format!("{text:?} has a \"~\" that is neither \"~0\" nor \"~1\""));
        }
        let (key, rest) = match inner.find('/') {
            Some(end) => inner.split_at(end),
            None => (inner, ""),
        };
        let key = key.replace("~1", "/").replace("~0", "~");
        Ok(Self { text: text.to_owned(), data: Some((key, rest.to_owned())) })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The field of the event that it is in.
    pub(super) fn field(&self) -> Option<&str> {
        self.data.as_ref().map(|(key, _)| key.as_str())
    }

    fn find(&self, event: &Event<'_>) -> Option<Value> {
        let Some((key, rest)) = &self.data else {
            return Some(Value::String(event.id.to_string()));
        };
        event.data.get(key)?.pointer(rest).filter(|value| !value.is_null()).cloned()
    }

    /// Whether one of the two is the other, or holds it.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let holds = |outer: &Self, inner: &Self| {
            let rest = inner.text.strip_prefix(&outer.text);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        holds(self, other) || holds(other, self)
    }
}

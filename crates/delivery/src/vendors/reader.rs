//! Reads mappings, so that each fault is named by its place.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::leak::looks_personal;
use super::source::{PersonalFields, Place, Source};
use crate::endpoint::is_event;

/// The greatest number of events that a mapping names.
pub const RULES_MAX: usize = 100;

/// The reason why a text is no mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", if pointer.is_empty() { "the mapping" } else { pointer })]
pub struct MappingError {
    /// The place in the mapping, as a JSON pointer; empty: the whole.
    pub pointer: String,
    /// The fault, and what to do.
    pub problem: String,
}

/// A value of a mapping, and its place.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pointer: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { pointer: String::new(), value }
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> MappingError {
        MappingError { pointer: self.pointer.clone(), problem: problem.into() }
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// The object's members.
    pub(super) fn members(&self) -> Result<Vec<(&'a str, Self)>, MappingError> {
        let object = self.object()?;
        Ok(object.iter().map(|(key, value)| (key.as_str(), self.below(key, value))).collect())
    }

    /// Fails if there is a member with another name.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), MappingError> {
        for (key, node) in self.members()? {
            if !known.contains(&key) {
                return Err(node.error(format!("is not known; write one of: {}", known.join(", "))));
            }
        }
        Ok(())
    }

    pub(super) fn member(&self, key: &str) -> Result<Option<Self>, MappingError> {
        Ok(self.object()?.get(key).map(|value| self.below(key, value)))
    }

    pub(super) fn needed(&self, key: &str) -> Result<Self, MappingError> {
        self.member(key)?.ok_or_else(|| self.error(format!("needs \"{key}\"; add it")))
    }

    /// Whether there is a value below this one.
    pub(super) fn has(&self, way: &[&str]) -> bool {
        way.iter().try_fold(self.value, |value, key| value.get(*key)).is_some()
    }

    /// A place below this one, for an error.
    pub(super) fn at(&self, way: &[&str]) -> Self {
        way.iter().fold(self.clone(), |node, key| node.below(key, self.value))
    }

    pub(super) fn text(&self) -> Result<&'a str, MappingError> {
        self.value.as_str().ok_or_else(|| self.error("must be a string"))
    }

    /// The rules of a mapping by the names of events.
    pub(super) fn rules<R>(
        &self,
        read: impl Fn(&str, &Self) -> Result<R, MappingError>,
    ) -> Result<BTreeMap<String, R>, MappingError> {
        let members = self.members()?;
        if members.len() > RULES_MAX {
            return Err(self.error(format!("names more than {RULES_MAX} events; remove some")));
        }
        let mut rules = BTreeMap::new();
        for (event, node) in members {
            if !is_event(event) {
                let problem = "is not the name of an event; write a name of the catalogue, or \"custom:\" and a name";
                return Err(node.error(problem));
            }
            rules.insert(event.to_owned(), read(event, &node)?);
        }
        Ok(rules)
    }

    /// A source: `{"from": POINTER}` or `{"value": CONSTANT}`, and members that the caller reads.
    pub(super) fn source(&self, others: &[&str]) -> Result<Source, MappingError> {
        let known = [&["from", "value"], others].concat();
        self.only(&known)?;
        match (self.member("from")?, self.member("value")?) {
            (Some(from), None) => {
                let place = Place::read(from.text()?).map_err(|problem| from.error(problem))?;
                Ok(Source::Place(place))
            }
            (None, Some(value)) => Ok(Source::Constant(value.constant()?)),
            _ => Err(self.error(
                "must have either \"from\" (the place in the event) or \"value\" (a constant)",
            )),
        }
    }

    /// A source that goes to the vendor in the clear.
    pub(super) fn clear_source(
        &self,
        event: Option<&str>,
        personal: &PersonalFields,
    ) -> Result<Source, MappingError> {
        let source = self.source(&[])?;
        let field = source.place().and_then(Place::field);
        if let Some(field) = field.filter(|field| personal.has(event, field)) {
            return Err(self.error(format!(
                "the catalogue calls the field \"{field}\" personal, so it must not be sent; remove this"
            )));
        }
        Ok(source)
    }

    fn constant(&self) -> Result<Value, MappingError> {
        match self.value {
            Value::String(text) if text.trim().is_empty() => {
                Err(self.error("must not be empty; remove it, or write a text"))
            }
            Value::String(text) if looks_personal(text) => Err(self
                .error("looks like an e-mail address or a phone number, which must not be sent")),
            Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok(self.value.clone()),
            _ => Err(self.error("must be a string, a number, true or false")),
        }
    }

    fn object(&self) -> Result<&'a Map<String, Value>, MappingError> {
        self.value.as_object().ok_or_else(|| self.error("must be an object"))
    }

    fn below(&self, key: &str, value: &'a Value) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{key}", self.pointer), value }
    }
}

/// Reads the JSON of a mapping.
pub(super) fn read_json(text: &str) -> Result<Value, MappingError> {
    serde_json::from_str(text).map_err(|error| MappingError {
        pointer: String::new(),
        problem: format!("is not JSON: {error}"),
    })
}

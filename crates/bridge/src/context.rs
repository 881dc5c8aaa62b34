//! The context: values that the widget's URL passes to custom code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use c2c_names::ContextLimits;

/// A flat map from name to value, frozen in the frame and present on every event.
pub type Context = BTreeMap<String, String>;

/// The result of reading a widget's query: accepted and rejected entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedContext {
    /// The entries that follow every rule.
    pub context: Context,
    /// The other entries, in the order of the query.
    pub rejected: Vec<ContextReject>,
}

/// An entry of the query that does not enter the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextReject {
    /// The decoded key.
    pub key: String,
    /// The rule that it breaks.
    pub reason: RejectReason,
}

/// The rule that a rejected entry breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RejectReason {
    /// The key is empty.
    EmptyKey,
    /// The key begins with `c2c` in any case, or is `__proto__`.
    ReservedKey,
    /// The key occurs earlier in the query; the first value counts.
    Duplicate,
    /// The key is too long.
    KeyTooLong,
    /// The value is too long.
    ValueTooLong,
    /// The context already has the maximum number of entries.
    TooManyEntries,
    /// The entry would make the context too large.
    TooLarge,
}

impl RejectReason {
    /// Returns the name that the test vectors and the host script use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmptyKey => "empty_key",
            Self::ReservedKey => "reserved_key",
            Self::Duplicate => "duplicate",
            Self::KeyTooLong => "key_too_long",
            Self::ValueTooLong => "value_too_long",
            Self::TooManyEntries => "too_many_entries",
            Self::TooLarge => "too_large",
        }
    }
}

/// Reads the query of a widget's URL (without the `?`) as
/// [`application/x-www-form-urlencoded`](https://url.spec.whatwg.org/#urlencoded-parsing).
///
/// Keys that begin with `c2c` belong to the product and never enter the context. Neither does
/// `__proto__`: a careless `Object.assign` in custom code would set a prototype instead of copying
/// it. If a key has several values, the first counts, because others can append to a link. Reading
/// never fails: entries that break a rule or a limit are left out and reported.
pub fn parse_context(query: &str, limits: &ContextLimits) -> ParsedContext {
    let mut parsed = ParsedContext::default();
    let mut seen = BTreeSet::new();
    let mut total = 0;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let size = key.len() + value.len();
        let duplicate = !seen.insert(key.clone().into_owned());
        let reason = if key.is_empty() {
            Some(RejectReason::EmptyKey)
        } else if is_reserved(&key) {
            Some(RejectReason::ReservedKey)
        } else if duplicate {
            Some(RejectReason::Duplicate)
        } else if key.len() > limits.key_bytes_max {
            Some(RejectReason::KeyTooLong)
        } else if value.len() > limits.value_bytes_max {
            Some(RejectReason::ValueTooLong)
        } else if parsed.context.len() >= limits.entries_max {
            Some(RejectReason::TooManyEntries)
        } else if total + size > limits.total_bytes_max {
            Some(RejectReason::TooLarge)
        } else {
            None
        };
        if let Some(reason) = reason {
            parsed.rejected.push(ContextReject { key: key.into_owned(), reason });
        } else {
            total += size;
            parsed.context.insert(key.into_owned(), value.into_owned());
        }
    }
    parsed
}

fn is_reserved(key: &str) -> bool {
    key == "__proto__" || key.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("c2c"))
}

impl fmt::Display for ContextReject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.reason {
            RejectReason::EmptyKey => "an entry needs a key",
            RejectReason::ReservedKey if self.key == "__proto__" => "this key is reserved",
            RejectReason::ReservedKey => "keys that begin with c2c are reserved",
            RejectReason::Duplicate => "the key was given before; the first value counts",
            RejectReason::KeyTooLong => "the key is too long",
            RejectReason::ValueTooLong => "the value is too long",
            RejectReason::TooManyEntries => "the context has too many entries",
            RejectReason::TooLarge => "the context is too large",
        };
        write!(formatter, "{:?}: {rule}", self.key)
    }
}

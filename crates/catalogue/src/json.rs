//! JSON that all readers understand in the same way.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::{Map, Number, Value};

/// An error in the syntax of a text, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
#[non_exhaustive]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The column in that line, from 1.
    pub column: usize,
    /// The problem.
    pub message: String,
}

/// Reads JSON, and rejects texts that readers understand differently: an object with the same key twice,
/// half of a surrogate pair, a number too large for a double, more than 127 levels, or a key that `serde_json` keeps for
/// itself.
///
/// ```
/// let error = c2c_catalogue::read_json(r#"{"name": 1, "name": 2}"#).unwrap_err();
/// assert_eq!(error.to_string(), "line 1, column 18: the key \"name\" is there twice");
/// ```
pub fn read_json(json: &str) -> Result<Value, SyntaxError> {
    from_json::<Strict>(json).map(|Strict(value)| value)
}

pub(crate) fn from_json<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, SyntaxError> {
    serde_json::from_str(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        let place = format!(" at line {line} column {column}");
        let message = match message.strip_suffix(&place).unwrap_or(&message) {
            // The first message is for the first half alone, the second for the second half alone.
            "unexpected end of hex escape" | "lone leading surrogate in hex escape" => {
                "half of a surrogate pair is no text"
            }
            "recursion limit exceeded" => TOO_DEEP,
            other => other,
        };
        // `serde_json` reports column 0 for the first character.
        SyntaxError { line, column: column.max(1), message: message.to_owned() }
    })
}

/// The beginning of keys by which `serde_json` tells itself that a text is JSON, or a number.
///
/// Whatever makes a [`Value`] of such an object, in any crate of a program with the feature `raw_value`, reads that text, too,
/// with a limit of levels of its own. So a short text could have any number of levels.
const PRIVATE: &str = "$serde_json::private::";

pub(crate) const TOO_DEEP: &str = "is nested too deeply";

/// Prints indented JSON with sorted keys, so that the text does not depend on the features that
/// `serde_json` is built with.
pub(crate) fn pretty(mut value: Value) -> String {
    value.sort_all_objects();
    format!("{value:#}\n")
}

/// A value in which no object has a key twice.
#[derive(Debug)]
pub(crate) struct Strict(pub(crate) Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        Ok(Value::Number(number.ok_or_else(|| E::custom("JSON has no such number"))?))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(twice(&key));
            }
            if key.starts_with(PRIVATE) {
                return Err(de::Error::custom(format_args!("no key may begin with {PRIVATE:?}")));
            }
            let Strict(value) = entries.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// A struct that must be written as an object: `serde` alone would also accept a list of its values.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Table<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for TableVisitor<T> {
            type Value = T;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(TableVisitor(PhantomData)).map(Self)
    }
}

/// The entries of an object, in the order of the file.
#[derive(Debug)]
pub(crate) struct Entries<V>(pub(crate) Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<V> {
            type Value = Entries<V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<V>, A::Error> {
                let mut entries: Vec<(String, V)> = Vec::new();
                let mut known = BTreeSet::new();
                while let Some(key) = map.next_key::<String>()? {
                    if !known.insert(key.clone()) {
                        return Err(twice(&key));
                    }
                    entries.push((key, map.next_value()?));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

impl<V: Serialize> Serialize for Entries<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

fn twice<E: de::Error>(key: &str) -> E {
    E::custom(format_args!("the key {:?} is there twice", key.chars().take(64).collect::<String>()))
}

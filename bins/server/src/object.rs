//! A body of JSON, in the one way in which the server reads it: an object, and no object in it has a name twice.
//!
//! Programs differ in which of two values counts ([RFC 8259 §4](https://www.rfc-editor.org/rfc/rfc8259#section-4)), so what
//! a person has checked might not be what takes effect.

use std::collections::HashSet;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};

/// Reads a body. The error is one sentence with the place.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    // serde would also read the fields from an array, in order: two spellings for one request.
    if body.trim_ascii_start().first().is_some_and(|&first| first != b'{') {
        return Err("invalid type: expected an object at line 1 column 1".to_owned());
    }
    let Once = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// The beginning of names by which `serde_json` tells itself that a text is JSON: a `Value` made of such an object would be
/// that of the text, which has a limit of levels of its own, and so on without an end.
const PRIVATE: &str = "$serde_json::private::";

/// Any value in which no object has a name twice. serde itself checks that for its own types, and not for values of any
/// form: there, the last one would count.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            if name.starts_with(PRIVATE) {
                return Err(A::Error::custom(format_args!("no field may begin with {PRIVATE:?}")));
            }
            names.insert(name);
            map.next_value::<Self>()?;
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_object_is_read() {
        let text = r#"{"a": [1, -1, 0.5, "x", true, null, {"a": {}}], "b": {"a": 1}}"#;
        let expected = json!({"a": [1, -1, 0.5, "x", true, null, {"a": {}}], "b": {"a": 1}});
        assert_eq!(read::<Value>(text.as_bytes()), Ok(expected));
    }

    #[test]
    fn a_name_counts_once_at_any_depth_and_in_any_spelling() {
        for text in [
            r#"{"a": 1, "a": 2}"#,
            r#"{"b": {"a": 1, "a": 1}}"#,
            r#"{"b": [0, {"a": 1, "\u0061": 2}]}"#,
        ] {
            let error = read::<Value>(text.as_bytes()).expect_err(text);
            assert!(error.starts_with("duplicate field `a` at line 1 column "), "{error}");
        }
    }

    #[test]
    fn no_text_is_read_as_more_json() {
        for text in [
            r#"{"$serde_json::private::RawValue": "{}"}"#,
            r#"{"a": [{"\u0024serde_json::private::RawValue": "[]"}]}"#,
        ] {
            let error = read::<Value>(text.as_bytes()).expect_err(text);
            assert!(error.starts_with("no field may begin with "), "{error}");
        }
    }

    #[test]
    fn nothing_but_an_object_is_read() {
        for text in ["[1]", " \"x\"", "", "{", "{} {}", "null"] {
            assert!(read::<Value>(text.as_bytes()).is_err(), "{text}");
        }
    }
}

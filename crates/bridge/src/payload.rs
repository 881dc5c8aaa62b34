//! What the frame emitted, read as what it is: text from a stranger.

use serde_json::{Map, Value};

use crate::BridgeLimits;

/// Why a payload is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// It is not text, or the text is not JSON, or has half of a surrogate pair, or a number beyond
    /// every double.
    #[error("the payload is not JSON text")]
    NotJson,
    /// The text is longer than [`BridgeLimits::payload_units_max`].
    #[error("the payload is too large")]
    TooLarge,
    /// It is JSON of something else.
    #[error("the payload is not an object")]
    NotAnObject,
    /// It has the key `context`, which the host adds.
    #[error("the key \"context\" is reserved")]
    Context,
    /// Objects and arrays are nested more deeply than [`BridgeLimits::payload_depth_max`].
    #[error("the payload is too deep")]
    TooDeep,
    /// An object in it has the key `__proto__`, which a careless receiver would obey.
    #[error("the key \"__proto__\" is reserved")]
    Prototype,
}

/// Reads the payload of a custom event; `None` stands for what is not even text. The length is
/// checked before the text is parsed, and the depth after.
pub fn read_payload(
    json: Option<&str>,
    limits: &BridgeLimits,
) -> Result<Map<String, Value>, PayloadError> {
    let json = json.ok_or(PayloadError::NotJson)?;
    if json.encode_utf16().count() > limits.payload_units_max {
        return Err(PayloadError::TooLarge);
    }
    let value: Value = serde_json::from_str(json).map_err(|_| PayloadError::NotJson)?;
    let Value::Object(fields) = &value else { return Err(PayloadError::NotAnObject) };
    if fields.contains_key("context") {
        return Err(PayloadError::Context);
    }
    check(&value, limits.payload_depth_max)?;
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(PayloadError::NotAnObject),
    }
}

/// `depth`: how many levels of objects and arrays are left.
fn check(value: &Value, depth: usize) -> Result<(), PayloadError> {
    if !value.is_object() && !value.is_array() {
        return Ok(());
    }
    let depth = depth.checked_sub(1).ok_or(PayloadError::TooDeep)?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check(item, depth)),
        Value::Object(fields) if fields.contains_key("__proto__") => Err(PayloadError::Prototype),
        Value::Object(fields) => fields.values().try_for_each(|item| check(item, depth)),
        _ => Ok(()),
    }
}

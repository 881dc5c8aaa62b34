//! Payloads of custom events, parsed as untrusted text.

use c2c_names::BridgeLimits;
use serde_json::{Map, Value};

/// The reason why a payload is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PayloadError {
    /// It is not text, or not JSON, or it has a lone surrogate or a number beyond the range of a
    /// double.
    #[error("the payload is not JSON text")]
    NotJson,
    /// The text is longer than [`BridgeLimits::payload_units_max`].
    #[error("the payload is too large")]
    TooLarge,
    /// It is JSON, but not an object.
    #[error("the payload is not an object")]
    NotAnObject,
    /// It has the key `context`, which the host adds.
    #[error("the key \"context\" is reserved")]
    Context,
    /// Objects and arrays are nested more deeply than [`BridgeLimits::payload_depth_max`].
    #[error("the payload is too deep")]
    TooDeep,
    /// An object in it has the key `__proto__`, which a careless receiver would use as a prototype.
    #[error("the key \"__proto__\" is reserved")]
    Prototype,
}

/// Reads the payload of a custom event. `json` is `None` if the payload is not text. The length is
/// checked before parsing, the depth after.
pub(crate) fn read_payload(
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

/// Checks keys and depth. `depth` is the number of levels of objects and arrays that are left.
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

//! Values in forms that several vendors want.

use serde_json::{Number, Value};

/// A number, or a text that is a decimal one (a context holds only texts).
pub(super) fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => {
            let digits =
                |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let unsigned = text.strip_prefix('-').unwrap_or(text);
            let is_decimal = match unsigned.split_once('.') {
                Some((whole, part)) => digits(whole) && digits(part),
                None => digits(unsigned),
            };
            let number: f64 = is_decimal.then(|| text.parse().ok()).flatten()?;
            Number::from_f64(number).map(Value::Number)
        }
        _ => None,
    }
}

/// A code of a currency: three letters ([ISO 4217](https://www.iso.org/iso-4217-currency-codes.html)), in upper case.
pub(super) fn currency(value: &Value) -> Option<Value> {
    let code = value.as_str()?.trim();
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| Value::String(code.to_ascii_uppercase()))
}

/// The first `max` characters.
pub(super) fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

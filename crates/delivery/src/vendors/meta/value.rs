//! Values in the form that Meta takes.

use serde_json::{Map, Value, json};

use super::names::PlainKey;
use crate::vendors::leak::looks_personal;
use crate::vendors::scalar::{currency, cut, number};

/// Ours, in characters: Meta names none.
const TEXT_MAX: usize = 500;
/// Ours, too.
const LIST_MAX: usize = 200;

/// A value of `custom_data` as it is sent; `None` if there is nothing to send.
///
/// By [Meta's standard parameters][page].
///
/// [page]: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/custom-data
pub(super) fn custom(name: &str, value: &Value) -> Option<Value> {
    match name {
        "value" | "predicted_ltv" | "net_revenue" | "num_items" => number(value),
        "currency" => currency(value),
        "content_type" => one_of(value, &["product", "product_group"]),
        "delivery_category" => delivery(value),
        "content_ids" => list(value, text),
        "contents" => list(value, |item| content(item.as_object()?)),
        _ => match value {
            Value::Number(_) | Value::Bool(_) => Some(value.clone()),
            _ => text(value),
        },
    }
}

/// An id in `user_data` as it is sent; `None` if it has not Meta's form.
pub(super) fn plain(key: PlainKey, value: &Value) -> Option<Value> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    match key {
        PlainKey::Browser => cookie(&text, digits).then_some(json!(text)),
        PlainKey::Click => cookie(&text, is_id).then_some(json!(text)),
        PlainKey::Subscription => is_id(&text).then_some(json!(text)),
        PlainKey::Lead | PlainKey::Login => text.parse::<u64>().ok().map(Value::from),
    }
}

/// `fb.<subdomain>.<milliseconds>.<value>`; Meta's parameter builder puts an appendix of its own behind it.
fn cookie(text: &str, is_value: impl Fn(&str) -> bool) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    match *parts.as_slice() {
        ["fb", subdomain, time, value] => digits(subdomain) && digits(time) && is_value(value),
        ["fb", subdomain, time, value, appendix] => {
            digits(subdomain) && digits(time) && is_value(value) && is_id(appendix)
        }
        _ => false,
    }
}

fn digits(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An event's id as Meta takes it: any text, and so one without spaces.
pub(super) fn event_id(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_id = (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    (is_id && !looks_personal(&text)).then_some(text)
}

/// A word of letters, digits, `_` and `-`.
fn is_id(text: &str) -> bool {
    (1..=TEXT_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn text(value: &Value) -> Option<Value> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && !looks_personal(&text)).then(|| Value::String(cut(&text, TEXT_MAX)))
}

fn one_of(value: &Value, words: &[&str]) -> Option<Value> {
    value.as_str().filter(|word| words.contains(word)).map(Value::from)
}

fn delivery(value: &Value) -> Option<Value> {
    one_of(value, &["in_store", "curbside", "home_delivery"])
}

fn list(value: &Value, item: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let items: Vec<_> = value.as_array()?.iter().take(LIST_MAX).filter_map(item).collect();
    (!items.is_empty()).then_some(Value::Array(items))
}

/// A product with what Meta names, and nothing else. It must have an id.
fn content(content: &Map<String, Value>) -> Option<Value> {
    let mut kept = Map::new();
    for (name, value) in content {
        let value = match name.as_str() {
            "id" => text(value),
            "quantity" | "item_price" => number(value),
            "delivery_category" => delivery(value),
            _ => None,
        };
        kept.extend(value.map(|value| (name.clone(), value)));
    }
    kept.contains_key("id").then_some(Value::Object(kept))
}

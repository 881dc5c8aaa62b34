//! Values of parameters in the form that Google takes.

use serde_json::{Map, Value};

use super::names::{ITEMS, TRANSACTION};
use crate::vendors::leak::looks_personal;
use crate::vendors::scalar::{currency, cut, number};

/// The greatest number of things in a purchase.
const ITEMS_MAX: usize = 200;

/// Parameters of an item that Google names.
const ITEM_TEXTS: &[&str] = &[
    "affiliation",
    "coupon",
    "item_brand",
    "item_category",
    "item_category2",
    "item_category3",
    "item_category4",
    "item_category5",
    "item_id",
    "item_list_id",
    "item_list_name",
    "item_name",
    "item_variant",
    "location_id",
];
/// The same, as numbers.
const ITEM_NUMBERS: &[&str] = &["discount", "index", "price", "quantity"];

/// A parameter's value as it is sent; `None` if there is nothing to send.
pub(super) fn value(name: &str, value: &Value) -> Option<Value> {
    match name {
        ITEMS => items(value),
        TRANSACTION => {
            text(value, usize::MAX).filter(|id| id.chars().count() <= 100).map(Value::String)
        }
        "currency" => currency(value),
        "value" | "tax" | "shipping" => number(value),
        "engagement_time_msec" => {
            number(value).filter(|value| value.as_f64().is_some_and(|ms| ms > 0.0))
        }
        _ => any(value, text_max(name)),
    }
}

/// Whether a constant is sent as it is written.
pub(super) fn takes(name: &str, constant: &Value) -> bool {
    value(name, constant).is_some()
}

/// The greatest length of a text in characters, by [Google's limits](https://support.google.com/analytics/answer/9267744).
fn text_max(name: &str) -> usize {
    match name {
        "page_title" => 300,
        "page_referrer" => 420,
        "page_location" => 1_000,
        _ => 100,
    }
}

/// Google knows texts and numbers, no truth values.
fn any(value: &Value, max: usize) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::Bool(truth) => Some(Value::String(truth.to_string())),
        _ => text(value, max).map(Value::String),
    }
}

fn text(value: &Value, max: usize) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && !looks_personal(&text)).then(|| cut(&text, max))
}

fn items(value: &Value) -> Option<Value> {
    let items: Vec<_> = value
        .as_array()?
        .iter()
        .take(ITEMS_MAX)
        .filter_map(|item| self::item(item.as_object()?))
        .collect();
    (!items.is_empty()).then_some(Value::Array(items))
}

/// An item with what Google names, and nothing else. It must have an id or a name.
fn item(item: &Map<String, Value>) -> Option<Value> {
    let mut kept = Map::new();
    for (name, value) in item {
        let value = match name.as_str() {
            name if ITEM_TEXTS.contains(&name) => text(value, 100).map(Value::String),
            name if ITEM_NUMBERS.contains(&name) => number(value),
            _ => None,
        };
        kept.extend(value.map(|value| (name.clone(), value)));
    }
    let is_known = kept.contains_key("item_id") || kept.contains_key("item_name");
    is_known.then_some(Value::Object(kept))
}

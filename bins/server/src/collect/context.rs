//! The context of events: what the page around a widget says of its visitor. Events can be deleted by its values.

use std::collections::BTreeMap;

use c2c_names::AppId;
use c2c_store::EventKey;
use serde::Deserialize;

use crate::delivery::Integrations;

#[derive(Deserialize)]
struct Envelope {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    context: BTreeMap<String, String>,
}

/// The context of an envelope. One that was kept has it.
fn context(body: &[u8]) -> BTreeMap<String, String> {
    let envelope: Option<Envelope> = serde_json::from_slice(body).ok();
    envelope.map(|envelope| envelope.data.context).unwrap_or_default()
}

/// The value that a key has in the context of an envelope.
pub(crate) fn context_value(body: &[u8], key: &str) -> Option<String> {
    context(body).remove(key)
}

/// The values by which an event can be found, for an app with these keys.
pub(super) fn event_keys(
    integrations: &Integrations,
    app: &AppId,
    search_keys: &[String],
    body: &[u8],
) -> Vec<EventKey> {
    if search_keys.is_empty() {
        return Vec::new();
    }
    let context = context(body);
    let digest = |key: &String| {
        let digest = integrations.event_digest(app, key, context.get(key)?)?;
        Some(EventKey { key: key.clone(), digest })
    };
    search_keys.iter().filter_map(digest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_is_read_from_an_envelope() {
        let body = br#"{"name":"x","data":{"a":{"context":1},"context":{"orderId":"A-\u0031","n":""}},"seq":1}"#;
        assert_eq!(context_value(body, "orderId").as_deref(), Some("A-1"));
        assert_eq!(context_value(body, "n").as_deref(), Some(""));
        assert_eq!(context_value(body, "a"), None);
        assert_eq!(context_value(b"{}", "orderId"), None);
    }
}

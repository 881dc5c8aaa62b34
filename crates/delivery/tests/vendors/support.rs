//! Events, and requests as the stand-ins see them.

use c2c_delivery::vendors::{Event, Hit, Now, Request};
use c2c_delivery::{Consent, EventId};
use serde_json::{Map, Value};

use crate::standin::{Seen, Verdict, ga4_collect, meta_events};

/// The present time of these tests: 2026-11-29.
pub(crate) const NOW_MS: i64 = 1_795_910_400_123;
pub(crate) const NOW: Now = Now { ms: NOW_MS, takes_not_asked: false };
pub(crate) const HOUR_MS: i64 = 60 * 60 * 1000;
pub(crate) const ID: &str = "01956b4e-3c00-7000-8000-000000000000";
/// The token that the stand-in for Meta knows.
pub(crate) const TOKEN: &str = "EAAtokenOfTheDataset0123456789";

pub(crate) fn id() -> EventId {
    ID.parse().expect("an id")
}

/// An event that was a second ago, of a visitor who agreed.
pub(crate) fn event<'a>(
    name: &'a str,
    data: &'a Map<String, Value>,
    hit: Option<&'a Hit>,
) -> Event<'a> {
    Event { id: id(), name, at_ms: NOW_MS - 1_000, consent: Consent::Granted, data, hit }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

pub(crate) fn hit() -> Hit {
    Hit {
        address: Some("192.0.2.7".parse().expect("an address")),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64)".to_owned()),
        page: Some("https://shop.example/cart?order=1#top".to_owned()),
    }
}

pub(crate) fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body()).expect("JSON")
}

fn seen<T>(request: &Request, judge: impl FnOnce(&Seen<'_>) -> T) -> T {
    let headers: Vec<_> = request.headers().iter().collect();
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().expect("a text")))
        .collect();
    judge(&Seen {
        method: "POST",
        target: request.target(),
        headers: &headers,
        body: request.body(),
        now_ms: NOW_MS,
    })
}

pub(crate) fn sent_to_ga4(request: &Request) -> Verdict {
    seen(request, ga4_collect)
}

pub(crate) fn sent_to_meta(request: &Request) -> (u16, Value) {
    seen(request, |seen| meta_events(seen, TOKEN))
}

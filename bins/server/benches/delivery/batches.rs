//! The requests of widgets' pages: envelopes of an order, ten in a batch.

use std::ops::Range;

use c2c_names::AppId;
use serde_json::{Value, json};

/// Events in one batch.
pub(crate) const EVENTS: u64 = 10;
pub(crate) const NAME: &str = "custom:order_placed";

/// The id of the event with a number: a UUID of version 7, later for each eighth, and with other bits after the time.
pub(crate) fn id(number: u64) -> String {
    let time = 0x0195_6b4e_3c00 + number / 8;
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-7{:03x}-8{:03x}-{number:012x}",
        time >> 16,
        time & 0xffff,
        mixed >> 52,
        (mixed >> 40) & 0xfff
    )
}

/// The envelope with a number, of now.
pub(crate) fn envelope(number: u64) -> Value {
    json!({
        "name": NAME,
        "data": {
            "context": {"orderId": format!("A-{number}"), "customerId": "C-48151623", "plan": "plus"},
            "value": 129.9,
            "currency": "EUR",
            "coupon": "SPRING-SALE",
            "items": [
                {"id": "SKU-12345", "name": "A pair of shoes", "price": 89.95, "quantity": 1},
                {"id": "SKU-67890", "name": "Three pairs of socks", "price": 13.32, "quantity": 3}
            ],
        },
        "timestamp": jiff::Timestamp::now(),
        "id": id(number),
        "seq": number,
    })
}

/// The request of a page of `host` with the batch with a number.
pub(crate) fn request(host: &str, app: &AppId, number: u64) -> String {
    request_of(host, app, number * EVENTS..(number + 1) * EVENTS)
}

/// The same with events with these numbers.
pub(crate) fn request_of(host: &str, app: &AppId, numbers: Range<u64>) -> String {
    let events: Vec<_> = numbers.map(envelope).collect();
    let page = "https://shop.example/checkout/thanks";
    let batch = json!({"c2c": 1, "consent": "granted", "page": page, "events": events}).to_string();
    format!(
        "POST /e/{app} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncontent-type: application/json\r\n\
         sec-fetch-site: same-origin\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64)\r\naccept: */*\r\n\
         content-length: {}\r\n\r\n{batch}",
        batch.len()
    )
}

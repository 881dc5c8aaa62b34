//! Reads a request as hits: events with named fields, whatever form the vendor sends them in.
//!
//! The fields are those of the URL's query and of the body. A body is a form, either with `&` or
//! multipart; JSON, whose fields have names such as `context.page.url`; or lines of forms, each of
//! which is a separate hit that has the query's fields too. It may be compressed by gzip, and that
//! encoded in Base64.

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use c2c_harness::{Method, Recorded};
use flate2::read::GzDecoder;
use serde_json::Value;
use url::form_urlencoded;

use crate::manifest::Vendor;

/// The largest body that is decompressed, in bytes.
const UNPACKED_MAX: u64 = 16 << 20;

/// The fields of an event, by name.
pub(crate) type Fields = BTreeMap<String, String>;

/// An event that was sent to a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The index of its endpoint among the vendor's.
    pub(crate) endpoint: usize,
    /// Its name; empty if its endpoint has no fields for a name.
    pub(crate) event: String,
    pub(crate) fields: Fields,
}

/// The parts of a request that are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Returns `None` if it was for this machine, or was a preflight request.
    pub(crate) fn of(recorded: &'a Recorded) -> Option<Self> {
        if recorded.method == Method::OPTIONS {
            return None;
        }
        Some(Self {
            host: recorded.host.as_deref()?,
            path: &recorded.path,
            query: recorded.query.as_deref().unwrap_or_default(),
            content_type: recorded.header("content-type").unwrap_or_default(),
            body: &recorded.body,
        })
    }
}

/// Returns the hits of a request; none if it is for no endpoint of the vendor.
pub(crate) fn hits(vendor: &Vendor, request: Request<'_>) -> Vec<Hit> {
    let Some(endpoint) = vendor.endpoint(request.host, request.path) else { return vec![] };
    let names = &vendor.endpoints[endpoint].event;
    let query = form(request.query);
    let hit = |body: Fields| {
        let mut fields = query.clone();
        fields.extend(body);
        let event: Vec<_> = names.iter().filter_map(|name| fields.get(name)).collect();
        let event = event.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        Hit { endpoint, event, fields }
    };
    body(request.content_type, request.body).into_iter().map(hit).collect()
}

/// Returns the fields of each hit in a body; without a body there is one hit without fields.
fn body(content_type: &str, bytes: &[u8]) -> Vec<Fields> {
    let unpacked = unpacked(bytes);
    let bytes = unpacked.as_deref().unwrap_or(bytes);
    if bytes.is_empty() {
        return vec![Fields::new()];
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return vec![Fields::from([("body".to_owned(), format!("{} bytes", bytes.len()))])];
    };
    if let Ok(json @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return json_hits(&json);
    }
    if let Some((_, boundary)) = content_type.split_once("boundary=") {
        return vec![multipart(text, boundary.trim_matches('"'))];
    }
    let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
    if lines.iter().all(|line| line.contains('=') && !line.contains(' ')) {
        return lines.into_iter().map(form).collect();
    }
    vec![Fields::from([("body".to_owned(), text.to_owned())])]
}

/// The first bytes of a gzip body in Base64.
const PACKED: &[u8] = b"H4sI";

/// Returns the decompressed body; `None` if it was not compressed.
fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let decoded = bytes.starts_with(PACKED).then(|| BASE64_STANDARD.decode(bytes).ok()).flatten();
    let mut unpacked = Vec::new();
    GzDecoder::new(decoded.as_deref().unwrap_or(bytes))
        .take(UNPACKED_MAX)
        .read_to_end(&mut unpacked)
        .ok()?;
    Some(unpacked)
}

fn form(text: &str) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        add(&mut fields, &name, &value);
    }
    fields
}

/// Adds a field; the values of a repeated name are joined by commas.
fn add(fields: &mut Fields, name: &str, value: &str) {
    match fields.get_mut(name) {
        Some(values) => {
            values.push_str(", ");
            values.push_str(value);
        }
        None => drop(fields.insert(name.to_owned(), value.to_owned())),
    }
}

fn multipart(text: &str, boundary: &str) -> Fields {
    let mut fields = Fields::new();
    for part in text.split(&format!("--{boundary}")) {
        let Some((head, value)) = part.split_once("\r\n\r\n") else { continue };
        let name = head.split_once("name=\"").and_then(|(_, name)| name.split_once('"'));
        if let Some((name, _)) = name {
            add(&mut fields, name, value.strip_suffix("\r\n").unwrap_or(value));
        }
    }
    fields
}

/// Reads a list of objects as one hit each.
fn json_hits(json: &Value) -> Vec<Fields> {
    match json {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object) => {
            items.iter().map(json_fields).collect()
        }
        _ => vec![json_fields(json)],
    }
}

fn json_fields(json: &Value) -> Fields {
    let mut fields = Fields::new();
    flatten(&mut fields, "", json);
    fields
}

fn flatten(fields: &mut Fields, name: &str, value: &Value) {
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| flatten(fields, &inner(key), value));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(i, value)| flatten(fields, &inner(&i.to_string()), value));
        }
        Value::String(text) => add(fields, name, text),
        other => add(fields, name, &other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::{Request, hits};
    use crate::manifest::{Manifest, Vendor};

    fn vendor() -> Vendor {
        let text = "[[vendor]]\nname = 'A'\nversion = '1'\nhead = 'x'\n
            [[vendor.hit]]\nurls = ['a.example/collect']\nevent = ['en', 'kind']";
        let manifest = Manifest::parse(text, "vendors.toml", |_| Ok(vec![]));
        manifest.expect("a manifest").vendors.remove(0)
    }

    /// Each hit as `event: name=value name=value`.
    fn read(query: &str, content_type: &str, body: &[u8]) -> Vec<String> {
        let request = Request { host: "a.example", path: "/collect", query, content_type, body };
        let hits = hits(&vendor(), request).into_iter();
        let shown = hits.map(|hit| {
            let fields = hit.fields.iter().map(|(name, value)| format!(" {name}={value}"));
            format!("{}:{}", hit.event, fields.collect::<String>())
        });
        shown.collect()
    }

    #[test]
    fn each_form_of_a_hit_is_read() {
        let check = |query: &str, content_type: &str, body: &str, expected: &[&str]| {
            assert_eq!(read(query, content_type, body.as_bytes()), expected, "{query} {body}");
        };
        check("en=view&a=b%20c", "", "", &["view: a=b c en=view"]);
        check("a=1&a=2", "", "", &[": a=1, 2"]);
        check(
            "v=2&en=x",
            "application/x-www-form-urlencoded",
            "en=view&t=a+b",
            &["view: en=view t=a b v=2"],
        );
        check(
            "cid=7",
            "text/plain",
            "en=one&n=1\r\nen=two",
            &["one: cid=7 en=one n=1", "two: cid=7 en=two"],
        );
        let json = r#"{"en": "view", "kind": "full", "page": {"url": "/a", "tags": [1, null]}}"#;
        let flat = "view full: en=view kind=full page.tags.0=1 page.tags.1=null page.url=/a";
        check("", "text/plain;charset=UTF-8", json, &[flat]);
        check(
            "",
            "application/json",
            r#"[{"en": "one"}, {"en": "two"}]"#,
            &["one: en=one", "two: en=two"],
        );
        check("", "application/json", "[1, [2]]", &[": 0=1 1.0=2"]);
        let parts = "--X\r\nContent-Disposition: form-data; name=\"en\"\r\n\r\nview\r\n--X--\r\n";
        check("", "multipart/form-data; boundary=X", parts, &["view: en=view"]);
        check("en=view", "text/plain", "just words", &["view: body=just words en=view"]);
    }

    #[test]
    fn a_body_may_be_packed_or_binary() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(br#"{"en":"view"}"#).expect("in memory");
        let packed = packed.finish().expect("in memory");
        assert_eq!(read("", "", &packed), ["view: en=view"]);
        let encoded = BASE64_STANDARD.encode(&packed);
        assert_eq!(read("", "text/plain", encoded.as_bytes()), ["view: en=view"]);
        assert_eq!(read("", "", &[0xff, 0xfe]), [": body=2 bytes"]);
    }

    #[test]
    fn other_requests_are_no_hits() {
        let request =
            Request { host: "a.example", path: "/tag.js", query: "", content_type: "", body: b"" };
        assert_eq!(hits(&vendor(), request), []);
    }
}

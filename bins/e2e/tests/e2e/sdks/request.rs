//! The JSON in the requests of vendors' SDKs.

use std::io::Read as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use c2c_harness::{Context as _, Recorded, Result};
use flate2::read::GzDecoder;
use serde_json::Value;
use url::form_urlencoded;

/// Returns the body, decompressed if necessary.
fn body(request: &Recorded) -> Result<String> {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    if !request.body.starts_with(GZIP) {
        return Ok(request.text());
    }
    let mut text = String::new();
    GzDecoder::new(&*request.body).read_to_string(&mut text)?;
    Ok(text)
}

/// Reads the body as one document.
pub(super) fn json(request: &Recorded) -> Result<Vec<Value>> {
    Ok(vec![serde_json::from_str(&body(request)?)?])
}

/// Reads each line of the body as a document.
pub(super) fn json_lines(request: &Recorded) -> Result<Vec<Value>> {
    let text = body(request)?;
    let lines = text.lines().map(serde_json::from_str);
    Ok(lines.collect::<serde_json::Result<_>>()?)
}

/// Reads the fields of a form, those in JSON as JSON.
pub(super) fn form(request: &Recorded) -> Result<Vec<Value>> {
    let body = body(request)?;
    let fields = form_urlencoded::parse(body.as_bytes()).map(|(key, text)| {
        let value = serde_json::from_str(&text).ok().filter(|value: &Value| !value.is_number());
        (key.into_owned(), value.unwrap_or_else(|| text.into()))
    });
    Ok(vec![Value::Object(fields.collect())])
}

/// Reads the body as one document, and adds the URL's parameters as `query`.
pub(super) fn with_query(request: &Recorded) -> Result<Vec<Value>> {
    let mut document: Value = serde_json::from_str(&body(request)?)?;
    let query = request.query.as_deref().unwrap_or_default();
    let parameters = form_urlencoded::parse(query.as_bytes()).into_owned();
    document["query"] = parameters.map(|(key, text)| (key, Value::from(text))).collect();
    Ok(vec![document])
}

/// Reads the document in the Base64 field `data` of a form.
pub(super) fn base64_data(request: &Recorded) -> Result<Vec<Value>> {
    let (_, data) =
        form_urlencoded::parse(&request.body).find(|(key, _)| key == "data").context("a `data`")?;
    Ok(vec![serde_json::from_slice(&BASE64_STANDARD.decode(&*data)?)?])
}

/// Returns all values at a JSON pointer, in which `*` is each element of an array.
pub(super) fn all_at<'a>(document: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let Some((before, after)) = pointer.split_once("/*") else {
        return document.pointer(pointer).into_iter().collect();
    };
    let elements = document.pointer(before).and_then(Value::as_array).into_iter().flatten();
    elements.flat_map(|element| all_at(element, after)).collect()
}

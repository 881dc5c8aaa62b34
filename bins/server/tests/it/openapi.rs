//! The description of the API: it is committed, it is served, and real answers are as it says.

use std::path::Path;

use serde_json::{Value, json};

use crate::client::{Fixture, To};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[test]
fn the_committed_description_is_current() {
    let current = c2c_server::openapi();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(COMMITTED, &current).expect("it can be written");
    }
    let committed = std::fs::read_to_string(Path::new(COMMITTED)).unwrap_or_default();
    let hint = "run `UPDATE=1 cargo test -p c2c-server --test it openapi` and commit the result";
    assert!(committed == current, "openapi.json is stale: {hint}");
}

/// Asserts that a body is as the description says of a response.
fn assert_described(openapi: &Value, path: &str, method: &str, status: u16, body: &Value) {
    let responses = &openapi["paths"][path][method]["responses"];
    let mut schema = responses[status.to_string()]["content"]["application/json"]["schema"].clone();
    assert!(schema.is_object(), "{method} {path} {status} is not described");
    schema["components"] = openapi["components"].clone();
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    let errors: Vec<String> = schema.iter_errors(body).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{method} {path} {status}: {errors:?} in {body}");
}

#[tokio::test]
async fn real_answers_are_as_described() {
    let fixture = Fixture::start().await;
    let openapi = fixture.get(To::Console, "/api/openapi.json", &[]).await.json();
    assert_eq!(openapi["openapi"], "3.1.0");
    let head = "<script>c2c.on('call_end', () => {});</script>";
    let draft = json!({"head": head, "bodyEnd": ""});
    let open = json!({"head": "<!-- open", "bodyEnd": ""});
    let code = |revision: i64| json!({"head": head, "bodyEnd": "", "revision": revision});
    let settings = |origin: &str| json!({"name": "Demo", "parentOrigins": [origin], "jar": "kept"});
    let (app, none) = ("/api/apps/{app}", "none");
    for (method, path, id, body, status) in [
        ("get", "/api/apps", "", None, 200),
        ("post", "/api/apps", "", Some(json!({"name": "New"})), 201),
        ("post", "/api/apps", "", Some(json!({"name": ""})), 400),
        ("get", app, "demo", None, 200),
        ("get", app, none, None, 404),
        ("put", app, "demo", Some(settings("https://shop.example")), 200),
        ("put", app, "demo", Some(settings("http://[::1]")), 400),
        ("put", app, none, Some(settings("https://shop.example")), 404),
        ("put", "/api/apps/{app}/code", "demo", Some(code(1)), 200),
        ("put", "/api/apps/{app}/code", "demo", Some(code(1)), 409),
        ("put", "/api/apps/{app}/code", none, Some(code(1)), 404),
        ("post", "/api/apps/{app}/previews", "demo", Some(draft.clone()), 201),
        ("post", "/api/apps/{app}/previews", "demo", Some(open.clone()), 422),
        ("post", "/api/apps/{app}/previews", none, Some(draft.clone()), 404),
        ("put", "/api/apps/{app}/code", "demo", Some(json!({"head": 1})), 400),
        ("post", "/api/apps/{app}/previews", "demo", Some(json!([])), 400),
        ("post", "/api/check", "", Some(json!({})), 400),
        ("post", "/api/check", "", Some(draft), 200),
        ("post", "/api/check", "", Some(open), 200),
    ] {
        let address = path.replace("{app}", id);
        let reply = match &body {
            None => fixture.get(To::Console, &address, &[]).await,
            Some(body) => fixture.write(&method.to_uppercase(), &address, body).await,
        };
        assert_eq!(reply.status, status, "{method} {address}: {reply:?}");
        assert_described(&openapi, path, method, status, &reply.json());
    }
}

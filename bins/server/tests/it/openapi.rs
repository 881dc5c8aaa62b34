//! The description of the API: it is committed, it is served, and real answers are as it says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use c2c_cluster::Cluster;
use c2c_receivers::Receiver;
use c2c_server::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::client::{Fixture, Reply, To};
use crate::console::code;
use crate::integrations_api::key_file;

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

/// A request, and the status of its answer.
struct Case {
    method: &'static str,
    /// As in the description, with a query if there is one.
    path: &'static str,
    /// The app, and more parts of the path in the same place.
    parts: &'static [&'static str],
    /// The value of `If-Match`.
    tag: Option<&'static str>,
    body: Value,
    status: u16,
}

impl Case {
    fn described_path(&self) -> &'static str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// `known` gives the parts of answers before.
    fn address(&self, known: &Known) -> String {
        let mut address = self.path.to_owned();
        for part in self.parts {
            let (start, rest) = address.split_once('{').expect("a place for it");
            address = format!("{start}{part}{}", rest.split_once('}').expect("its end").1);
        }
        known.fill(&address)
    }

    async fn ask(&self, fixture: &Fixture, known: &Known) -> Reply {
        let address = self.address(known);
        if self.method == "get" {
            return fixture.get(To::Console, &address, &[]).await;
        }
        let mut headers: Vec<String> = Vec::new();
        headers.extend(self.tag.map(|tag| format!("if-match: \"{tag}\"")));
        if self.path == EVENTS {
            headers.push(known.fill("authorization: Bearer @secret"));
        }
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let body = known.fill(&self.body.to_string()).parse().expect("JSON");
        fixture.write_with(&self.method.to_uppercase(), &address, &headers, &body).await
    }
}

/// Parts of the answers so far: later cases name them in their addresses and bodies.
#[derive(Default)]
struct Known(BTreeMap<&'static str, String>);

impl Known {
    /// Keeps the parts of an answer. Of several, those of the last count.
    fn note(&mut self, case: &Case, reply: &Reply) {
        let parts: &[_] = match (case.method, case.path, case.status) {
            ("post", ENDPOINTS, 201) => &[("@endpoint", "/endpoint/id")],
            ("get", KEYS, 200) => &[("@key", "/keys/1/id")],
            ("post", EVENT_TOKENS, 201) => &[("@token", "/id"), ("@secret", "/secret")],
            ("get", EVENT, 200) => &[("@seq", "/events/0/seq")],
            _ => return,
        };
        for &(name, pointer) in parts {
            let part = reply.json().pointer(pointer).expect(pointer).clone();
            self.0.insert(name, part.as_str().map_or_else(|| part.to_string(), str::to_owned));
        }
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, part)| text.replace(name, part))
    }
}

const INTEGRATIONS: &str = "/api/apps/{app}/integrations";
const COLLECT: &str = "/api/apps/{app}/integrations/collect";
const ENDPOINTS: &str = "/api/apps/{app}/endpoints";
const ENDPOINT: &str = "/api/apps/{app}/endpoints/{endpoint}";
const PAUSE: &str = "/api/apps/{app}/endpoints/{endpoint}/pause";
const RESUME: &str = "/api/apps/{app}/endpoints/{endpoint}/resume";
const AGREEMENT: &str = "/api/apps/{app}/endpoints/{endpoint}/agreement";
const SKIP: &str = "/api/apps/{app}/endpoints/{endpoint}/skip-agreement";
const CONSENT: &str = "/api/apps/{app}/endpoints/{endpoint}/consent";
const TRY: &str = "/api/apps/{app}/endpoints/{endpoint}/test";
const KEYS: &str = "/api/apps/{app}/endpoints/{endpoint}/keys";
const KEY: &str = "/api/apps/{app}/endpoints/{endpoint}/keys/{key}";
const DELIVERIES: &str = "/api/apps/{app}/deliveries";
const DELIVERY: &str = "/api/apps/{app}/deliveries/{endpoint}/{seq}";
const REPLAY: &str = "/api/apps/{app}/deliveries/{endpoint}/{seq}/replay";
const REPLAYS: &str = "/api/apps/{app}/replays";
const EVENTS: &str = "/api/apps/{app}/events";
const EVENT: &str = "/api/apps/{app}/events/{event}";
const FORGET: &str = "/api/apps/{app}/events/forget";
const EVENT_TOKENS: &str = "/api/apps/{app}/event-tokens";
const EVENT_TOKEN: &str = "/api/apps/{app}/event-tokens/{token}";
const APPS: &str = "/api/apps";
const APP: &str = "/api/apps/{app}";
const RESTORE: &str = "/api/apps/{app}/restore";
const SETTINGS: &str = "/api/apps/{app}/settings";
const DRAFT: &str = "/api/apps/{app}/draft";
const REVISIONS: &str = "/api/apps/{app}/revisions";
const REVISION: &str = "/api/apps/{app}/revisions/{number}";
const ROLLBACK: &str = "/api/apps/{app}/rollback";
const PROMOTE: &str = "/api/apps/{app}/promote";
const SWITCH: &str = "/api/apps/{app}/switch";
const PLANS: &str = "/api/apps/{app}/plans";
const PLANNED: &str = "/api/apps/{app}/plans/publish";
const BACK: &str = "/api/apps/{app}/plans/switch-back";
const AUDIT: &str = "/api/apps/{app}/audit";
const LINKS: &str = "/api/apps/{app}/preview-links";
const LINK: &str = "/api/apps/{app}/preview-links/{link}";
const PREVIEWS: &str = "/api/apps/{app}/previews";
const CHECK: &str = "/api/check";
const SESSION: &str = "/api/session";
const OFFER: &str = "/api/session/offer";
const EVERYWHERE: &str = "/api/session/everywhere";
const OIDC: &str = "/api/session/oidc";
const OIDC_BEGIN: &str = "/api/session/oidc/begin";
const ASSERTION: &str = "/api/session/assertion";
const SESSIONS: &str = "/api/sessions";
const ONE_SESSION: &str = "/api/sessions/{id}";
const SIGN_IN_LINKS: &str = "/api/links";
const SIGN_IN_LINK: &str = "/api/links/{id}";
const TOKENS: &str = "/api/tokens";
const TOKEN: &str = "/api/tokens/{id}";
const ACCESS_LOG: &str = "/api/access-log";

/// The id that the test gives one of the preview links in the database, and the only token, sign-in link and
/// session.
const KNOWN_LINK: &str = "6e9d7a0c-2f5b-4c1e-8a43-0f1d2b3c4d5e";

/// The id of an event that a backend sends.
const KNOWN_EVENT: &str = "01956b4e-3c00-7000-8000-000000000001";

/// The secret that the test gives the sign-in link, and its SHA-256.
const KNOWN_SECRET: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const KNOWN_HASH: &str = "60e05bd1b195af2f94112fa7197a5c88289058840ce7c6df9693756bc6250f55";

const DEMO: &[&str] = &["demo"];
const NONE: &[&str] = &["none"];

fn get(path: &'static str, parts: &'static [&'static str], status: u16) -> Case {
    Case { method: "get", path, parts, tag: None, body: Value::Null, status }
}

fn write(
    method: &'static str,
    path: &'static str,
    parts: &'static [&'static str],
    body: Value,
    status: u16,
) -> Case {
    Case { method, path, parts, tag: None, body, status }
}

fn put(
    path: &'static str,
    parts: &'static [&'static str],
    tag: &'static str,
    body: Value,
    status: u16,
) -> Case {
    Case { method: "put", path, parts, tag: Some(tag), body, status }
}

/// A draft with a warning.
fn warned() -> Value {
    code("<script>c2c.on('call_end', () => {});</script>", "")
}

/// A draft that is rejected.
fn open() -> Value {
    code("<!-- open", "")
}

fn nothing() -> Value {
    json!({})
}

/// One case for each described status, at least. They are asked in this order, of a server whose first
/// revision the checker rejects now.
fn cases() -> Vec<Case> {
    let mut cases = of_apps();
    cases.extend(of_revisions());
    cases.extend(of_preview_links());
    cases.extend(of_the_rest());
    cases.extend(of_endpoints());
    cases.extend(of_keys_and_tokens());
    cases.extend(of_deliveries());
    cases.extend(of_access());
    cases
}

/// They leave version 3 of the draft, which differs from revision 1, and a staging environment.
fn of_apps() -> Vec<Case> {
    let settings = |origin: &str| json!({"name": "Demo", "parentOrigins": [origin], "jar": "kept", "staging": true, "approval": false});
    let (fine, broken) = (settings("https://shop.example"), settings("http://[::1]"));
    vec![
        get(APPS, &[], 200),
        get("/api/apps?x=1", &[], 400),
        write("post", APPS, &[], json!({"name": "New"}), 201),
        write("post", APPS, &[], json!({"name": ""}), 400),
        get(APP, DEMO, 200),
        get(APP, NONE, 404),
        get(SETTINGS, DEMO, 200),
        get(SETTINGS, NONE, 404),
        put(SETTINGS, DEMO, "1", fine.clone(), 200),
        put(SETTINGS, DEMO, "1", fine.clone(), 412),
        put(SETTINGS, DEMO, "2", broken, 400),
        put(SETTINGS, NONE, "1", fine.clone(), 404),
        write("put", SETTINGS, DEMO, fine, 428),
        get(DRAFT, DEMO, 200),
        get(DRAFT, NONE, 404),
        put(DRAFT, DEMO, "2", warned(), 200),
        put(DRAFT, DEMO, "2", warned(), 412),
        put(DRAFT, DEMO, "3", json!({"head": 1}), 400),
        put(DRAFT, NONE, "1", warned(), 404),
        put(DRAFT, DEMO, "3", code(&"x".repeat(300_000), ""), 422),
        write("put", DRAFT, DEMO, warned(), 428),
    ]
}

/// They leave version 5 of the draft, and revision 4 live.
fn of_revisions() -> Vec<Case> {
    let publication = |draft: i64, replaces: Value| json!({"draft": draft, "replaces": replaces});
    let staged = json!({"draft": 5, "replaces": null, "to": "staging", "note": "to look at"});
    vec![
        write("post", REVISIONS, DEMO, publication(3, json!(1)), 201),
        write("post", REVISIONS, DEMO, publication(3, json!(1)), 409),
        write("post", REVISIONS, DEMO, publication(2, json!(2)), 409),
        write("post", REVISIONS, DEMO, nothing(), 400),
        write("post", REVISIONS, NONE, publication(1, json!(null)), 404),
        put(DRAFT, DEMO, "3", open(), 200),
        write("post", REVISIONS, DEMO, publication(4, json!(2)), 422),
        put(DRAFT, DEMO, "4", code("<b>other</b>", ""), 200),
        write("post", REVISIONS, DEMO, staged, 201),
        get(REVISIONS, DEMO, 200),
        get("/api/apps/{app}/revisions?before=x", DEMO, 400),
        get(REVISIONS, NONE, 404),
        get(REVISION, &["demo", "2"], 200),
        get(REVISION, &["demo", "9"], 404),
        write("post", PROMOTE, DEMO, json!({"staged": 2, "replaces": 2}), 409),
        write("post", PROMOTE, DEMO, json!({"staged": 3, "replaces": 2}), 200),
        write("post", PROMOTE, DEMO, nothing(), 400),
        write("post", PROMOTE, NONE, json!({"staged": 3, "replaces": 2}), 404),
        write("post", ROLLBACK, DEMO, json!({"to": 2, "replaces": 3}), 201),
        write("post", ROLLBACK, DEMO, json!({"to": 2, "replaces": 3}), 409),
        write("post", ROLLBACK, DEMO, json!({"to": 9, "replaces": 4}), 404),
        write("post", ROLLBACK, DEMO, json!({"to": 1, "replaces": 4}), 422),
        write("post", ROLLBACK, DEMO, nothing(), 400),
    ]
}

/// The last link that is made is one too many.
fn of_preview_links() -> Vec<Case> {
    let mut cases = vec![
        write("post", LINKS, DEMO, json!({"hours": 0}), 400),
        write("post", LINKS, NONE, json!({"hours": 1}), 404),
    ];
    cases.extend((0..20).map(|_| write("post", LINKS, DEMO, json!({"hours": 168}), 201)));
    cases.push(write("post", LINKS, DEMO, json!({"hours": 1}), 409));
    cases.push(get(LINKS, DEMO, 200));
    cases.push(get(LINKS, NONE, 404));
    cases.push(write("delete", LINK, &["demo", KNOWN_LINK], nothing(), 204));
    cases.push(write("delete", LINK, &["demo", KNOWN_LINK], nothing(), 404));
    cases
}

fn of_the_rest() -> Vec<Case> {
    let later = "2999-01-01T00:00:00Z";
    let planned = json!({"draft": 5, "replaces": 4, "at": later});
    vec![
        write("put", SWITCH, DEMO, json!({"off": true, "reason": "why"}), 200),
        write("put", SWITCH, DEMO, json!({"off": true}), 409),
        write("put", SWITCH, DEMO, nothing(), 400),
        write("put", SWITCH, NONE, json!({"off": true}), 404),
        write("put", BACK, DEMO, json!({"to": 2, "at": later}), 204),
        write("put", BACK, DEMO, json!({"to": 2, "at": "2020-01-01T00:00:00Z"}), 400),
        write("put", BACK, NONE, json!({"to": 2, "at": later}), 404),
        write("post", REVISIONS, DEMO, planned, 201),
        get(PLANS, DEMO, 200),
        get(PLANS, NONE, 404),
        write("delete", PLANNED, DEMO, nothing(), 204),
        write("delete", PLANNED, DEMO, nothing(), 404),
        write("delete", BACK, DEMO, nothing(), 204),
        write("delete", BACK, DEMO, nothing(), 404),
        write("post", PREVIEWS, DEMO, warned(), 201),
        write("post", PREVIEWS, DEMO, open(), 422),
        write("post", PREVIEWS, DEMO, json!([]), 400),
        write("post", PREVIEWS, NONE, warned(), 404),
        write("post", CHECK, &[], warned(), 200),
        write("post", CHECK, &[], open(), 200),
        write("post", CHECK, &[], nothing(), 400),
        write("delete", APP, DEMO, nothing(), 204),
        write("delete", APP, DEMO, nothing(), 404),
        write("post", RESTORE, DEMO, nothing(), 200),
        write("post", RESTORE, DEMO, nothing(), 404),
        get(AUDIT, DEMO, 200),
        get("/api/apps/{app}/audit?limit=x", DEMO, 400),
        get(AUDIT, NONE, 404),
    ]
}

/// An app has it no endpoint.
const UNKNOWN: &[&str] = &["demo", KNOWN_LINK];
/// The last endpoint that was added.
const LAST: &[&str] = &["demo", "@endpoint"];

fn collect(mode: &str) -> Value {
    json!({"mode": mode, "bodyDays": 30, "metaDays": 90, "searchKeys": ["orderId"]})
}

fn endpoint() -> Value {
    json!({"name": "CRM", "url": "@url"})
}

/// They leave two active endpoints, the last of which takes events.
fn of_endpoints() -> Vec<Case> {
    let changed = || json!({"name": "Shop", "format": "cloudevents", "filter": ["custom:chat_opened"], "inFlightMax": 2});
    let reason = || json!({"reason": "our own"});
    let meta = json!({"kind": "meta", "name": "Meta", "datasetId": "1234567890", "accessToken": "EAA01234567890123456789"});
    let takes = || json!({"takesNotAsked": true});
    let skip = |tag, body, status| Case { tag, ..write("post", SKIP, LAST, body, status) };
    let mut cases = vec![
        // Without its code, it has no events of its code.
        write("put", SWITCH, DEMO, json!({"off": false}), 200),
        get(INTEGRATIONS, DEMO, 200),
        get(INTEGRATIONS, NONE, 404),
        put(COLLECT, DEMO, "0", collect("mark"), 200),
        put(COLLECT, DEMO, "0", collect("mark"), 412),
        put(COLLECT, DEMO, "1", nothing(), 400),
        put(COLLECT, NONE, "0", collect("mark"), 404),
        write("put", COLLECT, DEMO, collect("mark"), 428),
        write("post", ENDPOINTS, DEMO, endpoint(), 201),
        write("post", ENDPOINTS, DEMO, nothing(), 400),
        write("post", ENDPOINTS, NONE, endpoint(), 404),
        get(ENDPOINT, LAST, 200),
        get(ENDPOINT, UNKNOWN, 404),
        put(ENDPOINT, LAST, "1", changed(), 200),
        put(ENDPOINT, LAST, "1", changed(), 412),
        put(ENDPOINT, LAST, "2", nothing(), 400),
        put(ENDPOINT, UNKNOWN, "1", changed(), 404),
        write("put", ENDPOINT, LAST, changed(), 428),
        write("post", PAUSE, LAST, nothing(), 409),
        write("post", TRY, LAST, nothing(), 409),
        skip(Some("2"), nothing(), 400),
        skip(Some("1"), reason(), 412),
        skip(None, reason(), 428),
        skip(Some("2"), reason(), 200),
        skip(Some("3"), reason(), 409),
        Case { parts: UNKNOWN, ..skip(Some("1"), reason(), 404) },
        write("post", AGREEMENT, LAST, nothing(), 409),
        write("post", PAUSE, LAST, nothing(), 200),
        write("post", RESUME, LAST, nothing(), 200),
        write("post", RESUME, LAST, nothing(), 409),
        write("post", ENDPOINTS, DEMO, meta, 201),
        put(CONSENT, LAST, "1", takes(), 200),
        put(CONSENT, LAST, "1", takes(), 412),
        put(CONSENT, LAST, "2", nothing(), 400),
        put(CONSENT, UNKNOWN, "1", takes(), 404),
        write("put", CONSENT, LAST, takes(), 428),
        write("delete", ENDPOINT, LAST, nothing(), 204),
        write("post", ENDPOINTS, DEMO, endpoint(), 201),
        write("post", AGREEMENT, LAST, nothing(), 200),
        write("post", TRY, LAST, nothing(), 200),
    ];
    for path in [AGREEMENT, TRY, PAUSE, RESUME] {
        cases.push(write("post", path, UNKNOWN, nothing(), 404));
    }
    cases
}

/// They leave an event of a backend. The last key and the last token are one too many.
fn of_keys_and_tokens() -> Vec<Case> {
    let key = || json!({"scheme": "v1a", "overlapHours": 168});
    let token = |hours: u32| json!({"name": "order service", "hours": hours});
    let timestamp = "2026-01-01T00:00:00Z";
    let event = json!({"name": "custom:chat_opened", "data": {"context": {"orderId": "A-1"}, "n": 1}, "timestamp": timestamp, "id": KNOWN_EVENT, "seq": 1});
    let batch = || json!({"c2c": 1, "consent": "granted", "events": [event, {"name": "?"}]});
    let mut cases = vec![
        write("post", KEYS, LAST, key(), 201),
        write("post", KEYS, LAST, key(), 201),
        write("post", KEYS, LAST, key(), 409),
        write("post", KEYS, LAST, json!({"scheme": "v1", "overlapHours": 169}), 400),
        write("post", KEYS, UNKNOWN, key(), 404),
        get(KEYS, LAST, 200),
        get(KEYS, UNKNOWN, 404),
        write("delete", KEY, &["demo", "@endpoint", "@key"], nothing(), 204),
        write("delete", KEY, &["demo", "@endpoint", "@key"], nothing(), 404),
        get(EVENT_TOKENS, NONE, 404),
        write("post", EVENT_TOKENS, DEMO, token(0), 400),
        write("post", EVENT_TOKENS, NONE, token(1), 404),
        write("post", EVENT_TOKENS, DEMO, token(1), 201),
        put(COLLECT, DEMO, "1", collect("off"), 200),
        write("post", EVENTS, DEMO, batch(), 404),
        put(COLLECT, DEMO, "2", collect("mark"), 200),
        write("post", EVENTS, DEMO, nothing(), 400),
        write("post", EVENTS, DEMO, batch(), 200),
        get(EVENT_TOKENS, DEMO, 200),
        write("delete", EVENT_TOKEN, &["demo", "@token"], nothing(), 204),
        write("delete", EVENT_TOKEN, &["demo", "@token"], nothing(), 404),
    ];
    cases.extend((0..20).map(|_| write("post", EVENT_TOKENS, DEMO, token(1), 201)));
    cases.push(write("post", EVENT_TOKENS, DEMO, token(1), 409));
    cases
}

/// They leave no endpoint but those that are too many for one more, and no content of events.
fn of_deliveries() -> Vec<Case> {
    const SENT: &[&str] = &["demo", "@endpoint", "@seq"];
    const NOT_SENT: &[&str] = &["demo", "@endpoint", "77777"];
    const ALL: &str = "/api/apps/{app}/replays?from=2026-01-01T00:00:00Z&to=2999-01-01T00:00:00Z&endpoint={endpoint}";
    let replay = |endpoint: &str| json!({"endpoint": endpoint, "outcome": "delivered", "from": "2026-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"});
    let by_id = || json!({"id": KNOWN_EVENT});
    let mut cases = vec![
        get(EVENT, &["demo", KNOWN_EVENT], 200),
        get(EVENT, &["demo", "01956b4e-3c00-7000-8000-000000000000"], 404),
        get(DELIVERIES, DEMO, 200),
        get("/api/apps/{app}/deliveries?outcome=lost", DEMO, 400),
        get(DELIVERIES, NONE, 404),
        get(DELIVERY, SENT, 200),
        get(DELIVERY, NOT_SENT, 404),
        write("post", REPLAY, SENT, nothing(), 200),
        write("post", REPLAY, NOT_SENT, nothing(), 404),
        get(ALL, LAST, 200),
        get("/api/apps/{app}/replays?endpoint={endpoint}", LAST, 400),
        get(ALL, UNKNOWN, 404),
        write("post", REPLAYS, DEMO, replay("@endpoint"), 200),
        write("post", REPLAYS, DEMO, nothing(), 400),
        write("post", REPLAYS, DEMO, replay(KNOWN_LINK), 404),
        write("post", REPLAYS, DEMO, replay("@endpoint"), 409),
        write("post", FORGET, DEMO, by_id(), 200),
        write("post", FORGET, DEMO, nothing(), 400),
        write("post", FORGET, NONE, by_id(), 404),
        write("post", REPLAY, SENT, nothing(), 409),
        get(AUDIT, DEMO, 200),
        write("delete", ENDPOINT, LAST, nothing(), 204),
        write("delete", ENDPOINT, LAST, nothing(), 404),
    ];
    cases.extend((0..9).map(|_| write("post", ENDPOINTS, DEMO, endpoint(), 201)));
    cases.push(write("post", ENDPOINTS, DEMO, endpoint(), 409));
    cases
}

/// A token, a link and a session are made, looked at, used and ended. The last token is one too many.
fn of_access() -> Vec<Case> {
    let known = &[KNOWN_LINK];
    let access = |apps: Value| json!({"name": "ben", "role": "editor", "apps": apps, "hours": 1});
    let secret = || json!({"secret": KNOWN_SECRET});
    vec![
        write("post", TOKENS, &[], access(json!(["demo"])), 201),
        write("post", TOKENS, &[], access(json!([])), 400),
        get(TOKENS, &[], 200),
        write("delete", TOKEN, known, nothing(), 204),
        write("delete", TOKEN, known, nothing(), 404),
        write("post", SIGN_IN_LINKS, &[], access(json!(["demo"])), 201),
        write("post", SIGN_IN_LINKS, &[], access(json!([])), 400),
        get(SIGN_IN_LINKS, &[], 200),
        write("delete", SIGN_IN_LINK, known, nothing(), 204),
        write("delete", SIGN_IN_LINK, known, nothing(), 404),
        write("post", SIGN_IN_LINKS, &[], access(json!(["demo"])), 201),
        write("post", OFFER, &[], secret(), 200),
        write("post", OFFER, &[], nothing(), 400),
        write("post", SESSION, &[], secret(), 201),
        write("post", SESSION, &[], secret(), 404),
        write("post", SESSION, &[], nothing(), 400),
        write("post", OFFER, &[], secret(), 404),
        write("post", OIDC_BEGIN, &[], nothing(), 404),
        write("post", OIDC, &[], json!({"code": "c", "state": "s"}), 404),
        write("post", OIDC, &[], nothing(), 400),
        write("post", ASSERTION, &[], json!({"assertion": "x"}), 404),
        write("post", ASSERTION, &[], nothing(), 400),
        get(SESSION, &[], 200),
        get(SESSIONS, &[], 200),
        write("delete", ONE_SESSION, known, nothing(), 204),
        write("delete", ONE_SESSION, known, nothing(), 404),
        write("delete", SESSION, &[], nothing(), 204),
        write("delete", EVERYWHERE, &[], nothing(), 204),
        get(ACCESS_LOG, &[], 200),
        get("/api/access-log?limit=x", &[], 400),
        write("post", TOKENS, &[], access(Value::Null), 409),
        write("post", SIGN_IN_LINKS, &[], access(Value::Null), 409),
    ]
}

/// A change of the database before a case, after which the test knows an id or a secret.
fn preparation(case: &Case) -> Option<String> {
    let known = |table: &str| format!("UPDATE {table} SET id = '{KNOWN_LINK}'");
    match (case.method, case.path, case.status) {
        ("delete", LINK, 204) => {
            let one = "(SELECT MIN(id) FROM preview_link)";
            Some(format!("{} WHERE id = {one}", known("preview_link")))
        }
        ("delete", TOKEN, 204) => Some(known("token")),
        ("delete", SIGN_IN_LINK, 204) => Some(known("sign_in_link")),
        ("delete", ONE_SESSION, 204) => Some(known("session")),
        ("post", OFFER, 200) => {
            Some(format!("UPDATE sign_in_link SET secret_hash = '{KNOWN_HASH}'"))
        }
        // Once it was delivered.
        ("post", REPLAY, 200) => Some(
            "DO $$ BEGIN FOR number IN 1 .. 1000 LOOP
                 IF NOT EXISTS (SELECT FROM outbox) THEN RETURN; END IF;
                 PERFORM pg_sleep(0.02);
             END LOOP; RAISE 'it is not delivered'; END $$"
                .to_owned(),
        ),
        ("post", REPLAYS, 409) => Some(
            "INSERT INTO event (app_id, id, verified, name, happened_at, received_at, consent, body)
                 SELECT app_id, number::text, 0, name, happened_at, received_at, consent, body
                 FROM event, generate_series(1, 100001) AS number;
             INSERT INTO ended (endpoint_id, seq, at, attempt, round, outcome, reason)
                 SELECT '@endpoint', seq, 0, 1, 0, 'delivered', 'success'
                 FROM event WHERE LENGTH(id) < 36"
                .to_owned(),
        ),
        ("post", TOKENS, 409) => Some(
            "INSERT INTO token SELECT number::text, number::text, 'x', 'viewer', NULL, 0, 'x', 9e15
             FROM generate_series(1, 1000) AS number"
                .to_owned(),
        ),
        ("post", SIGN_IN_LINKS, 409) => Some(
            "INSERT INTO sign_in_link SELECT number::text, number::text, 'x', 'viewer', NULL, 0, 'x', 9e15
             FROM generate_series(1, 10000) AS number"
                .to_owned(),
        ),
        _ => None,
    }
}

#[test]
fn every_described_answer_is_asked_for() {
    let openapi: Value = serde_json::from_str(&c2c_server::openapi()).expect("JSON");
    let mut described = BTreeSet::new();
    for (path, methods) in openapi["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                // The common ones have a test of their own.
                if response["$ref"].is_null() {
                    described.insert(format!("{method} {path} {status}"));
                }
            }
        }
    }
    let asked = |case: &Case| format!("{} {} {}", case.method, case.described_path(), case.status);
    let mut asked: BTreeSet<String> = cases().iter().map(asked).collect();
    // These need an issuer, or requests that wait; their modules compare them with their description.
    let (oidc, assertions) = (crate::oidc::DESCRIBED, crate::assertions::DESCRIBED);
    let long_work = crate::integrations_api::DESCRIBED;
    for (path, status) in oidc.into_iter().chain(assertions).chain(long_work) {
        asked.insert(format!("post {path} {status}"));
    }
    assert_eq!(asked, described);
}

/// On several threads, so that the server goes on while the database waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn real_answers_are_as_described() {
    let cluster = Cluster::start().expect("a PostgreSQL");
    let url = cluster.database("c2c").expect("a database");
    let receiver = Receiver::taking().await;
    let keys = TempDir::new().expect("a directory");
    let key_file = key_file(&keys);
    let allowed = receiver.allowed();
    let settings = ["--database", &url, "--secrets-key-file", &key_file, &allowed[0], &allowed[1]];
    let fixture = Fixture::with(&Limits::default(), &settings).await;
    cluster.psql("c2c", "UPDATE revision SET head = '<!-- open' WHERE number = 1").expect("done");
    let openapi = fixture.get(To::Console, "/api/openapi.json", &[]).await.json();
    assert_eq!(openapi["openapi"], "3.1.0");
    let mut known = Known::default();
    known.0.insert("@url", receiver.url());
    for case in cases() {
        if let Some(sql) = preparation(&case) {
            cluster.psql("c2c", &known.fill(&sql)).expect("done");
        }
        let reply = case.ask(&fixture, &known).await;
        let (method, address) = (case.method, case.address(&known));
        let which = format!("{method} {address} {}", case.status);
        assert_eq!(reply.status, case.status, "{which}: {reply:?}");
        let response = &openapi["paths"][case.described_path()][method]["responses"];
        assert_described(&openapi, &response[case.status.to_string()], &reply, &which);
        known.note(&case, &reply);
    }
}

/// Each operation gives exactly the common answers that the description says.
#[tokio::test(flavor = "multi_thread")]
async fn common_answers_are_as_described() {
    let mut cluster = Cluster::start().expect("a PostgreSQL");
    let url = cluster.database("c2c").expect("a database");
    let limits = Limits {
        body_timeout: Duration::from_millis(50),
        body_bytes_max: 100,
        ..Limits::default()
    };
    let fixture = Fixture::with(&limits, &["--database", &url]).await;
    let openapi = fixture.get(To::Console, "/api/openapi.json", &[]).await.json();
    let guarded = guarded_beside(&url).await;
    let wish = json!({"name": "v", "hours": 1});
    let backend = fixture.write("POST", "/api/apps/demo/event-tokens", &wish).await.json();
    let secret = backend["secret"].as_str().expect("a token");
    let operations = operations(&openapi);
    for (method, path, operation) in &operations {
        let mut given = guards_answers(&fixture, &guarded, method, path).await;
        let mut ask = async |headers: &[&str], body: &str| {
            given.insert(common_answer(&fixture, method, path, headers, body).await.status);
        };
        let origin = format!("origin: {}", fixture.origin(To::Console));
        ask(&["content-type: application/json"], "{}").await;
        ask(&[&origin, "content-type: text/plain"], "{}").await;
        let token = format!("authorization: Bearer {secret}");
        let mut ours = vec![origin.as_str(), "content-type: application/json", "if-match: \"1\""];
        ours.extend((path == EVENTS).then_some(token.as_str()));
        ask(&ours, &format!("{{\"x\": \"{}\"}}", "x".repeat(100))).await;
        ask(&[&ours[..], &["content-length: 50"]].concat(), "").await;
        given.retain(|status| [401, 403, 408, 413, 415, 429].contains(status));
        given.insert(503);
        let common = operation["responses"].as_object().expect("responses").iter();
        let described: BTreeSet<u16> = common
            .filter(|(_, response)| response["$ref"].is_string())
            .map(|(status, _)| status.parse().expect("a status"))
            .collect();
        assert_eq!(given, described, "{method} {path}");
    }

    tokio::task::block_in_place(|| cluster.stop().expect("stops"));
    let fixture = Arc::new(fixture);
    // All at the same time, since each waits for the database.
    let mut asked = JoinSet::new();
    // Without a login, nothing has to be read to say who the caller is.
    let reads = |(method, path, _): &(String, String, Value)| method == "get" && path != SESSION;
    for (method, path, _) in operations.into_iter().filter(reads) {
        let fixture = Arc::clone(&fixture);
        asked.spawn(async move {
            let reply = common_answer(&fixture, &method, &path, &[], "").await;
            assert_eq!(reply.problem(), (503, "database-unavailable".to_owned()), "{path}");
            assert_eq!(reply.header("retry-after"), "5", "{path}");
        });
    }
    asked.join_all().await;
}

/// A server on the same database, which asks for a sign-in and is soon out of patience.
async fn guarded_beside(url: &str) -> Fixture {
    let one = std::num::NonZeroU32::new(1).expect("not zero");
    let limits = Limits {
        caller_requests_per_second: one,
        caller_requests_burst: one,
        guesses_per_minute: one,
        sign_ons_per_minute: one,
        ..Limits::default()
    };
    Fixture::with(&limits, &["--database", url, "--access", "sign-in"]).await
}

/// The statuses of an operation for one who has not signed in, for a viewer, for one in haste, and for one
/// who guesses.
async fn guards_answers(
    open: &Fixture,
    guarded: &Fixture,
    method: &str,
    path: &str,
) -> BTreeSet<u16> {
    let viewer = json!({"name": "v", "role": "viewer", "apps": null, "hours": 1});
    let made = open.write("POST", TOKENS, &viewer).await.json();
    let token = format!("authorization: Bearer {}", made["secret"].as_str().expect("a token"));
    let origin = format!("origin: {}", guarded.origin(To::Console));
    let ours = [origin.as_str(), "content-type: application/json"];
    let body = match path {
        OIDC => json!({"code": "c", "state": "s"}),
        ASSERTION => json!({"assertion": "x"}),
        _ => json!({"secret": "x"}),
    };
    let body = body.to_string();
    let mut given = BTreeSet::new();
    for headers in [&ours[..], &[&ours[..], &[&token]].concat(), &[&ours[..], &[&token]].concat()] {
        given.insert(common_answer(guarded, method, path, headers, &body).await.status);
    }
    // Not of the guard's.
    given.retain(|status| [401, 403, 429].contains(status));
    given
}

/// Method, path and description of each operation.
fn operations(openapi: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, methods) in openapi["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            operations.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    operations
}

/// Asks an operation for the demo app.
async fn common_answer(
    fixture: &Fixture,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Reply {
    let path = path.replace("{app}", "demo").replace("{number}", "1").replace("{id}", "x");
    let path = path.replace("{endpoint}", KNOWN_LINK).replace("{seq}", "1");
    let mut path = path.replace("{event}", KNOWN_EVENT);
    if path.ends_with("/replays") {
        path.push_str("?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&endpoint=");
        path.push_str(KNOWN_LINK);
    }
    fixture.send(To::Console, &method.to_uppercase(), &path, headers, body).await
}

/// Asserts that an answer is as the description says.
pub(crate) fn assert_described(openapi: &Value, response: &Value, reply: &Reply, which: &str) {
    assert!(response.is_object(), "{which} is not described");
    let etag = &response["headers"]["ETag"];
    assert_eq!(reply.headers.contains_key("etag"), etag.is_object(), "{which}: ETag");
    let Some(content) = response["content"].as_object() else {
        assert!(reply.body.is_empty() && !reply.headers.contains_key("content-type"), "{which}");
        return;
    };
    assert_eq!(content.keys().collect::<Vec<_>>(), [reply.header("content-type")], "{which}");
    if reply.status >= 400 {
        reply.problem();
    }
    let body = reply.json();
    let mut schema = content[reply.header("content-type")]["schema"].clone();
    assert!(schema.is_object(), "{which} has no schema");
    schema["components"] = openapi["components"].clone();
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{which}: {errors:?} in {body}");
    let more = undescribed(openapi, &[&schema], &body, "");
    assert!(more.is_empty(), "{which}: {more:?} are not described in {body}");
}

/// The places of an answer that none of the schemas describes.
fn undescribed(openapi: &Value, schemas: &[&Value], body: &Value, place: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for schema in schemas {
        collect_parts(openapi, schema, &mut parts);
    }
    if parts.is_empty() {
        return vec![place.to_owned()];
    }
    // The description says that it may be anything.
    if parts.iter().all(|part| {
        part.as_object().is_some_and(|part| part.keys().all(|key| key == "description"))
    }) {
        return Vec::new();
    }
    match body {
        Value::Array(items) => {
            let schemas: Vec<&Value> = parts.iter().filter_map(|part| part.get("items")).collect();
            let more = |item| undescribed(openapi, &schemas, item, &format!("{place}/-"));
            items.iter().flat_map(more).collect()
        }
        Value::Object(fields) => {
            let more = |(name, value): (&String, &Value)| {
                let schemas: Vec<&Value> =
                    parts.iter().filter_map(|part| part.get("properties")?.get(name)).collect();
                undescribed(openapi, &schemas, value, &format!("{place}/{name}"))
            };
            fields.iter().flat_map(more).collect()
        }
        _ => Vec::new(),
    }
}

/// The parts of a schema: itself, or those that it refers to.
fn collect_parts<'a>(openapi: &'a Value, schema: &'a Value, parts: &mut Vec<&'a Value>) {
    if let Some(name) = schema["$ref"].as_str() {
        let target = openapi.pointer(name.trim_start_matches('#')).expect("a schema");
        return collect_parts(openapi, target, parts);
    }
    parts.push(schema);
    for several in ["allOf", "anyOf", "oneOf"] {
        for part in schema[several].as_array().into_iter().flatten() {
            collect_parts(openapi, part, parts);
        }
    }
}

/// Without it, a test that finds nothing undescribed would say nothing.
#[test]
fn undescribed_properties_are_found() {
    let openapi: Value = serde_json::from_str(&c2c_server::openapi()).expect("JSON");
    let schema = json!({"$ref": "#/components/schemas/Revision"});
    let body = json!({"number": 1, "diagnostics": [{"span": {"x": 1}}, {}], "y": {"z": 1}});
    assert_eq!(undescribed(&openapi, &[&schema], &body, ""), ["/diagnostics/-/span/x", "/y"]);
}

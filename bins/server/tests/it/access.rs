//! Who gets in, and who may do what: sign-in links, sessions, API tokens.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use c2c_access::Principal;
use c2c_server::Limits;
use c2c_store::{Actor, Grant, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Fixture, PATIENCE, Reply, To, eventually};
use crate::console::{DEMO, code};
use crate::issuer::{Faults, Issuer};

/// A server that asks for a sign-in, with its first owner's link.
pub(crate) async fn guarded() -> Fixture {
    guarded_with(&Limits::default()).await
}

pub(crate) async fn guarded_with(limits: &Limits) -> Fixture {
    Fixture::with(limits, &["--access", "sign-in"]).await
}

/// One who has signed in, or has a token: the header that says so.
pub(crate) struct Caller(pub(crate) String);

impl Caller {
    pub(crate) async fn get(&self, fixture: &Fixture, path: &str) -> Reply {
        fixture.get(To::Console, path, &[&self.0]).await
    }

    pub(crate) async fn write(
        &self,
        fixture: &Fixture,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Reply {
        fixture.write_with(method, path, &[&self.0], body).await
    }
}

/// The secret in the address of a sign-in link.
pub(crate) fn secret(url: &str) -> String {
    url.split_once('#').expect("a fragment").1.to_owned()
}

/// The header that a browser sends after a sign-in.
pub(crate) fn cookie(reply: &Reply) -> Caller {
    let set = reply.header("set-cookie");
    Caller(format!("cookie: {}", set.split(';').next().expect("a pair")))
}

pub(crate) async fn sign_in(fixture: &Fixture, secret: &str) -> Reply {
    fixture.write("POST", "/api/session", &json!({"secret": secret})).await
}

/// The first owner.
pub(crate) async fn owner(fixture: &Fixture) -> Caller {
    let link = secret(fixture.running.first_link().expect("a link"));
    let reply = sign_in(fixture, &link).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    cookie(&reply)
}

fn access(name: &str, role: &str, apps: &Value) -> Value {
    json!({"name": name, "role": role, "apps": apps, "hours": 1})
}

/// A new token, with its id.
async fn token(fixture: &Fixture, by: &Caller, role: &str, apps: &Value) -> (Caller, String) {
    let made = by.write(fixture, "POST", "/api/tokens", &access("a program", role, apps)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let text = |name: &str| made[name].as_str().expect(name).to_owned();
    (Caller(format!("authorization: Bearer {}", text("secret"))), text("id"))
}

/// A new link, as the API gives it.
async fn link(fixture: &Fixture, by: &Caller, name: &str, role: &str, apps: &Value) -> Value {
    let made = by.write(fixture, "POST", "/api/links", &access(name, role, apps)).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

/// One who signs in with a new link.
async fn person(fixture: &Fixture, by: &Caller, name: &str, role: &str, apps: &Value) -> Caller {
    let made = link(fixture, by, name, role, apps).await;
    let reply = sign_in(fixture, &secret(made["url"].as_str().expect("an address"))).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    cookie(&reply)
}

#[tokio::test]
async fn the_first_link_signs_an_owner_in_once() {
    let fixture = guarded().await;
    let url = fixture.running.first_link().expect("a link").to_owned();
    assert!(url.starts_with(&format!("{}/sign-in#", fixture.origin(To::Console))), "{url}");
    // A scanner of mails gets the page, which uses nothing up.
    for method in ["GET", "HEAD"] {
        let page = fixture.send(To::Console, method, "/sign-in", &[], "").await;
        assert_eq!((page.status, page.headers.contains_key("set-cookie")), (200, false));
    }
    let offer = json!({"secret": secret(&url)});
    for _ in 0..2 {
        let offer = fixture.write("POST", "/api/session/offer", &offer).await;
        let expected = (&json!("first owner"), &json!("owner"), &Value::Null);
        let offered = offer.json();
        assert_eq!((&offered["name"], &offered["role"], &offered["apps"]), expected, "{offer:?}");
    }
    assert_eq!(fixture.get(To::Console, "/api/apps", &[]).await.problem().0, 401);
    let owner = owner(&fixture).await;
    assert_eq!(owner.get(&fixture, "/api/apps").await.status, 200);
    let again = sign_in(&fixture, &secret(&url)).await;
    assert_eq!(again.problem(), (404, "no-such-link".to_owned()));
    assert!(!again.headers.contains_key("set-cookie"));
    let offer = fixture.write("POST", "/api/session/offer", &offer).await;
    assert_eq!(offer.problem(), (404, "no-such-link".to_owned()));
}

/// One whom the issuer knows and who has no group with a role: the cookies that the attempt to sign in leaves.
async fn one_without_a_group(fixture: &Fixture, issuer: &Issuer) -> Caller {
    issuer.set(Faults { claims: json!({"groups": ["lunch"]}), ..Faults::default() });
    let (attempt, reply) = crate::oidc::try_to_sign_in(fixture, issuer).await;
    assert_eq!(reply.problem(), (403, "no-role".to_owned()));
    let left = reply.headers.get("set-cookie").expect("the attempt ends");
    let pairs = left.lines().map(|cookie| cookie.split(';').next().expect("a pair"));
    let pairs: Vec<&str> =
        pairs.chain([attempt.strip_prefix("cookie: ").expect("a pair")]).collect();
    Caller(format!("cookie: {}", pairs.join("; ")))
}

/// Those whose access has ended: an expired token, a revoked one, an ended session, and a link that was used.
async fn those_with_what_has_ended(
    fixture: &Fixture,
    owner: &Caller,
    database: &str,
) -> Vec<Caller> {
    let limits = c2c_store::Limits { snippet_bytes_max: 1024 };
    let store = Store::open(&database.parse().expect("a database"), limits).await.expect("opens");
    let grant = Grant::new("an old program".parse().expect("a name"), Principal::owner());
    let by: Actor = "a test".parse().expect("an actor");
    let expired = store.make_token(&by, grant, Duration::from_millis(1)).await.expect("a token");
    let expired = Caller(format!("authorization: Bearer {}", expired.text.reveal()));
    let ended = eventually(PATIENCE, async || expired.get(fixture, DEMO).await.status == 401);
    assert!(ended.await);

    let (revoked, id) = token(fixture, owner, "owner", &Value::Null).await;
    let path = format!("/api/tokens/{id}");
    assert_eq!(owner.write(fixture, "DELETE", &path, &json!({})).await.status, 204);

    let made = link(fixture, owner, "eve", "owner", &Value::Null).await;
    let used = secret(made["url"].as_str().expect("an address"));
    let session = cookie(&sign_in(fixture, &used).await);
    let out = session.write(fixture, "DELETE", "/api/session", &json!({})).await;
    assert_eq!(out.status, 204, "{out:?}");
    let (name, _) = session.0.rsplit_once('=').expect("a pair");
    let used = Caller(format!("{name}={used}"));
    vec![expired, revoked, session, used]
}

#[tokio::test]
async fn the_table_holds_request_by_request() {
    let issuer = Issuer::start().await;
    let folder = TempDir::new().expect("a directory");
    let database = format!("sqlite:{}", folder.path().join("c2c.db").display());
    let settings = crate::oidc::settings(&issuer.url, &["--database", &database]);
    // Those with what has ended ask for each route.
    let guesses_per_minute = NonZeroU32::new(10_000).expect("not zero");
    let limits = Limits { guesses_per_minute, ..Limits::default() };
    let fixture = Fixture::with(&limits, &settings).await;
    let owner = owner(&fixture).await;
    let other = owner.write(&fixture, "POST", "/api/apps", &json!({"name": "Other"})).await;
    let other = other.json()["id"].as_str().expect("an id").to_owned();
    let mut columns = vec![
        vec![Caller("x-none: 1".to_owned())],
        those_with_what_has_ended(&fixture, &owner, &database).await,
        vec![one_without_a_group(&fixture, &issuer).await],
    ];
    for role in ["viewer", "editor", "publisher", "owner"] {
        columns.push(vec![token(&fixture, &owner, role, &Value::Null).await.0]);
    }
    for app in ["demo", &other] {
        columns.push(vec![token(&fixture, &owner, "owner", &json!([app])).await.0]);
    }
    let table = c2c_server::access_table();
    let mut asked = BTreeMap::new();
    for row in table.lines().skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (method, path) = cells[0].trim_matches('`').split_once(' ').expect("a route");
        // Nothing is where these lead to, so the handlers of those who pass change nothing.
        let path = path.replace("{app}", "demo").replace("{number}", "9");
        let path = path.replace("{id}", "none").replace("{link}", "none");
        assert_eq!(cells.len(), columns.len() + 1, "{row}");
        let all = columns.iter().zip(&cells[1..]);
        for (caller, cell) in
            all.flat_map(|(column, cell)| column.iter().map(move |one| (one, cell)))
        {
            let reply = match method {
                "GET" => caller.get(&fixture, &path).await,
                // Not a valid body for any of them.
                _ => caller.write(&fixture, method, &path, &json!({"x": 1})).await,
            };
            let is_hidden = reply.status == 404 && reply.json()["code"] == "no-such-app";
            let is_stopped = matches!(reply.status, 401 | 403 | 429) || is_hidden;
            let seen = if is_stopped { reply.status.to_string() } else { "✓".to_owned() };
            // Some have no body, and are carried out.
            let without_body =
                ["delete", "restore"].iter().any(|word| path.ends_with(word)) || method == "DELETE";
            if !(without_body && *cell == "✓") {
                assert_eq!(seen, *cell, "{method} {path} by {}: {reply:?}", caller.0);
            }
            *asked.entry((*cell).to_owned()).or_insert(0) += 1;
            if method == "DELETE" && path == DEMO && reply.status == 204 {
                let back =
                    owner.write(&fixture, "POST", "/api/apps/demo/restore", &json!({})).await;
                assert_eq!(back.status, 200);
            }
        }
    }
    for cell in ["✓", "401", "403", "404"] {
        assert!(asked[cell] > 20, "{asked:?}");
    }
}

#[tokio::test]
async fn another_app_is_as_if_it_did_not_exist() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let (stranger, _) = token(&fixture, &owner, "owner", &json!(["elsewhere"])).await;
    let compare = async |method: &str, path: &str| {
        // Only an event token sends events: another one is as good as none, whatever the app.
        let sends = method == "POST" && path == "/api/apps/{app}/events";
        let expected = if sends { (401, "no-such-token") } else { (404, "no-such-app") };
        let [there, not] = ["demo", "none"].map(|app| path.replace("{app}", app));
        let ask = async |path: &str| match method {
            "GET" => stranger.get(&fixture, path).await,
            "VERSION" => {
                fixture.get(To::Console, path, &[&stranger.0, "if-none-match: \"1\""]).await
            }
            _ => {
                let headers = [&*stranger.0, "if-match: \"1\""];
                fixture.write_with(method, path, &headers, &json!({})).await
            }
        };
        let (there, not) = (ask(&there).await, ask(&not).await);
        assert_eq!(there.problem(), (expected.0, expected.1.to_owned()), "{path}");
        let names = |reply: &Reply| reply.headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&there), names(&not), "{path}");
        assert_eq!(there.text().replace("demo", "none"), not.text(), "{path}");
    };
    for row in c2c_server::access_table().lines().filter(|row| row.contains("{app}")) {
        let route = row.split('`').nth(1).expect("a route");
        let (method, path) = route.split_once(' ').expect("a method");
        let path = path.replace("{number}", "1").replace("{link}", "x");
        compare(method, &path).await;
        if method == "GET" {
            compare("VERSION", &path).await;
        }
    }
    let listed = stranger.get(&fixture, "/api/apps").await.json();
    assert_eq!(listed, json!({"apps": [], "more": false}));
    let searched = stranger.get(&fixture, "/api/apps?search=demo").await.json();
    assert_eq!(searched["apps"], json!([]));
}

#[tokio::test]
async fn what_has_ended_gives_no_access() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let (program, id) = token(&fixture, &owner, "viewer", &Value::Null).await;
    assert_eq!(program.get(&fixture, DEMO).await.status, 200);
    let path = format!("/api/tokens/{id}");
    assert_eq!(owner.write(&fixture, "DELETE", &path, &json!({})).await.status, 204);
    let reply = program.get(&fixture, DEMO).await;
    assert_eq!(reply.problem(), (401, "no-such-token".to_owned()));
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"c2c\"");
    assert_eq!(owner.write(&fixture, "DELETE", &path, &json!({})).await.problem().0, 404);

    let ben = person(&fixture, &owner, "ben", "editor", &json!(["demo"])).await;
    let sessions = owner.get(&fixture, "/api/sessions").await.json();
    let sessions = sessions["sessions"].as_array().expect("a list");
    let his = sessions.iter().find(|session| session["name"] == "ben").expect("a session");
    assert_eq!(his["address"], "127.0.0.1");
    let path = format!("/api/sessions/{}", his["id"].as_str().expect("an id"));
    assert_eq!(owner.write(&fixture, "DELETE", &path, &json!({})).await.status, 204);
    assert_eq!(ben.get(&fixture, DEMO).await.problem(), (401, "session-ended".to_owned()));

    let made = link(&fixture, &owner, "eve", "editor", &Value::Null).await;
    let path = format!("/api/links/{}", made["id"].as_str().expect("an id"));
    assert_eq!(owner.write(&fixture, "DELETE", &path, &json!({})).await.status, 204);
    let late = sign_in(&fixture, &secret(made["url"].as_str().expect("a link"))).await;
    assert_eq!(late.problem(), (404, "no-such-link".to_owned()));
}

#[tokio::test]
async fn none_gives_more_than_they_have() {
    let fixture = guarded().await;
    let first = owner(&fixture).await;
    let (of_demo, _) = token(&fixture, &first, "owner", &json!(["demo"])).await;
    for path in ["/api/tokens", "/api/links"] {
        for (role, apps) in [
            ("viewer", Value::Null),
            ("viewer", json!(["other"])),
            ("owner", json!(["demo", "other"])),
        ] {
            let reply = of_demo.write(&fixture, "POST", path, &access("eve", role, &apps)).await;
            assert_eq!(reply.problem(), (403, "not-permitted".to_owned()), "{path} {role}");
        }
        let fine = access("ben", "owner", &json!(["demo"]));
        assert_eq!(of_demo.write(&fixture, "POST", path, &fine).await.status, 201);
    }
    // Those with more are hidden from the lists, and cannot be ended.
    let sessions = first.get(&fixture, "/api/sessions").await.json();
    let id = sessions["sessions"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(of_demo.get(&fixture, "/api/sessions").await.json(), json!({"sessions": []}));
    let path = format!("/api/sessions/{id}");
    let reply = of_demo.write(&fixture, "DELETE", &path, &json!({})).await;
    assert_eq!(reply.problem(), (404, "no-such-session".to_owned()));
    assert_eq!(first.get(&fixture, DEMO).await.status, 200);
    for wrong in [
        access("", "viewer", &Value::Null),
        access("a\nb", "viewer", &Value::Null),
        access("x", "root", &Value::Null),
        access("x", "viewer", &json!([])),
        json!({"name": "x", "role": "viewer", "hours": 1}),
        json!({"name": "x", "role": "viewer", "apps": null, "hours": 0}),
        json!({"name": "x", "role": "viewer", "apps": null, "hours": 100_000}),
    ] {
        let reply = first.write(&fixture, "POST", "/api/tokens", &wrong).await;
        assert_eq!(reply.problem().0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_session_is_one_cookie_of_this_host_alone() {
    let fixture = guarded().await;
    let link = secret(fixture.running.first_link().expect("a link"));
    let reply = sign_in(&fixture, &link).await;
    let set = reply.header("set-cookie").to_owned();
    let port = fixture.address(To::Console).port();
    assert!(set.starts_with(&format!("c2c-{port}=")), "{set}");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(attribute), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let owner = cookie(&reply);
    // Cookie tossing: a second one with the name, from a sibling host, gives nothing, and no other session.
    let forged = format!("{}; c2c-{port}={}", owner.0, "0".repeat(64));
    assert_eq!(fixture.get(To::Console, DEMO, &[&forged]).await.problem().0, 401);
    // The three pages never see it, and never set one.
    for to in [To::Parent, To::Widget, To::Sandbox] {
        let path = match to {
            To::Parent => "/p/demo",
            To::Widget => "/w/demo",
            _ => "/s/demo",
        };
        assert!(!fixture.get(to, path, &[&owner.0]).await.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn a_sign_in_ends_the_session_that_was_there() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    // Session fixation: the attacker's cookie is in the victim's browser.
    let attacker = person(&fixture, &owner, "eve", "viewer", &Value::Null).await;
    let made = link(&fixture, &owner, "ben", "editor", &Value::Null).await;
    let link = secret(made["url"].as_str().expect("an address"));
    let reply = attacker.write(&fixture, "POST", "/api/session", &json!({"secret": link})).await;
    let victim = cookie(&reply);
    assert_ne!(victim.0, attacker.0);
    assert_eq!(attacker.get(&fixture, DEMO).await.problem().0, 401);
    assert_eq!(victim.get(&fixture, "/api/session").await.json()["name"], "ben");
}

#[tokio::test]
async fn a_foreign_page_signs_none_in_or_out() {
    let fixture = guarded().await;
    let link = secret(fixture.running.first_link().expect("a link"));
    let body = json!({"secret": link}).to_string();
    let foreign = ["origin: https://evil.example", "content-type: application/json"];
    let null = ["origin: null", "content-type: application/json"];
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let form = [origin.as_str(), "content-type: application/x-www-form-urlencoded"];
    let cross = [origin.as_str(), "content-type: application/json", "sec-fetch-site: cross-site"];
    for (headers, status) in [(&foreign[..], 403), (&null, 403), (&form, 415), (&cross, 403)] {
        let reply = fixture.send(To::Console, "POST", "/api/session", headers, &body).await;
        assert_eq!(reply.status, status, "{headers:?}");
        assert!(!reply.headers.contains_key("set-cookie"));
    }
    // The link is still there.
    let owner = owner(&fixture).await;
    for path in ["/api/session", "/api/session/everywhere"] {
        let headers = [&foreign[..], &[&owner.0]].concat();
        assert_eq!(fixture.send(To::Console, "DELETE", path, &headers, "{}").await.status, 403);
    }
    // A session without the console's origin writes nothing; a token needs none, and no cookie beside it counts.
    let headers = ["content-type: application/json", owner.0.as_str()];
    let reply = fixture.send(To::Console, "POST", "/api/apps", &headers, r#"{"name":"x"}"#).await;
    assert_eq!(reply.problem(), (403, "not-from-the-console".to_owned()));
    let (program, _) = token(&fixture, &owner, "owner", &Value::Null).await;
    let headers = ["content-type: application/json", program.0.as_str()];
    let reply = fixture.send(To::Console, "POST", "/api/apps", &headers, r#"{"name":"x"}"#).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let wrong = format!("authorization: Bearer c2c_{}", "0".repeat(64));
    let headers = [owner.0.as_str(), wrong.as_str()];
    assert_eq!(fixture.get(To::Console, DEMO, &headers).await.problem().0, 401);
}

#[tokio::test]
async fn one_signs_out_here_or_everywhere() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let [first, second] = [
        person(&fixture, &owner, "ben", "editor", &Value::Null).await,
        person(&fixture, &owner, "ben", "editor", &Value::Null).await,
    ];
    let out = first.write(&fixture, "DELETE", "/api/session", &json!({})).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    assert_eq!(first.get(&fixture, DEMO).await.status, 401);
    assert_eq!(second.get(&fixture, DEMO).await.status, 200);
    let third = person(&fixture, &owner, "ben", "editor", &Value::Null).await;
    // Another customer's person has the same name. Neither ends the other's session.
    let other = person(&fixture, &owner, "ben", "owner", &json!(["elsewhere"])).await;
    let (program, _) = token(&fixture, &owner, "owner", &json!(["elsewhere"])).await;
    let named = json!({"name": "ben", "role": "viewer", "apps": ["elsewhere"], "hours": 1});
    let made = program.write(&fixture, "POST", "/api/tokens", &named).await.json();
    let forged =
        Caller(format!("authorization: Bearer {}", made["secret"].as_str().expect("a token")));
    let out = forged.write(&fixture, "DELETE", "/api/session/everywhere", &json!({})).await;
    assert_eq!(out.status, 204);
    assert_eq!(second.get(&fixture, DEMO).await.status, 200);
    let out = third.write(&fixture, "DELETE", "/api/session/everywhere", &json!({})).await;
    assert_eq!(out.status, 204);
    for ended in [&second, &third] {
        assert_eq!(ended.get(&fixture, DEMO).await.status, 401);
    }
    assert_eq!(owner.get(&fixture, DEMO).await.status, 200);
    assert_eq!(other.get(&fixture, "/api/session").await.status, 200);
}

#[tokio::test]
async fn the_way_in_takes_small_bodies_only() {
    let fixture = guarded().await;
    for path in ["/api/session", "/api/session/offer"] {
        let body = json!({"secret": "x".repeat(17_000)});
        assert_eq!(fixture.write("POST", path, &body).await.problem().0, 413, "{path}");
    }
}

#[tokio::test]
async fn a_stranger_to_an_app_does_not_learn_its_name_from_the_list() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let made = owner.write(&fixture, "POST", "/api/apps", &json!({"name": "AAA"})).await.json();
    let own = made["id"].as_str().expect("an id");
    let (stranger, _) = token(&fixture, &owner, "owner", &json!([own])).await;
    let after =
        async |id: &str| stranger.get(&fixture, &format!("/api/apps?after={id}")).await.json();
    // "Demo shop" comes after it, as does nothing.
    assert_eq!(after("demo").await, after("none-at-all").await);
}

#[tokio::test]
async fn the_logs_say_who_did_what_from_where() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let (program, id) = token(&fixture, &owner, "editor", &json!(["demo"])).await;
    let tag = program.get(&fixture, &format!("{DEMO}/draft")).await.header("etag").to_owned();
    let headers = [program.0.clone(), format!("if-match: {tag}")];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let saved = fixture.write_with("PUT", &format!("{DEMO}/draft"), &headers, &code("x", "")).await;
    assert_eq!(saved.status, 200, "{saved:?}");
    let audit = owner.get(&fixture, &format!("{DEMO}/audit")).await.json();
    let entry = &audit["entries"][0];
    assert_eq!((&entry["action"], &entry["actor"]), (&json!("draftSaved"), &json!("a program")));
    assert_eq!(
        (&entry["credential"], &entry["address"]),
        (&json!(format!("token:{id}")), &json!("127.0.0.1"))
    );
    // Addresses are for owners.
    let seen = program.get(&fixture, &format!("{DEMO}/audit")).await.json();
    assert_eq!(seen["entries"][0]["address"], Value::Null);

    let log = owner.get(&fixture, "/api/access-log").await.json();
    let actions: Vec<&str> = log["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["action"].as_str().expect("a name"))
        .collect();
    assert_eq!(actions, ["tokenMade", "signedIn", "linkMade"]);
    assert_eq!(log["entries"][0]["address"], "127.0.0.1");
    assert!(log["entries"][0]["credential"].as_str().expect("a text").starts_with("session:"));
}

#[tokio::test]
async fn guesses_are_throttled_and_right_secrets_are_not() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let guess = |number: u32| format!("{number:064}");
    let mut seen = BTreeMap::new();
    for number in 0..60 {
        let reply = match number % 3 {
            0 => {
                fixture
                    .get(
                        To::Console,
                        DEMO,
                        &[&format!("authorization: Bearer c2c_{}", guess(number))],
                    )
                    .await
            }
            1 => {
                let port = fixture.address(To::Console).port();
                fixture
                    .get(To::Console, DEMO, &[&format!("cookie: c2c-{port}={}", guess(number))])
                    .await
            }
            _ => sign_in(&fixture, &guess(number)).await,
        };
        if reply.status == 429 {
            let wait: u64 = reply.header("retry-after").parse().expect("seconds");
            assert!((1..=60).contains(&wait), "{wait}");
            assert_eq!(reply.problem().1, "too-many-requests");
        }
        *seen.entry(reply.status).or_insert(0) += 1;
    }
    let guesses: u32 = Limits::default().guesses_per_minute.into();
    let answered =
        seen.iter().filter(|(status, _)| **status != 429).map(|(_, count)| count).sum::<u32>();
    // A slow machine gives some back.
    assert!(answered >= guesses && answered < guesses + 10, "{seen:?}");
    // Those who have a right secret are not locked out by the guesses of others.
    assert_eq!(owner.get(&fixture, DEMO).await.status, 200);
    let ben = person(&fixture, &owner, "ben", "viewer", &Value::Null).await;
    assert_eq!(ben.get(&fixture, DEMO).await.status, 200);
}

#[tokio::test]
async fn one_caller_in_haste_has_to_wait_and_others_have_not() {
    let few = NonZeroU32::new(5).expect("not zero");
    let limits =
        Limits { caller_requests_per_second: few, caller_requests_burst: few, ..Limits::default() };
    let fixture = guarded_with(&limits).await;
    let owner = owner(&fixture).await;
    let (program, _) = token(&fixture, &owner, "viewer", &Value::Null).await;
    let mut refused = None;
    for _ in 0..40 {
        let reply = program.get(&fixture, DEMO).await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.expect("a refusal");
    assert_eq!(
        (refused.problem().1.as_str(), refused.header("retry-after")),
        ("too-many-requests", "1")
    );
    assert_eq!(owner.get(&fixture, DEMO).await.status, 200);
}

/// The document has the table that the tests above ask for.
#[test]
fn the_documented_table_is_current() {
    const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/access.md");
    let document = std::fs::read_to_string(DOCUMENT).expect("it is there");
    let (before, _) = document.split_once("-->\n").expect("the comment before the table");
    let current = format!("{before}-->\n\n{}", c2c_server::access_table());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(DOCUMENT, &current).expect("it can be written");
    }
    let committed = std::fs::read_to_string(DOCUMENT).expect("it is there");
    let hint = "run `UPDATE=1 cargo test -p c2c-server --test it access::` and commit the result";
    assert!(committed == current, "docs/access.md is stale: {hint}");
}

/// The time of an answer does not tell either: an app outside of the scope is not looked up.
#[tokio::test]
async fn another_apps_answer_takes_as_long_as_that_of_none() {
    // No limit: each pair is asked in haste.
    let many = NonZeroU32::MAX;
    let limits = Limits {
        caller_requests_per_second: many,
        caller_requests_burst: many,
        ..Limits::default()
    };
    let fixture = guarded_with(&limits).await;
    let owner = owner(&fixture).await;
    // A large one, in which something would take time.
    let tag = owner.get(&fixture, &format!("{DEMO}/draft")).await.header("etag").to_owned();
    let headers = [owner.0.clone(), format!("if-match: {tag}")];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let large = code(&"x".repeat(200_000), "");
    assert_eq!(
        fixture.write_with("PUT", &format!("{DEMO}/draft"), &headers, &large).await.status,
        200
    );
    let (stranger, _) = token(&fixture, &owner, "owner", &json!(["elsewhere"])).await;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..301 {
        for (app, times) in ["demo", "none"].into_iter().zip(&mut times) {
            let begin = std::time::Instant::now();
            let reply = stranger.get(&fixture, &format!("/api/apps/{app}/draft")).await;
            times.push(begin.elapsed().as_secs_f64());
            assert_eq!(reply.status, 404);
        }
    }
    let [there, not] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    let ratio = there / not;
    assert!((0.8..1.25).contains(&ratio), "median of one that is there / of none: {ratio:.3}");
}

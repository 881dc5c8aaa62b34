//! People with one name, and people with several: told apart by their ids.

use c2c_server::Limits;
use serde_json::{Value, json};

use crate::access::{Caller, cookie, guarded, owner, secret, sign_in};
use crate::client::{Fixture, To};
use crate::console::{DEMO, code};

/// Access to give to a person with an id.
fn wish(name: &str, subject: &Value) -> Value {
    json!({"name": name, "role": "publisher", "apps": null, "hours": 1, "subject": subject})
}

async fn person(fixture: &Fixture, by: &Caller, name: &str, subject: &Value) -> Caller {
    let made = by.write(fixture, "POST", "/api/links", &wish(name, subject)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let url = made.json()["url"].as_str().expect("an address").to_owned();
    let reply = sign_in(fixture, &secret(&url)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    cookie(&reply)
}

async fn program(fixture: &Fixture, by: &Caller, name: &str, subject: &Value) -> Caller {
    let made = by.write(fixture, "POST", "/api/tokens", &wish(name, subject)).await;
    assert_eq!(made.status, 201, "{made:?}");
    Caller(format!("authorization: Bearer {}", made.json()["secret"].as_str().expect("a token")))
}

async fn save(fixture: &Fixture, by: &Caller, head: &str) {
    let path = format!("{DEMO}/draft");
    let tag = by.get(fixture, &path).await.header("etag").to_owned();
    let headers = [by.0.as_str(), &format!("if-match: {tag}")];
    let saved = fixture.write_with("PUT", &path, &headers, &code(head, "")).await;
    assert_eq!(saved.status, 200, "{saved:?}");
}

/// The status with which one publishes the draft that is there.
async fn publish(fixture: &Fixture, by: &Caller) -> u16 {
    let draft = by.get(fixture, &format!("{DEMO}/draft")).await.json()["version"].clone();
    let live = by.get(fixture, DEMO).await.json()["live"].clone();
    let wish = json!({"draft": draft, "replaces": live, "to": "live"});
    let reply = by.write(fixture, "POST", &format!("{DEMO}/revisions"), &wish).await;
    if reply.status == 403 {
        assert_eq!(reply.problem().1, "needs-approval", "{reply:?}");
    }
    reply.status
}

async fn with_approval() -> (Fixture, Caller) {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let path = format!("{DEMO}/settings");
    let tag = owner.get(&fixture, &path).await.header("etag").to_owned();
    let settings = json!({"name": "Demo", "parentOrigins": [], "jar": "visit", "staging": false, "approval": true});
    let headers = [owner.0.as_str(), &format!("if-match: {tag}")];
    let reply = fixture.write_with("PUT", &path, &headers, &settings).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    (fixture, owner)
}

#[tokio::test]
async fn a_namesake_approves_and_the_same_person_by_another_name_does_not() {
    let (fixture, owner) = with_approval().await;
    let anna = person(&fixture, &owner, "Anna", &json!("1")).await;
    save(&fixture, &anna, "hers").await;
    let renamed = person(&fixture, &owner, "Anna Marie", &json!("1")).await;
    let her_program = program(&fixture, &owner, "build of Anna", &json!("1")).await;
    let unknown = person(&fixture, &owner, "Anna", &Value::Null).await;
    for same in [&anna, &renamed, &her_program, &unknown] {
        assert_eq!(publish(&fixture, same).await, 403, "{}", same.0);
    }
    let namesake = person(&fixture, &owner, "Anna", &json!("2")).await;
    assert_eq!(publish(&fixture, &namesake).await, 201);
    // The changes of a program are those of its person.
    save(&fixture, &her_program, "hers, too").await;
    assert_eq!(publish(&fixture, &renamed).await, 403);
    assert_eq!(publish(&fixture, &namesake).await, 201);
}

#[tokio::test]
async fn one_signs_out_everywhere_and_no_namesake_with_them() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let first = person(&fixture, &owner, "Ben", &json!("1")).await;
    let renamed = person(&fixture, &owner, "Benjamin", &json!("1")).await;
    let namesake = person(&fixture, &owner, "Ben", &json!("2")).await;
    let out = first.write(&fixture, "DELETE", "/api/session/everywhere", &json!({})).await;
    assert_eq!(out.status, 204);
    assert_eq!(renamed.get(&fixture, DEMO).await.status, 401);
    assert_eq!(namesake.get(&fixture, DEMO).await.status, 200);
    let out = namesake.write(&fixture, "DELETE", "/api/session/everywhere", &json!({})).await;
    assert_eq!(out.status, 204);
    assert_eq!(namesake.get(&fixture, DEMO).await.status, 401);
}

#[tokio::test]
async fn lists_and_the_log_have_the_id() {
    let fixture = guarded().await;
    let owner = owner(&fixture).await;
    let anna = person(&fixture, &owner, "Anna", &json!("auth0|1")).await;
    let expected = json!({"issuer": null, "id": "auth0|1"});
    let own = anna.get(&fixture, "/api/session").await.json();
    assert_eq!(own["subject"], expected, "{own}");
    let none = owner.get(&fixture, "/api/session").await.json();
    assert_eq!(none.get("subject"), None, "{none}");
    let sessions = owner.get(&fixture, "/api/sessions").await.json();
    assert_eq!(sessions["sessions"][0]["subject"], expected, "{sessions}");
    let log = owner.get(&fixture, "/api/access-log").await.json();
    for (at, action) in ["signedIn", "linkMade"].into_iter().enumerate() {
        let entry = &log["entries"][at];
        assert_eq!((&entry["action"], &entry["subject"]), (&json!(action), &expected), "{log}");
    }
    for wrong in [json!(""), json!("a\nb"), json!("x".repeat(256)), json!(7)] {
        for path in ["/api/links", "/api/tokens"] {
            let reply = owner.write(&fixture, "POST", path, &wish("Anna", &wrong)).await;
            assert_eq!(reply.problem().0, 400, "{wrong}");
        }
    }
}

#[tokio::test]
async fn at_an_issuer_a_person_is_the_same_under_another_name() {
    use crate::issuer::{Faults, Issuer};

    let issuer = Issuer::start().await;
    let fixture = Fixture::with(&Limits::default(), &crate::oidc::settings(&issuer.url, &[])).await;
    let mut people = Vec::new();
    for (id, email) in
        [("1", "ann@staff.example"), ("1", "anna@staff.example"), ("2", "ann@staff.example")]
    {
        issuer.set(Faults { claims: json!({"sub": id, "email": email}), ..Faults::default() });
        let reply = crate::oidc::sign_in(&fixture, &issuer).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        assert_eq!(reply.json()["subject"], json!({"issuer": issuer.url, "id": id}));
        let session = reply.header("set-cookie").lines().next().expect("a cookie").to_owned();
        people.push(Caller(format!("cookie: {}", session.split(';').next().expect("a pair"))));
    }
    let out = people[0].write(&fixture, "DELETE", "/api/session/everywhere", &json!({})).await;
    assert_eq!(out.status, 204);
    let mut statuses = Vec::new();
    for person in &people {
        statuses.push(fixture.get(To::Console, DEMO, &[&person.0]).await.status);
    }
    assert_eq!(statuses, [401, 401, 200]);
}

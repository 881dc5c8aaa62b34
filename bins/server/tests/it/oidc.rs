//! Sign-in with an OpenID Connect provider: with a real one, and with one that misbehaves.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use c2c_server::Limits;
use serde_json::{Value, json};

use crate::access::{cookie, guarded, owner};
use crate::client::{Client, Fixture, PATIENCE, Reply, To};
use crate::glewlwyd::Glewlwyd;
use crate::issuer::{CLIENT, Faults, Issuer, SECRET, Signs, parameters};
use crate::openapi::assert_described;
use crate::program::{self, Process};

const BEGIN: &str = "/api/session/oidc/begin";
const FINISH: &str = "/api/session/oidc";
const METADATA: &str = "/.well-known/openid-configuration";

/// The answers that need an issuer.
pub(crate) const DESCRIBED: [(&str, u16); 4] =
    [(BEGIN, 200), (BEGIN, 502), (FINISH, 201), (FINISH, 502)];

pub(crate) fn settings<'a>(issuer: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "--access",
        "sign-in",
        "--oidc-issuer",
        issuer,
        "--oidc-client-id",
        CLIENT,
        "--oidc-client-secret",
        SECRET,
        "--oidc-role",
        "c2c-viewers=viewer,c2c-editors=editor,c2c-owners=owner",
    ];
    [&fixed, more].concat()
}

async fn server(issuer: &Issuer) -> Fixture {
    Fixture::with(&Limits::default(), &settings(&issuer.url, &[])).await
}

/// Limits for a test that tries until it succeeds.
fn often() -> Limits {
    let sign_ons_per_minute = std::num::NonZeroU32::new(100_000).expect("not zero");
    Limits { sign_ons_per_minute, ..Limits::default() }
}

/// A browser on its way to the issuer.
struct Attempt {
    /// The address at the issuer.
    url: String,
    cookie: String,
}

async fn begin(fixture: &Client) -> Attempt {
    let reply = fixture.write("POST", BEGIN, &json!({})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let url = reply.json()["url"].as_str().expect("an address").to_owned();
    Attempt { url, cookie: cookie(&reply).0 }
}

impl Attempt {
    fn state(&self) -> String {
        parameters(&self.url)["state"].clone()
    }

    /// Comes back with a code.
    async fn finish(&self, fixture: &Client, code: &str) -> Reply {
        finish(fixture, &[&self.cookie], &json!({"code": code, "state": self.state()})).await
    }
}

async fn finish(fixture: &Client, cookies: &[&str], body: &Value) -> Reply {
    fixture.write_with("POST", FINISH, cookies, body).await
}

/// Signs in with an issuer as it is now.
pub(crate) async fn sign_in(fixture: &Fixture, issuer: &Issuer) -> Reply {
    try_to_sign_in(fixture, issuer).await.1
}

/// The same, with the cookie of the attempt.
pub(crate) async fn try_to_sign_in(fixture: &Fixture, issuer: &Issuer) -> (String, Reply) {
    let attempt = begin(fixture).await;
    let reply = attempt.finish(fixture, &issuer.authorize(&attempt.url)).await;
    (attempt.cookie, reply)
}

/// A response without a session: at most the cookie of the attempt ends.
#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.problem(), (status, code.to_owned()), "{reply:?}");
    let ended = reply.headers.get("set-cookie");
    assert!(
        ended.is_none_or(|ended| ended.starts_with("c2c-oidc-") && ended.contains("=; Max-Age=0"))
    );
    for planted in ["planted", "eyJ"] {
        assert!(!reply.text().contains(planted), "{reply:?}");
    }
}

async fn sessions(fixture: &Fixture) -> Vec<Value> {
    let owner = owner(fixture).await;
    let sessions = owner.get(fixture, "/api/sessions").await.json();
    let sessions = sessions["sessions"].as_array().expect("a list").clone();
    sessions.into_iter().filter(|session| session["name"] != "first owner").collect()
}

#[tokio::test]
async fn a_member_of_a_group_has_its_role_at_a_real_provider() {
    let glewlwyd = Glewlwyd::start().await;
    let fixture = Fixture::with(&Limits::default(), &settings(&glewlwyd.issuer(), &[])).await;
    glewlwyd.admit(&fixture.origin(To::Console));
    glewlwyd.add("ann", &["c2c-editors", "c2c-viewers", "lunch"]);

    let attempt = begin(&fixture).await;
    let code = glewlwyd.authorize("ann", &attempt.url);
    let reply = attempt.finish(&fixture, &code).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let own = reply.json();
    assert_eq!((&own["name"], &own["role"]), (&json!("ann@staff.example"), &json!("editor")));
    assert_eq!(own["apps"], Value::Null);
    let ann = cookie(&reply);
    assert_eq!(ann.get(&fixture, "/api/apps/demo").await.status, 200);
    let denied = ann.get(&fixture, "/api/sessions").await;
    assert_eq!(denied.problem(), (403, "not-permitted".to_owned()));

    let owner = owner(&fixture).await;
    let log = owner.get(&fixture, "/api/access-log").await.json();
    let entries = log["entries"].as_array().expect("entries");
    let hers =
        entries.iter().find(|entry| entry["actor"] == "ann@staff.example").expect("an entry");
    assert_eq!((&hers["action"], &hers["address"]), (&json!("signedIn"), &json!("127.0.0.1")));
    assert_eq!(hers["link"], Value::Null, "{hers}");
}

#[tokio::test]
async fn one_without_a_group_is_refused_by_a_real_provider() {
    let glewlwyd = Glewlwyd::start().await;
    let fixture = Fixture::with(&Limits::default(), &settings(&glewlwyd.issuer(), &[])).await;
    glewlwyd.admit(&fixture.origin(To::Console));
    glewlwyd.add("ben", &["lunch"]);
    glewlwyd.add("eve", &[]);
    for name in ["ben", "eve"] {
        let attempt = begin(&fixture).await;
        let code = glewlwyd.authorize(name, &attempt.url);
        let reply = attempt.finish(&fixture, &code).await;
        assert_refused(&reply, 403, "no-role");
        assert!(reply.text().contains(&format!("{name}@staff.example")), "{reply:?}");
    }
    assert_eq!(sessions(&fixture).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_real_provider_takes_a_code_once_and_from_the_browser_that_began() {
    let glewlwyd = Glewlwyd::start().await;
    let fixture = Fixture::with(&Limits::default(), &settings(&glewlwyd.issuer(), &[])).await;
    glewlwyd.admit(&fixture.origin(To::Console));
    glewlwyd.add("ann", &["c2c-owners"]);

    let attempt = begin(&fixture).await;
    let code = glewlwyd.authorize("ann", &attempt.url);
    assert_eq!(attempt.finish(&fixture, &code).await.status, 201);
    assert_refused(&attempt.finish(&fixture, &code).await, 403, "sign-in-refused");

    // A stolen code, with an attempt of the thief's own: PKCE.
    let (attempt, thief) = (begin(&fixture).await, begin(&fixture).await);
    let code = glewlwyd.authorize("ann", &attempt.url);
    assert_refused(&thief.finish(&fixture, &code).await, 403, "sign-in-refused");
    assert_refused(&thief.finish(&fixture, "invented").await, 403, "sign-in-refused");
    assert_eq!(sessions(&fixture).await.len(), 1);
}

#[tokio::test]
async fn a_wrong_client_secret_is_the_fault_of_the_settings() {
    let glewlwyd = Glewlwyd::start().await;
    let issuer = glewlwyd.issuer();
    let mut settings = settings(&issuer, &[]);
    let at = settings.iter().position(|&word| word == SECRET).expect("it is there");
    settings[at] = "another";
    let fixture = Fixture::with(&Limits::default(), &settings).await;
    glewlwyd.admit(&fixture.origin(To::Console));
    glewlwyd.add("ann", &["c2c-owners"]);
    let attempt = begin(&fixture).await;
    let code = glewlwyd.authorize("ann", &attempt.url);
    assert_refused(&attempt.finish(&fixture, &code).await, 502, "issuer-not-valid");
}

#[tokio::test]
async fn a_sign_in_ends_the_session_that_was_there() {
    let issuer = Issuer::start().await;
    let fixture = server(&issuer).await;
    let before = owner(&fixture).await;
    let attempt = begin(&fixture).await;
    let code = issuer.authorize(&attempt.url);
    let pair = before.0.strip_prefix("cookie: ").expect("a cookie");
    let both = format!("{}; {pair}", attempt.cookie);
    let body = json!({"code": code, "state": attempt.state()});
    let reply = finish(&fixture, &[&both], &body).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let ended = before.get(&fixture, "/api/session").await;
    assert_eq!(ended.problem(), (401, "session-ended".to_owned()));
    let cookies: Vec<&str> = reply.header("set-cookie").lines().collect();
    let [session, attempt] = cookies[..] else { panic!("{cookies:?}") };
    assert!(session.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{session}");
    assert!(attempt.starts_with("c2c-oidc-") && attempt.contains("=; Max-Age=0;"), "{attempt}");
    assert_ne!(cookie(&reply).0, before.0);
}

#[tokio::test]
async fn only_the_browser_that_began_can_finish() {
    let issuer = Issuer::start().await;
    let fixture = server(&issuer).await;
    issuer.set(Faults { is_lax: true, ..Faults::default() });
    let (attempt, other) = (begin(&fixture).await, begin(&fixture).await);
    let code = issuer.authorize(&attempt.url);
    let (state, of_other) = (attempt.state(), other.state());
    assert_ne!(state, of_other);
    let twice = format!("{}; {}", attempt.cookie, other.cookie.replace("cookie: ", ""));
    for (cookies, state) in [
        (vec![], &*state), // none: login CSRF with the attacker's code and state
        (vec![&*other.cookie], &state), // the state of another browser
        (vec![&*attempt.cookie], &of_other),
        (vec![&*attempt.cookie], ""),
        (vec![&*attempt.cookie], &state.to_uppercase()),
        (vec![&*twice], &state), // a cookie was tossed in
    ] {
        let reply = finish(&fixture, &cookies, &json!({"code": code, "state": state})).await;
        assert_refused(&reply, 403, "sign-in-not-begun");
    }
    assert_eq!(issuer.requests("/token"), Vec::<String>::new());
    // Another site cannot send it at all.
    let body = json!({"code": code, "state": state}).to_string();
    let headers =
        [&*attempt.cookie, "origin: https://evil.example", "content-type: application/json"];
    let reply = fixture.send(To::Console, "POST", FINISH, &headers, &body).await;
    assert_refused(&reply, 403, "not-from-the-console");
    assert_eq!(attempt.finish(&fixture, &code).await.status, 201);
}

#[tokio::test]
async fn the_way_back_is_never_taken_from_a_request() {
    let issuer = Issuer::start().await;
    let fixture = server(&issuer).await;
    let evil = ["x-forwarded-host: evil.example", "referer: https://evil.example/"];
    let path = format!("{BEGIN}?redirect_uri=https://evil.example&next=//evil.example");
    let reply = fixture.write_with("POST", &path, &evil, &json!({})).await;
    let asked = parameters(reply.json()["url"].as_str().expect("an address"));
    let back = format!("{}/sign-in/oidc/return", fixture.origin(To::Console));
    assert_eq!(asked["redirect_uri"], back);
    assert_eq!(asked["scope"], "openid profile email");
    // The verifier is in the cookie only.
    let secret = cookie(&reply).0.rsplit_once('=').expect("a value").1.to_owned();
    assert!(!reply.text().contains(&secret));
    let page = fixture.get(To::Console, "/sign-in/oidc/return?code=c&state=s", &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!page.headers.contains_key("set-cookie") && !page.text().contains("code=c"));
}

/// A server with an issuer that misbehaves in different ways.
struct Attack {
    issuer: Issuer,
    fixture: Fixture,
}

impl Attack {
    async fn start() -> Self {
        let issuer = Issuer::start().await;
        let fixture = server(&issuer).await;
        Self { issuer, fixture }
    }

    /// Tries to sign in.
    async fn check(&self, faults: Faults, status: u16, code: &str) {
        self.issuer.set(faults);
        assert_refused(&sign_in(&self.fixture, &self.issuer).await, status, code);
    }

    /// No session has begun, and the issuer's own token still begins one.
    async fn end(self) {
        assert_eq!(sessions(&self.fixture).await, Vec::<Value>::new());
        self.issuer.set(Faults::default());
        assert_eq!(sign_in(&self.fixture, &self.issuer).await.status, 201);
    }
}

#[tokio::test]
async fn tokens_that_are_not_for_this_sign_in_are_refused() {
    let attack = Attack::start().await;
    for claims in [
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"iss": "https://other.example"}),
        json!({"iss": null}),
        json!({"aud": "another"}),
        json!({"aud": ["another"]}),
        json!({"aud": [CLIENT, "another"]}),
        json!({"aud": null}),
        json!({"exp": 1_700_000_000}),
        json!({"exp": null}),
        json!({"sub": null}),
    ] {
        attack.check(Faults { claims, ..Faults::default() }, 502, "issuer-not-valid").await;
    }
    attack.end().await;
}

#[tokio::test]
async fn tokens_that_the_issuer_did_not_sign_are_refused() {
    let attack = Attack::start().await;
    let none = json!({"alg": "none", "kid": null});
    let secret = json!({"alg": "HS256", "kid": null});
    for (head, signs_with) in [
        (none.clone(), Signs::Not),
        (none, Signs::WithItsKey),
        (json!({}), Signs::Not),
        (json!({}), Signs::WithAnotherKey),
        (json!({"kid": "other"}), Signs::WithAnotherKey),
        (json!({"kid": null}), Signs::WithAnotherKey),
        (json!({"alg": "RS256"}), Signs::WithItsKey),
        (secret, Signs::WithTheClientSecret),
    ] {
        let faults = Faults { head, signs_with, ..Faults::default() };
        attack.check(faults, 502, "issuer-not-valid").await;
    }
    attack.end().await;
}

#[tokio::test]
async fn groups_decide() {
    let attack = Attack::start().await;
    let no_groups = json!({"groups": null});
    for claims in
        [json!({"groups": []}), json!({"groups": ["C2C-editors", "other"]}), no_groups.clone()]
    {
        attack.check(Faults { claims, ..Faults::default() }, 403, "no-role").await;
    }
    for groups in
        [json!("c2c-editors"), json!({"c2c-editors": true}), json!(["c2c-editors", 1]), json!(1)]
    {
        let faults = Faults { claims: json!({"groups": groups}), ..Faults::default() };
        attack.check(faults, 502, "issuer-not-valid").await;
        let faults = Faults {
            claims: no_groups.clone(),
            userinfo: json!({"groups": groups}),
            ..Faults::default()
        };
        attack.check(faults, 502, "issuer-not-valid").await;
    }
    // Of another person.
    let userinfo = json!({"sub": "2", "groups": ["c2c-owners"]});
    let faults = Faults { claims: no_groups.clone(), userinfo, ..Faults::default() };
    attack.check(faults, 502, "issuer-not-valid").await;

    let Attack { issuer, fixture } = &attack;
    let userinfo = json!({"groups": ["c2c-owners", "c2c-viewers"]});
    issuer.set(Faults { claims: no_groups, userinfo, ..Faults::default() });
    let reply = sign_in(fixture, issuer).await;
    assert_eq!((reply.status, &reply.json()["role"]), (201, &json!("owner")), "{reply:?}");
    let asked = issuer.requests("/userinfo");
    let last = asked.last().expect("a request").to_lowercase();
    assert!(last.contains("authorization: bearer planted-access-token"), "{asked:?}");
}

#[tokio::test]
async fn the_name_is_one_that_the_issuer_vouches_for() {
    let issuer = Issuer::start().await;
    let fixture = server(&issuer).await;
    let name = async |claims: Value| {
        issuer.set(Faults { claims, ..Faults::default() });
        let reply = sign_in(&fixture, &issuer).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["name"].as_str().expect("a name").to_owned()
    };
    assert_eq!(name(json!({})).await, "ann@staff.example");
    let unverified = json!({"email_verified": false, "preferred_username": "ann"});
    assert_eq!(name(unverified).await, "ann");
    assert_eq!(name(json!({"email_verified": null})).await, "1");
    assert_eq!(name(json!({"email": "a\nb", "preferred_username": "ann"})).await, "ann");
}

#[tokio::test]
async fn metadata_of_another_issuer_are_refused() {
    for metadata in [
        json!({"issuer": "https://other.example"}),
        json!({"issuer": null}),
        json!({"authorization_endpoint": "http://other.example/authorize"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"jwks_uri": "http://other.example/keys"}),
    ] {
        let issuer = Issuer::start().await;
        let fixture = server(&issuer).await;
        issuer.set(Faults { metadata: metadata.clone(), ..Faults::default() });
        let reply = fixture.write("POST", BEGIN, &json!({})).await;
        assert_refused(&reply, 502, "issuer-not-valid");
    }
    for path in ["token_endpoint", "userinfo_endpoint"] {
        let metadata = json!({path: "http://other.example/"});
        let claims = json!({"groups": null});
        let attack = Attack::start().await;
        let faults = Faults { metadata, claims, ..Faults::default() };
        attack.check(faults, 502, "issuer-not-valid").await;
    }
}

#[tokio::test]
async fn an_issuer_that_names_itself_is_believed_only_if_it_is_the_one() {
    let issuer = Issuer::start().await;
    let fixture = server(&issuer).await;
    let named = json!({"authorization_response_iss_parameter_supported": true});
    let come_back = async |iss: Value| {
        let attempt = begin(&fixture).await;
        let code = issuer.authorize(&attempt.url);
        let mut body = json!({"code": code, "state": attempt.state()});
        if iss != Value::Null {
            body["iss"] = iss;
        }
        finish(&fixture, &[&attempt.cookie], &body).await
    };
    assert_refused(&come_back(json!("https://other.example")).await, 502, "issuer-not-valid");
    assert_eq!(come_back(Value::Null).await.status, 201);
    assert_eq!(come_back(json!(issuer.url)).await.status, 201);
    let issuer = Issuer::start().await;
    issuer.set(Faults { metadata: named, ..Faults::default() });
    let fixture = server(&issuer).await;
    let attempt = begin(&fixture).await;
    let reply = attempt.finish(&fixture, &issuer.authorize(&attempt.url)).await;
    assert_refused(&reply, 502, "issuer-not-valid");
}

#[tokio::test]
async fn an_issuer_has_little_time_and_room() {
    // Only for one that is slow: on a busy machine, an answer may take as long.
    let hasty = Limits { issuer_timeout: Duration::from_millis(400), ..Limits::default() };
    for path in [METADATA, "/keys", "/token", "/userinfo"] {
        let claims = json!({"groups": null});
        let slow = Faults {
            slow: Some((path, Duration::from_secs(30))),
            claims: claims.clone(),
            ..Faults::default()
        };
        let huge =
            Faults { huge: Some((path, 600 * 1024)), claims: claims.clone(), ..Faults::default() };
        let broken = Faults { status: Some((path, 500)), claims, ..Faults::default() };
        for (faults, limits, expected) in [
            (slow, hasty, vec![503]),
            (huge, Limits::default(), vec![502]),
            (broken, Limits::default(), vec![502, 503]),
        ] {
            let issuer = Issuer::start().await;
            let fixture = Fixture::with(&limits, &settings(&issuer.url, &[])).await;
            issuer.set(faults);
            let began = Instant::now();
            let mut reply = fixture.write("POST", BEGIN, &json!({})).await;
            if reply.status == 200 {
                let url = reply.json()["url"].as_str().expect("an address").to_owned();
                let attempt = Attempt { url, cookie: cookie(&reply).0 };
                reply = attempt.finish(&fixture, &issuer.authorize(&attempt.url)).await;
            }
            assert!(expected.contains(&reply.status), "{path}: {reply:?}");
            assert!(began.elapsed() < Duration::from_secs(5), "{path}");
            // The rest of the server goes on.
            assert_eq!(owner(&fixture).await.get(&fixture, "/api/apps").await.status, 200);
        }
    }
}

#[tokio::test]
async fn the_server_starts_without_its_issuer_and_finds_it_later() {
    let url = format!("http://127.0.0.1:{}", c2c_ports::free().expect("a port"));
    let fixture = Fixture::with(&Limits::default(), &settings(&url, &[])).await;
    let reply = fixture.write("POST", BEGIN, &json!({})).await;
    assert_refused(&reply, 503, "issuer-unavailable");
    assert_eq!(reply.header("retry-after"), "5");

    let issuer = Issuer::start().await;
    issuer.set(Faults { status: Some((METADATA, 503)), ..Faults::default() });
    let fixture = Fixture::with(&often(), &settings(&issuer.url, &[])).await;
    for _ in 0..3 {
        let reply = fixture.write("POST", BEGIN, &json!({})).await;
        assert_refused(&reply, 503, "issuer-unavailable");
    }
    assert_eq!(issuer.requests(METADATA).len(), 1, "a failure is kept for a moment");
    issuer.set(Faults::default());
    let is_back = crate::client::eventually(PATIENCE, async || {
        fixture.write("POST", BEGIN, &json!({})).await.status == 200
    });
    assert!(is_back.await);
    assert_eq!(sign_in(&fixture, &issuer).await.status, 201);
    assert_eq!(issuer.requests(METADATA).len(), 2, "metadata are kept");
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_found() {
    let issuer = Issuer::start().await;
    let fixture = Fixture::with(&often(), &settings(&issuer.url, &[])).await;
    assert_eq!(sign_in(&fixture, &issuer).await.status, 201);
    issuer.rotate("k2");
    // Keys are asked for again once they are a few seconds old, and not before.
    let is_found = crate::client::eventually(PATIENCE, async || {
        sign_in(&fixture, &issuer).await.status == 201
    });
    assert!(is_found.await);
    assert_eq!(issuer.requests("/keys").len(), 2);
    issuer.set(Faults { head: json!({"kid": "k1"}), ..Faults::default() });
    assert_refused(&sign_in(&fixture, &issuer).await, 502, "issuer-not-valid");
}

#[tokio::test]
async fn without_an_issuer_there_is_no_such_way_in() {
    let fixture = guarded().await;
    for (path, body) in [(BEGIN, json!({})), (FINISH, json!({"code": "c", "state": "s"}))] {
        let reply = fixture.write("POST", path, &body).await;
        assert_refused(&reply, 404, "no-single-sign-on");
    }
    for path in ["/sign-in/oidc", "/sign-in/oidc/return"] {
        assert_eq!(fixture.get(To::Console, path, &[]).await.status, 404);
    }
    let page = fixture.get(To::Console, "/", &[]).await;
    assert!(page.text().contains("&quot;issuer&quot;:null"));
}

#[tokio::test]
async fn the_pages_name_the_issuers_host() {
    let issuer = Issuer::start().await;
    let fixture = server(&issuer).await;
    for path in ["/", "/sign-in", "/sign-in/oidc", "/sign-in/oidc/return"] {
        let page = fixture.get(To::Console, path, &[]).await;
        assert!(page.text().contains("&quot;issuer&quot;:&quot;127.0.0.1&quot;"), "{path}");
    }
    assert_eq!(issuer.requests("/").len(), 0, "pages ask nothing");
}

#[tokio::test]
async fn answers_with_an_issuer_are_as_described() {
    let Attack { issuer, fixture } = Attack::start().await;
    let openapi = fixture.get(To::Console, "/api/openapi.json", &[]).await.json();
    let check = |path: &str, reply: &Reply| {
        assert!(DESCRIBED.contains(&(path, reply.status)), "{reply:?}");
        let response = &openapi["paths"][path]["post"]["responses"][reply.status.to_string()];
        assert_described(&openapi, response, reply, path);
        reply.status
    };
    let mut seen = vec![
        check(BEGIN, &fixture.write("POST", BEGIN, &json!({})).await),
        check(FINISH, &sign_in(&fixture, &issuer).await),
    ];
    issuer.set(Faults { signs_with: Signs::Not, ..Faults::default() });
    seen.push(check(FINISH, &sign_in(&fixture, &issuer).await));
    let Attack { issuer, fixture } = Attack::start().await;
    issuer.set(Faults { metadata: json!({"issuer": null}), ..Faults::default() });
    seen.push(check(BEGIN, &fixture.write("POST", BEGIN, &json!({})).await));
    assert_eq!(seen, [200, 201, 502, 502]);
}

#[tokio::test]
async fn one_client_begins_only_so_often() {
    let issuer = Issuer::start().await;
    let sign_ons_per_minute = std::num::NonZeroU32::new(3).expect("not zero");
    let limits = Limits { sign_ons_per_minute, ..Limits::default() };
    let fixture = Fixture::with(&limits, &settings(&issuer.url, &[])).await;
    for _ in 0..3 {
        begin(&fixture).await;
    }
    for (path, body) in [(BEGIN, json!({})), (FINISH, json!({"code": "c", "state": "s"}))] {
        let reply = fixture.write("POST", path, &body).await;
        assert_eq!(reply.problem(), (429, "too-many-requests".to_owned()));
    }
}

#[tokio::test]
async fn nothing_secret_is_in_the_log() {
    let issuer = Issuer::start().await;
    let folder = tempfile::TempDir::new().expect("a directory");
    let log = folder.path().join("log");
    let settings = ["--oidc-issuer", &issuer.url, "--oidc-client-id", CLIENT];
    let command = |data: &Path| {
        let mut command = program::command(data);
        command.args(settings).args(["--oidc-role", "c2c-editors=editor"]);
        command.env("C2C_OIDC_CLIENT_SECRET", SECRET).env("C2C_ACCESS", "sign-in");
        command.env("C2C_LOG", "trace");
        command
    };
    let server = Process::start_with_log(command, File::create(&log).expect("a file"));
    let mut secrets = vec![SECRET.to_owned(), "planted".to_owned(), "eyJ".to_owned()];
    for faults in [
        Faults::default(),
        Faults { signs_with: Signs::WithAnotherKey, ..Faults::default() },
        Faults { claims: json!({"nonce": "planted-nonce"}), ..Faults::default() },
        Faults { claims: json!({"groups": "planted-group"}), ..Faults::default() },
        Faults { status: Some(("/token", 500)), ..Faults::default() },
    ] {
        issuer.set(faults);
        let attempt = begin(&server).await;
        let code = issuer.authorize(&attempt.url);
        let reply = attempt.finish(&server, &code).await;
        secrets.extend([code, attempt.cookie.rsplit_once('=').expect("a value").1.to_owned()]);
        if reply.status == 201 {
            secrets.push(cookie(&reply).0.rsplit_once('=').expect("a value").1.to_owned());
        }
    }
    assert!(server.stop());
    let log = std::fs::read_to_string(&log).expect("UTF-8");
    assert!(log.contains("not signed in by the OpenID Connect provider"), "{log}");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in {log}");
    }
}

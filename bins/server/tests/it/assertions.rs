//! Sign-in by assertions: texts that the operator's product signs for its users.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use c2c_cluster::Cluster;
use c2c_server::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::access::{Caller, cookie, guarded, owner};
use crate::client::{Client, Fixture, PATIENCE, Reply, To, eventually};
use crate::console::DEMO;
use crate::issuer::{Faults, Issuer, Signs, changed, new_key, now, public};
use crate::openapi::assert_described;
use crate::program::{self, Process};

const PATH: &str = "/api/session/assertion";
const PRODUCT: &str = "https://product.example";

/// The answers that need an issuer.
pub(crate) const DESCRIBED: [(&str, u16); 2] = [(PATH, 201), (PATH, 502)];

fn settings<'a>(keys: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["--access", "sign-in", "--assertion-issuer", PRODUCT, "--assertion-jwks", keys];
    [&fixed, more].concat()
}

/// Limits for a test that tries until it succeeds.
fn often() -> Limits {
    let sign_ons_per_minute = std::num::NonZeroU32::new(100_000).expect("not zero");
    Limits { sign_ons_per_minute, ..Limits::default() }
}

/// A product, and a server that trusts it.
struct Product {
    issuer: Issuer,
    fixture: Fixture,
}

impl Product {
    async fn start(more: &[&str]) -> Self {
        let issuer = Issuer::start().await;
        let keys = format!("{}/keys", issuer.url);
        let fixture = Fixture::with(&often(), &settings(&keys, more)).await;
        Self { issuer, fixture }
    }

    /// An assertion with other claims than a good one; null for none.
    fn assertion(&self, change: &Value) -> String {
        let claims = changed(good(&self.fixture.origin(To::Console)), change);
        self.issuer.signed(&Value::Null, &claims, Signs::WithItsKey)
    }

    async fn sign_in(&self, change: &Value) -> Reply {
        exchange(&self.fixture, &self.assertion(change)).await
    }
}

/// Claims that are as they should be.
fn good(audience: &str) -> Value {
    json!({
        "iss": PRODUCT, "aud": audience, "sub": "user-4711", "name": "Anna", "role": "editor",
        "apps": ["demo"], "iat": now(), "exp": now() + 60, "jti": Uuid::new_v4().to_string(),
    })
}

async fn exchange(client: &Client, assertion: &str) -> Reply {
    client.write("POST", PATH, &json!({"assertion": assertion})).await
}

/// A response without a session, whose text says why, and has nothing of the assertion that is secret.
#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str, why: &str) {
    assert_eq!(reply.problem(), (status, code.to_owned()), "{reply:?}");
    assert!(!reply.headers.contains_key("set-cookie"), "{reply:?}");
    let detail = reply.json()["detail"].as_str().expect("a text").to_owned();
    assert!(detail.contains(why), "{why:?} in {detail:?}");
    assert!(!detail.contains("eyJ") && !detail.contains("planted"), "{detail:?}");
}

#[tokio::test]
async fn a_user_of_the_product_has_the_access_that_it_asserts() {
    let product = Product::start(&[]).await;
    let Product { fixture, .. } = &product;
    let reply = product.sign_in(&Value::Null).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let own = reply.json();
    assert_eq!((&own["name"], &own["role"]), (&json!("Anna"), &json!("editor")));
    assert_eq!((&own["apps"], &own["subject"]["id"]), (&json!(["demo"]), &json!("user-4711")));
    let set = reply.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(attribute), "{set}");
    }
    let anna = cookie(&reply);
    assert_eq!(anna.get(fixture, DEMO).await.status, 200);
    let hidden = anna.get(fixture, "/api/apps/elsewhere").await;
    assert_eq!(hidden.problem(), (404, "no-such-app".to_owned()));
    let denied = anna.get(fixture, "/api/sessions").await;
    assert_eq!(denied.problem(), (403, "not-permitted".to_owned()));

    let log = owner(fixture).await.get(fixture, "/api/access-log").await.json();
    let entries = log["entries"].as_array().expect("entries");
    let hers = entries.iter().find(|entry| entry["actor"] == "Anna").expect("an entry");
    assert_eq!((&hers["action"], &hers["address"]), (&json!("signedIn"), &json!("127.0.0.1")));
    assert_eq!(hers["subject"], json!({"issuer": PRODUCT, "id": "user-4711"}), "{hers}");
    assert_eq!((&hers["link"], &hers["role"]), (&Value::Null, &json!("editor")));
}

#[tokio::test]
async fn all_apps_are_a_star() {
    let product = Product::start(&[]).await;
    let reply = product.sign_in(&json!({"apps": "*", "role": "publisher"})).await;
    assert_eq!((reply.status, &reply.json()["apps"]), (201, &Value::Null), "{reply:?}");
    for (apps, why) in [
        (Value::Null, "missing"),
        (json!([]), "1 to 100"),
        (json!(["*"]), "is not an app id"),
        (json!("demo"), "it is \"demo\""),
        (json!(true), "it is true"),
    ] {
        let reply = product.sign_in(&json!({"apps": apps})).await;
        assert_refused(&reply, 403, "assertion-refused", "the claim apps: ");
        assert_refused(&reply, 403, "assertion-refused", why);
    }
}

#[tokio::test]
async fn one_product_signs_for_one_audience_and_for_a_minute() {
    let product = Product::start(&[]).await;
    let (at, console) = (now(), product.fixture.origin(To::Console));
    for fine in [
        json!({"iat": at - 30, "exp": at + 30}),
        json!({"iat": at + 3, "exp": at + 63}),
        json!({"aud": [console]}),
        json!({"nbf": at}),
        json!({"other": {"claims": "are ignored"}}),
    ] {
        assert_eq!(product.sign_in(&fine).await.status, 201, "{fine}");
    }
    for (change, why) in [
        (
            json!({"iss": "https://evil.example"}),
            "claim iss: it is \"https://evil.example\", and has to be \"https://product.example\"",
        ),
        (json!({"iss": format!("{PRODUCT}/")}), "claim iss: "),
        (json!({"iss": [PRODUCT]}), "claim iss: it is no text"),
        (json!({"iss": null}), "claim iss: it is missing"),
        (
            json!({"aud": "https://other.example"}),
            "claim aud: it is \"https://other.example\", and has to be",
        ),
        (json!({"aud": format!("{console}/")}), "claim aud: "),
        (json!({"aud": [console, "https://other.example"]}), "claim aud: "),
        (json!({"aud": []}), "claim aud: "),
        (json!({"aud": null}), "claim aud: it is missing"),
        (json!({"iat": at - 90, "exp": at - 30}), "is over; the time here is"),
        (
            json!({"iat": at, "exp": at + 61}),
            "claim exp: it is 61 s after iat; at most 60 s are allowed",
        ),
        (json!({"iat": at - 4000, "exp": at + 30}), "claim exp: it is 4030 s after iat"),
        (json!({"iat": at + 60, "exp": at + 120}), "claim iat: "),
        (json!({"iat": at + 60, "exp": at + 120}), "is in the future; the time here is"),
        (json!({"nbf": at + 30}), "claim nbf: "),
        (json!({"iat": null}), "claim iat: it is missing"),
        (json!({"exp": null}), "claim exp: it is missing"),
        (json!({"exp": 1_795_000_000.5}), "has to be whole seconds since 1970"),
        (json!({"exp": "tomorrow"}), "claim exp: it is \"tomorrow\""),
        (json!({"iat": i64::MIN, "exp": i64::MAX}), "claim exp: "),
        (json!({"jti": null}), "claim jti: it is missing"),
        (json!({"jti": ""}), "claim jti: it is empty"),
        (json!({"jti": "x".repeat(256)}), "claim jti: it has more than 255"),
        (json!({"sub": null}), "claim sub: it is missing"),
        (json!({"sub": 4711}), "claim sub: it is no text"),
        (json!({"name": null}), "claim name: it is missing"),
        (json!({"name": "a\nplanted"}), "claim name: it has a control character"),
        (json!({"role": null}), "claim role: it is missing"),
        (json!({"role": "admin"}), "claim role: \"admin\" must be viewer, editor"),
    ] {
        let reply = product.sign_in(&change).await;
        assert_refused(&reply, 403, "assertion-refused", why);
    }
}

#[tokio::test]
async fn only_the_products_key_signs() {
    let product = Product::start(&[]).await;
    let Product { issuer, fixture } = &product;
    let claims = || good(&fixture.origin(To::Console));
    let none = || issuer.signed(&json!({"alg": "none"}), &claims(), Signs::Not);
    let hmac = |alg: &str, signs| issuer.signed(&json!({"alg": alg}), &claims(), signs);
    let head = |head: Value| issuer.signed(&head, &claims(), Signs::WithItsKey);
    let fine = product.assertion(&Value::Null);
    let [first, second, third] = fine.split('.').collect::<Vec<_>>()[..] else { panic!("{fine}") };
    for (assertion, why) in [
        (none(), "its algorithm is \"none\"; it has to be one of ES256"),
        (hmac("None", Signs::Not), "its algorithm is \"None\""),
        (hmac("HS256", Signs::WithThePublicKey), "its algorithm is \"HS256\"; it has to be one of"),
        (hmac("ES256", Signs::WithThePublicKey), "has not signed it"),
        (
            issuer.signed(&Value::Null, &claims(), Signs::WithAnotherKey),
            "the key \"k1\" of its issuer has not signed it",
        ),
        (issuer.signed(&Value::Null, &claims(), Signs::Not), "has not signed it"),
        (head(json!({"alg": "RS256"})), "the key \"k1\" of its issuer is for another algorithm"),
        (head(json!({"alg": "ES384"})), "is for another algorithm"),
        (head(json!({"kid": null})), "its head has no \"kid\""),
        (head(json!({"kid": 7})), "its head is not JSON"),
        (head(json!({"kid": "k9"})), "its issuer has no key \"k9\" for signatures"),
        (head(json!({"crit": ["exp"]})), "not in the form of the standard"),
        (String::new(), "it has 1 parts"),
        (format!("{first}.{second}"), "it has 2 parts"),
        (format!("{fine}.{third}"), "it has 4 parts"),
        (format!("{first}=.{second}.{third}"), "its head is not JSON in base64url"),
        (format!("{first}.{second}A.{third}"), "has not signed it"),
        (format!("{first}.{second}.{third}A"), ""),
    ] {
        assert_refused(&exchange(fixture, &assertion).await, 403, "assertion-refused", why);
    }
    assert_eq!(exchange(fixture, &fine).await.status, 201, "nothing has used it");
    let body = json!({"assertion": "x".repeat(17_000)});
    assert_eq!(fixture.write("POST", PATH, &body).await.problem().0, 413);
    assert_eq!(fixture.write("POST", PATH, &json!({"token": fine})).await.problem().0, 400);
}

#[tokio::test]
async fn an_assertion_is_used_once() {
    let product = Product::start(&[]).await;
    let assertion = product.assertion(&json!({"jti": "one"}));
    let first = exchange(&product.fixture, &assertion).await;
    assert_eq!(first.status, 201, "{first:?}");
    let again = exchange(&product.fixture, &assertion).await;
    assert_refused(&again, 403, "assertion-used", "used already");
    // Another text with the same id.
    let reply = product.sign_in(&json!({"jti": "one", "sub": "other"})).await;
    assert_refused(&reply, 403, "assertion-used", "used already");
    assert_eq!(cookie(&first).get(&product.fixture, DEMO).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_servers_uses_it() {
    let cluster = Cluster::start().expect("a PostgreSQL");
    let url = cluster.database("c2c").expect("a database");
    let issuer = Issuer::start().await;
    let keys = format!("{}/keys", issuer.url);
    let more = ["--database", &url, "--assertion-audience", "both"];
    let servers = [
        Fixture::with(&often(), &settings(&keys, &more)).await,
        Fixture::with(&often(), &settings(&keys, &more)).await,
    ];
    let clients = servers.each_ref().map(|server| Client::clone(server));
    for _ in 0..5 {
        let assertion = issuer.signed(&Value::Null, &good("both"), Signs::WithItsKey);
        let mut tasks = JoinSet::new();
        for n in 0..8 {
            let (client, assertion) = (clients[n % 2].clone(), assertion.clone());
            tasks.spawn(async move { exchange(&client, &assertion).await });
        }
        let mut statuses: Vec<u16> = Vec::new();
        for reply in tasks.join_all().await {
            if reply.status != 201 {
                assert_refused(&reply, 403, "assertion-used", "used already");
            }
            statuses.push(reply.status);
        }
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    }
}

#[tokio::test]
async fn the_operator_says_which_role_an_assertion_may_give() {
    let [standard, least, most] = [
        Product::start(&[]).await,
        Product::start(&["--assertion-role", "viewer"]).await,
        Product::start(&["--assertion-role", "owner"]).await,
    ];
    for (product, refused) in
        [(&standard, &["owner"][..]), (&least, &["editor", "publisher", "owner"]), (&most, &[])]
    {
        for role in ["viewer", "editor", "publisher", "owner"] {
            let reply = product.sign_in(&json!({"role": role})).await;
            if refused.contains(&role) {
                let why = format!("it is {role}, and the operator allows at most ");
                assert_refused(&reply, 403, "role-not-allowed", &why);
            } else {
                assert_eq!((reply.status, &reply.json()["role"]), (201, &json!(role)), "{reply:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_new_key_is_found_and_unknown_ones_do_not_make_it_ask_often() {
    let product = Product::start(&[]).await;
    let Product { issuer, fixture } = &product;
    assert_eq!(product.sign_in(&Value::Null).await.status, 201);
    let asked = || issuer.requests("/keys").len();
    assert_eq!(asked(), 1);
    let began = Instant::now();
    for number in 0..200 {
        let head = json!({"kid": format!("invented-{number}")});
        let claims = good(&fixture.origin(To::Console));
        let assertion = issuer.signed(&head, &claims, Signs::WithItsKey);
        assert_refused(
            &exchange(fixture, &assertion).await,
            403,
            "assertion-refused",
            "has no key",
        );
    }
    // At most once in three seconds.
    let most = 2 + usize::try_from(began.elapsed().as_secs()).expect("few") / 3;
    assert!(asked() <= most, "{} requests in {:?}", asked(), began.elapsed());
    issuer.rotate("k2");
    let is_found = eventually(PATIENCE, async || product.sign_in(&Value::Null).await.status == 201);
    assert!(is_found.await);
    let before = asked();
    assert_eq!(product.sign_in(&Value::Null).await.status, 201);
    assert_eq!(asked(), before, "keys are kept");
}

#[tokio::test]
async fn without_keys_none_gets_in_and_those_that_are_known_stay_good() {
    let product = Product::start(&[]).await;
    let Product { issuer, fixture } = &product;
    issuer.set(Faults { status: Some(("/keys", 503)), ..Faults::default() });
    for _ in 0..3 {
        let reply = product.sign_in(&Value::Null).await;
        assert_refused(&reply, 503, "keys-unavailable", "cannot be read");
        assert_eq!(reply.header("retry-after"), "5");
    }
    assert_eq!(issuer.requests("/keys").len(), 1, "a failure is kept for a moment");
    issuer.set(Faults::default());
    let is_back = eventually(PATIENCE, async || product.sign_in(&Value::Null).await.status == 201);
    assert!(is_back.await);

    // The product is away, and an assertion names a key that was never there.
    issuer.set(Faults { status: Some(("/keys", 503)), ..Faults::default() });
    let head = json!({"kid": "invented"});
    let claims = good(&fixture.origin(To::Console));
    let invented = issuer.signed(&head, &claims, Signs::WithItsKey);
    let has_asked = eventually(PATIENCE, async || exchange(fixture, &invented).await.status == 503);
    assert!(has_asked.await);
    assert_eq!(product.sign_in(&Value::Null).await.status, 201);

    // It does not answer at all: those with invented keys wait for it one at a time, and no other waits for them.
    issuer.set(Faults { slow: Some(("/keys", Duration::from_mins(1))), ..Faults::default() });
    let waiting = eventually(PATIENCE, async || {
        let invented = tokio::time::timeout(Duration::from_secs(1), exchange(fixture, &invented));
        invented.await.is_err()
    });
    assert!(waiting.await, "one waits");
    let began = Instant::now();
    for _ in 0..20 {
        assert_refused(&exchange(fixture, &invented).await, 503, "keys-unavailable", "try again");
        assert_eq!(product.sign_in(&Value::Null).await.status, 201);
    }
    // Each would wait for ten seconds.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    let keys = format!("http://127.0.0.1:{}/keys", c2c_ports::free().expect("a port"));
    let fixture = Fixture::with(&often(), &settings(&keys, &[])).await;
    assert_refused(&exchange(&fixture, &invented).await, 503, "keys-unavailable", "try again");
}

#[tokio::test]
async fn keys_that_are_none_are_the_operators_fault() {
    // Only for one that is slow: on a busy machine, an answer may take as long.
    let hasty = Limits { issuer_timeout: Duration::from_secs(1), ..often() };
    for (faults, limits, status) in [
        (Faults { huge: Some(("/keys", 600 * 1024)), ..Faults::default() }, often(), 502),
        (Faults { slow: Some(("/keys", Duration::from_secs(5))), ..Faults::default() }, hasty, 503),
        (Faults { status: Some(("/keys", 302)), ..Faults::default() }, often(), 503),
    ] {
        let issuer = Issuer::start().await;
        let keys = format!("{}/keys", issuer.url);
        let fixture = Fixture::with(&limits, &settings(&keys, &[])).await;
        issuer.set(faults);
        let claims = good(&fixture.origin(To::Console));
        let reply =
            exchange(&fixture, &issuer.signed(&Value::Null, &claims, Signs::WithItsKey)).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert_eq!(owner(&fixture).await.get(&fixture, DEMO).await.status, 200);
    }
    let folder = TempDir::new().expect("a directory");
    let file = folder.path().join("keys.json");
    let signed = Issuer::start().await.signed(&Value::Null, &good("x"), Signs::WithItsKey);
    let secret = json!({"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}).to_string();
    let encrypts = changed(public(&new_key(), "k1"), &json!({"use": "enc"}));
    for text in ["", "{}", r#"{"keys": []}"#, &format!("{{\"keys\": [{secret}, {encrypts}]}}")] {
        std::fs::write(&file, text).expect("a file");
        let fixture = Fixture::with(&often(), &settings(file.to_str().expect("UTF-8"), &[])).await;
        assert_refused(&exchange(&fixture, &signed).await, 502, "keys-not-valid", "operator");
    }
    let none = folder.path().join("none.json");
    let fixture = Fixture::with(&often(), &settings(none.to_str().expect("UTF-8"), &[])).await;
    assert_refused(&exchange(&fixture, &signed).await, 503, "keys-unavailable", "operator");
}

#[tokio::test]
async fn a_foreign_page_signs_none_in() {
    let product = Product::start(&[]).await;
    let Product { fixture, .. } = &product;
    let assertion = product.assertion(&Value::Null);
    let body = json!({"assertion": assertion}).to_string();
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let json = "content-type: application/json";
    let cross = "sec-fetch-site: cross-site";
    for (headers, status) in [
        (&["origin: https://product.example", json][..], 403),
        (&["origin: null", json], 403),
        (&[json], 403),
        (&[&origin, "content-type: text/plain"], 415),
        (&[&origin, json, cross], 403),
    ] {
        let reply = fixture.send(To::Console, "POST", PATH, headers, &body).await;
        assert_eq!(reply.status, status, "{headers:?}");
        assert!(!reply.headers.contains_key("set-cookie"));
    }
    let asked = fixture.get(To::Console, &format!("{PATH}?assertion={assertion}"), &[]).await;
    assert_eq!(asked.status, 405);
    // It is still there, and ends the session that the browser had.
    let before = owner(fixture).await;
    let reply = before.write(fixture, "POST", PATH, &json!({"assertion": assertion})).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let ended = before.get(fixture, "/api/session").await;
    assert_eq!(ended.problem(), (401, "session-ended".to_owned()));
}

#[tokio::test]
async fn one_client_tries_only_so_often() {
    let issuer = Issuer::start().await;
    let keys = format!("{}/keys", issuer.url);
    let sign_ons_per_minute = std::num::NonZeroU32::new(3).expect("not zero");
    let limits = Limits { sign_ons_per_minute, ..Limits::default() };
    let fixture = Fixture::with(&limits, &settings(&keys, &[])).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(exchange(&fixture, "x.y.z").await.status);
    }
    assert_eq!(statuses, [403, 403, 403, 429, 429]);
}

#[tokio::test]
async fn without_an_issuer_there_is_no_such_way_in() {
    let fixture = guarded().await;
    assert_refused(&exchange(&fixture, "x.y.z").await, 404, "no-assertions", "not set up");
}

#[tokio::test]
async fn answers_with_an_issuer_are_as_described() {
    let product = Product::start(&[]).await;
    let openapi = product.fixture.get(To::Console, "/api/openapi.json", &[]).await.json();
    let invalid = Product::start(&[]).await;
    let huge = Some(("/keys", 600 * 1024));
    invalid.issuer.set(Faults { huge, ..Faults::default() });
    for (product, status) in [(&product, 201), (&invalid, 502)] {
        let reply = product.sign_in(&Value::Null).await;
        assert!(DESCRIBED.contains(&(PATH, reply.status)) && reply.status == status, "{reply:?}");
        let response = &openapi["paths"][PATH]["post"]["responses"][status.to_string()];
        assert_described(&openapi, response, &reply, PATH);
    }
}

#[tokio::test]
async fn nothing_secret_is_in_the_log() {
    let issuer = Issuer::start().await;
    let keys = format!("{}/keys", issuer.url);
    let folder = TempDir::new().expect("a directory");
    let log = folder.path().join("log");
    let command = |data: &Path| {
        let mut command = program::command(data);
        command.args(settings(&keys, &[])).env("C2C_LOG", "trace");
        command
    };
    let server = Process::start_with_log(command, File::create(&log).expect("a file"));
    let mut secrets = vec!["planted".to_owned(), "eyJ".to_owned()];
    for change in [
        json!({"name": "planted name"}),
        json!({"sub": "planted id"}),
        json!({"name": "planted\nline", "jti": "planted-id"}),
        json!({"aud": "other", "name": "planted name"}),
    ] {
        let claims = changed(good(&server.origin(To::Console)), &change);
        let assertion = issuer.signed(&Value::Null, &claims, Signs::WithItsKey);
        let reply = exchange(&server, &assertion).await;
        secrets.push(assertion.rsplit_once('.').expect("a signature").1.to_owned());
        if reply.status == 201 {
            let Caller(cookie) = cookie(&reply);
            secrets.push(cookie.rsplit_once('=').expect("a value").1.to_owned());
        }
    }
    assert!(server.stop());
    let log = std::fs::read_to_string(&log).expect("UTF-8");
    assert!(log.contains("the assertion is refused: the claim aud"), "{log}");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in {log}");
    }
}

/// Runs a script in Node.js, and gives what it prints.
fn node(script: &str, arguments: &[&str]) -> String {
    let output = Command::new("node")
        .args(["--input-type=module", "--eval", script, "--"])
        .args(arguments)
        .output()
        .expect("Node.js");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Another implementation of the standards than the server's signs, with each algorithm.
#[tokio::test]
async fn each_algorithm_is_accepted() {
    const SCRIPT: &str = r"
        import { constants, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
        const [iss, aud] = process.argv.slice(-2);
        const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
        const ec = (namedCurve) => generateKeyPairSync('ec', { namedCurve });
        const ieee = { dsaEncoding: 'ieee-p1363' };
        const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
        const ways = {
            ES256: [ec('P-256'), 'sha256', ieee], ES384: [ec('P-384'), 'sha384', ieee],
            EdDSA: [generateKeyPairSync('ed25519'), null, {}],
            RS256: [rsa(), 'sha256', {}], RS384: [rsa(), 'sha384', {}], RS512: [rsa(), 'sha512', {}],
            PS256: [rsa(), 'sha256', pss], PS384: [rsa(), 'sha384', pss], PS512: [rsa(), 'sha512', pss],
        };
        const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const keys = [], assertions = {};
        for (const [alg, [pair, hash, options]] of Object.entries(ways)) {
            keys.push({ ...pair.publicKey.export({ format: 'jwk' }), kid: alg });
            const iat = Math.floor(Date.now() / 1000);
            const claims = { iss, aud, sub: alg, name: alg, role: 'viewer', apps: '*', iat, exp: iat + 60, jti: randomUUID() };
            const signed = `${part({ alg, kid: alg })}.${part(claims)}`;
            const signature = sign(hash, Buffer.from(signed), { key: pair.privateKey, ...options });
            assertions[alg] = `${signed}.${signature.toString('base64url')}`;
        }
        console.log(JSON.stringify({ jwks: { keys }, assertions }));";
    let folder = TempDir::new().expect("a directory");
    let file = folder.path().join("keys.json");
    let arguments = settings(file.to_str().expect("UTF-8"), &[]);
    let fixture = Fixture::with(&often(), &arguments).await;
    let made: Value = serde_json::from_str(&node(SCRIPT, &[PRODUCT, &fixture.origin(To::Console)]))
        .expect("JSON");
    std::fs::write(&file, made["jwks"].to_string()).expect("a file");
    let assertions = made["assertions"].as_object().expect("assertions");
    assert_eq!(assertions.len(), 9);
    for (algorithm, assertion) in assertions {
        let assertion = assertion.as_str().expect("a text");
        let reply = exchange(&fixture, assertion).await;
        assert_eq!((reply.status, &reply.json()["name"]), (201, &json!(algorithm)), "{reply:?}");
    }
}

/// The example in the documentation, as it is there.
#[tokio::test]
async fn the_documented_example_signs_in() {
    const DOCUMENT: &str = include_str!("../../../../docs/assertions.md");
    let example = DOCUMENT.split("```js\n").nth(1).expect("an example");
    let example = example.split("```").next().expect("its end");
    let folder = TempDir::new().expect("a directory");
    let file = folder.path().join("keys.json");
    let fixture = Fixture::with(&often(), &settings(file.to_str().expect("UTF-8"), &[])).await;
    let script = format!(
        "import {{ generateKeyPairSync }} from 'node:crypto';
         const {{ privateKey, publicKey }} = generateKeyPairSync('ec', {{ namedCurve: 'P-256' }});
         const key = {{ ...publicKey.export({{ format: 'jwk' }}), kid: '2026-11', alg: 'ES256', use: 'sig' }};
         {example}
         const assertion = assertionFor({{ id: '4711', name: 'Anna' }}, 'editor', ['demo'], privateKey);
         console.log(JSON.stringify({{ jwks: {{ keys: [key] }}, assertion }}));"
    );
    let script = script.replace("https://console.example", &fixture.origin(To::Console));
    let made: Value = serde_json::from_str(&node(&script, &[])).expect("JSON");
    std::fs::write(&file, made["jwks"].to_string()).expect("a file");
    let reply = exchange(&fixture, made["assertion"].as_str().expect("a text")).await;
    assert_eq!((reply.status, &reply.json()["name"]), (201, &json!("Anna")), "{reply:?}");
}

//! The signatures of events at their receiver, before, while and after the keys of an endpoint change.

use c2c_delivery::{Verifier, verify};
use c2c_receivers::{Hit, Receiver};
use c2c_server::Limits;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::client::Fixture;
use crate::console::DEMO;
use crate::integrating::envelope;

/// Whether a secret has signed a request, by the reference library.
fn is_of_secret(hit: &Hit, secret: &str) -> bool {
    let webhook = Webhook::new(secret).expect("a secret");
    webhook.verify(&hit.body, &hit.headers).is_ok()
}

/// Whether the owner of a public key has signed a request. The reference library does not know the scheme v1a.
fn is_of_public_key(hit: &Hit, public: &str) -> bool {
    let key: Verifier = public.parse().expect("a public key");
    verify(&key, &hit.headers, &hit.body, jiff::Timestamp::now().as_second()).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_signed_with_all_keys_that_have_not_ended() {
    let receiver = Receiver::taking().await;
    let [allow, address] = receiver.allowed();
    let fixture = Fixture::with(&Limits::default(), &[&allow, &address]).await;
    fixture.collect(DEMO, "refuse").await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    let keys = format!("{}/keys", endpoint.path);
    let add = async |scheme: &str| {
        let wish = json!({"scheme": scheme, "overlapHours": 1});
        let made = fixture.write("POST", &keys, &wish).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.json()
    };
    let text = |value: &Value| value.as_str().expect("a text").to_owned();

    // The server has the endpoint's keys in memory from now on.
    fixture.emit_new(DEMO, &[envelope("custom:visit_ended", 1)]).await;
    let first = receiver.wait(1).await.remove(0);
    let (secret, public) = (text(&add("v1").await["secret"]), text(&add("v1a").await["publicKey"]));
    let signers = |hit: &Hit| {
        let [old, new] = [&endpoint.secret, &secret].map(|secret| is_of_secret(hit, secret));
        [old, new, is_of_public_key(hit, &public)]
    };
    assert_eq!(signers(&first), [true, false, false]);
    fixture.emit_new(DEMO, &[envelope("custom:visit_ended", 2)]).await;
    let second = receiver.wait(2).await.remove(1);
    assert_eq!(signers(&second), [true, true, true], "{:?}", second.headers);

    let listed = fixture.read(&keys).await;
    let mut listed = listed["keys"].as_array().expect("a list").iter();
    let old = listed.find(|key| !key["endsAt"].is_null()).expect("the old key");
    let old = format!("{keys}/{}", text(&old["id"]));
    assert_eq!(fixture.write("DELETE", &old, &json!({})).await.status, 204);
    fixture.emit_new(DEMO, &[envelope("custom:visit_ended", 3)]).await;
    let third = receiver.wait(3).await.remove(2);
    assert_eq!(signers(&third), [false, true, true], "{:?}", third.headers);
}

//! Signatures: published vectors, the reference implementation in both directions, and all that must fail.

use std::time::{SystemTime, UNIX_EPOCH};

use c2c_delivery::{
    EventId, MessageId, Scheme, Signer, Signers, SigningKey, TOLERANCE, Verifier, VerifyError,
    WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP, WebhookSecret, verify,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use standardwebhooks::Webhook;

fn signers(keys: &[&str]) -> Signers {
    Signers::new(keys.iter().map(|key| key.parse().expect("a key")).collect()).expect("1 to 3")
}

fn id(text: &str) -> MessageId {
    text.parse().expect("an id")
}

fn signature(headers: &HeaderMap) -> &str {
    headers[WEBHOOK_SIGNATURE].to_str().expect("text")
}

fn check(keys: &[&str], message: (&str, i64, &str), expected: &str) {
    let (message, at, body) = message;
    let headers = signers(keys).headers(&id(message), at, body.as_bytes());
    assert_eq!(headers.len(), 3);
    assert_eq!(headers[WEBHOOK_ID], message);
    assert_eq!(headers[WEBHOOK_TIMESTAMP], at.to_string());
    assert_eq!(signature(&headers), expected);
}

/// A message of the reference libraries' tests (Go, JavaScript and others), and of Svix for `v1a`.
const MESSAGE: (&str, i64, &str) =
    ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const KEY: &str =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const PUBLIC: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
const KEY_SIGNED: &str =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

#[test]
fn published_vectors() {
    let rust = (
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1_649_367_553,
        r#"{"email":"test@example.com","username":"test_user"}"#,
    );
    let signed = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
    check(&["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"], rust, signed);
    check(&[SECRET], MESSAGE, SIGNED);
    check(&[KEY], MESSAGE, KEY_SIGNED);
    let key: SigningKey = KEY.parse().expect("a key");
    assert_eq!(key.public().to_string(), PUBLIC);
}

#[test]
fn all_keys_sign_in_their_order() {
    check(&[SECRET, KEY], MESSAGE, &format!("{SIGNED} {KEY_SIGNED}"));
    check(&[KEY, SECRET, SECRET], MESSAGE, &format!("{KEY_SIGNED} {SIGNED} {SIGNED}"));
    let keys = |number| vec![SECRET.parse::<Signer>().expect("a key"); number];
    for number in [0, 4] {
        let error = Signers::new(keys(number)).expect_err("too few or too many");
        assert_eq!(error.to_string(), format!("an endpoint has 1 to 3 keys, not {number}"));
    }
    let schemes = [SECRET, KEY].map(|key| key.parse::<Signer>().expect("a key").scheme());
    assert_eq!(schemes, [Scheme::V1, Scheme::V1a]);
}

/// A message signed by a secret and a key, and how both verify it at a time.
fn verified(
    change: impl Fn(&mut HeaderMap, &mut String),
    now: i64,
) -> [Result<(), VerifyError>; 2] {
    let (message, at, body) = MESSAGE;
    let mut headers = signers(&[SECRET, KEY]).headers(&id(message), at, body.as_bytes());
    let mut body = body.to_owned();
    change(&mut headers, &mut body);
    [SECRET, PUBLIC].map(|key| verify(&key.parse().expect("a key"), &headers, body.as_bytes(), now))
}

/// Both keys' verification fails for this reason.
fn refused(change: impl Fn(&mut HeaderMap, &mut String), part: &str) {
    for result in verified(change, MESSAGE.1) {
        let error = result.expect_err(part).to_string();
        assert!(error.contains(part), "{error} does not say {part:?}");
    }
}

#[test]
fn what_was_signed_is_verified() {
    assert_eq!(verified(|_, _| (), MESSAGE.1), [Ok(()), Ok(())]);
    // A new key of the sender, which this receiver does not know yet, and schemes of the future.
    let others = format!("v2,AAAA v1,AAAA nonsense v1a, {KEY_SIGNED} {SIGNED}");
    let others = HeaderValue::from_str(&others).expect("text");
    let signed = |headers: &mut HeaderMap, _: &mut _| {
        headers.insert(WEBHOOK_SIGNATURE, others.clone());
    };
    assert_eq!(verified(signed, MESSAGE.1), [Ok(()), Ok(())]);
}

#[test]
fn any_change_is_refused() {
    let set = |header: HeaderName, value: &'static str| {
        move |headers: &mut HeaderMap, _: &mut String| {
            headers.insert(header.clone(), HeaderValue::from_static(value));
        }
    };
    refused(set(WEBHOOK_ID, "msg_p5jXN8AQM9LWM0D4loKWxJel"), "has no signature of the key");
    refused(set(WEBHOOK_TIMESTAMP, "1614265331"), "has no signature of the key");
    refused(|_, body| body.push(' '), "has no signature of the key");
    refused(set(WEBHOOK_SIGNATURE, ""), "has no signature of the key");
    refused(set(WEBHOOK_SIGNATURE, "v1, v1a,"), "has no signature of the key");
    refused(set(WEBHOOK_TIMESTAMP, "1614265330.0"), "not a number of seconds");
    for header in [WEBHOOK_ID, WEBHOOK_TIMESTAMP, WEBHOOK_SIGNATURE] {
        let missing = format!("the header {header} is missing");
        let remove = |headers: &mut HeaderMap, _: &mut String| {
            headers.remove(&header);
        };
        refused(remove, &missing);
    }
}

#[test]
fn a_signature_counts_for_its_scheme_only() {
    let swap = |headers: &mut HeaderMap, _: &mut String| {
        let swapped = signature(headers).replace("v1,", "v9,").replace("v1a,", "v1,");
        headers.insert(WEBHOOK_SIGNATURE, swapped.parse().expect("text"));
    };
    refused(swap, "has no signature of the key");
}

#[test]
fn other_keys_are_refused() {
    let (message, at, body) = MESSAGE;
    let headers = signers(&[SECRET, KEY]).headers(&id(message), at, body.as_bytes());
    let secret = Verifier::V1(WebhookSecret::new([7; 32]));
    let public = Verifier::V1a(SigningKey::new([7; 32]).public());
    for (other, scheme) in [(secret, Scheme::V1), (public, Scheme::V1a)] {
        let result = verify(&other, &headers, body.as_bytes(), at);
        assert_eq!(result, Err(VerifyError::Signature { scheme }));
    }
}

#[test]
fn clocks_differ_by_the_tolerance_at_most() {
    let [at, tolerance] = [MESSAGE.1, i64::try_from(TOLERANCE.as_secs()).expect("small")];
    assert_eq!(tolerance, 300);
    let now = |now| verified(|_, _| (), now);
    assert_eq!(now(at + tolerance), [Ok(()), Ok(())]);
    assert_eq!(now(at - tolerance), [Ok(()), Ok(())]);
    let old = Err(VerifyError::TooOld { seconds: 301 });
    assert_eq!(now(at + tolerance + 1), [old.clone(), old]);
    let early = Err(VerifyError::TooEarly { seconds: 301 });
    assert_eq!(now(at - tolerance - 1), [early.clone(), early]);
    assert!(now(i64::MIN)[0].is_err() && now(i64::MAX)[0].is_err());
}

fn present() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    since.as_secs().try_into().expect("before the end of time")
}

#[test]
fn the_reference_library_verifies_ours() {
    let secret = WebhookSecret::new([42; 32]).reveal();
    let reference = Webhook::new(&secret).expect("a secret");
    let (now, body) = (present(), "{\"größe\":\"µ\"}".as_bytes());
    let signed = signers(&[KEY, &secret]).headers(&id("msg_1"), now, body);
    reference.verify(body, &signed).expect("our signature");
    assert!(reference.verify(b"{}", &signed).is_err());
    let other = signers(&[KEY, SECRET]).headers(&id("msg_1"), now, body);
    assert!(reference.verify(body, &other).is_err());
    let old = signers(&[&secret]).headers(&id("msg_1"), now - 400, body);
    assert!(reference.verify(body, &old).is_err());
}

#[test]
fn we_verify_the_reference_librarys() {
    let reference = Webhook::new(SECRET).expect("a secret");
    let signed = reference.sign("msg_1", 1_700_000_000, b"{}").expect("a signature");
    let headers = HeaderMap::from_iter([
        (WEBHOOK_ID, HeaderValue::from_static("msg_1")),
        (WEBHOOK_TIMESTAMP, HeaderValue::from(1_700_000_000)),
        (WEBHOOK_SIGNATURE, HeaderValue::from_str(&signed).expect("text")),
    ]);
    let key = SECRET.parse().expect("a key");
    assert_eq!(verify(&key, &headers, b"{}", 1_700_000_010), Ok(()));
    assert!(verify(&key, &headers, b"[]", 1_700_000_010).is_err());
}

#[test]
fn message_ids_have_no_full_stop() {
    let event: EventId = "01956b4e-3c00-7000-8000-000000000000".parse().expect("an id");
    assert_eq!(MessageId::of(event, false).as_str(), "01956b4e-3c00-7000-8000-000000000000");
    assert_eq!(MessageId::of(event, true).as_str(), "01956b4e-3c00-7000-8000-000000000000_v");
    assert_eq!(MessageId::of(event, true).to_string().parse(), Ok(MessageId::of(event, true)));
    for wrong in ["", "a.b", "a b", "a\n", "é", &"x".repeat(129)] {
        assert!(wrong.parse::<MessageId>().is_err(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn signed_is_verified_and_another_body_is_not(
        seed: [u8; 32],
        at in 0_i64..4_000_000_000,
        body in proptest::collection::vec(any::<u8>(), 0..200),
        other in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let (secret, key) = (WebhookSecret::new(seed), SigningKey::new(seed));
        let verifiers = [Verifier::V1(secret.clone()), Verifier::V1a(key.public())];
        let signers = Signers::new(vec![Signer::V1(secret), Signer::V1a(key)]).expect("two");
        let headers = signers.headers(&id("m"), at, &body);
        for verifier in verifiers {
            prop_assert_eq!(verify(&verifier, &headers, &body, at), Ok(()));
            prop_assert_eq!(verify(&verifier, &headers, &other, at).is_ok(), other == body);
        }
    }
}

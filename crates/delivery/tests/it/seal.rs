//! Secrets at rest.

use c2c_delivery::{About, EndpointId, KeyId, Keyring, KeyringError, OpenError, Sealed};
use c2c_names::AppId;
use proptest::prelude::*;

const ENDPOINT: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";

fn app(id: &str) -> AppId {
    id.parse().expect("an app's id")
}

fn endpoint() -> EndpointId {
    ENDPOINT.parse().expect("an endpoint's id")
}

/// A ring of keys that consist of these bytes.
fn ring(keys: &[u8]) -> Keyring {
    let lines: Vec<_> = keys.iter().map(|&byte| Keyring::line([byte; 32]).to_string()).collect();
    Keyring::parse(&lines.join("\n")).expect("a key ring")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Made with `node:crypto`.
#[test]
fn vectors_of_another_implementation() {
    let (ring, app) = (ring(&[7]), app("shop"));
    assert_eq!(ring.current().to_string(), "247d0f08");
    let about = About::Secret { app: &app, endpoint: endpoint(), id: "s1" };
    let nonce = std::array::from_fn(|i| u8::try_from(i).expect("small"));
    let sealed = ring.seal(nonce, about, b"whsec_hush");
    let expected = "000102030405060708090a0b6fe99a157e56b13c04da488205da14ad8a96986b27193849e040";
    assert_eq!(hex(&sealed.bytes), expected);
    let expected = "db792d3a79678e8fcec2edbbfce203b5e756f0c56be75b6f99f4c888547f4327";
    assert_eq!(hex(&ring.event_key(&app, "email", "a@b.example")), expected);
}

#[test]
fn rows_cannot_be_swapped() {
    let (ring, [shop, other]) = (ring(&[7]), ["shop", "shop2"].map(app));
    let another: EndpointId = ENDPOINT.replace('6', "7").parse().expect("an endpoint's id");
    let endpoint = endpoint();
    let places = [
        About::Secret { app: &shop, endpoint, id: "s1" },
        About::Secret { app: &shop, endpoint, id: "s2" },
        About::Secret { app: &shop, endpoint, id: "" },
        About::Secret { app: &shop, endpoint: another, id: "s1" },
        About::Secret { app: &other, endpoint, id: "s1" },
        About::Target { app: &shop, endpoint },
        About::Target { app: &shop, endpoint: another },
        About::Target { app: &other, endpoint },
    ];
    for place in places {
        let sealed = ring.seal([0; 12], place, b"hush");
        for other in places {
            let opened = ring.open(other, &sealed);
            assert_eq!(opened.is_ok(), place == other, "{place:?} {other:?}");
        }
    }
}

#[test]
fn old_keys_open_until_they_are_removed() {
    let app = app("shop");
    let about = About::Target { app: &app, endpoint: endpoint() };
    let sealed = ring(&[1]).seal([0; 12], about, b"hush");
    let rotated = ring(&[2, 1]);
    assert_eq!(rotated.open(about, &sealed).expect("an old key").as_slice(), b"hush");
    let anew = rotated.seal([0; 12], about, b"hush");
    assert_eq!(anew.key, rotated.current());
    assert_eq!(rotated.ids().collect::<Vec<_>>(), [anew.key, sealed.key]);
    let error = ring(&[2]).open(about, &sealed).expect_err("the key is gone");
    assert_eq!(error, OpenError::UnknownKey { key: sealed.key });
    assert!(error.to_string().contains(&sealed.key.to_string()));
    let lie = Sealed { key: anew.key, ..sealed };
    let error = rotated.open(about, &lie).expect_err("another key");
    assert_eq!(error, OpenError::Changed { key: anew.key });
}

#[test]
fn digests_of_values_are_found_after_a_rotation() {
    let (app, other) = (app("shop"), app("shop2"));
    let before = ring(&[1]).event_key(&app, "email", "a@b.example");
    let rotated = ring(&[2, 1]);
    let now = rotated.event_key(&app, "email", "a@b.example");
    assert_eq!(rotated.event_keys(&app, "email", "a@b.example"), [now, before]);
    // Each part counts, and where it ends.
    for changed in [
        rotated.event_key(&other, "email", "a@b.example"),
        rotated.event_key(&app, "mail", "a@b.example"),
        rotated.event_key(&app, "email", "b@b.example"),
        rotated.event_key(&app, "emaila", "@b.example"),
        before,
    ] {
        assert_ne!(changed, now);
    }
}

fn check(text: &str, expected: Result<usize, KeyringError>) {
    assert_eq!(Keyring::parse(text).map(|ring| ring.ids().count()), expected, "{text:?}");
}

#[test]
fn a_key_ring_has_one_key_a_line() {
    let [one, two] = [1, 2].map(|byte| Keyring::line([byte; 32]).to_string());
    check(&one, Ok(1));
    check(&format!("# made on 2026-01-01\n\n  {one}\r\n{two}\n"), Ok(2));
    check("", Err(KeyringError::Empty));
    check("\n# nothing\n", Err(KeyringError::Empty));
    check(&format!("{one}\n{}", one.replace('=', "")), Err(KeyringError::Base64 { line: 2 }));
    check(&format!("{one} {two}"), Err(KeyringError::Base64 { line: 1 }));
    check("\nAAAA", Err(KeyringError::Length { line: 2, found: 3 }));
    check(&format!("{one}\n{two}\n{one}"), Err(KeyringError::Twice { line: 3 }));
    let many = |number: u8| (0..number).map(|byte| format!("{}\n", *Keyring::line([byte; 32])));
    check(&many(16).collect::<String>(), Ok(16));
    check(&many(17).collect::<String>(), Err(KeyringError::TooMany));
}

#[test]
fn neither_debug_nor_errors_have_keys() {
    let line = Keyring::line([255; 32]);
    let ring = Keyring::parse(&line).expect("a key ring");
    assert_eq!(format!("{ring:?}"), format!("[KeyId({})]", ring.current()));
    let error = Keyring::parse(&line[1..]).expect_err("too short");
    assert!(!format!("{error} {error:?}").contains("////"));
}

#[test]
fn ids_of_keys_have_one_form() {
    let id = ring(&[1]).current();
    assert_eq!(id.to_string().parse(), Ok(id));
    for wrong in ["", "247d0f0", "247D0F08", "+47d0f08", "247d0f080", "247d0f0g"] {
        assert!(wrong.parse::<KeyId>().is_err(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn what_is_sealed_opens_unless_a_bit_is_flipped(
        plain in proptest::collection::vec(any::<u8>(), 0..100),
        nonce: [u8; 12],
        key in 0_u8..3,
        flip: proptest::sample::Index,
    ) {
        let app = app("shop");
        let about = About::Target { app: &app, endpoint: endpoint() };
        let sealed = ring(&[key]).seal(nonce, about, &plain);
        prop_assert_eq!(sealed.bytes.len(), plain.len() + 28);
        let ring = ring(&[0, 1, 2]);
        let opened = ring.open(about, &sealed).expect("a key of the ring");
        prop_assert_eq!(opened.as_slice(), &plain);

        let mut flipped = sealed.clone();
        let bit = flip.index(flipped.bytes.len() * 8);
        flipped.bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(ring.open(about, &flipped), Err(OpenError::Changed { key: sealed.key }));
        let cut = Sealed { bytes: sealed.bytes[..bit / 8].to_vec(), ..sealed };
        prop_assert_eq!(ring.open(about, &cut), Err(OpenError::Changed { key: cut.key }));
    }
}

//! The texts of keys.

use c2c_delivery::{KeyError, PublicKey, SigningKey, Verifier, WebhookSecret};
use proptest::prelude::*;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn key(prefix: &str, bytes: &[u8]) -> String {
    format!("{prefix}{}", STANDARD.encode(bytes))
}

fn check(text: &str, expected: Result<(), &str>) {
    match (text.parse::<WebhookSecret>(), expected) {
        (Ok(secret), Ok(())) => assert_eq!(*secret.reveal(), text),
        (Err(error), Err(part)) => {
            let error = error.to_string();
            assert!(error.contains(part), "{text:?}: {error} does not say {part:?}");
        }
        (secret, expected) => panic!("{text:?}: {secret:?}, expected {expected:?}"),
    }
}

#[test]
fn secrets_have_24_to_64_bytes() {
    check(&key("whsec_", &[7; 24]), Ok(()));
    check(&key("whsec_", &[7; 64]), Ok(()));
    check(&key("whsec_", &[7; 23]), Err("24 to 64 bytes, not 23"));
    check(&key("whsec_", &[7; 65]), Err("24 to 64 bytes, not 65"));
    check("whsec_", Err("24 to 64 bytes, not 0"));
}

#[test]
fn secrets_are_canonical_base64() {
    let text = key("whsec_", &[7; 25]);
    check("", Err("must begin with whsec_"));
    check(&text[6..], Err("must begin with whsec_"));
    check(&key("whsk_", &[7; 64]), Err("must begin with whsec_"));
    check(text.trim_end_matches('='), Err("canonical base64"));
    check(&format!("{text} "), Err("canonical base64"));
    check(&format!("{text}\n"), Err("canonical base64"));
    // 25 bytes end with two characters, of which the last has 4 bits without meaning: here they are set.
    let ending = text.replace("Bw==", "Bx==");
    assert_ne!(ending, text);
    check(&ending, Err("canonical base64"));
    let url_safe = key("whsec_", &[255; 24]).replace('/', "_");
    check(&url_safe, Err("canonical base64"));
}

#[test]
fn signing_keys_are_pairs() {
    let key_of = |bytes: &[u8]| key("whsk_", bytes);
    let signing = SigningKey::new([7; 32]);
    let text = signing.reveal();
    let public = signing.public().to_string();
    assert!(text.starts_with("whsk_") && public.starts_with("whpk_"));
    assert_eq!(*text.parse::<SigningKey>().expect("its own text").reveal(), *text);
    assert_eq!(public.parse::<PublicKey>().expect("its own text"), signing.public());

    let mut bytes = STANDARD.decode(&text["whsk_".len()..]).expect("base64");
    assert_eq!(&bytes[..32], &[7; 32], "the seed is the first half");
    assert_eq!(public, key("whpk_", &bytes[32..]), "the public key is the second");
    bytes[63] ^= 1;
    assert_eq!(key_of(&bytes).parse::<SigningKey>().expect_err("no pair"), KeyError::Pair);
    let error = key_of(&bytes[..32]).parse::<SigningKey>().expect_err("too short");
    assert_eq!(error.to_string(), "whsk_: the key must have 64 bytes, not 32");
    let error = key("whpk_", &[0; 31]).parse::<PublicKey>().expect_err("too short");
    assert_eq!(error.to_string(), "whpk_: the key must have 32 bytes, not 31");
    let no_point = key("whpk_", &[2; 32]);
    assert_eq!(no_point.parse::<PublicKey>().expect_err("no point"), KeyError::NoKey);
    assert!("whsec_AAAA".parse::<SigningKey>().is_err());
}

#[test]
fn nothing_that_signs_is_printed_by_debug() {
    let secret = WebhookSecret::new([7; 32]);
    assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
    assert_eq!(format!("{:?}", SigningKey::new([7; 32])), "SigningKey(…)");
    assert_eq!(format!("{:?}", Verifier::V1(secret)), "V1(WebhookSecret(…))");
    // Errors, too: a text that is nearly a key may be one with a slip.
    let secret = key("whsec_", &[7; 23]);
    let error = secret.parse::<WebhookSecret>().expect_err("too short");
    assert!(!format!("{error} {error:?}").contains(&secret[6..20]));
}

proptest! {
    #[test]
    fn what_parses_prints_back(bytes in proptest::collection::vec(any::<u8>(), 24..=64)) {
        let text = key("whsec_", &bytes);
        prop_assert_eq!(&*text.parse::<WebhookSecret>().expect("a secret").reveal(), &text);
    }

    #[test]
    fn no_text_panics(text in "(whsec_|whsk_|whpk_)?[A-Za-z0-9+/]{0,90}={0,2}") {
        let _ = (text.parse::<WebhookSecret>(), text.parse::<SigningKey>(), text.parse::<PublicKey>());
    }
}

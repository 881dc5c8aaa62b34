//! Normal forms and hashes. Those of `published` are in Meta's documentation.

use c2c_delivery::vendors::{Sha256Hex, UserKey};

fn check(key: UserKey, input: &str, normal: Option<&str>) {
    assert_eq!(key.normalize(input).as_deref(), normal, "{key} {input:?}");
    assert_eq!(key.hash(input), normal.map(Sha256Hex::of), "{key} {input:?}");
}

fn published(key: UserKey, input: &str, normal: &str, hash: &str) {
    check(key, input, Some(normal));
    assert_eq!(key.hash(input).expect("a hash").as_str(), hash, "{key} {input:?}");
}

#[test]
fn vectors_of_the_documentation() {
    use UserKey::{Birth, Country, Email, FirstName, Phone};
    let email = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    published(Email, "John_Smith@gmail.com", "john_smith@gmail.com", email);
    let phone = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176";
    published(Phone, "1 (650) 555-1212", "16505551212", phone);
    let mary = "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec";
    published(FirstName, "Mary", "mary", mary);
    let jeong = "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14";
    published(FirstName, "정", "정", jeong);
    let valery = "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c";
    published(FirstName, "Valéry", "valéry", valery);
    let birth = "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c";
    published(Birth, "2/16/1997", "19970216", birth);
    let us = "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621";
    published(Country, "US", "us", us);
}

#[test]
fn emails() {
    let key = UserKey::Email;
    check(key, "  A.B+c@Example.ORG ", Some("a.b+c@example.org"));
    for other in ["", "a", "a@", "@b.de", "a@b", "a@b@c.de", "a b@c.de"] {
        check(key, other, None);
    }
}

#[test]
fn phone_numbers_have_the_code_of_a_country() {
    let key = UserKey::Phone;
    check(key, "+49 30 1234567", Some("49301234567"));
    check(key, "0049 30 1234567", Some("49301234567"));
    check(key, "Tel. +1-650-555-1212", Some("16505551212"));
    check(key, "030 1234567", None);
    check(key, "123456", None);
    check(key, "1234567890123456", None);
    check(key, "call me", None);
}

#[test]
fn names_keep_letters_of_all_scripts() {
    check(UserKey::FirstName, " Mary-Ann O'Neil. ", Some("maryannoneil"));
    check(UserKey::LastName, "Ñúñez", Some("ñúñez"));
    check(UserKey::LastName, "--", None);
    check(UserKey::City, "New York", Some("newyork"));
    check(UserKey::City, "St. Gallen", Some("stgallen"));
    check(UserKey::City, "München", Some("münchen"));
    check(UserKey::State, "CA", Some("ca"));
    check(UserKey::State, "Nordrhein-Westfalen", Some("nordrheinwestfalen"));
}

#[test]
fn dates_have_one_reading() {
    let key = UserKey::Birth;
    for same in ["19970216", "1997-02-16", "1997.2.16", "1997/02/16", "02/16/1997"] {
        check(key, same, Some("19970216"));
    }
    for other in ["16.02.1997", "16/2/1997", "1899-01-01", "1997-13-01", "1997-01-32", "97-2-16"] {
        check(key, other, None);
    }
    for other in ["1997021", "199702é6", "1997-+2-16", "1997-02", "1997-02-16-1", "1997-0002-16"] {
        check(key, other, None);
    }
}

#[test]
fn codes() {
    check(UserKey::Gender, "F", Some("f"));
    check(UserKey::Gender, "male", Some("m"));
    check(UserKey::Gender, "d", None);
    check(UserKey::PostalCode, "94035-1234", Some("94035"));
    check(UserKey::PostalCode, "94035", Some("94035"));
    check(UserKey::PostalCode, "M1 1AE", Some("m11ae"));
    check(UserKey::PostalCode, "SW1A 1AA", Some("sw1a1aa"));
    check(UserKey::PostalCode, "123-4567", Some("1234567"));
    check(UserKey::Country, " de ", Some("de"));
    check(UserKey::Country, "Germany", None);
    check(UserKey::ExternalId, " User 42 ", Some("user42"));
    check(UserKey::ExternalId, " ", None);
}

#[test]
fn a_digest_is_not_hashed_again() {
    let digest = Sha256Hex::of("john_smith@gmail.com");
    for key in UserKey::ALL {
        check(*key, digest.as_str(), None);
        check(*key, &digest.as_str().to_uppercase(), None);
    }
    assert_eq!(Sha256Hex::read(&digest.as_str().to_uppercase()), Some(digest.clone()));
    assert_eq!(Sha256Hex::read(&digest.as_str()[1..]), None);
    assert_eq!(Sha256Hex::read(&digest.as_str().replace('6', "g")), None);
}

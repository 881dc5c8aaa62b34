//! Parsing of origins: one spelling for each origin.

use c2c_names::Origin;
use proptest::prelude::*;

fn check(text: &str, expected: Result<(&str, &str), &str>) {
    match (text.parse::<Origin>(), expected) {
        (Ok(origin), Ok((printed, host))) => {
            assert_eq!((origin.as_str(), origin.host()), (printed, host));
            assert!(printed.ends_with(origin.authority()));
        }
        (Err(error), Err(part)) => {
            assert!(error.to_string().contains(part), "{text:?}: {error} does not say {part:?}");
        }
        (parsed, expected) => panic!("{text:?}: {parsed:?}, expected {expected:?}"),
    }
}

#[test]
fn origins_as_browsers_print_them() {
    check("https://shop.example", Ok(("https://shop.example", "shop.example")));
    check("http://localhost:7180", Ok(("http://localhost:7180", "localhost")));
    check("http://127.0.0.1:7100", Ok(("http://127.0.0.1:7100", "127.0.0.1")));
    check("http://[::1]:7100", Ok(("http://[::1]:7100", "[::1]")));
    check(
        "https://xn--bcher-kva.example",
        Ok(("https://xn--bcher-kva.example", "xn--bcher-kva.example")),
    );
    check("https://shop.example:443", Ok(("https://shop.example", "shop.example")));
    check("http://[::1]:80", Ok(("http://[::1]", "[::1]")));
    check("http://shop.example:443", Ok(("http://shop.example:443", "shop.example")));
}

#[test]
fn everything_else_is_refused() {
    for (text, part) in [
        ("", "must begin with"),
        ("null", "must begin with"),
        ("*", "must begin with"),
        ("shop.example", "must begin with"),
        ("HTTPS://shop.example", "must begin with"),
        ("file://shop.example", "must begin with"),
        ("https://", "host name"),
        ("https://*.shop.example", "host name"),
        ("https://Shop.example", "host name"),
        ("https://shop.example/", "host name"),
        ("https://shop.example?a", "host name"),
        ("https://shop.example.", "host name"),
        ("https://user@shop.example", "host name"),
        ("https://shop.example\\@evil.example", "host name"),
        ("https://127.1", "host name"),
        ("https://0x7f.0.0.1.", "host name"),
        ("https://1.2.3.4.5", "host name"),
        ("https://1.2.3.0x4", "host name"),
        ("https://0x", "host name"),
        ("https://[::ffff:1.2.3.4]", "host name"),
        ("https://127.0.0.01", "host name"),
        ("https://[::1", "host name"),
        ("https://[0:0:0:0:0:0:0:1]", "host name"),
        ("https://[::1]x", "host name"),
        ("https://b\u{fc}cher.example", "host name"),
        ("https://shop.example https://b.example", "host name"),
        ("https://shop.example:", "port"),
        ("https://shop.example:0", "port"),
        ("https://shop.example:0443", "port"),
        ("https://shop.example:99999", "port"),
        ("https://shop.example:1/", "port"),
        ("https://shop.example:1@evil.example", "port"),
    ] {
        check(text, Err(part));
    }
}

proptest! {
    #[test]
    fn what_parses_prints_to_itself(text in "https?://[a-z0-9.:\\[\\]@/ -]{0,20}") {
        if let Ok(origin) = text.parse::<Origin>() {
            prop_assert_eq!(&origin.as_str().parse::<Origin>(), &Ok(origin.clone()));
            prop_assert!(!origin.as_str().contains(['@', '/', ' ']) || origin.as_str().matches('/').count() == 2);
        }
    }
}

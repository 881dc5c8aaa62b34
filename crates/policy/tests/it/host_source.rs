//! Host sources: parsing and printing.

use c2c_policy::HostSource;
use proptest::prelude::*;

use crate::properties;

fn check(source: &str, expected: Result<&str, &str>) {
    match (source.parse::<HostSource>(), expected) {
        (Ok(parsed), Ok(printed)) => assert_eq!(parsed.to_string(), printed),
        (Err(error), Err(part)) => {
            assert!(error.to_string().contains(part), "{source:?}: {error} does not say {part:?}");
        }
        (parsed, expected) => panic!("{source:?}: {parsed:?}, expected {expected:?}"),
    }
}

#[test]
fn sources_are_read_and_printed_in_one_spelling() {
    check("https://shop.example", Ok("https://shop.example"));
    check("https://*.shop.example", Ok("https://*.shop.example"));
    check("http://localhost:7180", Ok("http://localhost:7180"));
    check("http://127.0.0.1:80", Ok("http://127.0.0.1"));
    check("https://shop.example:443", Ok("https://shop.example"));
    check("https://shop.example:80", Ok("https://shop.example:80"));
}

#[test]
fn names_are_as_long_as_dns_has_them() {
    let label = "a".repeat(63);
    let longest = [&*label, &label, &label, &label[2..]].join(".");
    let check_name = |name: &str, fits| {
        let source = format!("https://{name}");
        check(&source, if fits { Ok(&source) } else { Err("host name") });
    };
    check_name(&longest, true);
    check_name(&[&*label, &label, &label, &label[1..]].join("."), false);
    check_name(&format!("a{label}.example"), false);
}

#[test]
fn nothing_that_says_more_than_it_seems_is_read() {
    for (source, part) in [
        ("", "must begin with"),
        ("*", "must begin with"),
        ("shop.example", "must begin with"),
        ("https:", "must begin with"),
        ("data:", "must begin with"),
        ("HTTPS://shop.example", "must begin with"),
        ("javascript://shop.example", "must begin with"),
        ("https://", "host name"),
        ("https://*", "host name"),
        ("https://*.*.example", "host name"),
        ("https://a.*.example", "host name"),
        ("https://Shop.example", "host name"),
        ("https://shop.example/", "host name"),
        ("https://shop.example/path", "host name"),
        ("https://user@shop.example", "host name"),
        ("https://shop..example", "host name"),
        ("https://-shop.example", "host name"),
        ("https://shop.example; script-src *", "host name"),
        ("https://shop.example 'self'", "host name"),
        ("https://shop.example,https://b.example", "host name"),
        ("https://shop.example\r\nset-cookie: a=b", "host name"),
        ("https://b\u{fc}cher.example", "host name"),
        ("https://[::1]:80", "host name"),
        ("https://shop.example:", "port"),
        ("https://shop.example:0", "port"),
        ("https://shop.example:080", "port"),
        ("https://shop.example:+80", "port"),
        ("https://shop.example:*", "port"),
        ("https://shop.example:65536", "port"),
        ("https://shop.example:80;", "port"),
    ] {
        check(source, Err(part));
    }
}

proptest! {
    #[test]
    fn what_parses_prints_to_itself_and_cannot_leave_its_directive(
        source in "(https?://)?(\\*\\.)?[a-z0-9.*;, '\r\n-]{0,20}(:[0-9*]{0,6})?"
    ) {
        properties::host(&source);
    }
}

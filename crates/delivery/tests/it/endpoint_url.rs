//! The URLs of endpoints.

use c2c_delivery::{AddressRules, EndpointUrl, UrlRules};
use proptest::prelude::*;
use url::Host;

fn rules() -> UrlRules {
    let allow = ["127.0.0.2:8080", "10.0.0.0/8", "[::1]:80"];
    let allow = allow.iter().map(|text| text.parse().expect("allowed")).collect();
    UrlRules { ports: vec![8443], addresses: AddressRules { allow, refuse: Vec::new() } }
}

/// With the operator's rules above.
fn check(text: &str, expected: Result<&str, &str>) {
    check_by(&rules(), text, expected);
}

/// Without any rules.
fn strict(text: &str, expected: Result<&str, &str>) {
    check_by(&UrlRules::default(), text, expected);
}

fn check_by(rules: &UrlRules, text: &str, expected: Result<&str, &str>) {
    match (EndpointUrl::parse(text, rules), expected) {
        (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected, "{text}"),
        (Err(error), Err(part)) => {
            let error = error.to_string();
            assert!(error.contains(part), "{text}: {error} does not say {part:?}");
        }
        (result, expected) => panic!("{text}: {result:?}, expected {expected:?}"),
    }
}

#[test]
fn https_urls_are_taken() {
    strict("https://crm.example/hook?key=1", Ok("https://crm.example/hook?key=1"));
    strict("https://CRM.example:443", Ok("https://crm.example/"));
    strict("https://bücher.example/ü", Ok("https://xn--bcher-kva.example/%C3%BC"));
    strict("https://1.1.1.1/", Ok("https://1.1.1.1/"));
    strict("https://[2606:4700::1111]/", Ok("https://[2606:4700::1111]/"));
    strict("https://receiver.test/", Ok("https://receiver.test/"));
    check("https://crm.example:8443/", Ok("https://crm.example:8443/"));
}

#[test]
fn other_schemes_are_refused() {
    strict("http://crm.example/", Err("must begin with https://"));
    check("http://crm.example/", Err("must begin with https://"));
    check("http://crm.example:8443/", Err("must begin with https://"));
    strict("http://1.1.1.1/", Err("must begin with https://"));
    for scheme in ["ftp", "ws", "file", "gopher", "javascript", "data"] {
        strict(&format!("{scheme}://crm.example/"), Err("must begin with https://"));
    }
    strict("crm.example/hook", Err("not an absolute URL"));
    strict("//crm.example/hook", Err("not an absolute URL"));
    strict("https://", Err("not an absolute URL"));
    strict("", Err("not an absolute URL"));
}

#[test]
fn plain_http_is_for_addresses_that_are_allowed_with_their_port() {
    check("http://127.0.0.2:8080/", Ok("http://127.0.0.2:8080/"));
    check("http://[::1]/", Ok("http://[::1]/"));
    check("http://[::1]:8443/", Err("must not be called"));
    // The whole network is allowed, by https.
    for port in [80, 443, 8443] {
        check(&format!("http://10.1.2.3:{port}/"), Err("must begin with https://"));
    }
    check("http://localhost:8080/", Err("not a name on the internet"));
}

#[test]
fn ports_are_443_or_those_of_the_operator() {
    for port in [1, 22, 25, 80, 442, 444, 6379, 8443, 65535] {
        strict(&format!("https://crm.example:{port}/"), Err("is not permitted: use 443"));
        strict(&format!("https://1.1.1.1:{port}/"), Err("is not permitted: use 443"));
    }
    strict("https://crm.example:65536/", Err("not an absolute URL"));
    check("https://10.1.2.3:8443/", Ok("https://10.1.2.3:8443/"));
    check("https://10.1.2.3:6379/", Err("port 6379 is not permitted"));
    check("https://127.0.0.2:8080/", Ok("https://127.0.0.2:8080/"));
    // Allowed for that address only.
    check("https://1.1.1.1:8080/", Err("port 8080 is not permitted"));
    check("https://crm.example:8080/", Err("port 8080 is not permitted"));
}

#[test]
fn users_and_fragments_are_refused() {
    for user in ["a@", "a:b@", ":b@", "https%3A%2F%2Fcrm.example@", "crm.example%20@"] {
        strict(&format!("https://{user}crm.example/"), Err("no user or password"));
    }
    strict("https://crm.example/#", Err("no fragment"));
    strict("https://crm.example/?a#b", Err("no fragment"));
}

#[test]
fn local_names_are_refused() {
    for name in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "crm",
        "crm.",
        "crm.example.",
        "printer.local",
        "metadata.google.internal",
        "router.home.arpa",
        "home.arpa",
        "x.onion",
        "crm.INTERNAL",
        "ｌocalhost",
    ] {
        strict(&format!("https://{name}/"), Err("is not a name on the internet"));
        check(&format!("https://{name}/"), Err("is not a name on the internet"));
    }
    for name in
        ["notlocal.example", "local.example", "mylocalhost.example", "xlocal.org", "arpa.example"]
    {
        strict(&format!("https://{name}/"), Ok(&format!("https://{name}/")));
    }
}

/// Forms of 127.0.0.1 and others by which filters of text were deceived.
#[test]
fn literals_are_judged_in_any_form() {
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::127.0.0.1]",
        "[2606:4700::5efe:127.0.0.1]",
    ] {
        strict(&format!("https://{host}/"), Err("must not be called"));
    }
    check("https://10.0.0.1/", Ok("https://10.0.0.1/"));
    check("https://0xa.1/", Ok("https://10.0.0.1/"));
    for broken in [
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::1",
        "1.1.1.1.1",
        "256.1.1.1",
        "a b.example",
        "a%00.example",
    ] {
        strict(&format!("https://{broken}/"), Err("not an absolute URL"));
    }
}

#[test]
fn urls_are_short() {
    let long = |length: usize| {
        let start = "https://crm.example/";
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    strict(&long(2048), Ok(&long(2048)));
    strict(&long(2049), Err("the URL has 2049 bytes; at most 2048"));
    // Each `ü` has two bytes here and six after parsing.
    let grows = format!("https://crm.example/{}", "ü".repeat(500));
    strict(&grows, Err("the URL has 3020 bytes"));
    // The parser drops tabs.
    strict(&format!("https://crm.example/{}", "\t".repeat(2_500)), Err("the URL has 2520 bytes"));
}

#[test]
fn a_url_is_printed_without_its_secrets() {
    let url =
        EndpointUrl::parse("https://crm.example/hook/hush?key=hush", &rules()).expect("a URL");
    assert_eq!(url.to_string(), "https://crm.example:443");
    assert_eq!(format!("{url:?}"), "EndpointUrl(https://crm.example:443)");
    let ipv6 = EndpointUrl::parse("https://[2606:4700::1]:8443/hush", &rules()).expect("a URL");
    assert_eq!(ipv6.to_string(), "https://[2606:4700::1]:8443");
    for wrong in
        ["https://hush@crm.example/", "hush", "https://crm.example/hush#", "https://h ush/"]
    {
        let error = EndpointUrl::parse(wrong, &rules()).expect_err(wrong);
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
}

#[test]
fn another_place_is_another_agreement() {
    let url = |text: &str| EndpointUrl::parse(text, &rules()).expect("a URL");
    let one = url("https://crm.example/hook?key=1");
    assert!(one.leads_to(&url("https://CRM.example:443/hook?key=1")));
    for other in [
        "https://crm.example/hook2?key=1",
        "https://crm2.example/hook?key=1",
        "https://crm.example:8443/hook?key=1",
        // A service for many customers may tell them apart by it.
        "https://crm.example/hook?key=2",
        "https://crm.example/hook",
    ] {
        assert!(!one.leads_to(&url(other)), "{other}");
    }
    assert!(!url("https://127.0.0.2:8080/").leads_to(&url("http://127.0.0.2:8080/")));
}

proptest! {
    /// The client is given another type than the one that was judged.
    #[test]
    fn the_client_gets_what_was_judged(text in "https://[a-zA-Z0-9ü.:@\\[\\]%-]{1,20}[ -~ü]{0,30}") {
        let rules = UrlRules { ports: (0..=u16::MAX).collect(), ..rules() };
        if let Ok(url) = EndpointUrl::parse(&text, &rules) {
            let host = match url.host() {
                Host::Domain(name) => name.clone(),
                Host::Ipv4(v4) => v4.to_string(),
                Host::Ipv6(v6) => format!("[{v6}]"),
            };
            prop_assert_eq!(url.uri().host(), Some(&*host));
            prop_assert_eq!(url.uri().port_u16().unwrap_or(443), url.port());
            prop_assert_eq!(url.uri().scheme_str(), Some("https"));
            // Parsing is stable: connecting judges the same again.
            let again = EndpointUrl::parse(url.as_str(), &rules);
            prop_assert_eq!(again.as_ref().map(EndpointUrl::as_str), Ok(url.as_str()));
        }
    }
}

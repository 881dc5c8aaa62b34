//! The hosts of sandbox documents, and the label of each app.

use c2c_names::{AppId, SandboxHosts};
use proptest::prelude::*;

fn hosts(text: &str) -> SandboxHosts {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn check_origin(hosts_text: &str, app: &str, expected: &str) {
    let app: AppId = app.parse().expect("an app id");
    let hosts = hosts(hosts_text);
    assert_eq!(hosts.to_string(), hosts_text);
    assert_eq!(hosts.origin_for(&app).as_str(), expected);
    assert!(hosts.include(hosts.origin_for(&app).authority()), "{expected}");
    // The parts of an origin are where parsing would find them.
    assert_eq!(*hosts.origin_for(&app), expected.parse().expect("an origin"));
}

#[test]
fn each_app_has_the_host_that_the_rule_gives_it() {
    check_origin("https://usercontent.example", "demo", "https://usercontent.example");
    let each = "https://*.usercontent.example";
    check_origin(each, "demo", "https://demo.usercontent.example");
    check_origin(each, "1", "https://1.usercontent.example");
    check_origin(each, "a-b--c", "https://a-b--c.usercontent.example");
    check_origin("http://*.localhost:7180", "demo", "http://demo.localhost:7180");
    let longest = "a".repeat(63);
    check_origin(each, &longest, &format!("https://{longest}.usercontent.example"));
    // `printf %s xn--a | sha256sum`
    let hashed =
        "https://id--0c8452260b14d7e3f5981e17b8219e81edadb74b935e613893c960f7.usercontent.example";
    check_origin(each, "xn--a", hashed);
    for id in ["id--0", "ab--cd", "xn--a", &"a".repeat(64)] {
        let app = id.parse().expect("an app id");
        let origin = hosts(each).origin_for(&app).into_owned();
        assert!(origin.host().starts_with("id--") && !origin.host().contains(id), "{origin}");
        assert_eq!(origin.host().len(), "id--.usercontent.example".len() + 56);
    }
}

#[test]
fn a_host_is_of_an_app_if_it_has_one_label_before_the_domain() {
    let hosts = hosts("http://*.usercontent.example:8080");
    for authority in ["demo.usercontent.example:8080", "DEMO.UserContent.Example:8080"] {
        assert!(hosts.include(authority), "{authority}");
    }
    for authority in [
        "",
        ".",
        "demo",
        "usercontent.example:8080",
        ".usercontent.example:8080",
        "a.b.usercontent.example:8080",
        "demousercontent.example:8080",
        "demo.usercontent.example",
        "demo.usercontent.example:80800",
        "demo.usercontent.example.:8080",
        "demo.usercontent.example:8080.evil.example",
        "é.other-content.example:8080",
        "\u{e9}usercontent.example:8080",
    ] {
        assert!(!hosts.include(authority), "{authority}");
    }
    assert!(self::hosts("https://one.example").include("ONE.example"));
    assert!(!self::hosts("https://one.example").include("x.one.example"));
}

#[test]
fn a_domain_that_apps_cannot_have_labels_in_is_refused() {
    let long = |length: usize| {
        let text: String = "abcdefghi.".chars().cycle().take(length - 1).collect();
        format!("https://*.{}x", text.replace(".x", "-x"))
    };
    assert_eq!(hosts(&long(189)).domain().len(), 189);
    for (text, part) in [
        ("*.usercontent.example", "must begin with https://"),
        ("https://*.usercontent.example/", "no trailing slash"),
        ("https://*.*.example", "a host name in lower case"),
        ("https://x.*.example", "a host name in lower case"),
        ("https://*", "a host name in lower case"),
        ("https://*.", "a host name in lower case"),
        ("https://*.127.0.0.1", "a domain, and not an address"),
        ("https://*.[::1]", "a domain, and not an address"),
        (&long(190), "at most 189 characters"),
    ] {
        let error = text.parse::<SandboxHosts>().expect_err(text).to_string();
        assert!(error.contains(part), "{text:?}: {error} does not say {part:?}");
    }
}

fn ids() -> impl Strategy<Value = AppId> {
    let any = "[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?";
    let near_hash = "(id|xn)--[0-9a-f]{56}";
    let text = prop_oneof![any, near_hash, "[ab-]{4,5}"];
    text.prop_filter_map("an app id", |text| text.parse().ok())
}

proptest! {
    #[test]
    fn two_apps_never_share_a_host(one in ids(), other in ids()) {
        let hosts = hosts("https://*.usercontent.example");
        let [of_one, of_other] = [&one, &other].map(|app| hosts.origin_for(app).into_owned());
        prop_assert_eq!(one == other, of_one == of_other);
        prop_assert!(hosts.include(of_one.authority()));
        // Browsers accept the name.
        prop_assert_eq!(of_one.as_str().parse(), Ok(of_one));
    }
}

//! The headers as sent.

use c2c_policy::{AncestorSource, DocumentPolicy, FEATURES, HostSource, Nonce, PagePolicy};
use http::HeaderMap;

use crate::properties::value;

fn source(text: &str) -> HostSource {
    text.parse().expect(text)
}

fn ancestor(text: &str) -> AncestorSource {
    text.parse().expect(text)
}

/// Every policy of the crate, with its name.
fn all() -> Vec<(&'static str, HeaderMap)> {
    let (widget, parent) = (source("https://w.example"), source("https://p.example"));
    vec![
        ("document", DocumentPolicy::strict(&[widget.clone().into()]).headers().clone()),
        ("unframed", DocumentPolicy::strict(&[]).headers().clone()),
        (
            "widget",
            PagePolicy::widget(&source("https://s.example"), &[parent.clone().into()], false)
                .headers()
                .clone(),
        ),
        (
            "collecting widget",
            PagePolicy::widget(&source("https://s.example"), &[parent.clone().into()], true)
                .headers()
                .clone(),
        ),
        ("parent", PagePolicy::parent(&widget, &[]).headers().clone()),
        ("console", PagePolicy::console(&parent, Nonce::new([7; 16])).headers().clone()),
        (
            "framed console",
            PagePolicy::framed_console(
                &parent,
                Nonce::new([7; 16]),
                &[ancestor("https://product.example")],
            )
            .headers()
            .clone(),
        ),
        ("preview link", PagePolicy::preview_link().headers().clone()),
        ("asset", PagePolicy::asset("text/javascript; charset=utf-8").headers().clone()),
        ("shared", PagePolicy::shared_asset("text/javascript; charset=utf-8").headers().clone()),
        ("api", PagePolicy::api().headers().clone()),
        ("message", PagePolicy::message(&[]).headers().clone()),
    ]
}

#[test]
fn the_sandbox_document_is_held_by_one_sandbox_with_one_token() {
    let policy =
        DocumentPolicy::strict(&[ancestor("https://w.example"), ancestor("https://*.p.example")]);
    let csp = value(policy.headers(), "content-security-policy");
    assert_eq!(
        csp,
        "sandbox allow-scripts; frame-ancestors https://w.example https://*.p.example; \
         form-action 'none'"
    );
    assert_eq!(policy.frame_attributes()[0].name, "sandbox");
    assert_eq!(policy.frame_attributes()[0].value, "allow-scripts");
    let unframed = DocumentPolicy::strict(&[]);
    assert!(
        value(unframed.headers(), "content-security-policy").contains("frame-ancestors 'none'")
    );
}

#[test]
fn only_iframes_load_the_document() {
    for dest in
        ["document", "embed", "object", "frame", "fencedframe", "empty", "", "IFRAME", "iframe "]
    {
        assert!(!DocumentPolicy::accepts_destination(Some(dest.as_bytes())), "{dest:?}");
    }
    assert!(DocumentPolicy::accepts_destination(Some(b"iframe")));
    assert!(DocumentPolicy::accepts_destination(None));
}

fn widget_policy(collects: bool) -> PagePolicy {
    PagePolicy::widget(&source("https://s.example"), &[ancestor("https://p.example")], collects)
}

#[test]
fn a_widget_page_that_collects_talks_to_its_own_origin_and_no_other() {
    let [without, with] = [false, true].map(widget_policy);
    let csp = value(without.headers(), "content-security-policy");
    assert!(!csp.contains("connect-src"), "{csp}");
    let mut expected = without.headers().clone();
    let csp = csp.replace("; frame-src", "; connect-src 'self'; frame-src");
    expected.insert("content-security-policy", csp.parse().expect("a header value"));
    assert_eq!(*with.headers(), expected);
}

#[test]
fn the_widget_page_pins_its_frame_to_the_sandbox() {
    let policy = widget_policy(false);
    let csp = value(policy.headers(), "content-security-policy");
    let directives: Vec<&str> = csp.split("; ").collect();
    assert!(directives.contains(&"frame-src https://s.example"), "{csp}");
    assert!(directives.contains(&"frame-ancestors https://p.example"), "{csp}");
    assert!(directives.contains(&"default-src 'none'"), "{csp}");
}

#[test]
fn a_parent_page_and_a_message_are_framed_by_whom_they_name() {
    let (widget, console) = (source("https://w.example"), ancestor("https://c.example"));
    let framed = |policy: &PagePolicy| {
        let csp = value(policy.headers(), "content-security-policy");
        csp.split_once("frame-ancestors ").expect(csp).1.to_owned()
    };
    assert_eq!(framed(&PagePolicy::parent(&widget, &[])), "'none'");
    assert_eq!(framed(&PagePolicy::message(&[])), "'none'");
    let named = std::slice::from_ref(&console);
    assert_eq!(framed(&PagePolicy::parent(&widget, named)), "https://c.example");
    assert_eq!(framed(&PagePolicy::message(named)), "https://c.example");
    assert_eq!(framed(&PagePolicy::widget(&widget, named, false)), "https://c.example");
}

#[test]
fn the_console_frames_parent_pages_and_talks_to_itself() {
    let nonce = Nonce::new(std::array::from_fn(|at| u8::try_from(at * 17).expect("small")));
    let policy = PagePolicy::console(&source("https://p.example"), nonce);
    let csp = value(policy.headers(), "content-security-policy");
    assert_eq!(
        csp,
        "default-src 'none'; script-src 'nonce-00112233445566778899aabbccddeeff'; \
         style-src 'nonce-00112233445566778899aabbccddeeff'; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; connect-src 'self'; frame-src https://p.example; \
         require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'none'"
    );
    assert_eq!(value(policy.headers(), "cross-origin-opener-policy"), "same-origin");
    assert_eq!(value(policy.headers(), "cache-control"), "no-store");
}

#[test]
fn a_framed_console_differs_in_what_may_be_above_it() {
    let (parent, nonce) = (source("https://p.example"), Nonce::new([7; 16]));
    let product = [ancestor("https://product.example")];
    let policy = PagePolicy::framed_console(&parent, nonce, &product);
    let alone = PagePolicy::console(&parent, nonce);
    let csp = value(alone.headers(), "content-security-policy");
    let csp = csp.replace("ancestors 'none'", "ancestors https://product.example");
    let mut expected = alone.headers().clone();
    expected.insert("content-security-policy", csp.parse().expect("a header value"));
    expected.remove("cross-origin-opener-policy");
    assert_eq!(*policy.headers(), expected);
}

#[test]
fn the_page_of_a_preview_link_is_the_opener_of_others_and_has_none() {
    let policy = PagePolicy::preview_link();
    assert_eq!(
        value(policy.headers(), "content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
         form-action 'none'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; \
         frame-ancestors 'none'"
    );
    let opener = value(policy.headers(), "cross-origin-opener-policy");
    assert_eq!(opener, "same-origin-allow-popups");
    assert_eq!(value(policy.headers(), "cache-control"), "no-store");
}

#[test]
fn only_shared_assets_are_open_to_other_origins() {
    for (name, headers) in all() {
        let open = headers.contains_key("access-control-allow-origin");
        assert_eq!(open, name == "shared", "{name}");
    }
}

#[test]
fn every_policy_says_what_it_is_and_leaks_no_referrer() {
    for (name, headers) in all() {
        assert_eq!(value(&headers, "x-content-type-options"), "nosniff", "{name}");
        assert_eq!(value(&headers, "referrer-policy"), "no-referrer", "{name}");
        assert!(!value(&headers, "content-type").is_empty(), "{name}");
        let csp = value(&headers, "content-security-policy");
        assert!(csp.contains("frame-ancestors "), "{name}: {csp}");
        assert!(!csp.contains("unsafe"), "{name}: {csp}");
        for key in headers.keys() {
            let text = value(&headers, key.as_str());
            assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b)), "{name}: {key}: {text}");
        }
    }
}

#[test]
fn the_documentation_names_every_header_and_directive() {
    let documentation = include_str!("../../../../docs/policy.md");
    let words = documentation.to_lowercase();
    let has = |word: &str| assert!(words.contains(&format!("`{word}")), "no `{word}");
    for (_, headers) in all() {
        for name in headers.keys() {
            has(name.as_str());
        }
        for directive in value(&headers, "content-security-policy").split("; ") {
            has(directive.split_once(' ').map_or(directive, |(name, _)| name));
        }
    }
    let denied = FEATURES.iter().filter(|feature| feature.kept.is_none()).count();
    assert!(words.contains(&format!("`<feature>=()` for each of {denied}")), "{denied}");
}

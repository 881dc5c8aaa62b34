//! The hosts that one app's code may use.

use c2c_names::LoadKind;
use c2c_policy::{AllowList, DocumentPolicy, HostSource, SandboxTokens};
use proptest::prelude::*;

use crate::properties::{self, value};

fn csp(policy: &DocumentPolicy) -> String {
    let value = value(policy.headers(), "content-security-policy");
    properties::csp(value);
    value.to_owned()
}

fn list(entries: &[(LoadKind, &str)]) -> AllowList {
    let host = |host: &str| host.parse().or_else(|_| HostSource::https(host)).expect(host);
    entries.iter().fold(AllowList::empty(), |list, &(load, of)| list.allow(load, host(of)))
}

#[test]
fn a_list_without_hosts_leaves_what_contacts_no_host() {
    let policy = DocumentPolicy::strict(&[]).with_allow_list(AllowList::empty());
    assert_eq!(
        csp(&policy),
        "sandbox allow-scripts; frame-ancestors 'none'; form-action 'none'; default-src 'none'; \
         script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; \
         img-src data: blob:; media-src data: blob:; connect-src 'none'; font-src data:; \
         frame-src 'none'; object-src 'none'"
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "header and attribute follow any sandbox")]
fn each_kind_has_its_directive_and_each_host_is_there_once() {
    let list = list(&[
        (LoadKind::Script, "s.example"),
        (LoadKind::Script, "s.example:443"),
        (LoadKind::Script, "*.s.example"),
        (LoadKind::Style, "css.example"),
        (LoadKind::Image, "img.example:8443"),
        (LoadKind::Connection, "c.example"),
        (LoadKind::Connection, "http://localhost:7180"),
        (LoadKind::Font, "f.example"),
        (LoadKind::Frame, "frame.example"),
        (LoadKind::Object, "frame.example"),
        (LoadKind::Media, "video.example"),
        (LoadKind::Object, "pdf.example"),
    ]);
    let policy = DocumentPolicy::strict(&[]).with_allow_list(list.clone());
    let csp = csp(&policy);
    let (_, listed) = csp.split_once("default-src 'none'; ").expect(&csp);
    assert_eq!(
        listed,
        "script-src 'unsafe-inline' 'unsafe-eval' blob: https://*.s.example https://s.example; \
         style-src 'unsafe-inline' https://css.example; \
         img-src data: blob: https://img.example:8443; \
         media-src data: blob: https://video.example; \
         connect-src http://localhost:7180 ws://localhost:7180 https://c.example wss://c.example; \
         font-src data: https://f.example; frame-src https://frame.example https://pdf.example; \
         object-src https://frame.example https://pdf.example"
    );
    // Only the CSP differs, in whichever order the policy is changed.
    let strict = DocumentPolicy::strict(&[]);
    let differing =
        policy.headers().iter().filter(|(name, value)| strict.headers()[*name] != **value);
    assert_eq!(
        differing.map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["content-security-policy"]
    );
    assert_eq!(policy.headers().len(), strict.headers().len());
    assert_eq!(policy.frame_attributes(), strict.frame_attributes());
    let forms = SandboxTokens::strict().union(SandboxTokens::ALLOW_FORMS);
    assert_eq!(
        policy.dangerous_with_sandbox(forms),
        strict.dangerous_with_sandbox(forms).with_allow_list(list)
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "header and attribute follow any sandbox")]
fn a_list_goes_with_any_sandbox() {
    for tokens in [SandboxTokens::EMPTY, SandboxTokens::dangerous_allow_same_origin()] {
        let policy = DocumentPolicy::strict(&[]).dangerous_with_sandbox(tokens);
        let policy = policy.with_allow_list(AllowList::empty());
        assert!(!policy.headers().is_empty());
    }
}

#[test]
fn a_host_is_a_name_and_at_most_a_port() {
    for host in
        ["", "*", "a.example/x", "a.example; script-src *", "[::1]:80", "b\u{fc}cher.example"]
    {
        assert!(HostSource::https(host).is_err(), "{host:?}");
    }
    let host = HostSource::https("a.example:8443").expect("a name and a port");
    assert_eq!(host.to_string(), "https://a.example:8443");
}

proptest! {
    #[test]
    fn any_lines(text in "((https?://)?(\\*\\.)?[a-z]{1,3}(\\.example)?(:[0-9]{1,4})?\n|https:\n|[;, '\n]|\\PC){0,9}") {
        properties::policies(&text);
    }
}

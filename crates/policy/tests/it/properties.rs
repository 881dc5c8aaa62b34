//! Properties that hold for any text. Used by the random tests here and by the fuzz target.
//!
//! The reference parsers below follow the standards and share no code with the crate.

use std::collections::BTreeSet;

use c2c_names::LoadKind;
use c2c_policy::{
    AllowList, AncestorSource, Csp, DocumentPolicy, HostSource, PagePolicy, PermissionsPolicy,
    ReferrerPolicy, SandboxTokens,
};
use http::HeaderMap;

/// The tokens that open the sandbox, as spelt in the standard.
const DANGEROUS: [&str; 5] = [
    "allow-popups-to-escape-sandbox",
    "allow-same-origin",
    "allow-top-navigation",
    "allow-top-navigation-by-user-activation",
    "allow-top-navigation-to-custom-protocols",
];

const SPACE: [char; 5] = ['\t', '\n', '\x0c', '\r', ' '];

/// Checks everything that is parsed from text.
#[cfg_attr(test, expect(dead_code, reason = "for the fuzz target; here each has a test"))]
pub(crate) fn hold_for(text: &str) {
    sandbox(text);
    csp(text);
    permissions(text);
    referrer(text);
    host(text);
    policies(text);
}

/// Sandbox tokens: no text is accepted that a browser would read as an open sandbox. Accepted texts keep
/// their meaning, and print to one text that both parsers agree about.
pub(crate) fn sandbox(text: &str) {
    let seen = tokens_as_browsers_read(text);
    let dangerous = DANGEROUS.iter().any(|token| seen.contains(*token));
    let lenient = SandboxTokens::parse_lenient(text);
    assert_eq!(lenient.is_err(), dangerous, "{text:?}");
    let Ok(lenient) = lenient else {
        assert!(text.parse::<SandboxTokens>().is_err(), "{text:?}");
        return;
    };
    let printed = lenient.to_string();
    assert!(tokens_as_browsers_read(&printed).is_subset(&seen), "{text:?}");
    assert_eq!(printed.parse(), Ok(lenient));
    assert_eq!(SandboxTokens::parse_lenient(&printed), Ok(lenient));
    if let Ok(strict) = text.parse::<SandboxTokens>() {
        assert_eq!(strict, lenient, "{text:?}");
        assert_eq!(tokens_as_browsers_read(&printed), seen, "nothing was ignored in {text:?}");
    }
}

/// Policies: an accepted text keeps its meaning for browsers, and printing does not change the policy.
pub(crate) fn csp(text: &str) {
    let Ok(policy) = text.parse::<Csp>() else {
        return;
    };
    let printed = policy.to_string();
    assert_eq!(printed.parse().as_ref(), Ok(&policy), "{text:?}");
    let read = csp_as_browsers_read(&printed);
    assert_eq!(read, csp_as_browsers_read(text), "{text:?} → {printed:?}");
    let names: BTreeSet<_> = read.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), policy.directives().len(), "{printed:?}");
    let sandboxed = names.contains("sandbox");
    for (name, values) in &read {
        assert!(name == "sandbox" || !values.is_empty(), "{printed:?}");
        assert!(!values.contains("'none'") || values.len() == 1, "{printed:?}");
        assert!(!(sandboxed && values.contains("'self'")), "{printed:?}");
        let unsafe_ = values.iter().any(|value| value.starts_with("'unsafe-"));
        assert!(sandboxed || !unsafe_, "{printed:?}");
    }
}

/// A Permissions-Policy: exactly the dictionaries that only deny are accepted, and keep their names.
pub(crate) fn permissions(text: &str) {
    let expected = denied_by_dictionary(text).filter(|denied| !denied.is_empty());
    let read = text.parse::<PermissionsPolicy>().ok();
    assert_eq!(read.is_some(), expected.is_some(), "{text:?}");
    let (Some(policy), Some(expected)) = (read, expected) else {
        return;
    };
    let printed = policy.to_string();
    assert_eq!(denied_by_dictionary(&printed), Some(expected.clone()), "{text:?} → {printed:?}");
    assert!(expected.iter().all(|name| policy.denies(name)), "{text:?}");
    assert_eq!(printed.parse(), Ok(policy));
}

/// A Referrer-Policy: no text is accepted under which a browser sends a referrer.
pub(crate) fn referrer(text: &str) {
    if let Ok(policy) = text.parse::<ReferrerPolicy>() {
        assert_eq!(policy.to_string(), "no-referrer");
        assert_eq!(text.trim().to_ascii_lowercase(), "no-referrer");
    }
}

/// Hosts and ancestors: an accepted text prints to itself, and cannot leave its place in a policy.
pub(crate) fn host(text: &str) {
    let host = text.parse::<HostSource>();
    if let Ok(host) = &host {
        let printed = host.to_string();
        assert_eq!(printed.parse().as_ref(), Ok(host));
        assert!(
            printed.bytes().all(|b| b.is_ascii_graphic() && !b";,'\"".contains(&b)),
            "{text:?}"
        );
    }
    match text.parse::<AncestorSource>() {
        Ok(ancestor) => {
            assert_eq!(ancestor.to_string().parse().as_ref(), Ok(&ancestor));
            assert_eq!(host.is_err(), ancestor == AncestorSource::AnyHttps, "{text:?}");
        }
        Err(error) => assert_eq!(Err(error), host, "{text:?}"),
    }
}

/// Whole policies with any ancestors and any allow-list, one entry a line: every header occurs once, has
/// its apparent meaning, and agrees with the frame's attributes.
pub(crate) fn policies(text: &str) {
    let ancestors: Vec<AncestorSource> =
        text.lines().filter_map(|line| line.parse().ok()).collect();
    let mut allow_list = AllowList::empty();
    for (line, kind) in text.lines().zip(LoadKind::ALL.into_iter().cycle()) {
        if let Ok(host) = HostSource::https(line) {
            allow_list = allow_list.allow(kind, host);
        }
    }
    let strict = DocumentPolicy::strict(&ancestors);
    let listed = strict.clone().with_allow_list(allow_list);
    for policy in [&strict, &listed] {
        let read = csp_as_browsers_read(value(policy.headers(), "content-security-policy"));
        let directive =
            |name: &str| read.iter().find(|(own, _)| own == name).map(|(_, values)| values);
        let expected = if ancestors.is_empty() {
            BTreeSet::from(["'none'".to_owned()])
        } else {
            ancestors.iter().map(ToString::to_string).collect()
        };
        assert_eq!(directive("frame-ancestors"), Some(&expected));
        assert_eq!(directive("sandbox"), Some(&BTreeSet::from(["allow-scripts".to_owned()])));
        assert_eq!(directive("default-src").is_some(), policy == &listed);
        assert_eq!(&*policy.frame_attributes()[0].value, "allow-scripts");
    }
    let message = PagePolicy::message(&ancestors);
    for headers in [strict.headers(), listed.headers(), message.headers()] {
        csp(value(headers, "content-security-policy"));
        assert!(value(headers, "content-security-policy").parse::<Csp>().is_ok());
    }
}

/// Returns the value of a header that occurs once and is one line of plain text.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let mut values = headers.get_all(name).iter();
    let value = values.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(values.next().is_none(), "{name} twice");
    let value = value.to_str().expect("visible ASCII");
    assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{value:?}");
    value
}

/// Parses an unordered set, split at ASCII whitespace, in lower case:
/// <https://html.spec.whatwg.org/multipage/browsers.html#parse-a-sandboxing-directive>.
fn tokens_as_browsers_read(tokens: &str) -> BTreeSet<String> {
    let words = tokens.split(SPACE).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}

/// Parses a policy by <https://www.w3.org/TR/CSP3/#parse-serialized-policy>; equivalent sources get one
/// spelling: in lower case, without a default port.
fn csp_as_browsers_read(text: &str) -> Vec<(String, BTreeSet<String>)> {
    assert!(!text.contains(','), "two policies: {text:?}");
    let mut directives = Vec::<(String, BTreeSet<String>)>::new();
    for token in text.split(';') {
        let token = token.trim_matches(SPACE);
        let name = token.split(SPACE).next().unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() || directives.iter().any(|(own, _)| *own == name) {
            continue;
        }
        let values = tokens_as_browsers_read(&token[name.len()..]);
        directives.push((name, values.into_iter().map(without_default_port).collect()));
    }
    directives
}

fn without_default_port(source: String) -> String {
    for (scheme, port) in [("https:", ":443"), ("wss:", ":443"), ("http:", ":80"), ("ws:", ":80")] {
        if let Some(rest) = source.strip_suffix(port).filter(|_| source.starts_with(scheme)) {
            return rest.to_owned();
        }
    }
    source
}

/// Parses a dictionary by <https://www.rfc-editor.org/rfc/rfc9651#section-4.2.2>, restricted to members
/// that are a feature's name with an empty list without parameters. Returns `None` for anything else, or
/// if a name occurs twice.
fn denied_by_dictionary(text: &str) -> Option<BTreeSet<String>> {
    let mut members = BTreeSet::new();
    let mut rest = text.trim_start_matches(' ');
    while !rest.is_empty() {
        let key = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        let length = rest.bytes().take_while(key).count();
        let (name, after) = rest.split_at(length);
        if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
            return None;
        }
        let inside = after.strip_prefix("=(")?.trim_start_matches(' ');
        rest = inside.strip_prefix(')')?;
        if !members.insert(name.to_owned()) {
            return None;
        }
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            break;
        }
        rest = rest.strip_prefix(',')?.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return None;
        }
    }
    Some(members)
}

//! The comparison of a page's headers as seen from outside with those that the server sends.

use hyper::header::{HeaderMap, HeaderValue};

/// Headers that a proxy may add, change or leave out: they have no part in the isolation.
const FREE: [&str; 10] = [
    "accept-ranges",
    "age",
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "etag",
    "keep-alive",
    "transfer-encoding",
    "vary",
];

/// Headers that change what a browser allows. The server sends those that it wants, so none may be added.
const POLICY: [&str; 16] = [
    "access-control-allow-credentials",
    "access-control-allow-origin",
    "clear-site-data",
    "content-security-policy",
    "content-security-policy-report-only",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "document-policy",
    "origin-agent-cluster",
    "permissions-policy",
    "referrer-policy",
    "service-worker-allowed",
    "x-content-type-options",
    "x-frame-options",
];

/// The differences, each as a sentence. `sent` is from the server, `seen` from outside.
pub(super) fn differences(sent: &HeaderMap, seen: &HeaderMap) -> Vec<String> {
    let mut found = Vec::new();
    for name in sent.keys().filter(|name| !FREE.contains(&name.as_str())) {
        let (sent, seen) = (values(sent, name.as_str()), values(seen, name.as_str()));
        if sent == seen {
            continue;
        }
        found.push(match (sent.len(), seen.len()) {
            (_, 0) => format!("{name} is missing: the proxy must pass it on"),
            (before, after) if after > before => {
                format!("{name} is there {after} times, not {before}: the proxy must not add it")
            }
            _ => {
                format!("{name} is {:?}, not {:?}: the proxy must not change it", seen[0], sent[0])
            }
        });
    }
    for name in seen.keys() {
        if POLICY.contains(&name.as_str()) && !sent.contains_key(name) {
            found.push(format!("{name} is not from the server: the proxy must not add it"));
        }
    }
    found
}

/// The number of headers that a proxy must not touch.
pub(super) fn count(sent: &HeaderMap) -> usize {
    sent.keys().filter(|name| !FREE.contains(&name.as_str())).count()
}

fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(without_nonces).collect()
}

/// The console's policy has other nonces each time.
fn without_nonces(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    let mut parts = text.split("'nonce-");
    let mut known = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        known += "'nonce-…'";
        known += part.split_once('\'').map_or("", |(_, rest)| rest);
    }
    known
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let line = |&(name, value): &(_, &str)| {
            (HeaderName::from_static(name), value.parse().expect("a value"))
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn differences_that_matter_are_found() {
        let sent = [
            ("content-security-policy", "script-src 'nonce-abc' 'self'; style-src 'nonce-def'"),
            ("referrer-policy", "no-referrer"),
            ("date", "today"),
            ("content-length", "5"),
        ];
        let check = |seen: &[(&'static str, &str)], expected: &[&str]| {
            assert_eq!(differences(&headers(&sent), &headers(seen)), expected, "{seen:?}");
        };
        let csp =
            ("content-security-policy", "script-src 'nonce-uvw' 'self'; style-src 'nonce-xyz'");
        let referrer = ("referrer-policy", "no-referrer");
        check(&[csp, referrer, ("server", "nginx"), ("date", "yesterday")], &[]);
        check(&[referrer], &["content-security-policy is missing: the proxy must pass it on"]);
        check(
            &[csp, csp, referrer],
            &["content-security-policy is there 2 times, not 1: the proxy must not add it"],
        );
        check(
            &[("content-security-policy", "script-src *"), referrer],
            &[
                "content-security-policy is \"script-src *\", not \"script-src 'nonce-…' 'self'; style-src 'nonce-…'\": the proxy must not change it",
            ],
        );
        check(
            &[csp, referrer, ("x-frame-options", "DENY")],
            &["x-frame-options is not from the server: the proxy must not add it"],
        );
    }
}

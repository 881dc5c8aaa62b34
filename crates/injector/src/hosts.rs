//! The hosts that a snippet's markup loads from.

use c2c_names::LoadKind;
use serde::Serialize;

/// A host that a snippet's markup makes every visitor's browser contact.
///
/// For an inventory of the parties that learn about visitors, and for writing a content security policy.
/// Only hosts in attributes are listed: scripts load more while they run, and so do style sheets
/// (`@import`, `url()`). Sorted by the fields in their order. In JSON, the field names are in camelCase.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExternalHost {
    /// The snippet that names it.
    pub area: crate::Area,
    /// The kind of load.
    pub kind: LoadKind,
    /// The host in lower case, with its port (`host:port`) if that is not the scheme's default. A non-ASCII
    /// name is not converted to punycode.
    pub host: String,
    /// `http` or `https`; `None` for a URL that uses the document's scheme (`//host/…`).
    pub scheme: Option<&'static str>,
}

/// The scheme and host of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) scheme: Option<&'static str>,
    pub(crate) host: String,
}

impl Authority {
    /// Parses an absolute http(s) URL or a scheme-relative one, as in <https://url.spec.whatwg.org/>:
    /// backslashes count as slashes; white space around the URL and line ends in it are ignored. `None` for
    /// all other URLs, including relative ones.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let url = url.trim_matches(|next: char| next <= ' ');
        if url.contains(['\t', '\n', '\r']) {
            return Self::of(&url.replace(['\t', '\n', '\r'], ""));
        }
        let (scheme, rest) = split_scheme(url);
        let after = rest.trim_start_matches(['/', '\\']);
        if rest.len() - after.len() < 2 {
            return None;
        }
        let authority = after.split(['/', '\\', '?', '#']).next()?;
        let host = authority.rsplit('@').next()?.to_lowercase();
        let default_port = match scheme {
            Some("http") => ":80",
            _ => ":443",
        };
        let host = host.strip_suffix(default_port).unwrap_or(&host);
        let host = host.strip_suffix(':').unwrap_or(host);
        is_host(host).then(|| Self { scheme, host: host.to_owned() })
    }

    /// Whether a load from it would be mixed content on a page that was loaded over https. Loopback
    /// addresses are exempt.
    pub(crate) fn is_insecure(&self) -> bool {
        let is_loopback = || {
            let name = self.host.split(':').next().unwrap_or_default();
            name == "localhost"
                || name.ends_with(".localhost")
                || name.starts_with("127.")
                || self.host.starts_with("[::1]")
        };
        self.scheme == Some("http") && !is_loopback()
    }
}

fn split_scheme(url: &str) -> (Option<&'static str>, &str) {
    for (scheme, prefix) in [("http", "http:"), ("https", "https:")] {
        if url.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            return (Some(scheme), &url[prefix.len()..]);
        }
    }
    (None, url)
}

/// Whether a URL with this host and port can be loaded at all.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, "1"),
    };
    let forbidden = |next: char| {
        next <= ' ' || matches!(next, '<' | '>' | '^' | '|' | '%' | '\x7f' | '"' | '`' | '{' | '}')
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    !name.is_empty()
        && !name.contains(forbidden)
        && !address.unwrap_or(name).contains(['[', ']'])
        && (address.is_some() || !name.contains(':'))
        && port.parse::<u16>().is_ok()
}

/// Hosts whose own instructions load modules, or scripts with `crossorigin`, from any page: such a script
/// from them works in the sandbox.
const OPEN_HOSTS: [&str; 16] = [
    "ajax.googleapis.com",
    "browser.sentry-cdn.com",
    "cdn.jsdelivr.net",
    "cdn.skypack.dev",
    "cdnjs.cloudflare.com",
    "code.jquery.com",
    "connect.facebook.net",
    "esm.run",
    "esm.sh",
    "fonts.googleapis.com",
    "fonts.gstatic.com",
    "ga.jspm.io",
    "github.githubassets.com",
    "js.sentry-cdn.com",
    "static.cloudflareinsights.com",
    "unpkg.com",
];

/// Whether the host is known to let every origin read its files.
pub(crate) fn lets_all_read(authority: &Authority) -> bool {
    OPEN_HOSTS.contains(&authority.host.as_str())
}

/// Whether a URL has neither a scheme nor a host, so that it leads to the host of the document.
pub(crate) fn is_relative(url: &str) -> bool {
    let url = url.trim_matches(|next: char| next <= ' ');
    let is_path = url.starts_with(|first: char| {
        first.is_ascii_alphanumeric() || matches!(first, '/' | '.' | '_' | '?')
    });
    let scheme = url.split(['/', '?', '#']).next().unwrap_or_default();
    is_path && !scheme.contains([':', '{']) && !url.starts_with("//")
}

/// The URLs of a `srcset` attribute (<https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute>).
pub(crate) fn srcset_urls(srcset: &str) -> impl Iterator<Item = &str> {
    let separates = |next: char| next == ',' || next.is_ascii_whitespace();
    let mut rest = srcset;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(separates);
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|next: char| next.is_ascii_whitespace()).unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        // A comma directly after a URL means that it has no descriptor; one after a descriptor ends the
        // candidate.
        rest =
            if url.ends_with(',') { after } else { after.find(',').map_or("", |at| &after[at..]) };
        Some(url.trim_end_matches(','))
    })
}

#[cfg(test)]
mod tests {
    use super::{Authority, is_relative, srcset_urls};

    #[track_caller]
    fn check(url: &str, expected: Option<(Option<&'static str>, &str)>) {
        let found = Authority::of(url);
        let found = found.as_ref().map(|found| (found.scheme, found.host.as_str()));
        assert_eq!(found, expected, "{url}");
    }

    #[test]
    fn authorities() {
        let https = Some("https");
        check("https://A.example/x?y#z", Some((https, "a.example")));
        check(" HTTPS:\\\\a.example:443\\x ", Some((https, "a.example")));
        check("http://a.example:443", Some((Some("http"), "a.example:443")));
        check("http://a.example:80", Some((Some("http"), "a.example")));
        check("//a.example:8443/x", Some((None, "a.example:8443")));
        check("https://user:pass@a.example/", Some((https, "a.example")));
        check("https://a.ex\nample", Some((https, "a.example")));
        check("https://[::1]:8080/", Some((https, "[::1]:8080")));
        check("https://[::1]", Some((https, "[::1]")));
        check("https://bücher.example", Some((https, "bücher.example")));
        check("https:///a.example", Some((https, "a.example")));
        for url in [
            "",
            "/a",
            "a.js",
            "https:a.example",
            "https:/a.example",
            "https://",
            "https:///",
            "https://{{host}}/x",
            "https://a b/",
            "https://a.example:port/",
            "https://a.example:99999/",
            "https://a]/",
            "data:text/javascript,1",
            "blob:https://a.example/x",
            "javascript://a.example",
            "é",
        ] {
            check(url, None);
        }
    }

    #[test]
    fn insecure_is_http_to_another_machine() {
        for (url, insecure) in [
            ("http://a.example", true),
            ("http://localhost.example", true),
            ("https://a.example", false),
            ("//a.example", false),
            ("http://localhost:8080", false),
            ("http://a.localhost", false),
            ("http://127.0.0.2:1", false),
            ("http://[::1]", false),
        ] {
            assert_eq!(Authority::of(url).expect(url).is_insecure(), insecure, "{url}");
        }
    }

    #[test]
    fn relative_urls() {
        for url in ["/a.js", "a.js", "./a", "../a", " js/a.js", "a?b=c:d", "?a", "_a"] {
            assert!(is_relative(url), "{url}");
        }
        for url in [
            "",
            "#a",
            "//a",
            "https://{{a}}",
            "data:,a",
            "{{ a }}/b",
            "blob:x",
            "“https://a",
            "about:blank",
        ] {
            assert!(!is_relative(url), "{url}");
        }
    }

    #[test]
    fn candidates_of_a_srcset() {
        let urls = |srcset| srcset_urls(srcset).collect::<Vec<_>>();
        assert_eq!(urls("a.png"), ["a.png"]);
        assert_eq!(urls("a.png 1x, b.png 2x"), ["a.png", "b.png"]);
        assert_eq!(urls(" a.png, b,c.png 2x ,\nd.png"), ["a.png", "b,c.png", "d.png"]);
        assert_eq!(urls("a 1x,b 2x"), ["a", "b"]);
        assert!(urls(" , ").is_empty());
    }
}

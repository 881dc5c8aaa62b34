//! Text patterns in which `*` matches any text.

use std::str::FromStr;

/// A text with or without `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some((start, rest)) = self.0.split_once('*') else { return self.0 == text };
        let Some(mut text) = text.strip_prefix(start) else { return false };
        // Each part matches as early as possible, which leaves the longest rest for the others.
        let mut parts: Vec<&str> = rest.split('*').collect();
        let end = parts.pop().unwrap_or_default();
        for part in parts {
            let Some((_, after)) = text.split_once(part) else { return false };
            text = after;
        }
        text.ends_with(end)
    }
}

/// Host and path of a request: `*.analytics.example/collect`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UrlPattern {
    host: Pattern,
    path: Pattern,
    text: String,
}

impl UrlPattern {
    pub(crate) fn matches(&self, host: &str, path: &str) -> bool {
        self.host.matches(host) && self.path.matches(path)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for UrlPattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "write host and path, such as `*.analytics.example/collect`";
        if text.contains("://") || text.contains(['?', '#']) || text.contains(char::is_whitespace) {
            return Err(FORM);
        }
        match text.split_once('/') {
            Some((host, path)) if !host.is_empty() => Ok(Self {
                host: Pattern::new(host),
                path: Pattern::new(format!("/{path}")),
                text: text.to_owned(),
            }),
            _ => Err(FORM),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, UrlPattern};

    #[test]
    fn a_star_is_any_text() {
        let check = |pattern: &str, text: &str, matches: bool| {
            assert_eq!(Pattern::new(pattern).matches(text), matches, "{pattern} {text}");
        };
        check("cid", "cid", true);
        check("cid", "cid2", false);
        check("*", "", true);
        check("ep.*", "ep.page", true);
        check("ep.*", "epn.page", false);
        check("*.example", "a.b.example", true);
        check("*.example", "example", false);
        check("/pagead/*/conversion/*", "/pagead/1/x/conversion/", true);
        check("a*a", "a", false);
        check("*aa*a", "aa", false);
    }

    #[test]
    fn a_url_is_its_host_and_its_path() {
        let collect: UrlPattern = "*.analytics.example/collect".parse().expect("a pattern");
        assert!(collect.matches("eu.analytics.example", "/collect"));
        assert!(!collect.matches("eu.analytics.example", "/collect/more"));
        for wrong in ["https://a.example/", "a.example", "/collect", "a.example/?q", "a .example/"]
        {
            assert!(wrong.parse::<UrlPattern>().is_err(), "{wrong}");
        }
    }
}

//! `vendors.toml`: the available copies, the customer's snippets, and the requests that are hits.
//!
//! A [`Manifest`] is complete: its files have been read, and its patterns and URLs have been
//! validated.

use std::collections::HashSet;
use std::fmt::Display;
use std::path::Path;
use std::{fs, io};

use c2c_harness::{Context as _, Error, Result};
use serde::Deserialize;
use toml::Spanned;
use url::Url;

use crate::pattern::{Pattern, UrlPattern};

/// The file's name.
const FILE: &str = "vendors.toml";
/// Where the format is explained.
const HELP: &str = "`cargo xtask vendors --help` shows an example";

/// All vendors of a folder.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) vendors: Vec<Vendor>,
}

/// A copy of a vendor's scripts, and how it is used.
#[derive(Debug)]
pub(crate) struct Vendor {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) head: String,
    pub(crate) body_end: String,
    pub(crate) answers: Vec<Answer>,
    pub(crate) endpoints: Vec<Endpoint>,
}

/// A URL, whatever its query, and the answer to it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

/// The destination of hits, and the meaning of their fields.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// At least one.
    pub(crate) urls: Vec<UrlPattern>,
    pub(crate) event: Vec<String>,
    pub(crate) id: Vec<String>,
    pub(crate) ignore: Vec<Pattern>,
    pub(crate) once: bool,
}

impl Vendor {
    /// Returns the endpoint that a request is for.
    pub(crate) fn endpoint(&self, host: &str, path: &str) -> Option<usize> {
        let is_for = |endpoint: &Endpoint| endpoint.urls.iter().any(|url| url.matches(host, path));
        self.endpoints.iter().position(is_for)
    }
}

impl Manifest {
    /// Reads the `vendors.toml` of a folder, and the files that it names.
    pub(crate) fn of_folder(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).context(format_args!("{}: {HELP}", path.display()))?;
        Self::parse(&text, &path.display().to_string(), |file| fs::read(folder.join(file)))
    }

    /// Reads a text. `file` is its name in errors, `read` returns the files that it names.
    pub(crate) fn parse(
        text: &str,
        file: &str,
        read: impl Fn(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Self> {
        let source = Source { text, file };
        let raw: RawManifest = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            source.error(start, format_args!("{}; {HELP}", error.message()))
        })?;
        if raw.vendor.is_empty() {
            return Err(source.error(0, format_args!("there is no [[vendor]]; {HELP}")));
        }
        let mut names = HashSet::new();
        let vendor = |vendor: RawVendor| {
            if !names.insert(vendor.name.as_ref().clone()) {
                let message = "a vendor above has this name: give each one its own";
                return Err(source.error(vendor.name.span().start, message));
            }
            vendor.complete(&source, &read)
        };
        Ok(Self { vendors: raw.vendor.into_iter().map(vendor).collect::<Result<_>>()? })
    }

    /// Keeps the vendors of these names; all if no name is given.
    pub(crate) fn only(mut self, names: &[String]) -> Result<Self> {
        let known: Vec<&str> = self.vendors.iter().map(|vendor| vendor.name.as_str()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let known = known.join(", ");
            return Err(Error::new(format!("no vendor is called `{unknown}`: there are {known}")));
        }
        self.vendors.retain(|vendor| names.is_empty() || names.contains(&vendor.name));
        Ok(self)
    }
}

/// The text being read, for errors.
struct Source<'a> {
    text: &'a str,
    file: &'a str,
}

impl Source<'_> {
    /// Creates an error with file, line and column; both count from 1, and columns count
    /// characters.
    fn error(&self, offset: usize, message: impl Display) -> Error {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Error::new(format!("{}, line {line}, column {column}: {message}", self.file))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    #[serde(default)]
    vendor: Vec<RawVendor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVendor {
    name: Spanned<String>,
    version: String,
    #[serde(default)]
    head: String,
    #[serde(default)]
    body_end: String,
    #[serde(default)]
    answer: Vec<RawAnswer>,
    #[serde(default)]
    hit: Vec<RawHit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnswer {
    url: Spanned<String>,
    file: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHit {
    urls: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    event: Vec<String>,
    #[serde(default)]
    id: Vec<String>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    once: bool,
}

impl RawVendor {
    fn complete(
        self,
        source: &Source<'_>,
        read: &impl Fn(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Vendor> {
        let start = self.name.span().start;
        let Self { name, version, head, body_end, answer, hit } = self;
        if head.trim().is_empty() && body_end.trim().is_empty() {
            let message = "this vendor has no snippet: write `head`, `body_end` or both";
            return Err(source.error(start, message));
        }
        if hit.is_empty() {
            let message = "this vendor has no [[vendor.hit]], so nothing could be compared";
            return Err(source.error(start, message));
        }
        let mut urls = HashSet::new();
        let complete = |answer: RawAnswer| {
            let start = answer.url.span().start;
            let answer = answer.complete(source, read)?;
            if !urls.insert((answer.host.clone(), answer.path.clone())) {
                let message = "an answer above is for the same host and path: leave one";
                return Err(source.error(start, message));
            }
            Ok(answer)
        };
        Ok(Vendor {
            answers: answer.into_iter().map(complete).collect::<Result<_>>()?,
            endpoints: hit.into_iter().map(|hit| hit.complete(source)).collect::<Result<_>>()?,
            name: name.into_inner(),
            version,
            head,
            body_end,
        })
    }
}

impl RawAnswer {
    fn complete(
        self,
        source: &Source<'_>,
        read: &impl Fn(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Answer> {
        let wrong = "write a URL such as `https://cdn.analytics.example/tag.js`, without a query: \
                     the query is not looked at";
        let url = Url::parse(self.url.as_ref()).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https") && url.query().or(url.fragment()).is_none()
        });
        let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.path())));
        let (host, path) = host.ok_or_else(|| source.error(self.url.span().start, wrong))?;
        let file = self.file.as_ref();
        let body = read(file).map_err(|error| {
            let message = format!("{file}: {error}; save the script there, or correct the path");
            source.error(self.file.span().start, message)
        })?;
        let content_type = content_type(file);
        Ok(Answer { host: host.to_owned(), path: path.to_owned(), content_type, body })
    }
}

impl RawHit {
    fn complete(self, source: &Source<'_>) -> Result<Endpoint> {
        let Self { urls, event, id, ignore, once } = self;
        if urls.as_ref().is_empty() {
            return Err(source.error(urls.span().start, "name one URL at least"));
        }
        let url = |url: Spanned<String>| {
            let parsed = url.as_ref().parse();
            parsed.map_err(|wrong| source.error(url.span().start, wrong))
        };
        let urls = urls.into_inner().into_iter().map(url).collect::<Result<_>>()?;
        Ok(Endpoint {
            urls,
            event,
            id,
            ignore: ignore.into_iter().map(Pattern::new).collect(),
            once,
        })
    }
}

/// Most files are scripts, whatever their extensions.
fn content_type(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("css") => "text/css; charset=utf-8",
        Some("gif") => "image/gif",
        _ => "text/javascript; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::Manifest;
    use crate::args::EXAMPLE;

    fn parse(text: &str) -> c2c_harness::Result<Manifest> {
        let read = |file: &str| match file {
            "missing.js" => Err(io::ErrorKind::NotFound.into()),
            _ => Ok(b"1".to_vec()),
        };
        Manifest::parse(text, "vendors.toml", read)
    }

    #[test]
    fn the_example_is_complete() {
        let Manifest { vendors } = parse(EXAMPLE).expect("the example");
        let [vendor] = vendors.as_slice() else { panic!("{vendors:?}") };
        assert_eq!(
            (&*vendor.answers[0].host, &*vendor.answers[0].path),
            ("cdn.analytics.example", "/tag.js")
        );
        assert_eq!(vendor.endpoint("eu.analytics.example", "/v2/collect"), Some(0));
        assert_eq!(vendor.endpoint("eu.analytics.example", "/tag.js"), None);
        assert!(
            include_str!("../../../../../docs/sdks.md").contains(EXAMPLE),
            "docs/sdks.md has another"
        );
    }

    #[test]
    fn errors_say_where_and_what_to_do() {
        let check = |text: &str, expected: &str| {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.starts_with(&format!("vendors.toml, line {expected}")), "{error}");
        };
        let vendor = |rest: &str| format!("[[vendor]]\nname = 'A'\nversion = '1'\n{rest}");
        check("", "1, column 1: there is no [[vendor]]; `cargo xtask vendors --help`");
        check("[[vendor]]\nname = 1\n", "2, column 8: invalid type: integer `1`");
        check(&vendor("hits = []"), "4, column 1: unknown field `hits`, expected one of");
        check(&vendor(""), "2, column 8: this vendor has no snippet");
        check(&vendor("head = 'x'"), "2, column 8: this vendor has no [[vendor.hit]]");
        let answer = |url: &str, file: &str| {
            vendor(&format!(
                "head = 'x'\nanswer = [{{ url = '{url}', file = '{file}' }}]\n[[vendor.hit]]\nurls = ['a.example/']"
            ))
        };
        check(&answer("a.example/tag.js", "a.js"), "5, column 19: write a URL such as");
        check(
            &answer("https://a.example/tag.js?id=1", "a.js"),
            "5, column 19: write a URL such as",
        );
        let missing = "5, column 54: missing.js: entity not found; save the script there";
        check(&answer("https://a.example/tag.js", "missing.js"), missing);
        let hit = vendor("head = 'x'\n[[vendor.hit]]\nurls = ['a.example/', 'https://a.example/']");
        check(&hit, "6, column 23: write host and path");
        let twice = vendor("head = 'x'\n[[vendor.hit]]\nurls = ['a.example/']\n").repeat(2);
        check(&twice, "8, column 8: a vendor above has this name");
    }

    #[test]
    fn vendors_are_chosen_by_name() {
        let names = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            parse(EXAMPLE)?.only(&names).map(|manifest| manifest.vendors.len())
        };
        assert_eq!(names(&[]).expect("all"), 1);
        assert_eq!(names(&["Example Analytics"]).expect("one"), 1);
        let unknown = names(&["Example"]).expect_err("no such name").to_string();
        assert_eq!(unknown, "no vendor is called `Example`: there are Example Analytics");
    }
}

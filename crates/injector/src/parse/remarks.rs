//! Remarks about a single element: its loads, and its parts that will not work.

use std::ops::Range;

use html5ever::{Attribute, LocalName, QualName, local_name, ns};

use c2c_names::LoadKind;

use crate::damage::{is_dash, straight_quote, visible};
use crate::hosts::{Authority, is_relative, lets_all_read, srcset_urls};
use crate::placeholder;
use crate::script::Use;
use crate::services::{self, Service};

/// The subject of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The element is open where the snippet ends.
    Unclosed(String),
    /// The end tag of one of the document's own elements.
    EarlyEnd(String),
    MetaCsp,
    MetaRefresh,
    /// The requested encoding.
    MetaCharset(String),
    Base,
    /// The attribute has a plain-http URL.
    Insecure {
        attribute: &'static str,
    },
    /// The attribute makes the browser ask the script's server whether the origin `null` may read it.
    NeedsCors {
        attribute: &'static str,
    },
    /// The target's name.
    BlockedTarget(String),
    BlockedForm,
    /// The attribute's URL has no host, so it leads to that of the sandbox.
    RelativeUrl {
        attribute: &'static str,
    },
    /// The attribute's URL is that of a service that works on the page that it runs in.
    Service {
        attribute: &'static str,
        service: &'static Service,
    },
    /// The element has `integrity` and not `crossorigin`.
    IntegrityWithoutCors,
    /// The attribute's value, or its name, has characters that copying put there.
    Damaged(Damage),
    /// The attribute has a placeholder.
    Placeholder {
        attribute: String,
    },
    /// The attribute's quote is not closed where it was meant to be.
    OpenQuote {
        attribute: String,
    },
    /// A comment whose dashes are typographic.
    DashedComment,
    /// A comment that was code of a server.
    ServerCode,
    /// Text outside elements.
    Text,
}

/// Characters of a tag that are not what they look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    Quotes,
    Invisible,
    Escapes,
}

/// A script whose text is to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScriptNote {
    pub(crate) used_as: Use,
    pub(crate) has_source: bool,
    /// Its start tag, or the tag with the attribute.
    pub(crate) tag: Range<usize>,
    /// The text of the script element, as a place in the whole text; empty for an attribute.
    pub(crate) inner: Range<usize>,
    /// The name of the attribute with the code, such as `onclick`.
    pub(crate) attribute: Option<String>,
    /// The text as the parser passed it on: line ends are LF, references in attributes are decoded.
    pub(crate) text: String,
}

/// Remarks derived from an element's name and attributes.
#[derive(Default)]
pub(super) struct Remarks {
    pub(super) what: Vec<What>,
    pub(super) loads: Vec<(LoadKind, Authority)>,
    /// The use of its text, if it is a script element, and whether it has a `src`.
    pub(super) script: Option<(Use, bool)>,
    /// Attributes with code.
    pub(super) handlers: Vec<(String, String)>,
}

impl Remarks {
    pub(super) fn of(name: &QualName, attributes: &[Attribute]) -> Self {
        let mut remarks = Self::default();
        let element = Element(attributes);
        remarks.damage(name, attributes);
        remarks.handlers(attributes);
        if name.ns == ns!(html) {
            remarks.html(&name.local, &element);
        } else if name.ns == ns!(svg) && name.local == local_name!("image") {
            remarks.loads(&element, "href", LoadKind::Image);
        } else if name.ns == ns!(svg) && name.local == local_name!("script") {
            remarks.loads(&element, "href", LoadKind::Script);
        }
        remarks
    }

    fn html(&mut self, name: &LocalName, element: &Element<'_>) {
        match *name {
            local_name!("script") => self.script(element),
            local_name!("link") => self.link(element),
            local_name!("meta") => self.meta(element),
            local_name!("base") if element.has("href") || element.has("target") => {
                self.what.push(What::Base);
            }
            local_name!("a") | local_name!("area") => self.hyperlink(element),
            local_name!("form") => {
                if element.get("action").is_some_and(|action| !action.trim().is_empty()) {
                    self.what.push(What::BlockedForm);
                }
            }
            local_name!("img") => {
                self.loads(element, "src", LoadKind::Image);
                self.srcset(element);
            }
            // It has a srcset in a <picture>, and a src in an <audio> or <video>.
            local_name!("source") => {
                self.loads(element, "src", LoadKind::Media);
                self.srcset(element);
            }
            local_name!("video") => {
                self.loads(element, "src", LoadKind::Media);
                self.loads(element, "poster", LoadKind::Image);
            }
            local_name!("audio") | local_name!("track") => {
                self.loads(element, "src", LoadKind::Media);
            }
            local_name!("iframe") => self.loads(element, "src", LoadKind::Frame),
            local_name!("embed") => self.loads(element, "src", LoadKind::Object),
            local_name!("object") => self.loads(element, "data", LoadKind::Object),
            _ => {}
        }
    }

    /// Notes characters of the tag that copying put there, and values that were never filled in.
    fn damage(&mut self, name: &QualName, attributes: &[Attribute]) {
        let is_invisible = |text: &str| text.chars().any(|next| visible(next).is_some());
        let is_quote = |text: &str| text.chars().any(|next| straight_quote(next).is_some());
        let names = || attributes.iter().map(|attribute| &*attribute.name.local);
        let values = || attributes.iter().map(|attribute| attribute.value.trim_start());
        if is_invisible(&name.local) || names().any(is_invisible) {
            self.what.push(What::Damaged(Damage::Invisible));
        } else if names().any(is_quote) || values().any(begins_with_quote) {
            self.what.push(What::Damaged(Damage::Quotes));
        } else if values().any(|value| value.starts_with("\\\"") || value.starts_with("\\'")) {
            self.what.push(What::Damaged(Damage::Escapes));
        }
        for attribute in attributes {
            let (name, value) = (&*attribute.name.local, &*attribute.value);
            if is_code_attribute(name) {
                continue;
            }
            if is_one_token(name) && value.contains('<') && is_tag_inside(value) {
                self.what.push(What::OpenQuote { attribute: name.to_owned() });
            } else if placeholder::find(value)
                .or_else(|| placeholder::substitution(value))
                .is_some()
            {
                self.what.push(What::Placeholder { attribute: name.to_owned() });
            }
        }
    }

    fn handlers(&mut self, attributes: &[Attribute]) {
        let handlers =
            attributes.iter().filter(|attribute| is_code_attribute(&attribute.name.local));
        let handlers = handlers.filter(|attribute| !attribute.value.trim().is_empty());
        self.handlers = handlers
            .map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()))
            .collect();
    }

    fn script(&mut self, element: &Element<'_>) {
        let nomodule = element.has("nomodule");
        let used_as = Use::of(element.get("type"), element.get("language"), nomodule);
        self.script = Some((used_as, element.has("src")));
        if !matches!(used_as, Use::Classic | Use::Module) {
            return;
        }
        self.loads(element, "src", LoadKind::Script);
        if used_as == Use::Classic {
            self.integrity(element, "src");
        }
        let host = element.get("src").and_then(Authority::of);
        let attribute = if used_as == Use::Module {
            Some("type")
        } else {
            element.has("crossorigin").then_some("crossorigin")
        };
        if let (Some(host), Some(attribute)) = (host, attribute)
            && !lets_all_read(&host)
        {
            self.what.push(What::NeedsCors { attribute });
        }
    }

    fn link(&mut self, element: &Element<'_>) {
        let rel = element.get("rel").unwrap_or_default();
        for token in rel.split_ascii_whitespace() {
            let kind = match token.to_ascii_lowercase().as_str() {
                "stylesheet" => LoadKind::Style,
                "modulepreload" => LoadKind::Script,
                "preload" => preloaded(element.get("as").unwrap_or_default()),
                "preconnect" | "dns-prefetch" | "prefetch" => LoadKind::Connection,
                _ => continue,
            };
            self.loads(element, "href", kind);
            // Others are fetched with CORS anyway, or not compared.
            if kind == LoadKind::Style {
                self.integrity(element, "href");
            }
        }
    }

    /// A file from another site is compared with `integrity` only if it was fetched with CORS
    /// (<https://www.w3.org/TR/sri-2/>).
    fn integrity(&mut self, element: &Element<'_>, attribute: &str) {
        let is_digest = |text: &str| {
            ["sha256-", "sha384-", "sha512-"].iter().any(|algorithm| text.starts_with(algorithm))
        };
        let has_digest = element
            .get("integrity")
            .is_some_and(|integrity| integrity.split_ascii_whitespace().any(is_digest));
        let is_elsewhere = element.get(attribute).and_then(Authority::of).is_some();
        if has_digest
            && is_elsewhere
            && !element.has("crossorigin")
            && !self.what.contains(&What::IntegrityWithoutCors)
        {
            self.what.push(What::IntegrityWithoutCors);
        }
    }

    fn meta(&mut self, element: &Element<'_>) {
        let content = element.get("content");
        let mut charset = element.get("charset").unwrap_or_default().trim();
        let directive = element.get("http-equiv").unwrap_or_default().to_ascii_lowercase();
        match (directive.as_str(), content) {
            ("content-security-policy", Some(_)) => self.what.push(What::MetaCsp),
            ("refresh", Some(_)) => self.what.push(What::MetaRefresh),
            ("content-type", Some(content)) => charset = charset_of(content).unwrap_or(charset),
            _ => {}
        }
        let is = |name: &str| charset.eq_ignore_ascii_case(name);
        if !["", "utf-8", "utf8"].into_iter().any(is) {
            self.what.push(What::MetaCharset(charset.to_owned()));
        }
    }

    fn hyperlink(&mut self, element: &Element<'_>) {
        let target = element.get("target").unwrap_or_default();
        let leaves = |name: &&str| target.eq_ignore_ascii_case(name);
        if element.has("href") && ["_top", "_parent", "_blank"].iter().any(leaves) {
            self.what.push(What::BlockedTarget(target.to_ascii_lowercase()));
        }
    }

    /// Records that the attribute's URL is loaded.
    fn loads(&mut self, element: &Element<'_>, attribute: &'static str, kind: LoadKind) {
        let Some(url) = element.get(attribute) else { return };
        if let Some(authority) = Authority::of(url) {
            let service = services::of_address(url).filter(|_| kind != LoadKind::Connection);
            self.what.extend(service.map(|service| What::Service { attribute, service }));
            self.load(authority, attribute, kind);
        } else if is_relative(url) && kind != LoadKind::Connection {
            self.what.push(What::RelativeUrl { attribute });
        }
    }

    fn srcset(&mut self, element: &Element<'_>) {
        let srcset = element.get("srcset").unwrap_or_default();
        for authority in srcset_urls(srcset).filter_map(Authority::of) {
            self.load(authority, "srcset", LoadKind::Image);
        }
    }

    fn load(&mut self, authority: Authority, attribute: &'static str, kind: LoadKind) {
        let insecure = What::Insecure { attribute };
        if authority.is_insecure() && kind != LoadKind::Connection && !self.what.contains(&insecure)
        {
            self.what.push(insecure);
        }
        self.loads.push((kind, authority));
    }
}

/// The attributes of one element.
struct Element<'e>(&'e [Attribute]);

impl Element<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|attribute| *attribute.name.local == *name).map(|found| &*found.value)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

fn begins_with_quote(value: &str) -> bool {
    value.starts_with(|first| straight_quote(first).is_some())
}

/// Whether the attribute's value is code: `onclick` and the like.
fn is_code_attribute(name: &str) -> bool {
    name.strip_prefix("on")
        .is_some_and(|event| event.len() > 2 && event.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// Whether the attribute's value is one address or one word, so that it has no tag inside.
fn is_one_token(name: &str) -> bool {
    matches!(
        name,
        "async"
            | "charset"
            | "class"
            | "crossorigin"
            | "defer"
            | "height"
            | "href"
            | "id"
            | "integrity"
            | "lang"
            | "language"
            | "name"
            | "nonce"
            | "referrerpolicy"
            | "rel"
            | "src"
            | "target"
            | "type"
            | "width"
    )
}

/// Whether a value goes on over the end of its tag into the next.
fn is_tag_inside(value: &str) -> bool {
    value.split_once('>').is_some_and(|(_, rest)| {
        rest.match_indices('<').any(|(at, _)| {
            let name = &rest[at + 1..];
            name.starts_with('/') || name.starts_with(|first: char| first.is_ascii_alphabetic())
        })
    })
}

/// Whether the text of a comment shows dashes that were meant to begin or to end it.
pub(super) fn is_dashed(comment: &str) -> bool {
    comment.starts_with(is_dash)
        || comment.match_indices('>').any(|(at, _)| {
            let before = &comment[..at];
            before.strip_suffix('-').unwrap_or(before).ends_with(is_dash)
        })
}

/// Whether the text of a comment was code that a server should have run: `<?php … ?>`.
pub(super) fn is_server_code(comment: &str) -> bool {
    comment.starts_with("?php") || comment.starts_with("?=")
}

fn preloaded(destination: &str) -> LoadKind {
    match destination.to_ascii_lowercase().as_str() {
        "script" => LoadKind::Script,
        "style" => LoadKind::Style,
        "image" => LoadKind::Image,
        "font" => LoadKind::Font,
        "audio" | "video" | "track" => LoadKind::Media,
        _ => LoadKind::Connection,
    }
}

/// The `charset` parameter of a media type, as in `text/html; charset=utf-8`.
fn charset_of(content: &str) -> Option<&str> {
    let (_, charset) = content.split_once("charset")?;
    let charset = charset.trim_start().strip_prefix('=')?.trim();
    Some(charset.trim_matches(['"', '\'']))
}

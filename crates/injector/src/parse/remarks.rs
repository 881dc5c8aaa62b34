//! What one element says by itself: what it loads, and what of it will not work.

use html5ever::{Attribute, LocalName, QualName, local_name, ns};

use super::notes::What;
use crate::hosts::{Authority, LoadKind, srcset_urls};

/// Read off an element's name and attributes.
#[derive(Default)]
pub(super) struct Remarks {
    pub(super) what: Vec<What>,
    pub(super) loads: Vec<(LoadKind, Authority)>,
    /// Whether its text is a script that runs.
    pub(super) is_script: bool,
}

impl Remarks {
    pub(super) fn of(name: &QualName, attributes: &[Attribute]) -> Self {
        let mut remarks = Self::default();
        let element = Element(attributes);
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
            // In a <picture> it has a srcset, in an <audio> or <video> a src.
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

    fn script(&mut self, element: &Element<'_>) {
        let kind = element.get("type").unwrap_or_default().trim().to_ascii_lowercase();
        let is_module = kind == "module";
        // Whatever is not some spelling of JavaScript is a block of data.
        let is_classic = kind.is_empty()
            || ["javascript", "ecmascript"].into_iter().any(|language| kind.ends_with(language));
        let runs = is_module || is_classic;
        self.is_script = runs && !element.has("src");
        if !runs {
            return;
        }
        self.loads(element, "src", LoadKind::Script);
        let is_elsewhere = element.get("src").and_then(Authority::of).is_some();
        let attribute = if is_module {
            Some("type")
        } else {
            element.has("crossorigin").then_some("crossorigin")
        };
        if let (true, Some(attribute)) = (is_elsewhere, attribute) {
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

    /// The attribute's URL is loaded.
    fn loads(&mut self, element: &Element<'_>, attribute: &'static str, kind: LoadKind) {
        if let Some(authority) = element.get(attribute).and_then(Authority::of) {
            self.load(authority, attribute, kind);
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

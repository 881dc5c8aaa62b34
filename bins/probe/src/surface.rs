//! The protections of a deployment's frame: attributes and headers, one by one, so that each can be
//! removed.

use std::fmt;

/// The location of a protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An attribute of the iframe element.
    Attribute,
    /// A header of the sandbox document.
    FrameHeader,
    /// A directive of the sandbox document's content security policy.
    FrameCsp,
    /// A header of the widget page.
    WidgetHeader,
    /// A directive of the widget page's content security policy.
    WidgetCsp,
}

/// One attribute, header or directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Protection {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Prints `attribute sandbox`, `csp sandbox`, `header referrer-policy`, `widget csp frame-src`.
impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Attribute => "attribute",
            Place::FrameHeader => "header",
            Place::FrameCsp => "csp",
            Place::WidgetHeader => "widget header",
            Place::WidgetCsp => "widget csp",
        };
        write!(f, "{place} {}", self.name)
    }
}

/// All protections of a deployment, and the origins that they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Surface {
    pub(crate) protections: Vec<Protection>,
    /// The sandbox document's origin, as the policies name it.
    pub(crate) sandbox: String,
    /// The widget page's origin.
    pub(crate) widget: String,
    /// Whether the two are same-site.
    pub(crate) same_site: bool,
}

/// Headers that do not restrict the page.
const IRRELEVANT: &[&str] = &[
    "accept-ranges",
    "age",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
];

const CSP: &str = "content-security-policy";

impl Surface {
    /// Adds the protections in a response's headers.
    pub(crate) fn add_headers<'a>(
        &mut self,
        of_frame: bool,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
    ) {
        let (header, csp) = if of_frame {
            (Place::FrameHeader, Place::FrameCsp)
        } else {
            (Place::WidgetHeader, Place::WidgetCsp)
        };
        for (name, value) in headers {
            if name == CSP {
                for directive in value.split(';').map(str::trim).filter(|text| !text.is_empty()) {
                    let (name, value) = directive.split_once(' ').unwrap_or((directive, ""));
                    self.add(csp, name, value.trim());
                }
            } else if !IRRELEVANT.contains(&name) {
                self.add(header, name, value);
            }
        }
    }

    pub(crate) fn add(&mut self, place: Place, name: &str, value: &str) {
        let (name, value) = (name.to_ascii_lowercase(), value.to_owned());
        self.protections.push(Protection { place, name, value });
    }

    /// All protections but one. If `default-src` would replace the missing directive, that
    /// directive allows everything instead.
    pub(crate) fn without(&self, missing: &Protection) -> Self {
        let Protection { place, name, .. } = missing;
        let falls_back = name.ends_with("-src")
            && name != "default-src"
            && self.at(*place).any(|(name, _)| name == "default-src");
        let mut surface = self.clone();
        surface.protections.retain(|protection| protection != missing);
        if falls_back {
            surface.add(*place, name, "* data: blob:");
        }
        surface
    }

    /// No protections at all.
    pub(crate) fn bare(&self) -> Self {
        Self { protections: Vec::new(), ..self.clone() }
    }

    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.at(Place::Attribute)
    }

    /// The headers to send, with the deployment's origins replaced.
    pub(crate) fn headers(
        &self,
        of_frame: bool,
        replace: impl Fn(&str) -> String,
    ) -> Vec<(String, String)> {
        let (header, csp) = if of_frame {
            (Place::FrameHeader, Place::FrameCsp)
        } else {
            (Place::WidgetHeader, Place::WidgetCsp)
        };
        let mut headers: Vec<(String, String)> =
            self.at(header).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let directives: Vec<String> = self
            .at(csp)
            .map(|(name, value)| {
                let values: Vec<String> = value.split_ascii_whitespace().map(&replace).collect();
                [&[name.to_owned()], &*values].concat().join(" ")
            })
            .collect();
        if !directives.is_empty() {
            headers.push((CSP.to_owned(), directives.join("; ")));
        }
        headers
    }

    fn at(&self, place: Place) -> impl Iterator<Item = (&str, &str)> {
        let here = self.protections.iter().filter(move |protection| protection.place == place);
        here.map(|Protection { name, value, .. }| (name.as_str(), value.as_str()))
    }
}

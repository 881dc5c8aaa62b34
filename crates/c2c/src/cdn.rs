//! Caches in front of the server that other people run: content delivery networks.

use std::time::Duration;

use c2c_names::AppId;
use http::header::{HeaderMap, HeaderName, HeaderValue};

/// [RFC 9213](https://www.rfc-editor.org/rfc/rfc9213): browsers ignore it.
const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");
/// The names that networks use for it.
const TAGS: [HeaderName; 2] =
    [HeaderName::from_static("cache-tag"), HeaderName::from_static("surrogate-key")];
/// How long a network may serve a copy while the server fails, in seconds: a day.
const IF_ERROR_S: u64 = 86_400;

/// How a content delivery network may keep the document of an app. Browsers are not concerned: they ask each
/// time, so that a change, and above all a switch-off, reaches them at once.
///
/// A network keeps a copy for `max_age`, and for as long again it may answer with it while it asks for a newer
/// one. So it has to be told about each change: purge the [tag](Self::tag).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cdn {
    control: HeaderValue,
    tag: HeaderValue,
}

impl Cdn {
    /// Keeps the responses of an app for `max_age`, in whole seconds.
    #[expect(clippy::missing_panics_doc, reason = "an app id has no characters that end a header")]
    pub fn new(app: &AppId, max_age: Duration) -> Self {
        let seconds = max_age.as_secs();
        let control = format!(
            "max-age={seconds}, stale-while-revalidate={seconds}, stale-if-error={IF_ERROR_S}"
        );
        let value = |text: String| HeaderValue::try_from(text).expect("visible ASCII characters");
        Self { control: value(control), tag: value(Self::tag(app)) }
    }

    /// The tag of all responses of an app, in `Cache-Tag` and in `Surrogate-Key`.
    pub fn tag(app: &AppId) -> String {
        format!("c2c-{app}")
    }

    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        headers.insert(CDN_CACHE_CONTROL, self.control.clone());
        for name in TAGS {
            headers.insert(name, self.tag.clone());
        }
    }
}

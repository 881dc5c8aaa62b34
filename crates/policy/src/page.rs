//! The policies of the pages around the sandbox, and of what they load.

use crate::csp::{Csp, Source};
use crate::{Header, HostSource, Nonce, SandboxTokens};

/// The headers of a page that is not the sandbox document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePolicy {
    headers: Vec<Header>,
}

impl PagePolicy {
    /// The widget page, which holds the sandboxed frame.
    ///
    /// Its `frame-src` names the sandbox's host and nothing else (no `data:`, no `blob:`): this is
    /// what keeps the frame from being navigated elsewhere, by itself or by a page above it.
    /// `parents` are the pages that may embed the widget.
    pub fn widget(sandbox: &HostSource, parents: &[HostSource]) -> Self {
        let csp =
            own_files().directive("frame-src", &[Source::Host(sandbox)]).frame_ancestors(parents);
        Self::html(&csp)
    }

    /// A parent page that embeds the widget. `ancestors` are the pages that may embed it in turn:
    /// none for a published one, the console for a preview.
    pub fn parent(widget: &HostSource, ancestors: &[HostSource]) -> Self {
        let csp =
            own_files().directive("frame-src", &[Source::Host(widget)]).frame_ancestors(ancestors);
        Self::html(&csp)
    }

    /// The console: what carries this response's `nonce` and what that imports, its own API and
    /// the previews of `parent` pages; framed by nobody, and held by no page that opened it. Where
    /// the browser has Trusted Types, no string becomes script. Never kept, since the nonce is for
    /// one response.
    pub fn console(parent: &HostSource, nonce: Nonce) -> Self {
        let csp = files_from(Source::Nonce(nonce))
            .directive("connect-src", &[Source::Itself])
            .directive("frame-src", &[Source::Host(parent)])
            .directive("require-trusted-types-for", &[Source::Script])
            .directive("trusted-types", &[Source::None])
            .frame_ancestors(&[]);
        let mut policy = Self::html(&csp);
        policy.headers.push(Header::new("cross-origin-opener-policy", "same-origin"));
        policy.headers.push(Header::new("cache-control", "no-store"));
        policy
    }

    /// A script, stylesheet or image of a page of the same origin: inert if it is opened as a page.
    pub fn asset(content_type: &'static str) -> Self {
        let mut policy = Self::with(content_type, &inert().frame_ancestors(&[]));
        policy.headers.push(Header::new("cross-origin-resource-policy", "same-origin"));
        policy.headers.push(Header::new("vary", "accept-encoding"));
        policy
    }

    /// A file that pages of any origin may load, such as the host script. It must be the same for
    /// everybody and hold no secret.
    pub fn shared_asset(content_type: &'static str) -> Self {
        let mut policy = Self::with(content_type, &inert().frame_ancestors(&[]));
        policy.headers.push(Header::new("cross-origin-resource-policy", "cross-origin"));
        // Modules are always fetched with CORS.
        policy.headers.push(Header::new("access-control-allow-origin", "*"));
        policy.headers.push(Header::new("vary", "accept-encoding"));
        policy
    }

    /// An answer of the API: inert if it is opened as a page, and never kept.
    pub fn api() -> Self {
        let mut policy = Self::with("application/json", &inert().frame_ancestors(&[]));
        policy.headers.push(Header::new("cross-origin-resource-policy", "same-origin"));
        policy.headers.push(Header::new("cache-control", "no-store"));
        policy
    }

    /// A short explanation for a person (an error, a refusal): inert text, never kept. `ancestors`
    /// are the pages that may show it in a frame, mostly none.
    pub fn message(ancestors: &[HostSource]) -> Self {
        let csp = inert().frame_ancestors(ancestors);
        let mut policy = Self::with("text/plain; charset=utf-8", &csp);
        policy.headers.push(Header::new("cache-control", "no-store"));
        policy
    }

    /// The response headers, each name once.
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    fn html(csp: &Csp) -> Self {
        Self::with("text/html; charset=utf-8", csp)
    }

    fn with(content_type: &'static str, csp: &Csp) -> Self {
        let headers = vec![
            Header::new("content-type", content_type),
            csp.header(),
            Header::new("x-content-type-options", "nosniff"),
            Header::new("referrer-policy", "no-referrer"),
        ];
        Self { headers }
    }
}

/// Scripts, styles and images from the page's own server, and nothing else.
fn own_files() -> Csp {
    files_from(Source::Itself)
}

fn files_from(source: Source<'_>) -> Csp {
    Csp::default()
        .directive("default-src", &[Source::None])
        .directive("script-src", &[source])
        .directive("style-src", &[source])
        .directive("img-src", &[Source::Itself, Source::Data])
        .directive("base-uri", &[Source::None])
        .directive("form-action", &[Source::None])
}

/// Nothing runs, nothing loads.
fn inert() -> Csp {
    Csp::default().sandbox(SandboxTokens::NOTHING).directive("default-src", &[Source::None])
}

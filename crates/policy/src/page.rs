//! The policies of the pages around the sandbox and of their resources.

use std::iter;

use http::HeaderMap;

use crate::header::{self, Header};
use crate::{
    AncestorSource, Csp, Directive, HostSource, Nonce, ReferrerPolicy, SandboxTokens, Source,
    SourceDirective,
};

/// The headers of a page that is not the sandbox document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePolicy {
    headers: HeaderMap,
}

impl PagePolicy {
    /// The widget page, which holds the sandboxed frame.
    ///
    /// Its `frame-src` names the sandbox's host and nothing else (no `data:`, no `blob:`): neither the
    /// frame itself nor a page above it can navigate the frame elsewhere.
    /// `parents` are the pages that may embed the widget. If it `collects` events, it may talk to its own
    /// origin, to which the host script sends them (`collect.js`).
    pub fn widget(sandbox: &HostSource, parents: &[AncestorSource], collects: bool) -> Self {
        let files = files_from(&Source::SelfOrigin);
        let more = [frames(sandbox), framed_by(parents)];
        if collects {
            Self::html(files, iter::once(connects()).chain(more))
        } else {
            Self::html(files, more)
        }
    }

    /// A parent page that embeds the widget. `ancestors` are the pages that may embed it in turn:
    /// none for a published one, the console for a preview.
    pub fn parent(widget: &HostSource, ancestors: &[AncestorSource]) -> Self {
        Self::html(files_from(&Source::SelfOrigin), [frames(widget), framed_by(ancestors)])
    }

    /// The console. It allows scripts and styles with this response's `nonce` and their imports, the
    /// console's own API, and previews of `parent` pages. No page can frame it or control it as its opener.
    /// In browsers with Trusted Types, no string becomes script. It is not cached, because the nonce is for
    /// one response.
    pub fn console(parent: &HostSource, nonce: Nonce) -> Self {
        Self::framed_console(parent, nonce, &[]).and(header::opener_policy("same-origin"))
    }

    /// The console inside a page of the provider's product: the same as [`PagePolicy::console`], except that
    /// `ancestors` can frame it. (In a frame, an opener policy has no effect.)
    ///
    /// Each of them can cover the console, and lay it under the visitor's pointer. So give this page less than
    /// the console in a window of its own: a session of its own, and a confirmation that needs more than a
    /// click before visitors get anything.
    pub fn framed_console(parent: &HostSource, nonce: Nonce, ancestors: &[AncestorSource]) -> Self {
        let more = [
            connects(),
            frames(parent),
            Directive::RequireTrustedTypesForScript,
            Directive::TrustedTypesNone,
            framed_by(ancestors),
        ];
        Self::html(files_from(&Source::Nonce(nonce)), more).and(header::no_store())
    }

    /// The page of a preview link, on the widget's origin. It talks to its own origin, and opens pages of
    /// integrators, which know it as their opener. No page can frame it or control it as *its* opener, and no
    /// string becomes script.
    pub fn preview_link() -> Self {
        let more = [
            connects(),
            Directive::RequireTrustedTypesForScript,
            Directive::TrustedTypesNone,
            framed_by(&[]),
        ];
        Self::html(files_from(&Source::SelfOrigin), more)
            .and(header::opener_policy("same-origin-allow-popups"))
            .and(header::no_store())
    }

    /// A script, stylesheet or image of a page of the same origin: inert if it is opened as a page.
    pub fn asset(content_type: &'static str) -> Self {
        Self::inert(content_type, &[])
            .and(header::resource_policy("same-origin"))
            .and(header::vary("accept-encoding"))
    }

    /// A file that pages of any origin may load, such as the host script. It must be the same for all
    /// clients and contain no secret.
    pub fn shared_asset(content_type: &'static str) -> Self {
        Self::inert(content_type, &[])
            .and(header::resource_policy("cross-origin"))
            .and(header::allow_any_origin())
            .and(header::vary("accept-encoding"))
    }

    /// A response of the API: inert if it is opened as a page, and not cached.
    pub fn api() -> Self {
        Self::inert("application/json", &[])
            .and(header::resource_policy("same-origin"))
            .and(header::no_store())
    }

    /// A short explanation for a person (an error, a rejection): inert text, not cached. `ancestors` are
    /// the pages that may show it in a frame, usually none.
    pub fn message(ancestors: &[AncestorSource]) -> Self {
        Self::inert("text/plain; charset=utf-8", ancestors).and(header::no_store())
    }

    /// The response headers, each name once.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn html(files: Vec<Directive>, more: impl IntoIterator<Item = Directive>) -> Self {
        Self::new("text/html; charset=utf-8", files.into_iter().chain(more))
    }

    /// A response in which nothing runs or loads.
    fn inert(content_type: &'static str, ancestors: &[AncestorSource]) -> Self {
        let sandbox = Directive::Sandbox(SandboxTokens::EMPTY);
        let nothing = Directive::Sources(SourceDirective::Default, Vec::new());
        Self::new(content_type, [sandbox, nothing, framed_by(ancestors)])
    }

    fn new(content_type: &'static str, directives: impl IntoIterator<Item = Directive>) -> Self {
        let csp = Csp::new(directives).expect("its directives differ, and each takes its sources");
        let headers = HeaderMap::from_iter([
            header::content_type(content_type),
            csp.header(),
            header::nosniff(),
            ReferrerPolicy::NoReferrer.header(),
        ]);
        Self { headers }
    }

    fn and(mut self, (name, value): Header) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// Allows scripts and styles from one source, images from the page's own origin or `data:` URLs, and
/// nothing else.
fn files_from(source: &Source) -> Vec<Directive> {
    let [nothing, files] = [Vec::new(), vec![source.clone()]];
    vec![
        Directive::Sources(SourceDirective::Default, nothing.clone()),
        Directive::Sources(SourceDirective::Script, files.clone()),
        Directive::Sources(SourceDirective::Style, files),
        Directive::Sources(SourceDirective::Image, vec![Source::SelfOrigin, Source::Data]),
        Directive::Sources(SourceDirective::BaseUri, nothing.clone()),
        Directive::Sources(SourceDirective::FormAction, nothing),
    ]
}

/// Allows connections to the page's own origin.
fn connects() -> Directive {
    Directive::Sources(SourceDirective::Connect, vec![Source::SelfOrigin])
}

fn frames(host: &HostSource) -> Directive {
    Directive::Sources(SourceDirective::Frame, vec![Source::Host(host.clone())])
}

fn framed_by(ancestors: &[AncestorSource]) -> Directive {
    Directive::FrameAncestors(ancestors.to_vec())
}

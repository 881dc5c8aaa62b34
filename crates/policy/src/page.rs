//! The policies of the pages around the sandbox, and of what they load.

use crate::{
    Ancestor, Csp, Directive, Header, HostSource, Nonce, ReferrerPolicy, SandboxTokens, Source,
    SourceDirective,
};

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
    pub fn widget(sandbox: &HostSource, parents: &[Ancestor]) -> Self {
        Self::html(files_from(&Source::Itself), [frames(sandbox), framed_by(parents)])
    }

    /// A parent page that embeds the widget. `ancestors` are the pages that may embed it in turn:
    /// none for a published one, the console for a preview.
    pub fn parent(widget: &HostSource, ancestors: &[Ancestor]) -> Self {
        Self::html(files_from(&Source::Itself), [frames(widget), framed_by(ancestors)])
    }

    /// The console: what carries this response's `nonce` and what that imports, its own API and
    /// the previews of `parent` pages; framed by nobody, and held by no page that opened it. Where
    /// the browser has Trusted Types, no string becomes script. Never kept, since the nonce is for
    /// one response.
    pub fn console(parent: &HostSource, nonce: Nonce) -> Self {
        let more = [
            Directive::Sources(SourceDirective::Connect, vec![Source::Itself]),
            frames(parent),
            Directive::RequireTrustedTypesForScript,
            Directive::TrustedTypesNone,
            framed_by(&[]),
        ];
        Self::html(files_from(&Source::Nonce(nonce)), more)
            .and(Header::OPENER_POLICY)
            .and(Header::NO_STORE)
    }

    /// A script, stylesheet or image of a page of the same origin: inert if it is opened as a page.
    pub fn asset(content_type: &'static str) -> Self {
        Self::inert(content_type, &[])
            .and(Header::resource_policy("same-origin"))
            .and(Header::vary("accept-encoding"))
    }

    /// A file that pages of any origin may load, such as the host script. It must be the same for
    /// everybody and hold no secret.
    pub fn shared_asset(content_type: &'static str) -> Self {
        Self::inert(content_type, &[])
            .and(Header::resource_policy("cross-origin"))
            .and(Header::ALLOW_ANY_ORIGIN)
            .and(Header::vary("accept-encoding"))
    }

    /// An answer of the API: inert if it is opened as a page, and never kept.
    pub fn api() -> Self {
        Self::inert("application/json", &[])
            .and(Header::resource_policy("same-origin"))
            .and(Header::NO_STORE)
    }

    /// A short explanation for a person (an error, a refusal): inert text, never kept. `ancestors`
    /// are the pages that may show it in a frame, mostly none.
    pub fn message(ancestors: &[Ancestor]) -> Self {
        Self::inert("text/plain; charset=utf-8", ancestors).and(Header::NO_STORE)
    }

    /// The response headers, each name once.
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    fn html<const N: usize>(files: Vec<Directive>, more: [Directive; N]) -> Self {
        Self::new("text/html; charset=utf-8", files.into_iter().chain(more))
    }

    /// Nothing runs, nothing loads.
    fn inert(content_type: &'static str, ancestors: &[Ancestor]) -> Self {
        let sandbox = Directive::Sandbox(SandboxTokens::NOTHING);
        let nothing = Directive::Sources(SourceDirective::Default, Vec::new());
        Self::new(content_type, [sandbox, nothing, framed_by(ancestors)])
    }

    fn new(content_type: &'static str, directives: impl IntoIterator<Item = Directive>) -> Self {
        let csp = Csp::new(directives).expect("its directives differ, and each takes its sources");
        let headers = vec![
            Header::content_type(content_type),
            csp.header(),
            Header::NOSNIFF,
            ReferrerPolicy::NoReferrer.header(),
        ];
        Self { headers }
    }

    fn and(mut self, header: Header) -> Self {
        self.headers.push(header);
        self
    }
}

/// Scripts and styles from one source, images from the page's own server, and nothing else.
fn files_from(source: &Source) -> Vec<Directive> {
    let [nothing, files] = [Vec::new(), vec![source.clone()]];
    vec![
        Directive::Sources(SourceDirective::Default, nothing.clone()),
        Directive::Sources(SourceDirective::Script, files.clone()),
        Directive::Sources(SourceDirective::Style, files),
        Directive::Sources(SourceDirective::Image, vec![Source::Itself, Source::Data]),
        Directive::Sources(SourceDirective::BaseUri, nothing.clone()),
        Directive::Sources(SourceDirective::FormAction, nothing),
    ]
}

fn frames(host: &HostSource) -> Directive {
    Directive::Sources(SourceDirective::Frame, vec![Source::Host(host.clone())])
}

fn framed_by(ancestors: &[Ancestor]) -> Directive {
    Directive::FrameAncestors(ancestors.to_vec())
}

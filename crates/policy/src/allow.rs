//! The hosts that the code of one app may load from and contact.

use std::collections::BTreeSet;

use c2c_names::LoadKind;

use crate::{Directive, HostSource, Source, SourceDirective};

/// The only hosts that one app's code may use.
///
/// The list restricts *where* code connects, never *how* it runs: inline scripts, `eval`, blobs and
/// `data:` images work as without a list, because they contact no host.
///
/// It does not stop code that is determined to send data out: no engine lets a policy block WebRTC, and a
/// document in an allowed frame has its own policy. Use it for an app whose vendors are known, to block
/// loads from hosts beyond those vendors.
///
/// ```
/// use c2c_names::LoadKind;
/// use c2c_policy::{AllowList, DocumentPolicy, HostSource};
///
/// // What the injector says of a snippet's markup: kinds, and hosts as plain strings.
/// let mut list = AllowList::empty();
/// for (kind, host) in [(LoadKind::Script, "tags.example"), (LoadKind::Image, "pixel.example:8443")] {
///     list = list.allow(kind, HostSource::https(host)?);
/// }
/// // Hosts that it cannot know are added by hand.
/// list = list.allow(LoadKind::Connection, HostSource::https("*.tags.example")?);
/// let policy = DocumentPolicy::strict(&[]).with_allow_list(list);
/// let csp = policy.headers()["content-security-policy"].to_str().unwrap();
/// assert!(csp.ends_with(
///     "default-src 'none'; \
///      script-src 'unsafe-inline' 'unsafe-eval' blob: https://tags.example; \
///      style-src 'unsafe-inline'; \
///      img-src data: blob: https://pixel.example:8443; \
///      media-src data: blob:; \
///      connect-src https://*.tags.example wss://*.tags.example; \
///      font-src data:; \
///      frame-src 'none'; \
///      object-src 'none'"
/// ), "{csp}");
/// # Ok::<(), c2c_policy::HostSourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowList(BTreeSet<(LoadKind, HostSource)>);

impl AllowList {
    /// A list without hosts.
    pub fn empty() -> Self {
        Self(BTreeSet::new())
    }

    /// The list with one more host.
    #[must_use]
    pub fn allow(mut self, kind: LoadKind, host: HostSource) -> Self {
        self.0.insert((kind, host));
        self
    }

    /// The directives of the list; none of them names the document's own origin, which is opaque.
    pub(crate) fn directives(&self) -> Vec<Directive> {
        use Source::{Blob, Data, UnsafeEval, UnsafeInline};
        vec![
            Directive::Sources(SourceDirective::Default, Vec::new()),
            // `blob:` is for workers, too.
            self.directive(LoadKind::Script, &[UnsafeInline, UnsafeEval, Blob]),
            self.directive(LoadKind::Style, &[UnsafeInline]),
            self.directive(LoadKind::Image, &[Data, Blob]),
            self.directive(LoadKind::Media, &[Data, Blob]),
            self.directive(LoadKind::Connection, &[]),
            self.directive(LoadKind::Font, &[Data]),
            self.directive(LoadKind::Frame, &[]),
            self.directive(LoadKind::Object, &[]),
        ]
    }

    /// The directive of one kind: sources that contact no host, then the hosts.
    fn directive(&self, kind: LoadKind, always: &[Source]) -> Directive {
        let mut sources = always.to_vec();
        // Chromium checks an object as a frame, too: it is a nested document.
        let counts = |of| of == kind || (kind, of) == (LoadKind::Frame, LoadKind::Object);
        for (_, host) in self.0.iter().filter(|(of, _)| counts(*of)) {
            let source = Source::Host(host.clone());
            if !sources.contains(&source) {
                sources.push(source);
            }
            if kind == LoadKind::Connection {
                sources.push(Source::Socket(host.clone()));
            }
        }
        Directive::Sources(directive(kind), sources)
    }
}

const fn directive(kind: LoadKind) -> SourceDirective {
    match kind {
        LoadKind::Script => SourceDirective::Script,
        LoadKind::Style => SourceDirective::Style,
        LoadKind::Image => SourceDirective::Image,
        LoadKind::Media => SourceDirective::Media,
        LoadKind::Font => SourceDirective::Font,
        LoadKind::Frame => SourceDirective::Frame,
        LoadKind::Object => SourceDirective::Object,
        LoadKind::Connection => SourceDirective::Connect,
    }
}

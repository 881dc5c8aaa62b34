//! What the code of one app may load and contact.

use std::collections::BTreeSet;

use crate::{Directive, HostSource, Source, SourceDirective};

/// What is loaded or contacted: one kind for each directive of an [`AllowList`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Load {
    /// External scripts and modules.
    Script,
    /// External style sheets.
    Style,
    /// Images, pixels included.
    Image,
    /// `fetch`, beacons, and sockets to the same host.
    Connection,
    /// Fonts.
    Font,
    /// Nested documents.
    Frame,
}

/// The hosts that one app's code may use, and no others.
///
/// It says *where*, never *how*: inline scripts, `eval`, blobs and `data:` images work as without a
/// list, since they contact nobody. What is of no kind here (sound, video, plug-ins) is allowed from
/// nowhere.
///
/// It is no wall against code that wants to tell somebody something: no engine lets a policy stop
/// WebRTC, and a document in a frame that is allowed has a policy of its own. It is for an app whose
/// vendors are known, against what those load in turn.
///
/// ```
/// use c2c_policy::{AllowList, DocumentPolicy, HostSource, Load};
///
/// // What the injector says of a snippet's markup: kinds, and hosts as plain strings.
/// let mut list = AllowList::nothing();
/// for (load, host) in [(Load::Script, "tags.example"), (Load::Image, "pixel.example:8443")] {
///     list = list.allow(load, HostSource::https(host)?);
/// }
/// // What it cannot know is added by somebody who does.
/// list = list.allow(Load::Connection, HostSource::https("*.tags.example")?);
/// let policy = DocumentPolicy::strict(&[]).with_allow_list(list);
/// let csp = &policy.headers()[1].value;
/// assert!(csp.ends_with(
///     "default-src 'none'; \
///      script-src 'unsafe-inline' 'unsafe-eval' blob: https://tags.example; \
///      style-src 'unsafe-inline'; \
///      img-src data: blob: https://pixel.example:8443; \
///      connect-src https://*.tags.example wss://*.tags.example; \
///      font-src data:; \
///      frame-src 'none'"
/// ), "{csp}");
/// # Ok::<(), c2c_policy::HostSourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowList(BTreeSet<(Load, HostSource)>);

impl AllowList {
    /// No host at all.
    pub fn nothing() -> Self {
        Self(BTreeSet::new())
    }

    /// The list with one more host.
    #[must_use]
    pub fn allow(mut self, load: Load, host: HostSource) -> Self {
        self.0.insert((load, host));
        self
    }

    /// The directives of the list; none of them names the document's own origin, which is opaque.
    pub(crate) fn directives(&self) -> Vec<Directive> {
        use Source::{Blob, Data, UnsafeEval, UnsafeInline};
        vec![
            Directive::Sources(SourceDirective::Default, Vec::new()),
            // Workers too: the blobs that they are made of.
            self.directive(Load::Script, &[UnsafeInline, UnsafeEval, Blob]),
            self.directive(Load::Style, &[UnsafeInline]),
            self.directive(Load::Image, &[Data, Blob]),
            self.directive(Load::Connection, &[]),
            self.directive(Load::Font, &[Data]),
            self.directive(Load::Frame, &[]),
        ]
    }

    /// The directive of one kind: what contacts nobody, then the hosts.
    fn directive(&self, load: Load, always: &[Source]) -> Directive {
        let mut sources = always.to_vec();
        for (_, host) in self.0.iter().filter(|(of, _)| *of == load) {
            sources.push(Source::Host(host.clone()));
            if load == Load::Connection {
                sources.push(Source::Socket(host.clone()));
            }
        }
        Directive::Sources(load.directive(), sources)
    }
}

impl Load {
    const fn directive(self) -> SourceDirective {
        match self {
            Self::Script => SourceDirective::Script,
            Self::Style => SourceDirective::Style,
            Self::Image => SourceDirective::Image,
            Self::Connection => SourceDirective::Connect,
            Self::Font => SourceDirective::Font,
            Self::Frame => SourceDirective::Frame,
        }
    }
}

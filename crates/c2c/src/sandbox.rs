//! The settings that all custom code of one app shares.

use std::sync::LazyLock;

use bytes::Bytes;
use c2c_bridge::{Diagnostics, Shim, shim_attributes};
use c2c_catalogue::{Catalogue, EventDef};
use c2c_injector::{EventSignature, Limits, Rejected, ScriptAttributes, Snippets, Template};
use c2c_names::{AppId, BridgeLimits, Origin};
use c2c_policy::{AllowList, AncestorSource, DocumentPolicy, FrameAttribute, HostSourceError};

use crate::compiled::Compiled;
use crate::page::Page;
use crate::stored::{self, Damaged, Fingerprint};

/// The sandbox of one app: the widget pages that may hold its document, the pages allowed above them,
/// and the features and limits of its code.
///
/// Building one is cheap: all sandboxes share templates that are parsed once.
#[derive(Clone, Debug)]
pub struct Sandbox {
    template: Template,
    attributes: ScriptAttributes,
    limits: Limits,
    policy: DocumentPolicy,
}

impl Sandbox {
    /// Starts to build the sandbox of an app.
    pub fn builder(app: AppId) -> SandboxBuilder {
        SandboxBuilder {
            app,
            events: Vec::new(),
            widgets: Vec::new(),
            ancestors: Vec::new(),
            shim: Shim { jar: true, diagnostics: Diagnostics::Errors },
            allow_list: None,
            bridge_limits: BridgeLimits::default(),
            snippet_limits: Limits::default(),
        }
    }

    /// Checks a customer's snippets and compiles them.
    ///
    /// Parsing and compression take milliseconds for a large snippet. On a server, call this off the
    /// threads that answer requests.
    ///
    /// # Errors
    ///
    /// Fails if a snippet would swallow what follows it, or exceeds the [limits](c2c_injector::Limits).
    /// For each problem the error has a diagnostic with line, column and, where possible, a fix. It also
    /// returns the snippets.
    pub fn compile(&self, snippets: Snippets) -> Result<Compiled, Rejected> {
        let checked = self.template.check(snippets, &self.limits)?;
        let document = checked.compile(&self.attributes);
        Ok(Compiled::new(&checked, document, &self.policy))
    }

    /// Identifies all that goes into a document beside the snippets: the version of the compiler, the shim,
    /// the template, the settings and the policy. Sandboxes with the same fingerprint compile the same
    /// snippets to the same document.
    ///
    /// Documents can be kept in a database under this fingerprint and an identification of the snippets
    /// ([`Page::to_bytes`], [`restore`](Self::restore)). After an upgrade of this crate, or with other
    /// settings, none is found, and the snippets are compiled again.
    ///
    /// Limits and catalogue are not part of it, although a check depends on them.
    #[expect(clippy::missing_panics_doc, reason = "there is no code to reject")]
    pub fn fingerprint(&self) -> Fingerprint {
        let empty = self.template.check(Snippets::default(), &Limits::default());
        let document = empty.expect("there is no code to reject").compile(&self.attributes);
        Fingerprint::new(document.chunks(), self.policy.headers())
    }

    /// The page that [`Page::to_bytes`] gave, of a sandbox with the same
    /// [fingerprint](Self::fingerprint). It costs no compilation and no compression.
    ///
    /// The headers are those of this sandbox, so the document is in a sandbox whatever the bytes are.
    ///
    /// # Errors
    ///
    /// [`Damaged`] if the bytes are not exactly what was given.
    pub fn restore(&self, stored: &Bytes) -> Result<Page, Damaged> {
        Ok(Page::from_forms(stored::parse(stored)?, self.policy.headers()))
    }

    /// The attributes that the iframe element must have before its `src` is set. The host script sets
    /// them; use them only to write the element yourself.
    pub fn frame_attributes(&self) -> &[FrameAttribute] {
        self.policy.frame_attributes()
    }
}

/// Builds a [`Sandbox`].
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is built"]
pub struct SandboxBuilder {
    app: AppId,
    events: Vec<EventSignature>,
    widgets: Vec<Origin>,
    ancestors: Vec<AncestorSource>,
    shim: Shim,
    allow_list: Option<AllowList>,
    bridge_limits: BridgeLimits,
    snippet_limits: Limits,
}

/// The reason why a [`Sandbox`] cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No widget page is listed, so no page could show the document.
    #[error("the sandbox needs the origin of a widget page: SandboxBuilder::widget")]
    NoWidget,
    /// A widget page's origin cannot be written in a Content-Security-Policy.
    #[error("the widget page's origin: {0}")]
    Widget(#[from] HostSourceError),
}

impl SandboxBuilder {
    /// Sets the widget's events: the check then warns about names of events and fields that are not in the
    /// catalogue. Without a catalogue, names are not checked.
    pub fn catalogue(mut self, catalogue: &Catalogue) -> Self {
        let signature = |event: &EventDef| {
            let fields = event.fields.iter().map(|field| field.name.as_str());
            EventSignature::new(event.name.clone()).with_fields(fields)
        };
        self.events = catalogue.events().iter().map(signature).collect();
        self
    }

    /// Adds the origin of a widget page, which holds the frame. The shim speaks to no other origin.
    pub fn widget(mut self, origin: Origin) -> Self {
        self.widgets.push(origin);
        self
    }

    /// Adds pages that may be above the widget page. All pages up to the top must be listed, or browsers
    /// do not show the document.
    pub fn ancestor(mut self, ancestor: AncestorSource) -> Self {
        self.ancestors.push(ancestor);
        self
    }

    /// Leaves out the replacements for cookies and storage: `document.cookie` and `localStorage` then
    /// throw, as in every document with an opaque origin. Most vendors' tags then send nothing.
    pub fn without_jar(mut self) -> Self {
        self.shim.jar = false;
        self
    }

    /// Leaves out the script that reports errors of custom code to a widget that asks for them.
    pub fn without_diagnostics(mut self) -> Self {
        self.shim.diagnostics = Diagnostics::Off;
        self
    }

    /// Also reports each request of custom code and each call that the sandbox ignores, to a widget that
    /// mounts with `diagnosticsTo(callback, { trace: true })`. For previews only: the reports hold all that
    /// tags send, and functions such as `fetch` are replaced by slower ones.
    pub fn with_trace(mut self) -> Self {
        self.shim.diagnostics = Diagnostics::Trace;
        self
    }

    /// Restricts the code to listed hosts: it can load from and contact no others.
    pub fn allow_list(mut self, list: AllowList) -> Self {
        self.allow_list = Some(list);
        self
    }

    /// Sets how long events wait for the document ([`BridgeLimits::hold_ms_max`]). The other limits are set
    /// in the host script.
    pub fn bridge_limits(mut self, limits: BridgeLimits) -> Self {
        self.bridge_limits = limits;
        self
    }

    /// Sets how large and how complex a snippet may be.
    pub fn snippet_limits(mut self, limits: Limits) -> Self {
        self.snippet_limits = limits;
        self
    }

    /// Builds the sandbox.
    ///
    /// # Errors
    ///
    /// Fails if there is no widget page, or if one has an origin that a policy cannot name (an IPv6
    /// address).
    pub fn build(self) -> Result<Sandbox, BuildError> {
        if self.widgets.is_empty() {
            return Err(BuildError::NoWidget);
        }
        let widgets: Result<Vec<_>, _> =
            self.widgets.iter().map(AncestorSource::try_from).collect();
        let above: Vec<_> = widgets?.into_iter().chain(self.ancestors).collect();
        let strict = DocumentPolicy::strict(&above);
        Ok(Sandbox {
            template: template(self.shim).with_events(self.events),
            attributes: attributes(&self.app, &self.widgets, &self.bridge_limits),
            limits: self.snippet_limits,
            policy: match self.allow_list {
                Some(list) => strict.with_allow_list(list),
                None => strict,
            },
        })
    }
}

fn attributes(app: &AppId, widgets: &[Origin], limits: &BridgeLimits) -> ScriptAttributes {
    let attributes = shim_attributes(app, widgets, limits);
    attributes.iter().fold(ScriptAttributes::new(), |all, (name, value)| {
        all.with(name, value).expect("the bridge names its attributes properly")
    })
}

/// Returns the template with a shim. It is parsed once, and cloning it copies no text.
fn template(shim: Shim) -> Template {
    static TEMPLATES: LazyLock<[[Template; 3]; 2]> = LazyLock::new(|| {
        [false, true].map(|jar| {
            [Diagnostics::Off, Diagnostics::Errors, Diagnostics::Trace].map(|diagnostics| {
                let text = Shim { jar, diagnostics }.text();
                Template::reference(text).expect("the shim can be in a script element")
            })
        })
    });
    TEMPLATES[usize::from(shim.jar)][shim.diagnostics as usize].clone()
}

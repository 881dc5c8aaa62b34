//! The two scripts as they are served, and the attributes for the tag of the first.
//!
//! `cargo xtask assets` builds them from the modules in `js/`.

use c2c_names::{AppId, BridgeLimits, Origin};

/// The shim: the inline script that comes first in the sandbox document.
///
/// It is the same for every app; the differences are in the attributes of its tag
/// ([`shim_attributes`]). A widget cannot turn on a feature that is left out here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shim {
    /// Whether `document.cookie`, `localStorage` and `sessionStorage` work, on the document's own
    /// jar. Without it they throw, as in every document of opaque origin.
    pub jar: bool,
    /// The reports that it can send to a widget that asks for them.
    pub diagnostics: Diagnostics,
}

/// The reports of a document about its own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnostics {
    /// None.
    Off,
    /// Errors, deliveries of events, and refused emits, without data that could identify the visitor.
    Errors,
    /// Also each request, with its query and its body, and each call that the sandbox ignores. For
    /// previews: the reports hold all that tags send, and functions such as `fetch` are replaced.
    Trace,
}

impl Shim {
    /// Returns the text of the script.
    pub fn text(self) -> &'static str {
        match (self.jar, self.diagnostics) {
            (false, Diagnostics::Off) => include_str!("../js/dist/shim.js"),
            (false, Diagnostics::Errors) => include_str!("../js/dist/shim_diagnostics.js"),
            (false, Diagnostics::Trace) => include_str!("../js/dist/shim_trace.js"),
            (true, Diagnostics::Off) => include_str!("../js/dist/shim_jar.js"),
            (true, Diagnostics::Errors) => include_str!("../js/dist/shim_jar_diagnostics.js"),
            (true, Diagnostics::Trace) => include_str!("../js/dist/shim_jar_trace.js"),
        }
    }
}

/// A file of the host script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostModule {
    /// The name under which it is served, in the same folder as the others.
    pub path: &'static str,
    /// Its text, to be served as `text/javascript`.
    pub text: &'static str,
}

/// The host script: the modules that widget pages and parent pages import. None imports another.
pub const HOST_MODULES: &[HostModule] = &[
    HostModule { path: "host.js", text: include_str!("../js/dist/host.js") },
    HostModule { path: "listen.js", text: include_str!("../js/dist/listen.js") },
    HostModule { path: "diagnostics.js", text: include_str!("../js/dist/diagnostics.js") },
    HostModule { path: "page.js", text: include_str!("../js/dist/page.js") },
    HostModule { path: "scroll.js", text: include_str!("../js/dist/scroll.js") },
    HostModule { path: "jar.js", text: include_str!("../js/dist/jar.js") },
    HostModule { path: "collect.js", text: include_str!("../js/dist/collect.js") },
    HostModule { path: "validate.js", text: include_str!("../js/dist/validate.js") },
];

/// Returns the attributes of the shim's script tag: the app, the origins that its widget may have, and
/// how long events wait for the document ([`BridgeLimits::hold_ms_max`], the only limit used here).
/// The shim says hello to no other origin.
///
/// The values need no escaping in HTML, but an embedder should escape them all the same.
pub fn shim_attributes(
    app: &AppId,
    widget_origins: &[Origin],
    limits: &BridgeLimits,
) -> [(&'static str, String); 3] {
    let origins: Vec<&str> = widget_origins.iter().map(Origin::as_str).collect();
    [
        ("data-app", app.to_string()),
        ("data-widget-origins", origins.join(" ")),
        ("data-hold-ms", limits.hold_ms_max.min(BridgeLimits::HOLD_MS_GREATEST).to_string()),
    ]
}

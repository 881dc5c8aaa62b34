//! The two scripts, and what a server writes into the tag of the first.

use crate::{AppId, Origin};

/// The shim: the text of the inline script that stands first in the sandbox document.
///
/// It is the same for every app; what differs stands in the attributes of its tag
/// ([`shim_attributes`]).
pub const SHIM: &str = include_str!("../js/shim.js");

/// A file of the host script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostModule {
    /// Where it is served, relative to the directory of `host.js`.
    pub path: &'static str,
    /// Its text, to be served as `text/javascript`.
    pub text: &'static str,
}

/// The host script: `host.js`, which widget pages and parent pages import, and what it imports.
pub const HOST_MODULES: &[HostModule] = &[
    HostModule { path: "diagnostics.js", text: include_str!("../js/diagnostics.js") },
    HostModule { path: "host.js", text: include_str!("../js/host.js") },
    HostModule { path: "host/bucket.js", text: include_str!("../js/host/bucket.js") },
    HostModule { path: "host/context.js", text: include_str!("../js/host/context.js") },
    HostModule { path: "host/envelope.js", text: include_str!("../js/host/envelope.js") },
    HostModule { path: "host/focus.js", text: include_str!("../js/host/focus.js") },
    HostModule { path: "host/frame.js", text: include_str!("../js/host/frame.js") },
    HostModule { path: "host/limits.js", text: include_str!("../js/host/limits.js") },
    HostModule { path: "host/machine.js", text: include_str!("../js/host/machine.js") },
    HostModule { path: "host/mount.js", text: include_str!("../js/host/mount.js") },
    HostModule { path: "host/name.js", text: include_str!("../js/host/name.js") },
    HostModule { path: "host/origin.js", text: include_str!("../js/host/origin.js") },
    HostModule { path: "host/parent.js", text: include_str!("../js/host/parent.js") },
    HostModule { path: "host/payload.js", text: include_str!("../js/host/payload.js") },
    HostModule { path: "host/protocol.js", text: include_str!("../js/host/protocol.js") },
    HostModule { path: "host/random.js", text: include_str!("../js/host/random.js") },
    HostModule { path: "jar.js", text: include_str!("../js/jar.js") },
    HostModule { path: "listen.js", text: include_str!("../js/listen.js") },
];

/// The attributes of the shim's script tag: which app it serves, and which origins a widget of this
/// app may have. The shim says hello to no other.
///
/// The values need no escaping in HTML, but an embedder should escape them all the same.
pub fn shim_attributes(app: &AppId, widget_origins: &[Origin]) -> [(&'static str, String); 2] {
    let origins: Vec<&str> = widget_origins.iter().map(Origin::as_str).collect();
    [("data-app", app.to_string()), ("data-widget-origins", origins.join(" "))]
}

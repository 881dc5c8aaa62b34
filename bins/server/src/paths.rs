//! The paths of all pages, spelled nowhere else.

use c2c_access::Secret;
use c2c_names::{AppId, Origin};
use c2c_store::{Environment, Settings};

use crate::sites::Sites;

/// The path prefix of an app's id on the parent page's host.
pub(crate) const PARENT: &str = "/p/";
/// The path prefix of an app's id on the widget's host.
pub(crate) const WIDGET: &str = "/w/";
/// The path prefix of an app's id on the sandbox's host.
pub(crate) const SANDBOX: &str = "/s/";
/// The path prefix of an app's id on the widget's host, to which its widget sends events.
pub(crate) const EVENTS: &str = "/e/";
/// The path prefix of an app's id in staging, on each of the three hosts.
pub(crate) const STAGING: &str = "/staging/";
/// The path prefix of a preview's id, on each of the three hosts.
pub(crate) const PREVIEW: &str = "/preview/";
/// The path of the page of a preview link on the widget's host, and before a slash of the requests of that
/// page; on the sandbox's host, of the documents for its tickets.
pub(crate) const PREVIEW_LINK: &str = "/preview-link";

/// The path of the page on the console's host that a sign-in link opens.
pub(crate) const SIGN_IN: &str = "/sign-in";

/// The path of the page on the console's host that leads to the OpenID Connect provider.
pub(crate) const OIDC: &str = "/sign-in/oidc";

/// The path of the page to which the provider leads back.
pub(crate) const OIDC_RETURN: &str = "/sign-in/oidc/return";

/// The path on the console's host below which it is in a frame: its pages, and its API.
pub(crate) const EMBED: &str = "/embed";

/// The address of a sign-in link. Browsers do not send what is after `#`, so it is in no log.
pub(crate) fn sign_in_url(console: &Origin, secret: &Secret) -> String {
    format!("{console}{SIGN_IN}#{}", secret.reveal())
}

/// The paths of the pages, each on its own host.
#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) parent: String,
    pub(crate) widget: String,
    pub(crate) sandbox: String,
}

impl Paths {
    /// The published pages of an app, for visitors or in staging.
    pub(crate) fn of_app(id: &AppId, environment: Environment) -> Self {
        if environment == Environment::Staging {
            return Self::same(format!("{STAGING}{id}"));
        }
        let [parent, widget, sandbox] =
            [PARENT, WIDGET, SANDBOX].map(|prefix| format!("{prefix}{id}"));
        Self { parent, widget, sandbox }
    }

    /// The pages of a staged draft.
    pub(crate) fn of_preview(id: &str) -> Self {
        Self::same(format!("{PREVIEW}{id}"))
    }

    /// The same path on each host.
    fn same(path: String) -> Self {
        Self { parent: path.clone(), widget: path.clone(), sandbox: path }
    }
}

/// The origins that an app's widget may post to: the demo page's, and after it those in its settings.
pub(crate) fn parents_of<'a>(
    settings: &'a Settings,
    sites: &'a Sites,
) -> impl Iterator<Item = &'a Origin> {
    let demo = &sites.parent.origin;
    std::iter::once(demo)
        .chain(settings.parent_origins.iter().filter(move |&origin| origin != demo))
}

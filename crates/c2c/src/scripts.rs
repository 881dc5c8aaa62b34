//! The scripts that widget pages and parent pages import.

use bytes::Bytes;
use c2c_bridge::HOST_MODULES;
use c2c_policy::PagePolicy;
use http::{Request, Response};
use sha2::{Digest as _, Sha256};

use crate::encoding::Compression;
use crate::resource::{Caching, Resource, hex};

/// The host script and its companions, as responses.
///
/// Each path contains a hash of the script's text: browsers keep it for a year without revalidating, and
/// a new version has another path.
#[derive(Clone, Debug)]
pub struct Scripts(Vec<Script>);

#[derive(Clone, Debug)]
struct Script {
    name: &'static str,
    path: String,
    resource: Resource,
}

impl Scripts {
    /// Compresses all scripts, which takes a moment: do it once, when a server starts.
    #[expect(clippy::new_without_default, reason = "it takes a moment")]
    pub fn new() -> Self {
        let policy = PagePolicy::shared_asset("text/javascript; charset=utf-8");
        let script = |(name, text): (&'static str, &'static str)| {
            let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "js"));
            let hash = hex(&Sha256::digest(text)[..8]);
            let text = Bytes::from_static(text.as_bytes());
            Script {
                name,
                path: format!("/{stem}.{hash}.{ending}"),
                resource: Resource::new(
                    &[text],
                    policy.headers(),
                    Compression::Best,
                    Caching::Immutable,
                ),
            }
        };
        Self(HOST_MODULES.iter().map(|module| script((module.path, module.text))).collect())
    }

    /// The path of `host.js`, `listen.js`, `diagnostics.js`, `jar.js`, `collect.js`, `page.js`, `scroll.js` or
    /// `validate.js`; `None` for other names.
    pub fn path(&self, name: &str) -> Option<&str> {
        let script = self.0.iter().find(|script| script.name == name)?;
        Some(&script.path)
    }

    /// Answers a request for one of the scripts; `None` for other paths. Any origin may read the scripts,
    /// because modules are fetched with CORS.
    pub fn respond<B>(&self, request: &Request<B>) -> Option<Response<Bytes>> {
        let path = request.uri().path();
        let script = self.0.iter().find(|script| script.path == path)?;
        Some(script.resource.respond(request))
    }
}

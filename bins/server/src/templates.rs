//! The templates into which custom code is spliced: one for each shim.

use c2c_bridge::Shim;
use c2c_catalogue::Catalogue;
use c2c_injector::{Checked, Limits, Refused, Snippets, Template};
use tokio::task::spawn_blocking;

use crate::store::Jar;

/// The templates, parsed once.
#[derive(Debug)]
pub(crate) struct Templates {
    with_jar: Template,
    without_jar: Template,
}

impl Templates {
    pub(crate) fn new() -> Self {
        let events = Catalogue::reference().events().iter().map(|event| event.name.as_str());
        // Any widget may ask for diagnostics.
        let template = |jar| {
            Template::reference(Shim { jar, diagnostics: true }.text())
                .expect("the shim can stand in a script element")
                .with_event_names(events.clone())
        };
        Self { with_jar: template(true), without_jar: template(false) }
    }

    /// Judges custom code. Parsing takes time in proportion to the code, so it happens off the
    /// threads that serve.
    pub(crate) async fn check(&self, jar: Jar, snippets: Snippets) -> Result<Checked, Refused> {
        let template = match jar {
            Jar::None => self.without_jar.clone(),
            Jar::Visit | Jar::Kept => self.with_jar.clone(),
        };
        let checked = spawn_blocking(move || template.check(snippets, &Limits::default()));
        checked.await.expect("checking does not panic")
    }
}

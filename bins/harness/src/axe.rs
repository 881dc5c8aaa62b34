//! Accessibility checks by axe-core.
//!
//! axe-core is third-party and is not committed: `cargo xtask test --only tools` puts it under the
//! target directory, and only the exact file that was reviewed when this was written is run.

use std::fmt;

use serde_json::Value;

use crate::browser::Browser;
use crate::error::{Context as _, Result};
use crate::npm::INSTALL;
use crate::target::installed;

/// The file that the tools step installs, below the target directory.
const FILE: &str = "e2e/npm/node_modules/axe-core/axe.min.js";
/// The digest of version 4.14.1.
const SHA256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";

/// The rules of WCAG 2.x, levels A and AA, and axe's own best practices.
const RUN: &str = "
    const values = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return axe.run(document, { runOnly: { type: 'tag', values }, iframes: false }).then(
      ({ violations }) => violations.map(({ id, impact, help, nodes }) => (
        { id, impact, help, targets: nodes.map(({ target }) => target.join(' ')) })));";

/// A rule that the page violates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule: `color-contrast`.
    pub id: String,
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// The rule's requirement.
    pub help: String,
    /// A selector for each element that violates it.
    pub targets: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, impact, help, targets } = self;
        write!(f, "{id} ({impact}): {help}: {}", targets.join(", "))
    }
}

impl Browser {
    /// Returns the violations in the current frame's document, without the frames inside it.
    ///
    /// The driver runs axe-core, so the page's policy does not apply.
    pub async fn axe(&self) -> Result<Vec<Violation>> {
        let source = installed(FILE, SHA256, INSTALL)?;
        let found = self.run(&format!("{source}\n{RUN}"), &[]).await?;
        let found = found.as_array().context(format_args!("axe gave {found}"))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let violation = |found: &Value| Violation {
            id: text(&found["id"]),
            impact: text(&found["impact"]),
            help: text(&found["help"]),
            targets: found["targets"].as_array().into_iter().flatten().map(text).collect(),
        };
        Ok(found.iter().map(violation).collect())
    }
}

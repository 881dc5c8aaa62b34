//! A probe: an attempt of custom code, and its promised outcome. Probes are data, in `probes/*.toml`.

use std::collections::BTreeMap;

use c2c_harness::{Context as _, Engine, Error, Result};
use serde::Deserialize;

/// The groups, in report order, a file each.
const GROUPS: &[(&str, &str)] = &[
    ("Origin and storage", include_str!("../probes/origin.toml")),
    ("DOM reach", include_str!("../probes/dom.toml")),
    ("The sandbox document, opened otherwise", include_str!("../probes/opened.toml")),
    ("Credentials and referrers", include_str!("../probes/network.toml")),
    ("Navigation", include_str!("../probes/navigation.toml")),
    ("Popups, dialogs, downloads and forms", include_str!("../probes/popups.toml")),
    ("Devices and permissions", include_str!("../probes/devices.toml")),
    ("What works", include_str!("../probes/works.toml")),
];

/// Whether a probe is known to reach its aim in its arrangement, and so gets more time.
pub(crate) type Known<'k> = &'k (dyn Fn(&Probe) -> bool + Sync);

/// One probe.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is a word in the data")]
pub(crate) struct Probe {
    /// The id, such as `NAV-01`.
    pub(crate) id: String,
    /// The attempt, for the report.
    pub(crate) tries: String,
    /// The body of an async function with one parameter, `probe` (see `page.js`). It reaches its aim
    /// if it returns `'reached'`, or if a request for `probe.landed` arrives.
    pub(crate) script: String,
    /// HTML of the frame's body, before the script.
    #[serde(default)]
    pub(crate) html: String,
    /// Whether custom code should succeed: a promise that something works.
    #[serde(default)]
    pub(crate) works: bool,
    /// Whether its success or its attempt would end the run of others, so that it needs its own frame.
    #[serde(default)]
    pub(crate) alone: bool,
    /// Whether a person clicks on `#target`.
    #[serde(default)]
    pub(crate) click: bool,
    /// Whether a person then types, copies and pastes in the widget's `#field`.
    #[serde(default)]
    pub(crate) types: bool,
    /// The page in which its script runs.
    #[serde(default)]
    pub(crate) opened: Opened,
    /// Whether it reaches its aim when any other page is on top; it has its own pages. (Behind a
    /// click that is always so.)
    #[serde(default)]
    pub(crate) leaves: bool,
    /// Whether it reaches its aim when the browser shows a dialog. (Only behind a click: a dialog
    /// before the page has loaded would block the driver.)
    #[serde(default)]
    pub(crate) dialog: bool,
    /// The arrangement in which the same script should succeed (or, for `works`, fail).
    #[serde(default)]
    pub(crate) control: Control,
    /// Engines with another outcome than promised, and the reasons.
    #[serde(default)]
    pub(crate) pinned: BTreeMap<String, Pin>,
    /// The protections whose removal it notices, by name, such as `attribute sandbox`.
    #[serde(default)]
    pub(crate) notices: Vec<String>,
    /// Similar web-platform tests, which gave the idea or are worth reading.
    #[serde(default)]
    pub(crate) wpt: Vec<String>,
}

/// The arrangement in which a probe shows that it can succeed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Control {
    /// No protection at all, and all pages on one origin.
    #[default]
    SameOrigin,
    /// No protection at all; the pages stay on their sites.
    Unprotected,
    /// A policy that forbids everything: for probes that should work.
    Forbidden,
    /// The pinned outcome of another engine, since no arrangement of this one succeeds. (For
    /// example, the engine lacks the feature.)
    OtherEngine,
}

/// The page in which a probe's script runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Opened {
    /// In the frame, as custom code.
    #[default]
    InWidget,
    /// In the sandbox document, opened as a page.
    AsTab,
    /// In a third party's page on top, which opens or embeds the sandbox document.
    Elsewhere,
}

/// An engine's outcome that differs from the promised one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pin {
    /// Whether the frame reaches its aim; if absent, as promised.
    #[serde(default)]
    pub(crate) reached: Option<bool>,
    /// Whether the control cannot succeed either.
    #[serde(default)]
    pub(crate) no_control: bool,
    /// The reason.
    pub(crate) why: String,
}

impl Probe {
    /// Whether custom code should reach its aim in `engine`.
    pub(crate) fn expected(&self, engine: Engine) -> bool {
        self.pin(engine).and_then(|pin| pin.reached).unwrap_or(self.works)
    }

    /// Whether it needs its own pages, for a person's actions.
    pub(crate) fn apart(&self) -> bool {
        self.click || self.types || self.leaves || self.opened != Opened::InWidget
    }

    pub(crate) fn pin(&self, engine: Engine) -> Option<&Pin> {
        self.pinned.get(engine.name())
    }

    /// Whether the control should reach its aim in `engine`; `None` if the engine has no control.
    pub(crate) fn expected_control(&self, engine: Engine) -> Option<bool> {
        let none = self.control == Control::OtherEngine
            || self.pin(engine).is_some_and(|pin| pin.no_control);
        (!none).then_some(!self.works)
    }
}

/// A group of probes with a title.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) probes: Vec<Probe>,
}

/// All probes, or those whose id begins with one of `only`.
pub(crate) fn groups(only: &[String]) -> Result<Vec<Group>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        probe: Vec<Probe>,
    }
    let wanted = |id: &str| only.is_empty() || only.iter().any(|start| id.starts_with(start));
    let mut groups = Vec::new();
    for &(title, text) in GROUPS {
        let File { probe } = toml::from_str(text).context(title)?;
        let probes: Vec<Probe> = probe.into_iter().filter(|probe| wanted(&probe.id)).collect();
        if !probes.is_empty() {
            groups.push(Group { title, probes });
        }
    }
    if groups.is_empty() {
        return Err(Error::new(format!("no probe's id begins with {}", only.join(" or "))));
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use c2c_harness::Engine;

    use super::groups;

    #[test]
    fn ids_are_unique_and_engines_known() {
        let mut ids = BTreeSet::new();
        for group in groups(&[]).expect("the files are read") {
            for probe in group.probes {
                assert!(ids.insert(probe.id.clone()), "{} twice", probe.id);
                assert!(probe.click || !probe.dialog, "{}: a dialog without a click", probe.id);
                for engine in probe.pinned.keys() {
                    let known = Engine::ALL.iter().any(|known| known.name() == engine);
                    assert!(known, "{}: no engine is called {engine}", probe.id);
                }
            }
        }
    }
}

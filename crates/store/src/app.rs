//! An app: its settings, and what its visitors get.

use c2c_names::{AppId, Origin};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::numbers::{RevisionNumber, Timestamp, Version};
use crate::text::{Name, Note};

/// One configured widget, without its code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct App {
    /// The id, which never changes.
    pub id: AppId,
    /// The settings.
    pub settings: Settings,
    /// The version of the settings.
    pub settings_version: Version,
    /// The newest revision, live or not.
    pub newest: Option<RevisionNumber>,
    /// The revision that visitors get, unless the app is off.
    pub live: Option<RevisionNumber>,
    /// The revision in staging.
    pub staged: Option<RevisionNumber>,
    /// Whether visitors get an empty sandbox, and why.
    pub off: Option<Off>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The settings of an app. All of them apply at once, without publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The display name.
    pub name: Name,
    /// The pages that may embed its widget.
    pub parent_origins: Vec<Origin>,
    /// The lifetime of the code's cookies and storage.
    pub jar: Jar,
    /// Whether the app has a staging environment. Without it, nothing is staged.
    pub staging: bool,
    /// Whether one who has changed the draft since the last publication cannot publish it.
    #[serde(default)]
    pub approval: bool,
}

/// The settings of a new app.
pub type NewApp = Settings;

impl Default for Settings {
    /// An app called "App", which no page may embed.
    fn default() -> Self {
        Self {
            name: "App".parse().expect("a name"),
            parent_origins: Vec::new(),
            jar: Jar::default(),
            staging: false,
            approval: false,
        }
    }
}

/// The lifetime of custom code's cookies and storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Jar {
    /// There are none: using them is an error, as in every opaque origin.
    None,
    /// They last as long as the page.
    #[default]
    Visit,
    /// They are kept for the visitor.
    Kept,
}

/// A place where a revision runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// All visitors get it.
    Live,
    /// Those who have the staging address get it.
    Staging,
}

/// The state of an app whose visitors get an empty sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Off {
    /// Since when.
    pub at: Timestamp,
    /// Who switched it off.
    pub by: Actor,
    /// Why.
    pub reason: Note,
}

impl Settings {
    /// The parent origins, as the database has them.
    pub(crate) fn origins_json(&self) -> String {
        serde_json::to_string(&self.parent_origins).expect("strings serialise")
    }
}

impl App {
    /// The revision in an environment.
    pub fn revision_in(&self, environment: Environment) -> Option<RevisionNumber> {
        match environment {
            Environment::Live => self.live,
            Environment::Staging => self.staged,
        }
    }
}

impl Jar {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::Visit, Self::Kept];

    /// The name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Visit => "visit",
            Self::Kept => "kept",
        }
    }
}

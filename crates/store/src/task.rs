//! The two tasks that can be planned.

use serde::{Deserialize, Serialize};

/// A task that is carried out later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// A revision goes live.
    Publish,
    /// The content of an older revision goes live again, as a new revision.
    SwitchBack,
}

impl Task {
    pub(crate) const ALL: [Self; 2] = [Self::Publish, Self::SwitchBack];

    /// The name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::SwitchBack => "switch-back",
        }
    }
}

//! The state of the server that a folder was last in step with: `.c2c/state.json`.
//!
//! A push must not overwrite changes that its author never saw, so it needs the version of the draft that was
//! seen. This is a fact about one checkout, and not about the code. It is not in `c2c.toml` and is not
//! committed (`.c2c` ignores itself), since in git it would do harm:
//! - every push would change a committed file, which a workflow would have to commit and push in turn;
//! - a branch that was made before a push would bring the old version back, and a merge of two branches would
//!   let git choose between two numbers, of which neither needs to be the server's;
//! - a clone would claim to have seen a draft whose text is in no commit.
//!
//! The text of the draft is kept as well. A folder whose text did not change can be overwritten, and a draft
//! that was saved again with the same text is no conflict. A checkout without this file, as in CI, compares
//! the server with the text of an older commit instead (`c2c push --base`).

use c2c_names::AppId;
use serde::{Deserialize, Serialize};

use super::address::ConsoleOrigin;
use super::folder::{Folder, FolderError};
use super::server::Server;
use super::shapes::{App, CustomCode, Draft, Environment, RevisionNumber, Version};
use crate::files;

const STATE: &str = ".c2c/state.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    server: ConsoleOrigin,
    app: AppId,
    /// The version of the draft.
    pub(crate) draft: Version,
    pub(crate) live: Option<RevisionNumber>,
    pub(crate) staged: Option<RevisionNumber>,
    /// The draft's text.
    pub(crate) code: CustomCode,
}

impl Known {
    /// The state that was just read.
    pub(crate) fn of(server: &Server, app: &App, draft: Draft) -> Self {
        Self {
            server: server.origin().clone(),
            app: server.app_id().clone(),
            draft: draft.version,
            live: app.live,
            staged: app.staged,
            code: draft.code,
        }
    }

    /// The state that a folder was in step with, if it was in step with this app.
    pub(crate) fn read(folder: &Folder, server: &Server) -> Result<Option<Self>, FolderError> {
        let Some(text) = folder.read(STATE)? else { return Ok(None) };
        let known: Self = serde_json::from_str(&text).map_err(|error| FolderError::Config {
            file: folder.path(STATE).display().to_string(),
            reason: format!("{error}. Remove it, and run `c2c pull`"),
        })?;
        let is_ours = known.server == *server.origin() && known.app == *server.app_id();
        Ok(is_ours.then_some(known))
    }

    /// The same where there must be one.
    pub(crate) fn expect(folder: &Folder, server: &Server) -> Result<Self, FolderError> {
        Self::read(folder, server)?.ok_or_else(|| FolderError::NotPulled(folder.name()))
    }

    pub(crate) fn write(&self, folder: &Folder) -> Result<(), FolderError> {
        let text = serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| unreachable!("it is JSON: {error}"));
        files::make_folder(&folder.path(".c2c"))?;
        files::write(&folder.path(".c2c/.gitignore"), b"*\n")?;
        Ok(files::write(&folder.path(STATE), text.as_bytes())?)
    }

    /// The revision in an environment.
    pub(crate) fn revision(&self, environment: Environment) -> Option<RevisionNumber> {
        match environment {
            Environment::Live => self.live,
            Environment::Staging => self.staged,
        }
    }

    /// The same after a draft was saved.
    pub(crate) fn with_draft(self, draft: Version, code: CustomCode) -> Self {
        Self { draft, code, ..self }
    }

    /// The same after a revision was put there.
    pub(crate) fn with_revision(self, to: Environment, revision: RevisionNumber) -> Self {
        match to {
            Environment::Live => Self { live: Some(revision), ..self },
            Environment::Staging => Self { staged: Some(revision), ..self },
        }
    }
}

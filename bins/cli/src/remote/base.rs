//! The state of the server that a change is based on. A server in another state has changes that the
//! author never saw.

use super::answer::ServerError;
use super::folder::{Folder, FolderError};
use super::known::Known;
use super::server::Server;
use super::shapes::{App, CustomCode, Draft, Environment, RevisionNumber};

#[derive(Debug)]
pub(crate) enum Base {
    /// The state that the folder was last in step with.
    Known(Box<Known>),
    /// The text of another folder: an older commit, say.
    Folder { name: String, code: CustomCode },
}

impl Base {
    /// The text of a folder.
    pub(crate) fn in_folder(folder: &Folder) -> Result<Self, FolderError> {
        Ok(Self::Folder { name: folder.name(), code: folder.code()? })
    }

    /// Whether this is the draft. A draft that was saved again with the same text is the same.
    pub(crate) fn has_draft(&self, draft: &Draft) -> bool {
        match self {
            Self::Known(known) => known.draft == draft.version || known.code == draft.code,
            Self::Folder { code, .. } => *code == draft.code,
        }
    }

    /// Whether this is the revision in the environment, or none is there and none was.
    pub(crate) fn has_revision(
        &self,
        server: &Server,
        app: &App,
        environment: Environment,
    ) -> Result<bool, ServerError> {
        let there = app.revision(environment);
        match self {
            Self::Known(known) => Ok(known.revision(environment) == there),
            Self::Folder { code, .. } => {
                Ok(server.optional(there)?.is_none_or(|revision| revision.code == *code))
            }
        }
    }

    /// The draft, as the end of a sentence about another one.
    pub(crate) fn draft_in_words(&self) -> String {
        match self {
            Self::Known(known) => format!("the folder was in step with version {}", known.draft),
            Self::Folder { name, .. } => format!("its code is not that in {name}"),
        }
    }

    /// The revision, as the end of a sentence about another one.
    pub(crate) fn revision_in_words(&self, environment: Environment) -> String {
        match self {
            Self::Known(known) => {
                format!(
                    "when the folder was in step, it was {}",
                    named(known.revision(environment))
                )
            }
            Self::Folder { name, .. } => format!("its code is not that in {name}"),
        }
    }
}

/// `revision 3`, or `no revision`.
pub(crate) fn named(revision: Option<RevisionNumber>) -> String {
    revision.map_or_else(|| "no revision".to_owned(), |number| format!("revision {number}"))
}

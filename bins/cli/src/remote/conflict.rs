//! Conflicts: the server has changes that the author of the folder did not see.

use thiserror::Error;

use super::answer::ServerError;
use super::base::{Base, named};
use super::diff;
use super::server::Server;
use super::shapes::{App, CustomCode, Draft, Environment};

/// The way on after a conflict about the draft.
const MERGE: &str = "Commit your files, run `c2c pull --force` to get the server's text, merge the two, and run \
                     `c2c push` again. If your files hold the server's changes already, run `c2c pull --keep` and \
                     `c2c push`.";

/// Nothing was overwritten.
#[derive(Debug, Error)]
pub(crate) enum Conflict {
    #[error("conflict: {sentence} Nothing was overwritten.\n\n{lines}\n{MERGE}")]
    Draft { sentence: String, lines: String },
    #[error(
        "conflict: {sentence} Nothing was published.\n\n{lines}\nRun `c2c status` to see what is there, \
         `c2c pull` to take note of it (your files are kept), and then this command again."
    )]
    Revision { sentence: String, lines: String },
}

impl Conflict {
    /// The draft is not the one that a push is based on.
    pub(crate) fn of_draft(base: &Base, draft: &Draft, folder: &CustomCode) -> Self {
        let sentence = format!("{}; {}.", in_words(draft), base.draft_in_words());
        Self::Draft { sentence, lines: to_folder(draft, folder) }
    }

    /// A pull would overwrite changes in the folder.
    pub(crate) fn of_pull(
        name: &str,
        there: &CustomCode,
        folder: &CustomCode,
        was_in_step: bool,
    ) -> Self {
        let sentence = if was_in_step {
            format!(
                "the files have changed since the folder was in step, and so has the server: {name}."
            )
        } else {
            format!("the files were never in step with the app, and differ from {name}.")
        };
        let lines = diff::lines((name, there), ("this folder", folder));
        Self::Draft { sentence, lines }
    }

    /// Another revision is there than the one that a publication is based on. The lines are those that
    /// would change.
    pub(crate) fn of_revision(
        base: &Base,
        server: &Server,
        app: &App,
        to: Environment,
        code: &CustomCode,
    ) -> Result<Self, ServerError> {
        let there = named(app.revision(to));
        let sentence = format!("{there} is {to}; {}.", base.revision_in_words(to));
        let lines = match server.optional(app.revision(to))? {
            Some(revision) => diff::lines((&there, &revision.code), ("the code to publish", code)),
            None => String::new(),
        };
        Ok(Self::Revision { sentence, lines })
    }
}

/// The draft with its author.
fn in_words(draft: &Draft) -> String {
    let Draft { version, saved_at, saved_by, .. } = draft;
    format!("the draft on the server is version {version}, which {saved_by} saved at {saved_at}")
}

fn to_folder(draft: &Draft, folder: &CustomCode) -> String {
    let name = format!("the draft on the server, version {}", draft.version);
    diff::lines((&name, &draft.code), ("this folder", folder))
}

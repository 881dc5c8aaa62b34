//! Publication: a draft becomes a revision, a staged revision goes live, an old one comes back.

use c2c_names::AppId;

use crate::actor::Actor;
use crate::app::{App, Environment};
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::{RevisionNumber, Version};
use crate::save::read_draft;
use crate::text::Note;
use crate::write::Write;

/// A draft to publish.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The version of the draft that was checked.
    pub draft: Version,
    /// The revision that is in the environment now: the one that a person saw and replaces.
    pub replaces: Option<RevisionNumber>,
    /// The environment.
    pub to: Environment,
    /// The reason.
    pub note: Note,
    /// The version of the catalogue of events that it was checked with.
    pub catalogue: String,
    /// The checker's findings: a JSON array.
    pub diagnostics: String,
}

/// An old revision to bring back.
#[derive(Clone, Debug)]
pub struct Restoration {
    /// The old revision.
    pub to: RevisionNumber,
    /// The revision that is live now.
    pub replaces: Option<RevisionNumber>,
    /// The reason.
    pub note: Note,
    /// The version of the catalogue of events that it was checked with, now.
    pub catalogue: String,
    /// The checker's findings, now: a JSON array.
    pub diagnostics: String,
}

impl Store {
    /// Makes a revision of the draft, and puts it into an environment.
    ///
    /// An app that is switched off stays so: visitors get the revision when it is switched on.
    ///
    /// # Errors
    ///
    /// [`StoreError::DraftConflict`], [`StoreError::LiveConflict`], [`StoreError::NoStaging`],
    /// [`StoreError::NeedsApproval`].
    pub async fn publish(
        &self,
        by: &Actor,
        id: &AppId,
        publication: &Publication,
    ) -> Result<RevisionNumber, StoreError> {
        let mut write = self.write(by).await?;
        let app = write.lock(id).await?;
        if publication.to == Environment::Staging && !app.settings.staging {
            return Err(StoreError::NoStaging(id.clone()));
        }
        let revision = write.make_revision(app, publication).await?;
        write.place(id, publication.to, revision).await?;
        let action = Action::Published {
            environment: publication.to,
            revision,
            draft: publication.draft,
            note: publication.note.clone(),
        };
        write.finish(id, &action).await?;
        Ok(revision)
    }

    /// Puts the staged revision live.
    ///
    /// # Errors
    ///
    /// [`StoreError::LiveConflict`] also if another revision is staged by now;
    /// [`StoreError::NothingStaged`].
    pub async fn promote(
        &self,
        by: &Actor,
        id: &AppId,
        staged: RevisionNumber,
        replaces: Option<RevisionNumber>,
    ) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        let app = write.lock(id).await?;
        if app.staged.is_none() {
            return Err(StoreError::NothingStaged(id.clone()));
        }
        if app.staged != Some(staged) || app.live != replaces {
            return Err(StoreError::LiveConflict(Box::new(app)));
        }
        write.place(id, Environment::Live, staged).await?;
        write.finish(id, &Action::Promoted { revision: staged }).await
    }

    /// Makes a new revision with the content of an old one, and puts it live. The draft stays as it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::LiveConflict`], [`StoreError::NoSuchRevision`].
    pub async fn roll_back(
        &self,
        by: &Actor,
        id: &AppId,
        restoration: &Restoration,
    ) -> Result<RevisionNumber, StoreError> {
        let mut write = self.write(by).await?;
        let app = write.lock(id).await?;
        if app.live != restoration.replaces {
            return Err(StoreError::LiveConflict(Box::new(app)));
        }
        let Restoration { to, note, catalogue, diagnostics, .. } = restoration;
        let checked = Some((catalogue.as_str(), diagnostics.as_str()));
        let revision = write.copy_revision(&app, *to, note, checked).await?;
        write.place(id, Environment::Live, revision).await?;
        write.finish(id, &Action::RolledBack { revision, to: *to, note: note.clone() }).await?;
        Ok(revision)
    }
}

impl Write<'_> {
    /// Makes a revision of the draft, if draft and environment are as the publication says.
    pub(crate) async fn make_revision(
        &mut self,
        app: App,
        publication: &Publication,
    ) -> Result<RevisionNumber, StoreError> {
        let draft = read_draft(&mut self.tx, &app.id).await?;
        if draft.version != publication.draft {
            return Err(StoreError::DraftConflict(Box::new(draft)));
        }
        if app.revision_in(publication.to) != publication.replaces {
            return Err(StoreError::LiveConflict(Box::new(app)));
        }
        self.approve(&app).await?;
        let number = next(&app);
        sqlx::query(
            "INSERT INTO revision (app_id, number, created_at, author, note, catalogue, diagnostics, head, body_end)
             SELECT app_id, $2, $3, $4, $5, $6, $7, head, body_end FROM draft WHERE app_id = $1",
        )
        .bind(app.id.as_str())
        .bind(number.0)
        .bind(self.at.0)
        .bind(self.by.as_str())
        .bind(publication.note.as_str())
        .bind(&publication.catalogue)
        .bind(&publication.diagnostics)
        .execute(&mut *self.tx)
        .await?;
        self.set_newest(&app.id, number).await?;
        Ok(number)
    }

    /// Makes a revision with the content of an old one, with what a new check has found, or the old
    /// findings.
    pub(crate) async fn copy_revision(
        &mut self,
        app: &App,
        of: RevisionNumber,
        note: &Note,
        checked: Option<(&str, &str)>,
    ) -> Result<RevisionNumber, StoreError> {
        let number = next(app);
        let done = sqlx::query(
            "INSERT INTO revision
                 (app_id, number, created_at, author, note, copy_of, catalogue, diagnostics, head, body_end)
             SELECT app_id, $3, $4, $5, $6, number, COALESCE($7, catalogue), COALESCE($8, diagnostics),
                 head, body_end
             FROM revision WHERE app_id = $1 AND number = $2",
        )
        .bind(app.id.as_str())
        .bind(of.0)
        .bind(number.0)
        .bind(self.at.0)
        .bind(self.by.as_str())
        .bind(note.as_str())
        .bind(checked.map(|(catalogue, _)| catalogue))
        .bind(checked.map(|(_, diagnostics)| diagnostics))
        .execute(&mut *self.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NoSuchRevision { app: app.id.clone(), number: of });
        }
        self.set_newest(&app.id, number).await?;
        Ok(number)
    }

    /// Puts a revision into an environment.
    pub(crate) async fn place(
        &mut self,
        id: &AppId,
        environment: Environment,
        revision: RevisionNumber,
    ) -> Result<(), StoreError> {
        let query = match environment {
            Environment::Live => "UPDATE app SET live = $2 WHERE id = $1",
            Environment::Staging => "UPDATE app SET staged = $2 WHERE id = $1",
        };
        sqlx::query(query).bind(id.as_str()).bind(revision.0).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn set_newest(&mut self, id: &AppId, number: RevisionNumber) -> Result<(), StoreError> {
        sqlx::query("UPDATE app SET newest = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(number.0)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

/// The number of the next revision.
fn next(app: &App) -> RevisionNumber {
    RevisionNumber(app.newest.map_or(0, RevisionNumber::get) + 1)
}

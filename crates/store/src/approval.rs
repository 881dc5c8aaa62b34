//! Approval: in an app that requires it, a second person publishes what another wrote.
//!
//! It concerns the way of new code to visitors. To restore old code or to switch code off, one person is enough.

use c2c_names::AppId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::app::App;
use crate::error::StoreError;
use crate::subject::{Subject, may_be_one};
use crate::text::ActorName;
use crate::write::Write;

impl Write<'_> {
    /// Notes that the actor has changed the draft. Also without the requirement, which may come later.
    pub(crate) async fn note_author(&mut self, app: &AppId) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO draft_author (app_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(app.as_str())
        .bind(self.by.as_str())
        .execute(&mut *self.tx)
        .await?;
        if done.rows_affected() > 0 {
            // An older server has removed the author, but not these.
            sqlx::query("DELETE FROM draft_author_subject WHERE app_id = $1 AND name = $2")
                .bind(app.as_str())
                .bind(self.by.as_str())
                .execute(&mut *self.tx)
                .await?;
        }
        sqlx::query(
            "INSERT INTO draft_author_subject (app_id, name, subject) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
        )
        .bind(app.as_str())
        .bind(self.by.as_str())
        .bind(self.by.subject.as_ref().map(Subject::to_text).unwrap_or_default())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Lets the actor publish the draft, which has no authors from then on.
    pub(crate) async fn approve(&mut self, app: &App) -> Result<(), StoreError> {
        if app.settings.approval && self.may_be_author(app).await? {
            return Err(StoreError::NeedsApproval(app.id.clone()));
        }
        for query in [
            "DELETE FROM draft_author_subject WHERE app_id = $1",
            "DELETE FROM draft_author WHERE app_id = $1",
        ] {
            sqlx::query(query).bind(app.id.as_str()).execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    async fn may_be_author(&mut self, app: &App) -> Result<bool, StoreError> {
        let rows = sqlx::query(
            "SELECT author.name, author_subject.subject FROM draft_author author
             LEFT JOIN draft_author_subject author_subject
                 ON author_subject.app_id = author.app_id AND author_subject.name = author.name
             WHERE author.app_id = $1",
        )
        .bind(app.id.as_str())
        .fetch_all(&mut *self.tx)
        .await?;
        let own = (&self.by.name, self.by.subject.as_ref());
        for row in &rows {
            let (name, subject) = read_author(row)?;
            if may_be_one(own, (&name, subject.as_ref())) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn read_author(row: &AnyRow) -> Result<(ActorName, Option<Subject>), StoreError> {
    let (name, subject): (&str, Option<&str>) = (row.try_get("name")?, row.try_get("subject")?);
    let name = name.parse().map_err(|error| StoreError::Unreadable {
        app: "draft author".to_owned(),
        reason: format!("{error}"),
    })?;
    // Of an author whom an older server noted, and of one whom a newer one has written in another way, the name counts.
    Ok((name, subject.and_then(|subject| serde_json::from_str(subject).ok())))
}

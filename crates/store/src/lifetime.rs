//! The end of an app: deleted, and after a while gone.

use std::time::Duration;

use c2c_names::AppId;
use sqlx::Row as _;

use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::rows::read_id;
use crate::write::Write;

/// How long a deleted app can come back: 30 days.
pub const GRACE: Duration = Duration::from_hours(30 * 24);

impl Store {
    /// Deletes an app. Nothing of it is served any more; for [`GRACE`] it can come back, without its preview
    /// links.
    pub async fn delete(&self, by: &Actor, id: &AppId) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        write.lock(id).await?;
        sqlx::query("UPDATE app SET deleted_at = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(write.at.0)
            .execute(&mut *write.tx)
            .await?;
        write.end_preview_links(id).await?;
        write.finish(id, &Action::Deleted).await
    }

    /// Brings a deleted app back, as it was.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchApp`] if it is not there any more, or was not deleted.
    pub async fn restore(&self, by: &Actor, id: &AppId) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        let done = sqlx::query(
            "UPDATE app SET deleted_at = NULL WHERE id = $1 AND deleted_at IS NOT NULL",
        )
        .bind(id.as_str())
        .execute(&mut *write.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NoSuchApp(id.clone()));
        }
        write.finish(id, &Action::Restored).await
    }

    /// Removes the apps that were deleted more than [`GRACE`] before `now`, at most 100 at a time: their
    /// code, drafts and history, but not their audit log. Access that names them loses them. Gives their ids.
    pub async fn purge(&self, by: &Actor, now: Timestamp) -> Result<Vec<AppId>, StoreError> {
        let mut write = self.write(by).await?;
        let query = write.engine.locking(
            "SELECT id AS app_id FROM app WHERE deleted_at <= $1 ORDER BY id LIMIT 100",
            "SELECT id AS app_id FROM app WHERE deleted_at <= $1 ORDER BY id LIMIT 100 FOR UPDATE",
        );
        let rows = sqlx::query(query).bind(now.before(GRACE).0).fetch_all(&mut *write.tx).await?;
        let mut purged = Vec::with_capacity(rows.len());
        for row in &rows {
            let id: &str = row.try_get("app_id")?;
            for query in [
                "DELETE FROM plan WHERE app_id = $1",
                "DELETE FROM preview_ticket WHERE app_id = $1",
                "DELETE FROM preview_link WHERE app_id = $1",
                "DELETE FROM draft_author_subject WHERE app_id = $1",
                "DELETE FROM draft_author WHERE app_id = $1",
                "DELETE FROM draft WHERE app_id = $1",
                "DELETE FROM revision WHERE app_id = $1",
                "DELETE FROM app WHERE id = $1",
            ] {
                sqlx::query(query).bind(id).execute(&mut *write.tx).await?;
            }
            let id = read_id(row)?;
            write.remove_outbox(&id).await?;
            purged.push(id);
        }
        // Last: the use of a token or a session waits from here to the end of the transaction.
        write.end_access_to(&purged).await?;
        let entries: Vec<_> = purged.iter().map(|id| write.entry(id, &Action::Purged)).collect();
        write.finish_with(&entries).await?;
        Ok(purged)
    }
}

impl Write<'_> {
    /// Removes what there still is of an earlier app with the id of a new one. A purge by an older server leaves what that
    /// server does not know; and a request that was under way meanwhile may have given access.
    pub(crate) async fn remove_former(&mut self, id: &AppId) -> Result<(), StoreError> {
        for query in [
            "DELETE FROM preview_ticket WHERE app_id = $1",
            "DELETE FROM preview_link WHERE app_id = $1",
        ] {
            sqlx::query(query).bind(id.as_str()).execute(&mut *self.tx).await?;
        }
        self.remove_outbox(id).await?;
        self.end_access_to_former(id).await
    }
}

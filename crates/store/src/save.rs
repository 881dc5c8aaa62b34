//! Saving the draft.

use c2c_names::AppId;
use sqlx::{AnyConnection, Row as _};

use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::draft::{Draft, Snippets};
use crate::error::StoreError;
use crate::numbers::{Timestamp, Version};
use crate::rows::read_snippets;

impl Store {
    /// The draft of an app.
    pub async fn draft(&self, id: &AppId) -> Result<Draft, StoreError> {
        let mut connection = self.read.acquire().await?;
        let query = "SELECT version, saved_at, saved_by, head, body_end
                     FROM draft JOIN app ON id = app_id WHERE id = $1 AND deleted_at IS NULL";
        find(&mut connection, id, query).await
    }

    /// Saves the draft that had the version `edited`, and gives the new version. Code that is the same as
    /// before is not saved again, and keeps its version.
    ///
    /// # Errors
    ///
    /// [`StoreError::DraftConflict`] with the draft that is there;
    /// [`StoreError::SnippetTooLarge`].
    pub async fn save_draft(
        &self,
        by: &Actor,
        id: &AppId,
        edited: Version,
        snippets: &Snippets,
    ) -> Result<Version, StoreError> {
        self.limits.check(snippets)?;
        let mut write = self.write(by).await?;
        write.lock(id).await?;
        let draft = read_draft(&mut write.tx, id).await?;
        if draft.version != edited {
            return Err(StoreError::DraftConflict(Box::new(draft)));
        }
        if draft.snippets == *snippets {
            return Ok(edited);
        }
        let version = Version(edited.0 + 1);
        sqlx::query(
            "UPDATE draft SET version = $2, saved_at = $3, saved_by = $4, head = $5, body_end = $6
             WHERE app_id = $1",
        )
        .bind(id.as_str())
        .bind(version.0)
        .bind(write.at.0)
        .bind(by.as_str())
        .bind(snippets.head.as_bytes())
        .bind(snippets.body_end.as_bytes())
        .execute(&mut *write.tx)
        .await?;
        write.note_author(id).await?;
        write.finish(id, &Action::DraftSaved { version }).await?;
        Ok(version)
    }
}

/// The draft of an app that is known to exist.
pub(crate) async fn read_draft(
    connection: &mut AnyConnection,
    id: &AppId,
) -> Result<Draft, StoreError> {
    find(
        connection,
        id,
        "SELECT version, saved_at, saved_by, head, body_end FROM draft WHERE app_id = $1",
    )
    .await
}

async fn find(
    connection: &mut AnyConnection,
    id: &AppId,
    query: &'static str,
) -> Result<Draft, StoreError> {
    let row = sqlx::query(query).bind(id.as_str()).fetch_optional(connection).await?;
    let row = row.ok_or_else(|| StoreError::NoSuchApp(id.clone()))?;
    let by: &str = row.try_get("saved_by")?;
    Ok(Draft {
        version: Version(row.try_get("version")?),
        saved_at: Timestamp(row.try_get("saved_at")?),
        saved_by: by.parse().map_err(|error| StoreError::Unreadable {
            app: id.to_string(),
            reason: format!("saved_by {error}"),
        })?,
        snippets: read_snippets(&row, id)?,
    })
}

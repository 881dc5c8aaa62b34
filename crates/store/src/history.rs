//! The revisions of an app.

use c2c_names::AppId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::actor::Actor;
use crate::database::Store;
use crate::draft::Snippets;
use crate::error::StoreError;
use crate::numbers::{RevisionNumber, Timestamp};
use crate::rows::read_snippets;
use crate::text::Note;

/// A revision without its code, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevisionMark {
    /// Its number.
    pub number: RevisionNumber,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub author: Actor,
    /// Why.
    pub note: Note,
    /// The older revision with the same content that it brought back.
    pub copy_of: Option<RevisionNumber>,
}

/// A revision. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revision {
    /// Its description.
    pub mark: RevisionMark,
    /// The code.
    pub snippets: Snippets,
    /// The version of the catalogue of events that it was checked with; empty if not known.
    pub catalogue: String,
    /// The checker's findings at publication: a JSON array.
    pub diagnostics: String,
}

impl Store {
    /// The revisions of an app, newest first: at most `limit`, before the revision `before`.
    pub async fn history(
        &self,
        id: &AppId,
        before: Option<RevisionNumber>,
        limit: u32,
    ) -> Result<Vec<RevisionMark>, StoreError> {
        self.app(id).await?;
        let rows = sqlx::query(
            "SELECT app_id, number, created_at, author, note, copy_of FROM revision
             WHERE app_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
        )
        .bind(id.as_str())
        .bind(before.map_or(i64::MAX, RevisionNumber::get))
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| read_mark(row, id)).collect()
    }

    /// A revision of an app.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchRevision`].
    pub async fn revision(
        &self,
        id: &AppId,
        number: RevisionNumber,
    ) -> Result<Revision, StoreError> {
        self.app(id).await?;
        let row = sqlx::query("SELECT number, created_at, author, note, copy_of, catalogue, diagnostics, head, body_end
             FROM revision WHERE app_id = $1 AND number = $2",
        )
            .bind(id.as_str())
            .bind(number.0)
            .fetch_optional(&self.read)
            .await?;
        let row = row.ok_or_else(|| StoreError::NoSuchRevision { app: id.clone(), number })?;
        Ok(Revision {
            mark: read_mark(&row, id)?,
            snippets: read_snippets(&row, id)?,
            catalogue: row.try_get("catalogue")?,
            diagnostics: row.try_get("diagnostics")?,
        })
    }
}

fn read_mark(row: &AnyRow, id: &AppId) -> Result<RevisionMark, StoreError> {
    let unreadable = |reason: String| StoreError::Unreadable { app: id.to_string(), reason };
    let text = |column: &str| row.try_get::<&str, _>(column);
    Ok(RevisionMark {
        number: RevisionNumber(row.try_get("number")?),
        created_at: Timestamp(row.try_get("created_at")?),
        author: text("author")?.parse().map_err(|error| unreadable(format!("author {error}")))?,
        note: text("note")?.parse().map_err(|error| unreadable(format!("note {error}")))?,
        copy_of: row.try_get::<Option<i64>, _>("copy_of")?.map(RevisionNumber),
    })
}

//! Compiled documents: kept so that no server compiles them again.
//!
//! They can be made again at any time, so they are in no audit log and no archive.

use std::collections::HashMap;

use c2c_names::AppId;
use sqlx::{AnyConnection, Row as _};

use crate::app::App;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::{RevisionNumber, Timestamp};
use crate::rows::{read_app, read_id};
use crate::settings::columns;

/// The most documents that are kept of one app: live, staged, and none, each by two versions of the server.
const DOCUMENTS_MAX: i64 = 6;

/// Identifies a document of an app by everything that goes into it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DocumentKey {
    /// The revision with its code; `None` for a document without code.
    pub revision: Option<RevisionNumber>,
    /// A fingerprint of the rest: the compiler and the app's settings.
    pub sandbox: Vec<u8>,
}

/// A document to keep.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Its app.
    pub app: App,
    /// Its key.
    pub key: DocumentKey,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// An app with code, and the keys of its documents.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AppDocuments {
    /// The app.
    pub app: App,
    /// The documents that are kept.
    pub kept: Vec<DocumentKey>,
}

impl DocumentKey {
    fn number(&self) -> i64 {
        self.revision.map_or(0, RevisionNumber::get)
    }
}

impl NewDocument {
    async fn keep(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let Self { app, key, bytes } = self;
        sqlx::query(
            // An app with the same id may have been created after the purge.
            "INSERT INTO document (app_id, revision, sandbox, made_at, bytes)
             SELECT id, $2, $3, $4, $5 FROM app WHERE id = $1 AND created_at = $6
             ON CONFLICT (app_id, revision, sandbox) DO UPDATE
             SET made_at = excluded.made_at, bytes = excluded.bytes",
        )
        .bind(app.id.as_str())
        .bind(key.number())
        .bind(&key.sandbox[..])
        .bind(Timestamp::now().0)
        .bind(&bytes[..])
        .bind(app.created_at.0)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "DELETE FROM document WHERE app_id = $1 AND (revision, sandbox) NOT IN
                 (SELECT revision, sandbox FROM document WHERE app_id = $1
                  ORDER BY made_at DESC, revision DESC LIMIT $2)",
        )
        .bind(app.id.as_str())
        .bind(DOCUMENTS_MAX)
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Store {
    /// A document of an app, if it is kept.
    pub async fn document(
        &self,
        id: &AppId,
        key: &DocumentKey,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query(
            "SELECT bytes FROM document WHERE app_id = $1 AND revision = $2 AND sandbox = $3",
        )
        .bind(id.as_str())
        .bind(key.number())
        .bind(&key.sandbox[..])
        .fetch_optional(&self.read)
        .await?;
        Ok(row.map(|row| row.try_get("bytes")).transpose()?)
    }

    /// Keeps documents, each in place of one with the same key. Of many documents of an app, the oldest go. If
    /// an app has been purged in the meantime, nothing of it is kept.
    pub async fn keep_documents(&self, documents: &[NewDocument]) -> Result<(), StoreError> {
        let begin = self.engine.locking("BEGIN IMMEDIATE", "BEGIN");
        let mut tx = self.write.begin_with(begin).await?;
        for document in documents {
            document.keep(&mut tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The number of apps with a live or staged revision.
    pub async fn apps_with_code(&self) -> Result<u64, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS count FROM app
             WHERE deleted_at IS NULL AND (live IS NOT NULL OR staged IS NOT NULL)",
        )
        .fetch_one(&self.read)
        .await?;
        let count: i64 = row.try_get("count")?;
        Ok(count.unsigned_abs())
    }

    /// Apps with a live or staged revision by id, at most `limit`, after the app `after`.
    pub async fn app_documents(
        &self,
        after: Option<&AppId>,
        limit: u32,
    ) -> Result<Vec<AppDocuments>, StoreError> {
        let after = after.map_or("", AppId::as_str);
        let rows = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM app WHERE id > $1 AND deleted_at IS NULL
                AND (live IS NOT NULL OR staged IS NOT NULL) ORDER BY id LIMIT $2"
        ))
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        let apps = rows.iter().map(read_app).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = apps.last() else { return Ok(Vec::new()) };
        let rows = sqlx::query(
            "SELECT app_id, revision, sandbox FROM document WHERE app_id > $1 AND app_id <= $2",
        )
        .bind(after)
        .bind(last.id.as_str())
        .fetch_all(&self.read)
        .await?;
        let mut keys: HashMap<AppId, Vec<DocumentKey>> = HashMap::new();
        for row in &rows {
            let number: i64 = row.try_get("revision")?;
            let revision = (number > 0).then_some(RevisionNumber(number));
            let key = DocumentKey { revision, sandbox: row.try_get("sandbox")? };
            keys.entry(read_id(row)?).or_default().push(key);
        }
        let of = |app: App| AppDocuments { kept: keys.remove(&app.id).unwrap_or_default(), app };
        Ok(apps.into_iter().map(of).collect())
    }
}

//! Apps and their custom code's revisions, in an embedded SQLite file.

use std::path::Path;
use std::time::Duration;

use c2c::Snippets;
use c2c_names::{AppId, Origin};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
};
use sqlx::{Row, SqlSafeStr};

/// The schema, version by version. A published version is never edited; changes go into a new one.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        "apps and revisions",
        "CREATE TABLE app (
         id TEXT PRIMARY KEY,
         name TEXT NOT NULL,
         parent_origins TEXT NOT NULL -- a JSON array
     ) STRICT;
     CREATE TABLE revision (
         app_id TEXT NOT NULL REFERENCES app (id),
         number INTEGER NOT NULL CHECK (number > 0),
         head TEXT NOT NULL,
         body_end TEXT NOT NULL,
         created_at TEXT NOT NULL, -- RFC 3339
         PRIMARY KEY (app_id, number)
     ) STRICT, WITHOUT ROWID;",
    ),
    (2, "what becomes of cookies", "ALTER TABLE app ADD COLUMN jar TEXT NOT NULL DEFAULT 'visit'"),
];

/// The database.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: SqlitePool,
}

/// An app without its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct App {
    /// The id, which never changes.
    pub(crate) id: AppId,
    /// The display name.
    pub(crate) name: String,
    /// The pages that may embed its widget.
    pub(crate) parent_origins: Vec<Origin>,
    /// The lifetime of the code's cookies and storage.
    pub(crate) jar: Jar,
}

/// The lifetime of custom code's cookies and storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Jar {
    /// There are none: using them is an error, as in every opaque origin.
    None,
    /// They last as long as the page.
    #[default]
    Visit,
    /// They are kept for the visitor.
    Kept,
}

impl Jar {
    const ALL: [Self; 3] = [Self::None, Self::Visit, Self::Kept];

    /// The name in the database.
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Visit => "visit",
            Self::Kept => "kept",
        }
    }
}

/// An app as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The app.
    pub(crate) app: App,
    /// The number of its newest revision and the time of that save; 0 and `None` if there is none.
    pub(crate) revision: i64,
    pub(crate) saved_at: Option<Timestamp>,
}

/// A revision of an app's custom code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revision {
    /// 1 for the first save; 0 means "none yet", with empty snippets.
    pub(crate) number: i64,
    /// The content of *Head HTML*.
    pub(crate) head: String,
    /// The content of *Body end HTML*.
    pub(crate) body_end: String,
}

impl Revision {
    /// The code, for checking.
    pub(crate) fn snippets(&self) -> Snippets {
        Snippets { head: self.head.clone().into(), body_end: self.body_end.clone().into() }
    }
}

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite reported an error.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be upgraded.
    #[error("the database's schema cannot be brought up to date: {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// A row holds content that this version never writes.
    #[error("the database holds an app that cannot be read ({id:?}): {reason}")]
    Unreadable {
        /// The row's id.
        id: String,
        /// The problem.
        reason: String,
    },
}

impl Store {
    /// Opens the database file and creates it if it is missing.
    pub(crate) async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await?;
        let migrations = MIGRATIONS.iter().map(|&(version, description, sql)| {
            let kind = MigrationType::Simple;
            Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.collect()).run(&pool).await?;
        Ok(Self { pool })
    }

    /// All apps, by name.
    pub(crate) async fn apps(&self) -> Result<Vec<Listed>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, parent_origins, jar, COALESCE(number, 0) AS number, created_at
             FROM app LEFT JOIN revision ON app_id = id
                 AND number = (SELECT MAX(number) FROM revision WHERE app_id = id)
             ORDER BY name, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_listed).collect()
    }

    /// One app.
    pub(crate) async fn app(&self, id: &AppId) -> Result<Option<App>, StoreError> {
        let row = sqlx::query("SELECT id, name, parent_origins, jar FROM app WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read_app).transpose()
    }

    /// Inserts a new app. Its id must be new.
    pub(crate) async fn insert_app(&self, app: &App) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO app (id, name, parent_origins, jar) VALUES (?, ?, ?, ?)")
            .bind(app.id.as_str())
            .bind(&app.name)
            .bind(json(&app.parent_origins))
            .bind(app.jar.name())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Updates an app's settings. Returns false if the app does not exist.
    pub(crate) async fn update_app(&self, app: &App) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE app SET name = ?, parent_origins = ?, jar = ? WHERE id = ?")
            .bind(&app.name)
            .bind(json(&app.parent_origins))
            .bind(app.jar.name())
            .bind(app.id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// The newest revision of an app, or [`Revision::default`] if it has none.
    pub(crate) async fn newest_revision(&self, id: &AppId) -> Result<Revision, StoreError> {
        let row = sqlx::query(
            "SELECT number, head, body_end FROM revision WHERE app_id = ? ORDER BY number DESC LIMIT 1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(Revision::default()) };
        Ok(Revision {
            number: row.try_get("number")?,
            head: row.try_get("head")?,
            body_end: row.try_get("body_end")?,
        })
    }

    /// Inserts a revision if it directly follows the newest. Returns false if another save came first.
    pub(crate) async fn insert_revision(
        &self,
        id: &AppId,
        revision: &Revision,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO revision (app_id, number, head, body_end, created_at)
             SELECT ?1, ?2, ?3, ?4, ?5
             WHERE ?2 = 1 + COALESCE((SELECT MAX(number) FROM revision WHERE app_id = ?1), 0)",
        )
        .bind(id.as_str())
        .bind(revision.number)
        .bind(&revision.head)
        .bind(&revision.body_end)
        .bind(Timestamp::now().to_string())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Writes everything to the file and closes it.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

fn read_app(row: &SqliteRow) -> Result<App, StoreError> {
    let id: String = row.try_get("id")?;
    let unreadable = |reason: String| StoreError::Unreadable { id: id.clone(), reason };
    let origins: String = row.try_get("parent_origins")?;
    let jar: &str = row.try_get("jar")?;
    let known = Jar::ALL.into_iter().find(|known| known.name() == jar);
    Ok(App {
        id: id.parse().map_err(|error: c2c_names::AppIdError| unreadable(error.to_string()))?,
        name: row.try_get("name")?,
        parent_origins: serde_json::from_str(&origins)
            .map_err(|error| unreadable(error.to_string()))?,
        jar: known.ok_or_else(|| unreadable(format!("jar {jar:?}")))?,
    })
}

fn read_listed(row: &SqliteRow) -> Result<Listed, StoreError> {
    let app = read_app(row)?;
    let unreadable = |error: jiff::Error| StoreError::Unreadable {
        id: app.id.to_string(),
        reason: error.to_string(),
    };
    let saved_at: Option<&str> = row.try_get("created_at")?;
    let saved_at = saved_at.map(str::parse).transpose().map_err(unreadable)?;
    Ok(Listed { revision: row.try_get("number")?, saved_at, app })
}

fn json(origins: &[Origin]) -> String {
    serde_json::to_string(origins).expect("strings serialise")
}

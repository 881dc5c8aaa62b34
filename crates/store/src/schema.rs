//! The schema, version by version. A published version is never edited; changes go into a new one.
//!
//! During a deploy, older and newer servers use the database at the same time, and after it, an older one may
//! come back. It opens a database with later versions and uses it. So a version only adds what older
//! servers can ignore: tables, and columns with a default. For the same reason no statement is `SELECT *`:
//! with a column more than it was prepared with, PostgreSQL rejects it, and SQLite's driver panics.
//!
//! Versions have the same number in both engines. The first two were SQLite's alone, before there was a
//! choice.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr as _};

use crate::engine::Engine;

type Versions = &'static [(i64, &'static str, &'static str)];

const SQLITE: Versions = &[
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
    (3, "drafts, history, audit", include_str!("schema/sqlite.3.sql")),
    (4, "compiled documents, jobs", include_str!("schema/sqlite.4.sql")),
    (5, "preview links", include_str!("schema/sqlite.5.sql")),
    (6, "access", include_str!("schema/sqlite.6.sql")),
    (7, "subjects, used assertions", include_str!("schema/sqlite.7.sql")),
    (8, "events and deliveries", include_str!("schema/sqlite.8.sql")),
    (9, "more words of accounts", include_str!("schema/sqlite.9.sql")),
];

const POSTGRES: Versions = &[
    (3, "drafts, history, audit", include_str!("schema/postgres.3.sql")),
    (4, "compiled documents, jobs", include_str!("schema/postgres.4.sql")),
    (5, "preview links", include_str!("schema/postgres.5.sql")),
    (6, "access", include_str!("schema/postgres.6.sql")),
    (7, "subjects, used assertions", include_str!("schema/postgres.7.sql")),
    (8, "events and deliveries", include_str!("schema/postgres.8.sql")),
    (9, "more words of accounts", include_str!("schema/postgres.9.sql")),
];

/// Brings a database up to date. Several servers may do so at the same time.
pub(crate) async fn migrate(pool: &AnyPool, engine: Engine) -> Result<(), MigrateError> {
    match engine {
        Engine::Sqlite => {
            // The migrator takes a lock of PostgreSQL, but none of SQLite: two servers would apply the same
            // version.
            let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
            // As `run`, whose future is not `Send` here.
            migrator(SQLITE).run_direct(None, &mut *tx, false).await?;
            Ok(tx.commit().await?)
        }
        Engine::Postgres => migrator(POSTGRES).run(pool).await,
    }
}

/// The newest version.
pub(crate) fn newest(engine: Engine) -> i64 {
    let versions = match engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    versions.iter().map(|&(version, ..)| version).max().unwrap_or_default()
}

fn migrator(versions: Versions) -> Migrator {
    let migrations = versions.iter().map(|&(version, description, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    // Later versions, of newer servers.
    migrator.set_ignore_missing(true);
    migrator
}

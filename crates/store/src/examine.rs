//! A look at a database that changes nothing in it, for a check of an installation.

use std::collections::BTreeMap;

use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, Connection as _, Row as _};

use crate::database::{Database, file_options};
use crate::engine::Engine;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::outbox::sealing_keys;
use crate::schema;

/// The first version of the schema with secrets of endpoints.
const SEALS: i64 = 8;

/// A database as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Examined {
    /// The version of its schema; `None` if no server has made one yet.
    pub schema: Option<i64>,
    /// The newest version that this library knows.
    pub newest: i64,
    /// The clock of PostgreSQL. An SQLite file has none.
    pub clock: Option<Timestamp>,
    /// The ids of the keys that protect secrets of endpoints, each with the number of places.
    pub sealing_keys: BTreeMap<String, i64>,
}

impl Database {
    /// Looks at a database without changing it. `None` if there is no file yet.
    pub async fn examine(&self) -> Result<Option<Examined>, StoreError> {
        install_default_drivers();
        let (engine, options) = match self.path() {
            Some(path) if !path.exists() => return Ok(None),
            Some(path) => (Engine::Sqlite, file_options(path, "mode=rw")?),
            None => (Engine::Postgres, self.options()?),
        };
        let mut connection = AnyConnection::connect_with(&options).await?;
        let has_schema = engine.locking(
            "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            "SELECT count(*) FROM information_schema.tables WHERE table_name = '_sqlx_migrations'",
        );
        let has_schema: i64 =
            sqlx::query(has_schema).fetch_one(&mut connection).await?.try_get(0)?;
        let schema: Option<i64> = if has_schema == 0 {
            None
        } else {
            let newest = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success";
            Some(sqlx::query(newest).fetch_one(&mut connection).await?.try_get(0)?)
        };
        let clock = if engine == Engine::Postgres {
            let clock = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
            let row = sqlx::query(clock).fetch_one(&mut connection).await?;
            Some(Timestamp::from_millis(row.try_get(0)?))
        } else {
            None
        };
        let sealing_keys = match schema {
            Some(SEALS..) => sealing_keys(&mut connection).await?,
            _ => BTreeMap::new(),
        };
        connection.close().await?;
        Ok(Some(Examined { schema, newest: schema::newest(engine), clock, sealing_keys }))
    }
}

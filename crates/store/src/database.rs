//! The database: which one, and how it is opened.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, Connection as _, Executor as _};
use tokio::time::timeout;
use url::Url;

use crate::draft::Snippets;
use crate::engine::Engine;
use crate::error::{FailureKind, StoreError, kind_of};
use crate::{read_only, schema};

/// How long a use case waits for a connection, and SQLite for another process that writes.
const WAIT: Duration = Duration::from_secs(5);
/// Connections that read, and for PostgreSQL also those that write.
const CONNECTIONS_MAX: u32 = 8;

/// The parameters in an address that libpq knows, too, and that are no secrets.
const COMMAND_PARAMETERS: [&str; 9] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "port",
    "sslmode",
    "sslrootcert",
    "user",
];

/// A database's address: `sqlite:FILE`, or `postgres://USER:PASSWORD@HOST:PORT/NAME` with the
/// [parameters of libpq](https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
#[derive(Clone, PartialEq, Eq)]
pub struct Database(Address);

#[derive(Clone, PartialEq, Eq)]
enum Address {
    File(PathBuf),
    Server(Url),
}

/// The text is not the address of a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be sqlite:FILE or postgres://USER@HOST/NAME")]
pub struct DatabaseError;

/// Limits on what is stored.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The greatest size of one snippet, in bytes.
    pub snippet_bytes_max: usize,
}

/// All apps, in one database.
///
/// A clone is the same store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) read: AnyPool,
    /// For SQLite it has one connection, since the file has one writer at a time: they wait in order.
    pub(crate) write: AnyPool,
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    /// The address of PostgreSQL, for a connection that listens.
    pub(crate) server: Option<Url>,
}

impl Default for Limits {
    /// Snippets of 256 KiB.
    fn default() -> Self {
        Self { snippet_bytes_max: 256 * 1024 }
    }
}

impl Limits {
    pub(crate) fn check(self, snippets: &Snippets) -> Result<(), StoreError> {
        let bytes = snippets.head.len().max(snippets.body_end.len());
        let max = self.snippet_bytes_max;
        if bytes > max { Err(StoreError::SnippetTooLarge { bytes, max }) } else { Ok(()) }
    }
}

impl Database {
    /// An SQLite file, which is created if it is missing.
    pub fn file(path: &Path) -> Self {
        Self(Address::File(path.to_owned()))
    }

    /// The file, unless it is a server.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Address::File(path) => Some(path),
            Address::Server(_) => None,
        }
    }

    /// The URL of a server for a command of PostgreSQL, without a password and without parameters that only this
    /// library knows. `None` for a file.
    pub fn url_for_commands(&self) -> Option<String> {
        let mut url = self.server()?;
        // It fails only for URLs without a host.
        let _ = url.set_password(None);
        let kept: Vec<_> = url
            .query_pairs()
            .filter(|(name, _)| COMMAND_PARAMETERS.contains(&name.as_ref()))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        Some(url.into())
    }

    fn engine(&self) -> Engine {
        match &self.0 {
            Address::File(_) => Engine::Sqlite,
            Address::Server(_) => Engine::Postgres,
        }
    }

    fn server(&self) -> Option<Url> {
        match &self.0 {
            Address::File(_) => None,
            Address::Server(url) => Some(url.clone()),
        }
    }

    pub(crate) fn options(&self) -> Result<AnyConnectOptions, StoreError> {
        match &self.0 {
            Address::File(path) => Ok(file_options(path, "mode=rwc")?),
            Address::Server(url) => Ok(url.as_str().parse()?),
        }
    }

    /// The options for a file that SQLite can read only if it is declared immutable.
    fn read_only_options(&self) -> Option<AnyConnectOptions> {
        match &self.0 {
            Address::File(path) if read_only::is_immutable(path) => {
                file_options(path, "mode=ro&immutable=true").ok()
            }
            _ => None,
        }
    }
}

pub(crate) fn file_options(
    path: &Path,
    parameters: &str,
) -> Result<AnyConnectOptions, sqlx::Error> {
    // By way of a `file:` URL, which escapes each character that has a meaning in one.
    let path = std::path::absolute(path).map_err(sqlx::Error::Io)?;
    let file = Url::from_file_path(path)
        .map_err(|()| sqlx::Error::Configuration("the file's path is not absolute".into()))?;
    format!("sqlite://{}?{parameters}", file.path()).parse()
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(address: &str) -> Result<Self, DatabaseError> {
        let file = address.strip_prefix("sqlite://").or_else(|| address.strip_prefix("sqlite:"));
        if let Some(file) = file {
            return if file.is_empty() {
                Err(DatabaseError)
            } else {
                Ok(Self::file(Path::new(file)))
            };
        }
        let url: Url = address.parse().map_err(|_| DatabaseError)?;
        let named = url.path().len() > 1;
        match url.scheme() {
            "postgres" | "postgresql" if named => Ok(Self(Address::Server(url))),
            _ => Err(DatabaseError),
        }
    }
}

/// Without the password.
impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Address::File(path) => write!(formatter, "sqlite:{}", path.display()),
            Address::Server(url) => {
                let (host, port) =
                    (url.host_str().unwrap_or("localhost"), url.port().unwrap_or(5432));
                write!(formatter, "postgres://{host}:{port}{}", url.path())
            }
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Store {
    /// Opens a database and brings its schema up to date. Several servers may do so at the same time.
    ///
    /// An SQLite file that cannot be written is opened for reading if its schema is up to date; each write
    /// fails with [`FailureKind::ReadOnly`]. No other process may begin to write to it in the meantime.
    pub async fn open(database: &Database, limits: Limits) -> Result<Self, StoreError> {
        install_default_drivers();
        let engine = database.engine();
        let store = Self::connect(engine, &database.options()?, limits, database.server());
        let Err(error) = store.migrate().await else { return Ok(store) };
        store.close().await;
        if let StoreError::Failed { kind: FailureKind::ReadOnly, .. } = error
            && let Some(options) = database.read_only_options()
        {
            let store = Self::connect(engine, &options, limits, None);
            // It writes only if there is something to do.
            if store.migrate().await.is_ok() {
                return Ok(store);
            }
        }
        Err(error)
    }

    fn connect(
        engine: Engine,
        options: &AnyConnectOptions,
        limits: Limits,
        server: Option<Url>,
    ) -> Self {
        let read = pool(engine, options, CONNECTIONS_MAX, engine.locking(SQLITE, POSTGRES));
        let write = match engine {
            Engine::Sqlite => pool(engine, options, 1, SQLITE_WRITER),
            Engine::Postgres => read.clone(),
        };
        Self { read, write, engine, limits, server }
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        Ok(schema::migrate(&self.write, self.engine).await?)
    }

    /// Waits for what is in progress, and closes the database.
    pub async fn close(&self) {
        self.write.close().await;
        self.read.close().await;
    }
}

/// Without this macro the texts could not have a common part.
macro_rules! sqlite_setup {
    ($more:literal) => {
        // WAL's default would be NORMAL, which loses the last commits when the power fails. What is deleted is overwritten.
        concat!(
            "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; ",
            "PRAGMA foreign_keys = ON; ",
            $more,
            "; PRAGMA journal_mode = WAL"
        )
    };
}

/// The cache of each connection would be 2 MiB, of pages that the system has in its own.
const SQLITE: &str = sqlite_setup!("PRAGMA cache_size = -512");
/// A group of events changes more than 512 KiB of pages. With a smaller cache they would be written twice.
const SQLITE_WRITER: &str = sqlite_setup!("PRAGMA cache_size = -8192");
/// Stricter isolation would fail a use case that has waited for another. A plan that was made while the outbox was empty
/// would be kept, and would read all of it once there is a backlog.
const POSTGRES: &str = "SET plan_cache_mode = force_custom_plan; SET default_transaction_isolation = 'read committed'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '15s'";

fn pool(
    engine: Engine,
    options: &AnyConnectOptions,
    connections: u32,
    setup: &'static str,
) -> AnyPool {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                match connection.execute(setup).await {
                    // The pool would try again until `WAIT` is over, and report only that. The next
                    // statement on a damaged file fails, too, and its error gives the reason.
                    Err(error) if kind_of(&error) != FailureKind::Unavailable => Ok(()),
                    done => done.map(drop),
                }
            })
        })
        // When the disk is full, SQLite may roll a transaction back by itself. The driver still counts it,
        // and the connection could never begin another.
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
        // A caller may have given up a statement that hangs. The pool would wait for the end of that before it
        // uses the connection again, without a time limit, and would soon have no others.
        .after_release(move |connection, _| {
            Box::pin(async move {
                if engine == Engine::Postgres {
                    timeout(WAIT, connection.ping()).await.map_err(io::Error::from)??;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.clone())
}

//! The two engines, and the tests that run on both.

use std::sync::OnceLock;
use std::time::Duration;

use c2c_cluster::Cluster;
use c2c_names::AppId;
use c2c_store::{Database, Limits, Store};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// Makes the tests `sqlite::NAME` and `postgres::NAME` of each async function. It takes one argument, which
/// is [`Given`].
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                crate::engines::on_sqlite(super::$name);
            })+
        }

        mod postgres {
            $(#[test]
            fn $name() {
                let name = concat!(module_path!(), "::", stringify!($name));
                crate::engines::on_postgres(name, super::$name);
            })+
        }
    };
}

pub(crate) use on_both_engines;

/// The empty database of one test.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) database: Database,
    /// Its URL for `sqlx`, where a test needs SQL.
    pub(crate) url: String,
    pub(crate) is_postgres: bool,
}

/// A test's argument.
pub(crate) trait Given: Sized {
    async fn given(place: Place) -> Self;
}

impl Given for Place {
    async fn given(place: Place) -> Self {
        place
    }
}

impl Given for Store {
    async fn given(place: Place) -> Self {
        place.open().await
    }
}

impl Place {
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.database, Limits::default()).await.expect("it opens")
    }

    /// Runs SQL in the database, past the store.
    pub(crate) async fn execute(&self, sql: &'static str) {
        self.execute_text(sql.to_owned()).await;
    }

    pub(crate) async fn execute_text(&self, sql: String) {
        let mut connection = self.connect().await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut connection).await;
        done.expect(&sql);
        connection.close().await.expect("it closes");
    }

    /// The number that a query gives.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.connect().await;
        let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect(sql);
        connection.close().await.expect("it closes");
        number
    }

    /// The number of an app's rows in a table.
    pub(crate) async fn count(&self, table: &str, app: &AppId) -> i64 {
        let id = if table == "app" { "id" } else { "app_id" };
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table} WHERE {id} = $1"));
        let mut connection = self.connect().await;
        let query = sqlx::query_scalar(sql).bind(app.as_str());
        let count = query.fetch_one(&mut connection).await.expect("a count");
        connection.close().await.expect("it closes");
        count
    }

    /// The text in a column of a table with one row.
    pub(crate) async fn text(&self, table: &str, column: &str) -> String {
        let sql = AssertSqlSafe(format!("SELECT {column} FROM {table}"));
        let mut connection = self.connect().await;
        let text = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("one row");
        connection.close().await.expect("it closes");
        text
    }

    /// The number of rows in a table.
    pub(crate) async fn rows(&self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let mut connection = self.connect().await;
        let count = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count");
        connection.close().await.expect("it closes");
        count
    }

    /// Whether a value of a column, of texts or bytes, has these characters.
    pub(crate) async fn has(&self, table: &str, column: &str, part: &str) -> bool {
        let (value, position) = if self.is_postgres {
            (format!("encode(CAST({column} AS bytea), 'escape')"), "strpos")
        } else {
            (format!("CAST({column} AS TEXT)"), "instr")
        };
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {position}({value}, $1) > 0");
        let mut connection = self.connect().await;
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(part);
        let count: i64 = query.fetch_one(&mut connection).await.expect("a count");
        connection.close().await.expect("it closes");
        count > 0
    }

    pub(crate) async fn connect(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(&self.url).await.expect("it connects")
    }
}

pub(crate) fn on_sqlite<T: Given, F: Future<Output = ()>>(test: impl FnOnce(T) -> F) {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("c2c.db");
    let url = format!("sqlite:{}", file.display());
    let place = Place { database: Database::file(&file), url, is_postgres: false };
    runtime().block_on(in_time(async { test(T::given(place).await).await }));
}

pub(crate) fn on_postgres<T: Given, F: Future<Output = ()>>(name: &str, test: impl FnOnce(T) -> F) {
    /// The server permits 100 connections, and a store opens at most 8.
    static PLACES: Semaphore = Semaphore::const_new(6);
    let url = new_database(name);
    let database = url.parse().expect("the address of a database");
    runtime().block_on(async {
        let _place = PLACES.acquire().await.expect("it is never closed");
        let place = Place { database, url, is_postgres: true };
        in_time(async { test(T::given(place).await).await }).await;
    });
}

/// A test that waits for ever fails. The slowest takes a minute.
async fn in_time(test: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_mins(5), test).await.expect("it ends");
}

/// Creates a database in the server of this process. The server ends with the process.
fn new_database(name: &str) -> String {
    static CLUSTER: OnceLock<Result<Cluster, c2c_cluster::Error>> = OnceLock::new();
    let cluster = match CLUSTER.get_or_init(Cluster::start) {
        Ok(cluster) => cluster,
        Err(error) => panic!("{error}"),
    };
    // PostgreSQL's names have at most 63 characters. The end of a test's path tells it from others.
    let name = name.replace("::", "_");
    let name = &name[name.len().saturating_sub(63)..];
    cluster.database(name).expect("a new database")
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime")
}

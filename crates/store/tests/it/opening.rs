//! Opening: addresses, new databases, several servers at once.

use c2c_access::Scope;
use std::path::Path;

use c2c_store::{
    Database, DatabaseError, Environment, FailureKind, Limits, NewApp, Store, StoreError,
};
use tempfile::TempDir;

use crate::engines::{Place, on_both_engines, runtime};
use crate::steps::{anna, check_log, code, create, everything, id, note, publish, release, save};

on_both_engines!(
    six_servers_open_a_new_database,
    a_database_is_opened_again,
    two_servers_see_the_same,
    an_isolation_level_of_the_database_is_overridden,
    a_closed_store_fails,
);

async fn six_servers_open_a_new_database(place: Place) {
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..6 {
        let place = place.clone();
        tasks.spawn(async move {
            let store = place.open().await;
            create(&store, &format!("app-{n}")).await;
            store
        });
    }
    for store in tasks.join_all().await {
        assert_eq!(store.apps(&Scope::ALL, "", None, 100).await.expect("a list").len(), 6);
        assert_eq!(store.last_seq().await.expect("a number"), 6);
    }
}

async fn a_database_is_opened_again(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    release(&store, &shop, "code").await;
    publish(&store, &shop, Environment::Staging).await;
    store.switch_off(&anna(), &shop, &note("broken")).await.expect("it is switched off");
    let before = everything(&store, &shop).await.expect("an app");
    store.close().await;
    for _ in 0..3 {
        let store = place.open().await;
        assert_eq!(everything(&store, &shop).await.expect("an app"), before);
        check_log(&store, &shop).await;
        store.close().await;
    }
}

async fn two_servers_see_the_same(place: Place) {
    let (one, two) = (place.open().await, place.open().await);
    let shop = create(&one, "shop").await;
    for (n, (writer, reader)) in [(&one, &two), (&two, &one), (&one, &two)].iter().enumerate() {
        let head = format!("code {n}");
        save(writer, &shop, &head).await;
        assert_eq!(reader.draft(&shop).await.expect("a draft").snippets, code(&head));
        assert_eq!(writer.last_seq().await.ok(), reader.last_seq().await.ok());
    }
}

/// Use cases wait for each other, which is not possible in stricter isolation levels: PostgreSQL then fails
/// the later one.
async fn an_isolation_level_of_the_database_is_overridden(place: Place) {
    if place.is_postgres {
        place
            .execute(
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''serializable''', current_database()); END $$",
            )
            .await;
    }
    let store = place.open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..6 {
        let store = store.clone();
        tasks.spawn(async move {
            let app = create(&store, &format!("app-{n}")).await;
            for n in 0..10 {
                release(&store, &app, &format!("code {n}")).await;
            }
        });
    }
    tasks.join_all().await;
}

async fn a_closed_store_fails(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    store.close().await;
    let result = store.app(&shop).await;
    assert!(matches!(result, Err(StoreError::Failed { .. })), "{result:?}");
    let result = store.delete(&anna(), &shop).await;
    assert!(matches!(result, Err(StoreError::Failed { .. })), "{result:?}");
}

/// Opens a new database at this path in an empty folder, and finds the file there.
fn check_file(relative: &str) {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join(relative);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    let parsed: Database = format!("sqlite:{}", file.display()).parse().expect("an address");
    assert_eq!(parsed, Database::file(&file));
    runtime().block_on(async {
        for database in [parsed, Database::file(&file)] {
            let store = Store::open(&database, Limits::default()).await.expect(relative);
            let created = store.create(&anna(), &id("shop"), &NewApp::default()).await;
            assert!(matches!(created, Ok(()) | Err(StoreError::AppExists(_))), "{created:?}");
            store.close().await;
            let parent = file.parent().expect("a folder");
            let files: Vec<_> = std::fs::read_dir(parent)
                .expect("a folder")
                .map(|entry| entry.expect("an entry").file_name())
                .collect();
            assert_eq!(files, [file.file_name().expect("a name")], "{relative}");
        }
    });
}

#[test]
fn a_file_may_have_any_path() {
    for path in [
        "c2c.db",
        "with spaces/the store.db",
        "a?mode=ro",
        "a#b.db",
        "100%.db",
        "%41%2f.db",
        "é/日本語 🐝.db",
        "'quotes' \"double\" `ticks`;.db",
        r"back\slash.db",
        ":memory:",
        "file:x.db",
        "a&b=c+d.db",
    ] {
        check_file(path);
    }
}

#[test]
fn a_relative_path_is_in_the_current_folder() {
    let database: Database = "sqlite:some/c2c.db".parse().expect("an address");
    assert_eq!(database, Database::file(Path::new("some/c2c.db")));
    assert_eq!(database.to_string(), "sqlite:some/c2c.db");
}

#[test]
fn a_missing_folder_is_an_error() {
    let folder = TempDir::new().expect("a temporary folder");
    let database = Database::file(&folder.path().join("missing/c2c.db"));
    runtime().block_on(async {
        let result = Store::open(&database, Limits::default()).await;
        assert!(matches!(result, Err(StoreError::Failed { .. })), "{result:?}");
    });
}

#[test]
fn other_addresses_are_rejected() {
    for address in [
        "",
        "c2c.db",
        "/var/lib/c2c.db",
        "sqlite",
        "sqlite:",
        "postgres",
        "postgres:",
        "postgres://",
        "postgres://host",
        "postgres://host/",
        "postgresql://user@host:5432/",
        "postgres://host:port/name",
        "mysql://host/name",
        "file:c2c.db",
        "https://host/name",
    ] {
        assert_eq!(address.parse::<Database>(), Err(DatabaseError), "{address}");
    }
}

#[test]
fn an_address_is_printed_without_its_password() {
    for (address, printed) in [
        ("sqlite:c2c.db", "sqlite:c2c.db"),
        ("sqlite:/var/lib/a b?.db", "sqlite:/var/lib/a b?.db"),
        ("postgres://host/name", "postgres://host:5432/name"),
        ("postgresql://host:1/name", "postgres://host:1/name"),
        ("postgres://user:secret@host/name", "postgres://host:5432/name"),
        ("postgres://user:secret@[::1]:1/name?password=secret", "postgres://[::1]:1/name"),
        ("postgres://host/name?user=a&password=secret#secret", "postgres://host:5432/name"),
        ("postgres:///name?host=/run/postgresql", "postgres://localhost:5432/name"),
    ] {
        let database: Database = address.parse().expect(address);
        assert_eq!(database.to_string(), printed);
        assert_eq!(format!("{database:?}"), printed);
    }
}

/// Neither a store nor its errors show a password.
#[test]
fn no_error_has_the_password() {
    // No server listens on port 1.
    let database = "postgres://anna:secret@127.0.0.1:1/name?application_name=c2c";
    let database: Database = database.parse().expect("an address");
    runtime().block_on(async {
        let error = Store::open(&database, Limits::default()).await.expect_err("no server");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("secret"), "{shown}");
        assert!(
            matches!(error, StoreError::Failed { kind: FailureKind::Unavailable, .. }),
            "{error:?}"
        );
    });
}

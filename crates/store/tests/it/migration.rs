//! A database of an older version: `data/c2c.db`, which `c2c-server` of commit 7de74a5 wrote. Its apps came
//! over that server's API; their names and code are as below.

use c2c_access::Scope;
use c2c_names::AppId;
use c2c_store::{
    Action, App, Database, Environment, Jar, Limits, Snippets, State, Store, Timestamp, Version,
};
use tempfile::TempDir;

use crate::engines::runtime;
use crate::steps::{
    Everything, anna, check_log, everything, id, log, number, publish, release, save, version,
};

const FILE: &[u8] = include_bytes!("data/c2c.db");

/// Three revisions and all settings.
const CODE: &str = "a1574e758beb4e95";
/// No revision.
const NO_CODE: &str = "cfc93872dc5c42a9";

/// Runs a test with the store that the old file became.
fn check<F: Future<Output = ()>>(test: impl FnOnce(Store, Database) -> F) {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("c2c.db");
    std::fs::write(&file, FILE).expect("a copy of the file");
    let database = Database::file(&file);
    runtime().block_on(async { test(open(&database).await, database).await });
}

async fn open(database: &Database) -> Store {
    Store::open(database, Limits::default()).await.expect("it is brought up to date")
}

async fn all(store: &Store) -> Vec<App> {
    store.apps(&Scope::ALL, "", None, 100).await.expect("a list")
}

#[test]
fn apps_keep_their_settings() {
    check(|store, _| async move {
        let app = store.app(&id(CODE)).await.expect("an app");
        assert_eq!(app.settings.name.as_str(), "Čeština 🐝");
        let origins: Vec<_> = app.settings.parent_origins.iter().map(ToString::to_string).collect();
        assert_eq!(origins, ["https://shop.example", "http://localhost:8080"]);
        assert_eq!((app.settings.jar, app.settings.staging), (Jar::Kept, false));
        assert_eq!((app.settings_version, app.off), (version(1), None));
        let demo = store.app(&id("demo")).await.expect("an app");
        assert_eq!((demo.settings.name.as_str(), demo.settings.jar), ("Demo shop", Jar::Visit));
        assert!(demo.settings.parent_origins.is_empty());
    });
}

#[test]
fn revisions_keep_their_content_and_time() {
    check(|store, _| async move {
        let app = id(CODE);
        // 2026-11-29T10:02:08.257792466Z, …262805277Z and …267533132Z, to the nearest millisecond.
        let expected = [
            (1_795_946_528_258, "<script>first()</script>", ""),
            (1_795_946_528_263, "<script>second(\"é 🐝\")</script>", "<p>\r\n\tend</p>"),
            (1_795_946_528_268, "", "<script>third()</script>"),
        ];
        for (n, (millis, head, body_end)) in (1..).zip(expected) {
            let revision = store.revision(&app, number(n)).await.expect("a revision");
            assert_eq!((&*revision.snippets.head, &*revision.snippets.body_end), (head, body_end));
            assert_eq!(revision.mark.created_at, Timestamp::from_millis(millis));
            assert_eq!(revision.mark.author.as_str(), "unknown");
            assert_eq!((revision.mark.note.as_str(), revision.mark.copy_of), ("", None));
            assert_eq!((revision.catalogue.as_str(), revision.diagnostics.as_str()), ("", "[]"));
        }
        assert_eq!(store.history(&app, None, 100).await.expect("a history").len(), 3);
        let demo = store.revision(&id("demo"), number(1)).await.expect("a revision");
        assert!(demo.snippets.head.starts_with("<script>\n  // This runs in every"));
    });
}

#[test]
fn the_newest_revision_is_live_and_the_draft() {
    check(|store, _| async move {
        let Everything { app, draft, .. } = everything(&store, &id(CODE)).await.expect("an app");
        assert_eq!((app.newest, app.live, app.staged), (Some(number(3)), Some(number(3)), None));
        let newest = store.revision(&app.id, number(3)).await.expect("a revision");
        assert_eq!(draft.snippets, newest.snippets);
        assert_eq!((draft.version, draft.saved_at), (version(1), newest.mark.created_at));
    });
}

#[test]
fn an_app_without_code_stays_one() {
    check(|store, _| async move {
        let Everything { app, draft, history, plans } =
            everything(&store, &id(NO_CODE)).await.expect("an app");
        assert_eq!((app.newest, app.live, app.staged), (None, None, None));
        assert_eq!(app.settings.jar, Jar::None);
        assert_eq!((draft.version, draft.snippets), (Version::new(1), Snippets::default()));
        assert!(history.is_empty() && plans.is_empty());
    });
}

/// The old server let names have control characters.
#[test]
fn every_app_can_be_read() {
    check(|store, _| async move {
        let apps = all(&store).await;
        let names: Vec<_> =
            apps.iter().map(|app| (app.id.as_str(), app.settings.name.as_str())).collect();
        assert_eq!(
            names,
            [
                ("demo", "Demo shop"),
                ("f991555b07e7470f", "Tab here, bell , next line"),
                (NO_CODE, "Without code"),
                // It was U+0001 alone.
                ("b8c8e31fbe1a4e7a", "b8c8e31fbe1a4e7a"),
                // There was U+0000 and `byte` after it.
                ("517b3c95ed9c4871", "zero"),
                (CODE, "Čeština 🐝"),
            ]
        );
    });
}

#[test]
fn the_audit_log_begins_with_the_import() {
    check(|store, _| async move {
        let apps = all(&store).await;
        for app in &apps {
            check_log(&store, &app.id).await;
            let entries = log(&store, &app.id).await;
            assert_eq!(entries.len(), 1);
            assert!(matches!(entries[0].action, Action::Imported { .. }), "{entries:?}");
            assert_eq!(entries[0].actor.as_str(), "unknown");
        }
        assert_eq!(store.last_seq().await.expect("a number"), 6);
        // A server that starts with an empty cache reads them all.
        let changes = store.changes_since(0, 100).await.expect("changes");
        let mut read: Vec<AppId> = changes.into_iter().map(|change| change.app).collect();
        let mut ids: Vec<AppId> = apps.into_iter().map(|app| app.id).collect();
        read.sort();
        ids.sort();
        assert_eq!(read, ids);
    });
}

#[test]
fn work_goes_on() {
    check(|store, _| async move {
        let app = id(CODE);
        let draft = save(&store, &app, "fourth").await;
        assert_eq!(draft, version(2));
        assert_eq!(publish(&store, &app, Environment::Live).await, number(4));
        assert_eq!(release(&store, &id(NO_CODE), "first").await, number(1));
        store.delete(&anna(), &id("demo")).await.expect("it is deleted");
        check_log(&store, &app).await;
        check_log(&store, &id(NO_CODE)).await;
        let demo = State::replay(&log(&store, &id("demo")).await).expect("a state");
        assert!(demo.deleted);
    });
}

#[test]
fn opening_again_changes_nothing() {
    check(|store, database| async move {
        let before = (all(&store).await, everything(&store, &id(CODE)).await.expect("an app"));
        let entries = log(&store, &id(CODE)).await;
        store.close().await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let database = database.clone();
            tasks.spawn(async move { open(&database).await });
        }
        for store in tasks.join_all().await {
            let again = (all(&store).await, everything(&store, &id(CODE)).await.expect("an app"));
            assert_eq!(again, before);
            assert_eq!(log(&store, &id(CODE)).await, entries);
            assert_eq!(store.last_seq().await.expect("a number"), 6);
        }
    });
}

/// The old and the new server may both be running for a moment.
#[test]
fn four_servers_may_bring_it_up_to_date() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("c2c.db");
    std::fs::write(&file, FILE).expect("a copy of the file");
    runtime().block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let database = Database::file(&file);
            tasks.spawn(async move { open(&database).await });
        }
        for store in tasks.join_all().await {
            assert_eq!(all(&store).await.len(), 6);
            assert_eq!(store.last_seq().await.expect("a number"), 6);
        }
    });
}

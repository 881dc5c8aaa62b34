//! Apps as files: the same app after an export and an import, and files that are not as they should be.

use std::fs;
use std::path::Path;
use std::time::Duration;

use c2c_access::{Principal, Role, Scope};
use c2c_names::AppId;
use c2c_store::{
    ArchiveError, Database, Environment, GRACE, Grant, Limits, Snippets, State, Store, StoreError,
    Timestamp,
};
use tempfile::TempDir;

use crate::engines::on_both_engines;
use crate::steps::{
    anna, ben, create, log, note, number, publication, publish, release, restoration, save,
};

on_both_engines!(
    an_app_is_the_same_in_another_database,
    an_app_that_exists_is_not_replaced,
    access_to_a_purged_app_does_not_open_the_imported_one,
    a_folder_that_exists_is_not_written,
    files_that_are_not_as_they_should_be_change_nothing,
);

/// An app with everything that it can have.
async fn rich(store: &Store) -> AppId {
    let app = create(store, "shop").await;
    release(store, &app, "one").await;
    publish(store, &app, Environment::Staging).await;
    store.roll_back(&ben(), &app, &restoration(number(1), Some(number(1)))).await.expect("back");
    let draft = save(store, &app, "draft").await;
    let odd = Snippets { head: "\u{0}😀\r\n".to_owned(), body_end: "---\n".to_owned() };
    let draft = store.save_draft(&ben(), &app, draft, &odd).await.expect("it is saved");
    let at = Timestamp::now().after(Duration::from_hours(1));
    let planned = publication(draft, Some(number(3)), Environment::Live);
    store.plan_publication(&anna(), &app, &planned, at).await.expect("it is planned");
    store.plan_switch_back(&anna(), &app, number(1), at).await.expect("it is planned");
    store.switch_off(&anna(), &app, &note("slow\nand broken")).await.expect("it is switched off");
    app
}

/// A new store in a file.
async fn another(folder: &TempDir) -> Store {
    let database = Database::file(&folder.path().join("another.db"));
    Store::open(&database, Limits::default()).await.expect("it opens")
}

async fn an_app_is_the_same_in_another_database(store: Store) {
    let app = rich(&store).await;
    let folder = TempDir::new().expect("a folder");
    store.export(&app, folder.path()).await.expect("it is exported");
    let other = another(&folder).await;
    let from = folder.path().join(app.as_str());
    assert_eq!(other.import(&ben(), &from).await.expect("it is imported"), app);
    assert_eq!(other.app(&app).await.expect("an app"), store.app(&app).await.expect("an app"));
    assert_eq!(other.draft(&app).await.expect("a draft"), store.draft(&app).await.expect("it"));
    assert_eq!(other.plans(&app).await.expect("plans"), store.plans(&app).await.expect("plans"));
    let history = store.history(&app, None, 10).await.expect("revisions");
    assert_eq!(other.history(&app, None, 10).await.expect("revisions"), history);
    assert_eq!(history.len(), 4);
    for mark in history {
        let revision = other.revision(&app, mark.number).await.expect("a revision");
        assert_eq!(revision, store.revision(&app, mark.number).await.expect("a revision"));
    }
    // The log is the same with one entry more, and both give the same state.
    let (before, after) = (log(&store, &app).await, log(&other, &app).await);
    let said = |entries: &[c2c_store::Entry]| -> Vec<_> {
        entries.iter().map(|entry| (entry.at, entry.actor.clone(), entry.action.clone())).collect()
    };
    assert_eq!(said(&after[..before.len()]), said(&before));
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(State::replay(&after), State::replay(&before));
    // Work goes on.
    release_again(&other, &app).await;
    assert_eq!(other.app(&app).await.expect("an app").live, Some(number(5)));
    // And back: the store of the first database has it already, under its id.
    let back = folder.path().join("back");
    other.export(&app, &back).await.expect("it is exported");
    let error = store.import(&ben(), &back.join(app.as_str())).await.expect_err("it exists");
    assert!(
        matches!(error, ArchiveError::Store { source: StoreError::AppExists(_), .. }),
        "{error}"
    );
}

async fn release_again(store: &Store, app: &AppId) {
    let draft = store.draft(app).await.expect("a draft").version;
    let next = publication(draft, Some(number(3)), Environment::Live);
    store.publish(&anna(), app, &next).await.expect("it is published");
}

async fn an_app_that_exists_is_not_replaced(store: Store) {
    let app = rich(&store).await;
    let folder = TempDir::new().expect("a folder");
    store.export(&app, folder.path()).await.expect("it is exported");
    save(&store, &app, "newer").await;
    let before = (store.draft(&app).await.expect("a draft"), log(&store, &app).await);
    for deleted in [false, true] {
        if deleted {
            store.delete(&anna(), &app).await.expect("it is deleted");
        }
        let error = store.import(&ben(), &folder.path().join(app.as_str())).await;
        let error = error.expect_err("it exists");
        assert!(matches!(error, ArchiveError::Store { source: StoreError::AppExists(_), .. }));
    }
    store.restore(&anna(), &app).await.expect("it comes back");
    assert_eq!(store.draft(&app).await.expect("a draft"), before.0);
    assert_eq!(log(&store, &app).await[..before.1.len()], before.1);
}

/// A request that is under way during a purge can give access after it.
async fn access_to_a_purged_app_does_not_open_the_imported_one(store: Store) {
    let app = rich(&store).await;
    let folder = TempDir::new().expect("a folder");
    store.export(&app, folder.path()).await.expect("it is exported");
    store.delete(&anna(), &app).await.expect("it is deleted");
    store.purge(&anna(), Timestamp::now().after(GRACE)).await.expect("it is purged");
    let scope = Scope::apps([app.clone()]).expect("a scope");
    let grant = Grant::new(ben().name, Principal { role: Role::Owner, scope });
    // There, no app had this id: the token is for the one that comes.
    let other = another(&folder).await;
    for (store, is_kept) in [(&store, false), (&other, true)] {
        let hour = Duration::from_hours(1);
        let token = store.make_token(&anna(), grant.clone(), hour).await.expect("a token");
        store.import(&ben(), &folder.path().join(app.as_str())).await.expect("it is imported");
        let found = store.use_token(&token.text, Timestamp::now()).await.expect("an answer");
        assert_eq!(found.is_some(), is_kept);
    }
}

async fn a_folder_that_exists_is_not_written(store: Store) {
    let app = rich(&store).await;
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join(app.as_str())).expect("a folder");
    let error = store.export(&app, folder.path()).await.expect_err("it exists");
    assert!(matches!(error, ArchiveError::FolderExists(_)), "{error}");
    assert_eq!(fs::read_dir(folder.path().join("shop")).expect("a folder").count(), 0);
}

async fn files_that_are_not_as_they_should_be_change_nothing(store: Store) {
    let app = rich(&store).await;
    let exported = TempDir::new().expect("a folder");
    store.export(&app, exported.path()).await.expect("it is exported");
    let folder = exported.path().join("shop");
    let target = TempDir::new().expect("a folder");
    let other = another(&target).await;
    for (file, from, to, reason) in [
        ("app.toml", "format = 1", "format = 2", "format 2"),
        ("app.toml", "id = \"shop\"", "id = \"../shop\"", "line 2"),
        ("app.toml", "live = 3", "live = 9", "no revision 9"),
        ("app.toml", "live = 3", "live = 3\nunknown = 1", "unknown"),
        ("app.toml", "jar = \"visit\"", "jar = \"ever\"", "ever"),
        ("revisions/2/revision.toml", "number = 2", "number = 1", "folder of 2"),
        ("revisions/2/diagnostics.json", "[", "{", "line 1"),
        ("audit.jsonl", "\"action\":\"created\"", "\"action\":\"made\"", "line 1"),
    ] {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{file}: {from:?} in {text}");
        fs::write(&path, text.replacen(from, to, 1)).expect("it is written");
        let error = other.import(&ben(), &folder).await.expect_err(file);
        let said = error.to_string();
        assert!(
            said.contains(reason) && said.contains(file.rsplit('/').next().unwrap_or(file)),
            "{said}"
        );
        fs::write(&path, text).expect("it is written");
    }
    rejected_folders(&other, &folder).await;
    assert_eq!(other.last_seq().await.expect("a number"), 0);
    assert!(other.import(&ben(), &folder).await.is_ok(), "it is whole again");
}

async fn rejected_folders(store: &Store, folder: &Path) {
    // Larger than the store permits.
    let large = folder.join("revisions/1/head.html");
    let text = fs::read_to_string(&large).expect("a file");
    fs::write(&large, "x".repeat(256 * 1024 + 1)).expect("it is written");
    let error = store.import(&ben(), folder).await.expect_err("too large");
    assert!(matches!(
        error,
        ArchiveError::Store { source: StoreError::SnippetTooLarge { .. }, .. }
    ));
    fs::write(&large, text).expect("it is written");
    // A name that is no number, and a file that is not there.
    let odd = folder.join("revisions/-1");
    fs::create_dir(&odd).expect("a folder");
    let error = store.import(&ben(), folder).await.expect_err("no number");
    assert!(matches!(error, ArchiveError::Content { .. }), "{error}");
    fs::remove_dir(&odd).expect("it is removed");
    let body = folder.join("draft/body-end.html");
    let text = fs::read_to_string(&body).expect("a file");
    fs::remove_file(&body).expect("it is removed");
    let error = store.import(&ben(), folder).await.expect_err("missing");
    assert!(matches!(error, ArchiveError::File { .. }), "{error}");
    fs::write(&body, text).expect("it is written");
}

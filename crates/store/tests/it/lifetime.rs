//! The end of an app: deleted, brought back, purged.

use c2c_access::Scope;
use std::slice::from_ref;
use std::time::Duration;

use c2c_names::AppId;
use c2c_store::{Action, Environment, GRACE, State, Store, Task, Timestamp};

use crate::engines::{Place, on_both_engines};
use crate::steps::{
    actions, anna, ben, check_log, code, create, everything, id, log, note, number, publication,
    publish, rejected, release, restoration, save, settings, version,
};

on_both_engines!(
    each_use_case_misses_an_app_that_is_not_there,
    each_use_case_misses_a_deleted_app,
    a_deleted_app_comes_back_as_it_was,
    only_a_deleted_app_comes_back,
    an_app_is_purged_after_30_days,
    a_purge_takes_100_apps,
    a_purge_leaves_nothing_but_the_log,
);

/// An app with a live and a staged revision, a newer draft, both plans; switched off.
async fn rich(store: &Store, app: &str) -> AppId {
    let app = create(store, app).await;
    release(store, &app, "live").await;
    publish(store, &app, Environment::Staging).await;
    let draft = save(store, &app, "draft").await;
    let at = Timestamp::now().after(Duration::from_hours(1));
    let planned = publication(draft, Some(number(1)), Environment::Live);
    store.plan_publication(&ben(), &app, &planned, at).await.expect("it is planned");
    store.plan_switch_back(&ben(), &app, number(1), at).await.expect("it is planned");
    store.switch_off(&ben(), &app, &note("broken")).await.expect("it is switched off");
    app
}

/// Checks that each use case, apart from those of the audit log and of deleted apps, finds no app.
async fn check_missing(store: &Store, app: &AppId) {
    macro_rules! missing {
        ($($call:expr),+ $(,)?) => {
            $(assert_eq!(rejected!($call.await, NoSuchApp), *app, stringify!($call));)+
        };
    }
    let (by, entries) = (anna(), actions(store, app).await);
    let at = Timestamp::now().after(Duration::from_hours(1));
    let publish = publication(version(3), Some(number(1)), Environment::Live);
    missing!(
        store.app(app),
        store.draft(app),
        store.history(app, None, 10),
        store.revision(app, number(1)),
        store.plans(app),
        store.configure(&by, app, version(1), &settings("Shop", true)),
        store.save_draft(&by, app, version(3), &code("new")),
        store.publish(&by, app, &publish),
        store.promote(&by, app, number(2), Some(number(1))),
        store.roll_back(&by, app, &restoration(number(1), Some(number(1)))),
        store.switch_off(&by, app, &note("")),
        store.switch_on(&by, app, &note("")),
        store.plan_publication(&by, app, &publish, at),
        store.plan_switch_back(&by, app, number(1), at),
        store.cancel_plan(&by, app, Task::Publish),
        store.delete(&by, app),
    );
    assert_eq!(store.apps(&Scope::ALL, "", None, 100).await.expect("a list"), []);
    assert_eq!(store.next_due().await.expect("no time"), None);
    let late = Timestamp::from_millis(i64::MAX);
    assert_eq!(store.carry_out_due(late).await.expect("nothing is due"), None);
    assert_eq!(actions(store, app).await, entries);
}

async fn each_use_case_misses_an_app_that_is_not_there(store: Store) {
    let shop = id("shop");
    check_missing(&store, &shop).await;
    assert_eq!(log(&store, &shop).await, []);
    assert_eq!(State::replay(&log(&store, &shop).await), None);
}

async fn each_use_case_misses_a_deleted_app(store: Store) {
    let shop = rich(&store, "shop").await;
    let state = State::replay(&log(&store, &shop).await).expect("a state");
    store.delete(&ben(), &shop).await.expect("it is deleted");
    check_missing(&store, &shop).await;
    let last = log(&store, &shop).await.pop().expect("an entry");
    assert_eq!((last.action, last.actor), (Action::Deleted, ben()));
    let deleted = State::replay(&log(&store, &shop).await).expect("a state");
    assert_eq!(deleted, State { deleted: true, ..state });
}

async fn a_deleted_app_comes_back_as_it_was(store: Store) {
    let shop = rich(&store, "shop").await;
    let before = everything(&store, &shop).await.expect("an app");
    let revision = store.revision(&shop, number(1)).await.expect("a revision");
    for _ in 0..2 {
        store.delete(&ben(), &shop).await.expect("it is deleted");
        store.restore(&anna(), &shop).await.expect("it comes back");
        assert_eq!(everything(&store, &shop).await.expect("an app"), before);
        assert_eq!(store.revision(&shop, number(1)).await.expect("a revision"), revision);
        check_log(&store, &shop).await;
    }
    let last = log(&store, &shop).await.pop().expect("an entry");
    assert_eq!((last.action, last.actor), (Action::Restored, anna()));
}

async fn only_a_deleted_app_comes_back(store: Store) {
    let shop = create(&store, "shop").await;
    let restore = async || store.restore(&anna(), &shop).await;
    rejected!(restore().await, NoSuchApp);
    store.delete(&anna(), &shop).await.expect("it is deleted");
    restore().await.expect("it comes back");
    rejected!(restore().await, NoSuchApp);
    rejected!(store.restore(&anna(), &id("other")).await, NoSuchApp);
    assert_eq!(actions(&store, &shop).await.len(), 3);
}

async fn an_app_is_purged_after_30_days(store: Store) {
    assert_eq!(GRACE, Duration::from_hours(30 * 24));
    let (shop, other) = (create(&store, "shop").await, create(&store, "other").await);
    let purge = async |now| store.purge(&ben(), now).await.expect("a purge");
    let before = Timestamp::now();
    store.delete(&anna(), &shop).await.expect("it is deleted");
    let after = Timestamp::now();

    assert_eq!(purge(before).await, []);
    assert_eq!(purge(before.after(GRACE).before(Duration::from_millis(1))).await, []);
    store.restore(&anna(), &shop).await.expect("it comes back");
    assert_eq!(purge(after.after(GRACE)).await, []);
    store.delete(&anna(), &shop).await.expect("it is deleted");
    let after = Timestamp::now();
    assert_eq!(purge(after.after(GRACE)).await, from_ref(&shop));
    assert_eq!(purge(after.after(GRACE)).await, []);
    rejected!(store.restore(&anna(), &shop).await, NoSuchApp);
    assert!(store.app(&other).await.is_ok());

    let entries = log(&store, &shop).await;
    let kept: Vec<_> = entries.iter().map(|entry| entry.action.clone()).collect();
    let created = Action::Created { settings: settings("Shop", true) };
    assert_eq!(kept, [created, Action::Deleted, Action::Restored, Action::Deleted, Action::Purged]);
    assert_eq!(entries.last().expect("an entry").actor, ben());
    assert!(State::replay(&entries).expect("a state").deleted);
}

async fn a_purge_takes_100_apps(store: Store) {
    for n in 0..101 {
        let app = create(&store, &format!("app-{n}")).await;
        store.delete(&anna(), &app).await.expect("it is deleted");
    }
    let late = Timestamp::now().after(GRACE);
    let mut purged = store.purge(&anna(), late).await.expect("a purge");
    assert_eq!(purged.len(), 100);
    purged.extend(store.purge(&anna(), late).await.expect("a purge"));
    assert_eq!(purged.len(), 101);
    assert_eq!(store.purge(&anna(), late).await.expect("a purge"), []);
    purged.sort();
    purged.dedup();
    assert_eq!(purged.len(), 101);
    assert_eq!(store.last_seq().await.expect("a number"), 303);
    for app in &purged {
        assert_eq!(actions(&store, app).await.last(), Some(&Action::Purged));
    }
}

async fn a_purge_leaves_nothing_but_the_log(place: Place) {
    let store = place.open().await;
    let (shop, other) = (rich(&store, "shop").await, rich(&store, "other").await);
    let (before, entries) =
        (everything(&store, &other).await.expect("an app"), log(&store, &shop).await);
    store.delete(&anna(), &shop).await.expect("it is deleted");
    let late = Timestamp::now().after(GRACE);
    assert_eq!(store.purge(&anna(), late).await.expect("a purge"), from_ref(&shop));
    rejected!(store.app(&shop).await, NoSuchApp);
    assert_eq!(log(&store, &shop).await[..entries.len()], entries);
    assert_eq!(everything(&store, &other).await.expect("an app"), before, "the other app stays");
    for table in ["app", "draft", "revision", "plan"] {
        let count = place.count(table, &shop).await;
        assert_eq!(count, 0, "{table}");
    }
    assert_eq!(place.count("audit", &shop).await, i64::try_from(entries.len()).expect("few") + 2);
}

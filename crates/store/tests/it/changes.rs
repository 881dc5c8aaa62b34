//! The audit log, as a log and as the list of changes that servers follow.

use c2c_access::Scope;
use std::collections::BTreeSet;
use std::time::Duration;

use c2c_names::AppId;
use c2c_store::{Action, Change, Environment, GRACE, Store, StoreError, Task, Timestamp};
use tokio::task::JoinSet;

use crate::engines::{Place, on_both_engines};
use crate::steps::{
    actions, anna, ben, check_log, code, create, id, log, note, number, publication, publish,
    release, restoration, save, settings, version,
};

on_both_engines!(
    numbers_have_no_gaps,
    an_entry_has_its_app_time_and_actor,
    the_log_goes_by_pages,
    servers_read_visible_changes_only,
    changes_go_by_pages,
    a_reader_misses_no_change,
    a_change_ends_the_wait_of_another_server,
    a_wait_ends_without_changes,
);

/// All changes, in small pages.
async fn changes(store: &Store) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    loop {
        let last = all.last().map_or(0, |change| change.seq);
        let page = store.changes_since(last, 3).await.expect("changes");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

async fn numbers_have_no_gaps(store: Store) {
    assert_eq!(store.last_seq().await.expect("a number"), 0);
    let (shop, other) = (create(&store, "shop").await, create(&store, "other").await);
    // Use cases that fail or change nothing take no number.
    for n in 0..5 {
        let stale = store.save_draft(&anna(), &shop, version(9), &code("lost")).await;
        assert!(stale.is_err());
        assert!(store.create(&anna(), &shop, &settings("Again", true)).await.is_err());
        assert!(store.switch_on(&anna(), &other, &note("")).await.is_err());
        save(&store, &shop, "same").await;
        release(&store, &other, &format!("code {n}")).await;
        assert_eq!(store.purge(&anna(), Timestamp::now()).await.expect("a purge"), []);
    }
    let mut numbers: Vec<i64> = Vec::new();
    for app in [&shop, &other] {
        numbers.extend(log(&store, app).await.iter().map(|entry| entry.seq));
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=13).collect::<Vec<_>>());
    assert_eq!(store.last_seq().await.expect("a number"), 13);
}

async fn an_entry_has_its_app_time_and_actor(store: Store) {
    let (before, shop) = (Timestamp::now(), create(&store, "shop").await);
    store.switch_off(&ben(), &shop, &note("a \"reason\"\n🐝")).await.expect("it is switched off");
    let entries = log(&store, &shop).await;
    let [created, off] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((&created.app, &created.actor, created.seq), (&shop, &anna(), 1));
    assert_eq!((&off.app, &off.actor, off.seq), (&shop, &ben(), 2));
    assert_eq!(off.action, Action::SwitchedOff { reason: note("a \"reason\"\n🐝") });
    assert!(before <= created.at && created.at <= off.at && off.at <= Timestamp::now());
}

async fn the_log_goes_by_pages(store: Store) {
    let (shop, other) = (create(&store, "shop").await, create(&store, "other").await);
    for n in 0..5 {
        save(&store, &shop, &format!("code {n}")).await;
        save(&store, &other, &format!("code {n}")).await;
    }
    let page = async |before, limit| {
        let page = store.audit(&shop, before, limit).await.expect("a log");
        page.into_iter().map(|entry| entry.seq).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 100).await, [11, 9, 7, 5, 3, 1]);
    assert_eq!(page(None, 2).await, [11, 9]);
    assert_eq!(page(Some(9), 3).await, [7, 5, 3]);
    assert_eq!(page(Some(8), 3).await, [7, 5, 3]);
    assert_eq!(page(Some(1), 3).await, [0; 0]);
    assert_eq!(page(None, 0).await, [0; 0]);
}

async fn servers_read_visible_changes_only(store: Store) {
    let shop = create(&store, "shop").await;
    let by = anna();
    // Each use case, and whether servers have to read the app again.
    let mut expected = vec![(1, true)];
    let mut done = async |visible| {
        let seq = store.last_seq().await.expect("a number");
        expected.push((seq, visible));
        let numbers: Vec<i64> = changes(&store).await.iter().map(|change| change.seq).collect();
        let visible = expected.iter().filter(|(_, visible)| *visible).map(|(seq, _)| *seq);
        assert_eq!(numbers, visible.collect::<Vec<_>>());
    };
    save(&store, &shop, "code").await;
    done(false).await;
    publish(&store, &shop, Environment::Live).await;
    done(true).await;
    publish(&store, &shop, Environment::Staging).await;
    done(true).await;
    store.promote(&by, &shop, number(2), Some(number(1))).await.expect("it goes live");
    done(true).await;
    store
        .roll_back(&by, &shop, &restoration(number(1), Some(number(2))))
        .await
        .expect("it is back");
    done(true).await;
    store.configure(&by, &shop, version(1), &settings("New", true)).await.expect("changed");
    done(true).await;
    store.switch_off(&by, &shop, &note("")).await.expect("it is switched off");
    done(true).await;
    store.switch_on(&by, &shop, &note("")).await.expect("it is switched on");
    done(true).await;
    let at = Timestamp::now().after(Duration::from_hours(1));
    let planned = publication(version(2), Some(number(3)), Environment::Live);
    store.plan_publication(&by, &shop, &planned, at).await.expect("it is planned");
    done(false).await;
    store.plan_switch_back(&by, &shop, number(1), at).await.expect("it is planned");
    done(false).await;
    store.cancel_plan(&by, &shop, Task::SwitchBack).await.expect("it is given up");
    done(false).await;
    assert_eq!(store.carry_out_due(at).await.expect("one is due"), Some(shop.clone()));
    done(true).await;
    store.delete(&by, &shop).await.expect("it is deleted");
    done(true).await;
    store.restore(&by, &shop).await.expect("it comes back");
    done(true).await;
    store.delete(&by, &shop).await.expect("it is deleted");
    done(true).await;
    store.purge(&by, Timestamp::now().after(GRACE)).await.expect("a purge");
    done(false).await;
    let entries = actions(&store, &shop).await;
    assert_eq!(entries.len(), expected.len());
}

async fn changes_go_by_pages(store: Store) {
    let (shop, other) = (create(&store, "shop").await, create(&store, "other").await);
    save(&store, &shop, "code").await;
    release(&store, &other, "code").await;
    let page = async |seq, limit| {
        let page = store.changes_since(seq, limit).await.expect("changes");
        page.into_iter().map(|change| (change.seq, change.app)).collect::<Vec<_>>()
    };
    let all = [(1, shop), (2, other.clone()), (5, other)];
    assert_eq!(page(0, 100).await, all);
    assert_eq!(page(-1, 2).await, all[..2]);
    assert_eq!(page(1, 100).await, all[1..]);
    assert_eq!(page(3, 100).await, all[2..]);
    assert_eq!(page(5, 100).await, []);
    assert_eq!(page(i64::MAX, 100).await, []);
    assert_eq!(page(0, 0).await, []);
}

/// Writers of the test of concurrent changes.
const WRITERS: usize = 10;
/// Writes of each of them: two of three are visible.
const WRITES: usize = 30;

/// One of several tasks that write to several apps. After a conflict, it tries again.
async fn write(store: Store, writer: usize, apps: Vec<AppId>) {
    let by = anna();
    for n in 0..WRITES {
        let app = &apps[(writer + n) % apps.len()];
        let new = format!("new-{writer}-{n}");
        loop {
            let done = match n % 3 {
                0 => store.create(&by, &id(&new), &settings("New", true)).await,
                1 => {
                    let seen = store.app(app).await.expect("an app").settings_version;
                    store.configure(&by, app, seen, &settings(&new, true)).await.map(drop)
                }
                _ => {
                    let seen = store.draft(app).await.expect("a draft").version;
                    store.save_draft(&by, app, seen, &code(&new)).await.map(drop)
                }
            };
            match done {
                Ok(()) => break,
                Err(StoreError::DraftConflict(_) | StoreError::SettingsConflict(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

/// Two servers with ten writers; a third one follows the changes, and would miss those that become visible
/// after a later one.
async fn a_reader_misses_no_change(place: Place) {
    let servers = [place.open().await, place.open().await];
    let store = place.open().await;
    let mut apps = Vec::new();
    for n in 0..7 {
        apps.push(create(&store, &format!("app-{n}")).await);
    }
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(servers[writer % 2].clone(), writer, apps.clone()));
    }
    let (mut seen, mut last) = (BTreeSet::new(), 0);
    let mut ended = false;
    loop {
        // Read after the last write, too.
        while let Some(writer) = writers.try_join_next() {
            writer.expect("it wrote");
        }
        let is_last = ended;
        ended = writers.is_empty();
        for change in store.changes_since(last, 5).await.expect("changes") {
            assert!(change.seq > last, "{} after {last}", change.seq);
            last = change.seq;
            seen.insert((change.seq, change.app));
        }
        if is_last && store.changes_since(last, 1).await.expect("changes").is_empty() {
            break;
        }
    }
    let all = store.changes_since(0, u32::MAX).await.expect("changes");
    let missed: Vec<_> =
        all.iter().filter(|change| !seen.contains(&(change.seq, change.app.clone()))).collect();
    assert!(missed.is_empty(), "{} of {} changes: {missed:?}", missed.len(), all.len());
    assert_eq!(all.len(), apps.len() + WRITERS * WRITES / 3 * 2);

    let mut numbers = BTreeSet::new();
    for app in store.apps(&Scope::ALL, "", None, u32::MAX).await.expect("a list") {
        check_log(&store, &app.id).await;
        numbers.extend(log(&store, &app.id).await.iter().map(|entry| entry.seq));
    }
    let last = store.last_seq().await.expect("a number");
    assert!(numbers.iter().copied().eq(1..=last), "gaps before {last}");
}

/// PostgreSQL announces changes. With a file the wait ends after its time.
async fn a_change_ends_the_wait_of_another_server(place: Place) {
    let (store, other) = (place.open().await, place.open().await);
    // Longer than the test may take, where it must end by an announcement.
    let patience = if place.is_postgres { 600_000 } else { 20 };
    let mut watch = other.watch(Duration::from_millis(patience));
    // The first wait ends when it listens: there may have been changes before.
    watch.changed().await;
    let shop = create(&store, "shop").await;
    watch.changed().await;
    assert_eq!(changes(&other).await.len(), 1);
    // A draft concerns no visitor; the publication after it does.
    let draft = save(&store, &shop, "new").await;
    let publication = publication(draft, None, Environment::Live);
    store.publish(&anna(), &shop, &publication).await.expect("it is published");
    watch.changed().await;
    assert_eq!(changes(&other).await.len(), 2);
}

async fn a_wait_ends_without_changes(store: Store) {
    let mut watch = store.watch(Duration::from_millis(20));
    for _ in 0..3 {
        watch.changed().await;
    }
}

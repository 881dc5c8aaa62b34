//! Each use case changes everything or nothing: without its audit entry, it does not happen.

use std::time::Duration;

use c2c_names::AppId;
use c2c_store::{Action, Environment, GRACE, Store, StoreError, Task, Timestamp};

use crate::engines::{Place, on_both_engines};
use crate::steps::{
    anna, check_log, code, create, everything, id, log, note, number, publication, publish,
    release, restoration, save, settings, version,
};

on_both_engines!(without_its_audit_entry_nothing_is_done, a_dropped_write_changes_nothing);

/// Runs a use case twice: first the audit log is out of reach, and the use case fails and leaves the apps as
/// they were; then it succeeds.
macro_rules! check {
    ($place:expr, $store:expr, $app:expr, $call:expr) => {
        let before = (everything($store, $app).await.ok(), $store.last_seq().await.ok());
        $place.execute("ALTER TABLE audit RENAME TO away").await;
        let result = $call.await;
        let failed = matches!(result, Err(StoreError::Failed { .. }));
        assert!(failed, "{}: {result:?}", stringify!($call));
        $place.execute("ALTER TABLE away RENAME TO audit").await;
        let after = (everything($store, $app).await.ok(), $store.last_seq().await.ok());
        assert_eq!(after, before, "{}", stringify!($call));
        $call.await.expect(stringify!($call));
        let after = (everything($store, $app).await.ok(), $store.last_seq().await.ok());
        assert_ne!(after, before, "{}", stringify!($call));
    };
}

async fn without_its_audit_entry_nothing_is_done(place: Place) {
    let (store, app, by) = (&place.open().await, &id("shop"), &anna());
    let at = Timestamp::now().after(Duration::from_hours(1));
    check!(place, store, app, store.create(by, app, &settings("Shop", true)));
    check!(place, store, app, store.save_draft(by, app, version(1), &code("new")));
    let live = publication(version(2), None, Environment::Live);
    check!(place, store, app, store.publish(by, app, &live));
    let staged = publication(version(2), None, Environment::Staging);
    check!(place, store, app, store.publish(by, app, &staged));
    check!(place, store, app, store.promote(by, app, number(2), Some(number(1))));
    let back = restoration(number(1), Some(number(2)));
    check!(place, store, app, store.roll_back(by, app, &back));
    check!(place, store, app, store.configure(by, app, version(1), &settings("New", false)));
    check!(place, store, app, store.switch_off(by, app, &note("")));
    check!(place, store, app, store.switch_on(by, app, &note("")));
    let planned = publication(version(2), Some(number(3)), Environment::Live);
    check!(place, store, app, store.plan_publication(by, app, &planned, at));
    check!(place, store, app, store.plan_switch_back(by, app, number(1), at));
    check!(place, store, app, store.cancel_plan(by, app, Task::Publish));
    check!(place, store, app, store.carry_out_due(at));
    check!(place, store, app, store.make_preview_link(by, app, Duration::from_hours(1)));
    let links = store.preview_links(app, Timestamp::now()).await.expect("links");
    let [link] = &links[..] else { panic!("{links:?}") };
    check!(place, store, app, store.revoke_preview_link(by, app, link.id));
    check_log(store, app).await;
    check!(place, store, app, store.delete(by, app));
    check!(place, store, app, store.restore(by, app));
    store.delete(by, app).await.expect("it is deleted");
    check!(place, store, app, store.purge(by, Timestamp::now().after(GRACE)));
    assert_eq!(place.count("app", app).await, 0);
}

/// A client that goes away ends its request, wherever that is.
async fn a_dropped_write_changes_nothing(store: Store) {
    let app: AppId = create(&store, "shop").await;
    release(&store, &app, "first").await;
    let mut done = 0;
    for micros in (0..4000).step_by(50) {
        let draft = save(&store, &app, &format!("code {micros}")).await;
        let before = everything(&store, &app).await.expect("an app");
        let publication = publication(draft, before.app.live, Environment::Live);
        let publish = async { store.publish(&anna(), &app, &publication).await };
        let result = tokio::time::timeout(Duration::from_micros(micros), publish).await;
        if let Ok(result) = result {
            result.expect("it is published");
            done += 1;
        }
        // The next use case waits for the end of the dropped one.
        save(&store, &app, "after").await;
        check_log(&store, &app).await;
    }
    publish(&store, &app, Environment::Live).await;
    let published = log(&store, &app)
        .await
        .into_iter()
        .filter(|entry| matches!(entry.action, Action::Published { .. }));
    assert!(published.count() >= done + 2);
}

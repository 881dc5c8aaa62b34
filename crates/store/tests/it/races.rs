//! Races: eight tasks of two servers do the same thing, and one succeeds.

use std::fmt::Debug;

use c2c_store::{Environment, GRACE, Store, StoreError, Task, Timestamp};
use tokio::task::JoinSet;

use crate::engines::{Place, on_both_engines};
use crate::steps::{
    actions, anna, ben, check_log, code, create, everything, id, note, number, publication,
    publish, release, restoration, save, settings, version,
};

on_both_engines!(
    one_creates_an_id,
    one_saves_a_version,
    one_publishes_over_a_revision,
    one_promotes,
    one_rolls_back,
    one_configures_a_version,
    one_switches_off,
    one_cancels,
    one_deletes_and_one_restores,
    one_purges,
    a_save_and_a_publication_exclude_each_other,
);

/// Tasks at a time.
const TASKS: usize = 8;

/// Runs the task eight times at once. Gives the success of the only one that has one; the others must fail
/// as expected.
async fn one<T, F>(
    stores: &[Store; 2],
    task: impl Fn(Store, usize) -> F,
    fails: impl Fn(&StoreError) -> bool,
) -> (usize, T)
where
    T: Debug + Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for n in 0..TASKS {
        let done = task(stores[n % 2].clone(), n);
        tasks.spawn(async move { (n, done.await) });
    }
    let mut winners = Vec::new();
    for (n, done) in tasks.join_all().await {
        match done {
            Ok(done) => winners.push((n, done)),
            Err(error) => assert!(fails(&error), "{n}: {error:?}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    winners.remove(0)
}

async fn stores(place: &Place) -> [Store; 2] {
    [place.open().await, place.open().await]
}

async fn one_creates_an_id(place: Place) {
    let stores = stores(&place).await;
    for round in 0..5 {
        let shop = id(&format!("shop-{round}"));
        let app = shop.clone();
        let create = move |store: Store, n: usize| {
            let app = app.clone();
            async move { store.create(&anna(), &app, &settings(&n.to_string(), false)).await }
        };
        let (n, ()) = one(&stores, create, |error| matches!(error, StoreError::AppExists(_))).await;
        let name = stores[0].app(&shop).await.expect("an app").settings.name;
        assert_eq!(name.as_str(), n.to_string());
        assert_eq!(actions(&stores[0], &shop).await.len(), 1);
        check_log(&stores[0], &shop).await;
    }
}

async fn one_saves_a_version(place: Place) {
    let stores = stores(&place).await;
    let shop = create(&stores[0], "shop").await;
    for round in 1..=10 {
        let app = shop.clone();
        let save = move |store: Store, n: usize| {
            let app = app.clone();
            let new = code(&format!("{round} by {n}"));
            async move { store.save_draft(&anna(), &app, version(round), &new).await }
        };
        let is_expected = |error: &StoreError| match error {
            // Each loser gets the winner's draft.
            StoreError::DraftConflict(draft) => draft.version == version(round + 1),
            _ => false,
        };
        let (n, saved) = one(&stores, save, is_expected).await;
        assert_eq!(saved, version(round + 1));
        let draft = stores[0].draft(&shop).await.expect("a draft");
        assert_eq!((draft.version, draft.snippets), (saved, code(&format!("{round} by {n}"))));
    }
    check_log(&stores[0], &shop).await;
}

async fn one_publishes_over_a_revision(place: Place) {
    let stores = stores(&place).await;
    let shop = create(&stores[0], "shop").await;
    for round in 1..=10 {
        let app = shop.clone();
        let replaces = (round > 1).then(|| number(round - 1));
        let publish = move |store: Store, _| {
            let app = app.clone();
            let publication = publication(version(1), replaces, Environment::Live);
            async move { store.publish(&anna(), &app, &publication).await }
        };
        let is_expected = |error: &StoreError| match error {
            StoreError::LiveConflict(app) => app.live == Some(number(round)),
            _ => false,
        };
        let (_, made) = one(&stores, publish, is_expected).await;
        assert_eq!(made, number(round));
        assert_eq!(stores[0].app(&shop).await.expect("an app").live, Some(made));
    }
    check_log(&stores[0], &shop).await;
}

async fn one_promotes(place: Place) {
    let stores = stores(&place).await;
    let shop = create(&stores[0], "shop").await;
    release(&stores[0], &shop, "live").await;
    save(&stores[0], &shop, "staged").await;
    publish(&stores[0], &shop, Environment::Staging).await;
    let app = shop.clone();
    let promote = move |store: Store, _| {
        let app = app.clone();
        async move { store.promote(&anna(), &app, number(2), Some(number(1))).await }
    };
    one(&stores, promote, |error| matches!(error, StoreError::LiveConflict(_))).await;
    check_log(&stores[0], &shop).await;
}

async fn one_rolls_back(place: Place) {
    let stores = stores(&place).await;
    let shop = create(&stores[0], "shop").await;
    release(&stores[0], &shop, "first").await;
    release(&stores[0], &shop, "second").await;
    let app = shop.clone();
    let roll_back = move |store: Store, _| {
        let (app, back) = (app.clone(), restoration(number(1), Some(number(2))));
        async move { store.roll_back(&anna(), &app, &back).await }
    };
    let (_, made) =
        one(&stores, roll_back, |error| matches!(error, StoreError::LiveConflict(_))).await;
    let app = stores[0].app(&shop).await.expect("an app");
    assert_eq!((made, app.newest, app.live), (number(3), Some(number(3)), Some(number(3))));
    check_log(&stores[0], &shop).await;
}

async fn one_configures_a_version(place: Place) {
    let stores = stores(&place).await;
    let shop = create(&stores[0], "shop").await;
    let app = shop.clone();
    let configure = move |store: Store, n: usize| {
        let (app, new) = (app.clone(), settings(&n.to_string(), false));
        async move { store.configure(&anna(), &app, version(1), &new).await }
    };
    let is_expected = |error: &StoreError| match error {
        StoreError::SettingsConflict(app) => app.settings_version == version(2),
        _ => false,
    };
    let (n, _) = one(&stores, configure, is_expected).await;
    let name = stores[0].app(&shop).await.expect("an app").settings.name;
    assert_eq!(name.as_str(), n.to_string());
    check_log(&stores[0], &shop).await;
}

async fn one_switches_off(place: Place) {
    let stores = stores(&place).await;
    let shop = create(&stores[0], "shop").await;
    let app = shop.clone();
    let switch_off = move |store: Store, n: usize| {
        let (app, why) = (app.clone(), note(&n.to_string()));
        async move { store.switch_off(&anna(), &app, &why).await }
    };
    let (n, ()) =
        one(&stores, switch_off, |error| matches!(error, StoreError::AlreadyOff(_))).await;
    let off = stores[0].app(&shop).await.expect("an app").off.expect("it is off");
    assert_eq!(off.reason, note(&n.to_string()));
    let app = shop.clone();
    let switch_on = move |store: Store, _| {
        let app = app.clone();
        async move { store.switch_on(&anna(), &app, &note("")).await }
    };
    one(&stores, switch_on, |error| matches!(error, StoreError::NotOff(_))).await;
    check_log(&stores[0], &shop).await;
}

async fn one_cancels(place: Place) {
    let stores = stores(&place).await;
    let shop = create(&stores[0], "shop").await;
    release(&stores[0], &shop, "code").await;
    let at = Timestamp::now().after(GRACE);
    stores[0].plan_switch_back(&ben(), &shop, number(1), at).await.expect("it is planned");
    let app = shop.clone();
    let cancel = move |store: Store, _| {
        let app = app.clone();
        async move { store.cancel_plan(&anna(), &app, Task::SwitchBack).await }
    };
    one(&stores, cancel, |error| matches!(error, StoreError::NotPlanned)).await;
    check_log(&stores[0], &shop).await;
}

async fn one_deletes_and_one_restores(place: Place) {
    let stores = stores(&place).await;
    let shop = create(&stores[0], "shop").await;
    for round in 1..=5 {
        let app = shop.clone();
        let delete = move |store: Store, _| {
            let app = app.clone();
            async move { store.delete(&anna(), &app).await }
        };
        one(&stores, delete, |error| matches!(error, StoreError::NoSuchApp(_))).await;
        let app = shop.clone();
        let restore = move |store: Store, _| {
            let app = app.clone();
            async move { store.restore(&anna(), &app).await }
        };
        one(&stores, restore, |error| matches!(error, StoreError::NoSuchApp(_))).await;
        assert_eq!(actions(&stores[0], &shop).await.len(), 1 + 2 * round);
        check_log(&stores[0], &shop).await;
    }
}

/// Each app is purged by one of them.
async fn one_purges(place: Place) {
    let stores = stores(&place).await;
    for n in 0..10 {
        let app = create(&stores[0], &format!("app-{n}")).await;
        stores[0].delete(&anna(), &app).await.expect("it is deleted");
    }
    let (late, mut tasks) = (Timestamp::now().after(GRACE), JoinSet::new());
    for n in 0..TASKS {
        let store = stores[n % 2].clone();
        tasks.spawn(async move { store.purge(&anna(), late).await.expect("a purge") });
    }
    let mut purged = tasks.join_all().await.concat();
    purged.sort();
    assert_eq!(purged, (0..10).map(|n| id(&format!("app-{n}"))).collect::<Vec<_>>());
    assert_eq!(stores[0].last_seq().await.expect("a number"), 30);
}

/// A publication has the code of the version that it names, while others save.
async fn a_save_and_a_publication_exclude_each_other(place: Place) {
    let stores = stores(&place).await;
    let shop = create(&stores[0], "shop").await;
    for round in 1..=20 {
        let mut tasks = JoinSet::new();
        let before = everything(&stores[0], &shop).await.expect("an app");
        let (seen, live) = (before.draft.version, before.app.live);
        let (store, app) = (stores[0].clone(), shop.clone());
        tasks.spawn(async move {
            let new = code(&format!("code {round}"));
            store.save_draft(&anna(), &app, seen, &new).await.expect("it is the only save");
            None
        });
        let (store, app) = (stores[1].clone(), shop.clone());
        tasks.spawn(async move {
            let publication = publication(seen, live, Environment::Live);
            match store.publish(&ben(), &app, &publication).await {
                Ok(made) => Some(made),
                Err(StoreError::DraftConflict(_)) => None,
                Err(error) => panic!("{error:?}"),
            }
        });
        if let Some(made) = tasks.join_all().await.into_iter().flatten().next() {
            let revision = stores[0].revision(&shop, made).await.expect("a revision");
            assert_eq!(revision.snippets, before.draft.snippets);
        }
        check_log(&stores[0], &shop).await;
    }
}

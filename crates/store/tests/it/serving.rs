//! The switch that takes an app's code away from its visitors.

use c2c_store::{Action, Environment, Store, Timestamp};

use crate::engines::on_both_engines;
use crate::steps::{
    actions, anna, ben, check_log, create, everything, note, number, publish, rejected, release,
    restoration,
};

on_both_engines!(
    an_app_is_switched_off_and_on,
    an_app_without_code_is_switched_off,
    whatever_goes_live_leaves_it_off,
);

async fn an_app_is_switched_off_and_on(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "code").await;
    publish(&store, &shop, Environment::Staging).await;
    let on = everything(&store, &shop).await.expect("an app");
    rejected!(store.switch_on(&anna(), &shop, &note("")).await, NotOff);

    let before = Timestamp::now();
    let why = note("It calls\ntoo often 🐝");
    store.switch_off(&ben(), &shop, &why).await.expect("it is switched off");
    let app = store.app(&shop).await.expect("an app");
    let off = app.off.clone().expect("it is off");
    assert_eq!((off.by, &off.reason), (ben(), &why));
    assert!((before..=Timestamp::now()).contains(&off.at), "{:?}", off.at);
    assert_eq!((app.live, app.staged), (on.app.live, on.app.staged));
    check_log(&store, &shop).await;

    assert_eq!(rejected!(store.switch_off(&anna(), &shop, &note("again")).await, AlreadyOff), shop);
    assert_eq!(store.app(&shop).await.expect("an app"), app, "the first reason stays");
    store.switch_on(&anna(), &shop, &note("fixed")).await.expect("it is switched on");
    assert_eq!(everything(&store, &shop).await.expect("an app"), on);
    assert_eq!(rejected!(store.switch_on(&anna(), &shop, &note("")).await, NotOff), shop);

    let reasons =
        [Action::SwitchedOff { reason: why }, Action::SwitchedOn { reason: note("fixed") }];
    let all = actions(&store, &shop).await;
    assert_eq!(all[all.len() - 2..], reasons);
    check_log(&store, &shop).await;
}

async fn an_app_without_code_is_switched_off(store: Store) {
    let shop = create(&store, "shop").await;
    store.switch_off(&anna(), &shop, &note("")).await.expect("it is switched off");
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.off.expect("it is off").reason, app.live), (note(""), None));
    check_log(&store, &shop).await;
}

async fn whatever_goes_live_leaves_it_off(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "first").await;
    store.switch_off(&anna(), &shop, &note("broken")).await.expect("it is switched off");
    let off = store.app(&shop).await.expect("an app").off;
    let check = async |live| {
        let app = store.app(&shop).await.expect("an app");
        assert_eq!((app.live, &app.off), (Some(number(live)), &off));
        check_log(&store, &shop).await;
    };
    release(&store, &shop, "second").await;
    check(2).await;
    publish(&store, &shop, Environment::Staging).await;
    store.promote(&anna(), &shop, number(3), Some(number(2))).await.expect("it goes live");
    check(3).await;
    let back = restoration(number(1), Some(number(3)));
    store.roll_back(&anna(), &shop, &back).await.expect("it comes back");
    check(4).await;
    store.switch_on(&anna(), &shop, &note("")).await.expect("it is switched on");
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.live, app.off), (Some(number(4)), None));
}

//! Approval: a second person publishes what another wrote.

use c2c_store::{Actor, Environment, Settings, Store, StoreError, Timestamp};

use crate::engines::on_both_engines;
use crate::steps::{
    anna, ben, check_log, code, create, publication, restoration, settings, version,
};

on_both_engines!(
    one_who_changed_the_draft_does_not_publish_it,
    each_author_is_known_also_from_before,
    after_a_publication_the_draft_has_new_authors,
    old_code_comes_back_without_approval,
);

async fn with_approval(store: &Store) -> c2c_names::AppId {
    let shop = create(store, "shop").await;
    let settings = Settings { approval: true, ..settings("Shop", true) };
    store.configure(&anna(), &shop, version(1), &settings).await.expect("configured");
    assert!(store.app(&shop).await.expect("an app").settings.approval);
    shop
}

async fn save(store: &Store, by: &Actor, shop: &c2c_names::AppId, head: &str) {
    let edited = store.draft(shop).await.expect("a draft").version;
    store.save_draft(by, shop, edited, &code(head)).await.expect("saved");
}

/// Publishes the draft that is there.
async fn publish(
    store: &Store,
    by: &Actor,
    shop: &c2c_names::AppId,
    to: Environment,
) -> Result<(), StoreError> {
    let draft = store.draft(shop).await.expect("a draft").version;
    let replaces = store.app(shop).await.expect("an app").revision_in(to);
    store.publish(by, shop, &publication(draft, replaces, to)).await.map(drop)
}

async fn one_who_changed_the_draft_does_not_publish_it(store: Store) {
    let shop = with_approval(&store).await;
    save(&store, &anna(), &shop, "hers").await;
    for to in [Environment::Live, Environment::Staging] {
        let denied = publish(&store, &anna(), &shop, to).await;
        assert!(matches!(denied, Err(StoreError::NeedsApproval(_))), "{denied:?}");
    }
    let wish = publication(version(2), None, Environment::Live);
    let later = Timestamp::now().after(std::time::Duration::from_hours(1));
    let planned = store.plan_publication(&anna(), &shop, &wish, later).await;
    assert!(matches!(planned, Err(StoreError::NeedsApproval(_))), "{planned:?}");
    assert_eq!(store.app(&shop).await.expect("an app").newest, None);
    publish(&store, &ben(), &shop, Environment::Live).await.expect("another may");
    check_log(&store, &shop).await;
}

async fn each_author_is_known_also_from_before(store: Store) {
    let shop = create(&store, "shop").await;
    save(&store, &anna(), &shop, "hers").await;
    // The requirement comes after her change, and his is only a small one.
    let settings = Settings { approval: true, ..settings("Shop", true) };
    store.configure(&anna(), &shop, version(1), &settings).await.expect("configured");
    save(&store, &ben(), &shop, "hers, and his").await;
    for author in [anna(), ben()] {
        let denied = publish(&store, &author, &shop, Environment::Live).await;
        assert!(matches!(denied, Err(StoreError::NeedsApproval(_))), "{denied:?}");
    }
    let third = "carla".parse().expect("an actor");
    publish(&store, &third, &shop, Environment::Live).await.expect("a third may");
}

async fn after_a_publication_the_draft_has_new_authors(store: Store) {
    let shop = with_approval(&store).await;
    save(&store, &anna(), &shop, "hers").await;
    publish(&store, &ben(), &shop, Environment::Staging).await.expect("he may");
    // The revision that he has approved goes on from staging by any of them.
    let staged = store.app(&shop).await.expect("an app").staged.expect("a revision");
    store.promote(&anna(), &shop, staged, None).await.expect("she may");
    save(&store, &ben(), &shop, "his").await;
    let denied = publish(&store, &ben(), &shop, Environment::Live).await;
    assert!(matches!(denied, Err(StoreError::NeedsApproval(_))), "{denied:?}");
    publish(&store, &anna(), &shop, Environment::Live).await.expect("she may");
}

async fn old_code_comes_back_without_approval(store: Store) {
    let shop = with_approval(&store).await;
    for head in ["first", "second"] {
        save(&store, &anna(), &shop, head).await;
        publish(&store, &ben(), &shop, Environment::Live).await.expect("he may");
    }
    save(&store, &anna(), &shop, "third").await;
    let live = store.app(&shop).await.expect("an app").live;
    let first = c2c_store::RevisionNumber::new(1);
    store.roll_back(&anna(), &shop, &restoration(first, live)).await.expect("she may");
    store.switch_off(&anna(), &shop, &"why".parse().expect("a reason")).await.expect("she may");
}

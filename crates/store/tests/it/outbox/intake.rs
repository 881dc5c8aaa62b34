//! Settings and tokens for events that come in.

use std::time::Duration;

use c2c_delivery::CollectMode;
use c2c_store::{
    Action, CollectSettings, EVENT_TOKENS_MAX, GRACE, Store, StoreError, TOKEN_LIFETIME_MAX,
    Timestamp,
};

use crate::engines::{Place, on_both_engines};
use crate::steps::{actions, anna, ben, create, id, rejected, version};

on_both_engines!(
    an_app_takes_none_at_first,
    settings_are_changed_once_a_version,
    the_apps_that_collect_are_listed,
    a_token_is_found_by_its_secret_until_it_ends,
    the_database_has_no_secret,
    tokens_are_limited,
    a_token_of_an_app_that_was_created_again_is_none,
);

const HOUR: Duration = Duration::from_hours(1);

fn marking() -> CollectSettings {
    CollectSettings {
        mode: CollectMode::Mark,
        body_days: 3,
        meta_days: 4,
        search_keys: vec!["email".to_owned(), "a\"b".to_owned()],
    }
}

async fn an_app_takes_none_at_first(store: Store) {
    let shop = create(&store, "shop").await;
    let collect = store.collect(&shop).await.expect("settings");
    assert_eq!((collect.app, collect.version), (shop, version(0)));
    assert_eq!(collect.settings, CollectSettings::default());
    assert_eq!(collect.settings.mode, CollectMode::Off);
    rejected!(store.collect(&id("missing")).await, NoSuchApp);
}

async fn settings_are_changed_once_a_version(store: Store) {
    let shop = create(&store, "shop").await;
    let configure = async |edited, settings: &CollectSettings| {
        store.configure_collect(&ben(), &shop, version(edited), settings).await
    };
    assert_eq!(configure(0, &marking()).await.expect("it is configured"), version(1));
    let current = rejected!(configure(0, &CollectSettings::default()).await, CollectConflict);
    assert_eq!((&current.settings, current.version), (&marking(), version(1)));
    assert_eq!(store.collect(&shop).await.expect("settings"), *current);
    let short = CollectSettings { meta_days: 2, ..marking() };
    assert!(matches!(configure(1, &short).await, Err(StoreError::KeptTooShort)));
    let (version, settings) = (version(1), marking());
    assert_eq!(
        actions(&store, &shop).await[1..],
        [Action::CollectConfigured { version, settings }]
    );
}

async fn the_apps_that_collect_are_listed(store: Store) {
    for app in ["a", "b", "c"] {
        let app = create(&store, app).await;
        store.configure_collect(&ben(), &app, version(0), &marking()).await.expect("it is");
    }
    let off = CollectSettings::default();
    store.configure_collect(&ben(), &id("b"), version(1), &off).await.expect("it is off");
    store.delete(&ben(), &id("c")).await.expect("it is deleted");
    let listed = store.collecting().await.expect("a list");
    assert_eq!(listed, [store.collect(&id("a")).await.expect("settings")]);
}

async fn a_token_is_found_by_its_secret_until_it_ends(store: Store) {
    let shop = create(&store, "shop").await;
    let name = "backend".parse().expect("a name");
    let made = store.make_event_token(&ben(), &shop, &name, HOUR).await;
    let (token, secret) = made.expect("a token");
    assert_eq!((&token.app, &token.name, &token.made_by), (&shop, &name, &ben()));
    let now = token.made_at;
    let use_it = async |now| store.use_event_token(&secret, now).await.expect("an answer");
    assert_eq!(use_it(now).await, Some(token.clone()));
    let minute = Duration::from_mins(1);
    let used = use_it(now.after(minute)).await.expect("it");
    assert_eq!(used.used_at, Some(now), "known to the minute");
    assert_eq!(use_it(token.expires_at).await, None);
    let other = c2c_store::Secret::random();
    assert_eq!(store.use_event_token(&other, now).await.expect("an answer"), None);
    assert_eq!(store.event_tokens(&shop, now).await.expect("a list"), [used]);
    assert_eq!(store.event_tokens(&shop, token.expires_at).await.expect("a list"), []);
    let blog = create(&store, "blog").await;
    let revoke = store.revoke_event_token(&ben(), &blog, token.id).await;
    assert!(matches!(revoke, Err(StoreError::NoSuchToken)), "it is another app's");
    store.revoke_event_token(&ben(), &shop, token.id).await.expect("it is revoked");
    assert_eq!(use_it(now).await, None);
    let made = Action::EventTokenMade { token: token.id, name, expires: token.expires_at };
    let revoked = Action::EventTokenRevoked { token: token.id };
    assert_eq!(actions(&store, &shop).await[1..], [made, revoked]);
}

async fn the_database_has_no_secret(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    let name = "backend".parse().expect("a name");
    let made = store.make_event_token(&ben(), &shop, &name, HOUR).await;
    let (_, secret) = made.expect("a token");
    assert_eq!(place.text("event_token", "secret_hash").await, secret.hash());
}

async fn tokens_are_limited(store: Store) {
    let shop = create(&store, "shop").await;
    let name = "backend".parse().expect("a name");
    let make = async |lifetime| store.make_event_token(&ben(), &shop, &name, lifetime).await;
    for lifetime in [Duration::ZERO, TOKEN_LIFETIME_MAX + HOUR] {
        let result = make(lifetime).await;
        assert!(matches!(result, Err(StoreError::AccessLifetime { .. })), "{result:?}");
    }
    for _ in 0..EVENT_TOKENS_MAX {
        make(HOUR).await.expect("a token");
    }
    let result = make(HOUR).await;
    assert!(matches!(result, Err(StoreError::TooManyEventTokens { .. })), "{result:?}");
}

/// An older server purges the app without its tokens.
async fn a_token_of_an_app_that_was_created_again_is_none(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    let name = "backend".parse().expect("a name");
    let made = store.make_event_token(&anna(), &shop, &name, HOUR).await;
    let (token, secret) = made.expect("a token");
    place.execute("DELETE FROM draft; DELETE FROM app").await;
    assert_eq!(store.use_event_token(&secret, token.made_at).await.expect("an answer"), None);
    create(&store, "shop").await;
    // It may be the same millisecond.
    place.execute("UPDATE app SET created_at = created_at + 1").await;
    assert_eq!(store.use_event_token(&secret, token.made_at).await.expect("an answer"), None);
    store.make_event_token(&anna(), &shop, &name, HOUR).await.expect("another");
    let tokens = store.event_tokens(&shop, token.made_at).await.expect("a list");
    assert!(tokens.iter().all(|other| other.id != token.id) && tokens.len() == 1);
    store.delete(&anna(), &shop).await.expect("it is deleted");
    store.purge(&anna(), Timestamp::now().after(GRACE)).await.expect("it is purged");
    assert_eq!(place.count("event_token", &shop).await, 0);
}

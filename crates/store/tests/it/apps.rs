//! Apps: creation, lists and settings.

use c2c_access::Scope;
use std::slice::from_ref;

use c2c_store::{App, Environment, GRACE, Jar, NewApp, Settings, Store, StoreError, Timestamp};

use crate::engines::on_both_engines;
use crate::steps::{
    actions, anna, ben, check_log, create, id, publish, rejected, release, settings, version,
};

on_both_engines!(
    a_new_app_has_its_settings_and_no_code,
    an_id_is_given_once,
    a_purged_id_is_free,
    settings_survive,
    lists_go_by_name_and_id,
    a_list_goes_on_after_a_deleted_app,
    search_takes_no_patterns,
    stale_settings_are_rejected_with_the_state,
    without_staging_nothing_is_staged,
);

async fn a_new_app_has_its_settings_and_no_code(store: Store) {
    let (shop, before) = (id("shop"), Timestamp::now());
    rejected!(store.app(&shop).await, NoSuchApp);
    store.create(&ben(), &shop, &settings("Shop", false)).await.expect("a new app");

    let app = store.app(&shop).await.expect("it is there");
    assert_eq!((app.id, app.settings), (shop.clone(), settings("Shop", false)));
    assert_eq!(app.settings_version, version(1));
    assert_eq!((app.newest, app.live, app.staged, app.off), (None, None, None, None));
    assert!((before..=Timestamp::now()).contains(&app.created_at), "{:?}", app.created_at);
    let draft = store.draft(&shop).await.expect("a draft");
    assert_eq!((draft.version, draft.saved_by), (version(1), ben()));
    assert_eq!((draft.snippets.head.as_str(), draft.snippets.body_end.as_str()), ("", ""));
    assert_eq!(draft.saved_at, app.created_at);
    assert_eq!(store.history(&shop, None, 10).await.expect("a history"), []);
    check_log(&store, &shop).await;
}

async fn an_id_is_given_once(store: Store) {
    let shop = create(&store, "shop").await;
    let again = async || store.create(&ben(), &shop, &settings("Other", false)).await;
    assert_eq!(rejected!(again().await, AppExists), shop);
    assert_eq!(store.app(&shop).await.expect("the first").settings, settings("Shop", true));

    store.delete(&anna(), &shop).await.expect("it is deleted");
    assert_eq!(rejected!(again().await, AppExists), shop);
    store.restore(&anna(), &shop).await.expect("it comes back");
    assert_eq!(store.app(&shop).await.expect("the first").settings, settings("Shop", true));
    check_log(&store, &shop).await;
}

async fn a_purged_id_is_free(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "old").await;
    store.delete(&anna(), &shop).await.expect("it is deleted");
    let later = Timestamp::now().after(GRACE);
    assert_eq!(store.purge(&anna(), later).await.expect("a purge"), from_ref(&shop));

    store.create(&ben(), &shop, &settings("New", false)).await.expect("a new app");
    let app = store.app(&shop).await.expect("it is there");
    assert_eq!((app.settings, app.newest, app.live), (settings("New", false), None, None));
    assert_eq!(store.draft(&shop).await.expect("a draft").snippets.head, "");
    // The log has both lives of the id.
    assert_eq!(actions(&store, &shop).await.len(), 6);
    check_log(&store, &shop).await;
}

async fn settings_survive(store: Store) {
    let origin = |origin: &str| origin.parse().expect("an origin");
    for (n, (name, jar)) in [
        ("Čeština, русский, 日本語", Jar::None),
        ("🐝👩‍👩‍👧", Jar::Visit),
        ("e\u{301} is not é", Jar::Kept),
        ("עברית \u{202e} left", Jar::None),
        (r#"' " \ -- ; $1 ? %s {}"#, Jar::None),
        ("🐝".repeat(100).as_str(), Jar::None),
    ]
    .into_iter()
    .enumerate()
    {
        let app = id(&format!("app-{n}"));
        let new = Settings {
            name: name.parse().expect(name),
            parent_origins: vec![origin("https://shop.example"), origin("http://localhost:8080")],
            jar,
            staging: n % 2 == 0,
            approval: n % 3 == 0,
        };
        store.create(&anna(), &app, &NewApp::default()).await.expect("a new app");
        assert_eq!(store.app(&app).await.expect("it is there").settings, NewApp::default());
        store.configure(&ben(), &app, version(1), &new).await.expect("they are changed");
        assert_eq!(store.app(&app).await.expect("it is there").settings, new);
        check_log(&store, &app).await;
    }
}

/// The ids in a list.
fn ids(apps: &[App]) -> Vec<&str> {
    apps.iter().map(|app| app.id.as_str()).collect()
}

async fn lists_go_by_name_and_id(store: Store) {
    // By bytes of UTF-8, in both engines.
    let sorted = [
        ("z", "A"),
        ("y", "B"),
        ("a", "Shop"),
        ("b", "Shop"),
        ("b-2", "Shop"),
        ("c", "Shop 2"),
        ("x", "a"),
        ("0", "é"),
        ("1", "日本語"),
        ("2", "🐝"),
    ];
    for (app, name) in sorted.iter().rev() {
        store.create(&anna(), &id(app), &settings(name, false)).await.expect("a new app");
    }
    let expected: Vec<&str> = sorted.iter().map(|(app, _)| *app).collect();
    let all = store.apps(&Scope::ALL, "", None, 100).await.expect("a list");
    assert_eq!(ids(&all), expected);
    assert_eq!(store.apps(&Scope::ALL, "", None, 0).await.expect("an empty list"), []);

    for size in 1..=11 {
        let (mut paged, mut last) = (Vec::new(), None);
        loop {
            let page = store.apps(&Scope::ALL, "", last.as_ref(), size).await.expect("a page");
            let Some(app) = page.last() else { break };
            last = Some(app.id.clone());
            paged.extend(page);
        }
        assert_eq!(paged, all, "pages of {size}");
    }
    let found = store.apps(&Scope::ALL, "shop", Some(&id("a")), 2).await.expect("a page");
    assert_eq!(ids(&found), ["b", "b-2"]);
}

async fn a_list_goes_on_after_a_deleted_app(store: Store) {
    for app in ["a", "b", "c"] {
        create(&store, app).await;
    }
    store.delete(&anna(), &id("b")).await.expect("it is deleted");
    let after = async |app| store.apps(&Scope::ALL, "", Some(&id(app)), 10).await.expect("a list");
    assert_eq!(ids(&after("a").await), ["c"]);
    assert_eq!(ids(&after("b").await), ["c"]);
}

async fn search_takes_no_patterns(store: Store) {
    let long = "%".repeat(100_000);
    for (app, name) in [
        ("a", "100 %"),
        ("b", "100 x"),
        ("c", "snake_case"),
        ("d", "snakeXcase"),
        ("e", r"back\slash"),
        ("f", "backslash"),
        ("g", "Été"),
        ("h-h", "Call ME"),
    ] {
        store.create(&anna(), &id(app), &settings(name, false)).await.expect("a new app");
    }
    for (search, expected) in [
        ("%", vec!["a"]),
        ("100 %", vec!["a"]),
        ("100 ", vec!["a", "b"]),
        ("_", vec!["c"]),
        ("e_c", vec!["c"]),
        (r"\", vec!["e"]),
        (r"k\s", vec!["e"]),
        (r"\%", vec![]),
        (r"\\", vec![]),
        ("%a%", vec![]),
        ("'", vec![]),
        ("call me", vec!["h-h"]),
        ("CALL", vec!["h-h"]),
        ("SNAKE", vec!["d", "c"]),
        ("H-H", vec!["h-h"]),
        ("Été", vec!["g"]),
        // Only A to Z have two cases.
        ("été", vec![]),
        ("T", vec!["g"]),
        ("no such", vec![]),
        ("\u{0}", vec![]),
        ("\u{0}100", vec![]),
        (long.as_str(), vec![]),
    ] {
        let found = store.apps(&Scope::ALL, search, None, 100).await.expect(search);
        assert_eq!(ids(&found), expected, "{search}");
    }
}

async fn stale_settings_are_rejected_with_the_state(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "code").await;
    let first = settings("First", true);
    let done = store.configure(&anna(), &shop, version(1), &first).await;
    assert_eq!(done.expect("they are changed"), version(2));
    // Unlike a draft's, a version of settings may have the same content as the one before.
    let done = store.configure(&anna(), &shop, version(2), &first).await;
    assert_eq!(done.expect("they are changed"), version(3));

    let (before, entries) =
        (store.app(&shop).await.expect("it is there"), actions(&store, &shop).await);
    assert_eq!((before.settings_version, &before.settings), (version(3), &first));
    for stale in [-1, 0, 1, 2, 4, i64::MAX] {
        let second = settings("Second", false);
        let result = store.configure(&ben(), &shop, version(stale), &second).await;
        assert_eq!(*rejected!(result, SettingsConflict), before, "{stale}");
    }
    assert_eq!(store.app(&shop).await.expect("it is there"), before);
    assert_eq!(actions(&store, &shop).await, entries);
    check_log(&store, &shop).await;
}

async fn without_staging_nothing_is_staged(store: Store) {
    let shop = create(&store, "shop").await;
    let live = release(&store, &shop, "live").await;
    let staged = publish(&store, &shop, Environment::Staging).await;
    let configure = async |edited, staging| {
        let settings = settings("Shop", staging);
        store.configure(&anna(), &shop, version(edited), &settings).await.expect("changed");
        let app = store.app(&shop).await.expect("it is there");
        assert_eq!(app.live, Some(live));
        check_log(&store, &shop).await;
        app.staged
    };
    assert_eq!(configure(1, true).await, Some(staged));
    assert_eq!(configure(2, false).await, None);
    assert_eq!(configure(3, true).await, None);
    let result = store.promote(&anna(), &shop, staged, Some(live)).await;
    assert!(matches!(result, Err(StoreError::NothingStaged(_))), "{result:?}");
}

//! Drafts: versions, conflicts, sizes and characters.

use c2c_store::{Action, Environment, Limits, Snippets, Store, StoreError, Timestamp};

use crate::engines::{Place, on_both_engines};
use crate::steps::{
    actions, anna, ben, check_log, code, create, id, log, publish, rejected, save, settings,
    version,
};

on_both_engines!(
    each_change_is_a_version,
    the_same_code_is_no_change,
    a_stale_save_is_rejected_with_the_draft,
    a_large_snippet_is_rejected,
    the_limit_is_the_stores,
    every_character_survives,
);

async fn each_change_is_a_version(store: Store) {
    let shop = create(&store, "shop").await;
    for n in 1..=5 {
        let (by, before) = (if n % 2 == 0 { anna() } else { ben() }, Timestamp::now());
        let new = code(&format!("code {n}"));
        let saved = store.save_draft(&by, &shop, version(n), &new).await.expect("it is saved");
        assert_eq!(saved, version(n + 1));
        let draft = store.draft(&shop).await.expect("a draft");
        assert_eq!((draft.version, draft.saved_by, draft.snippets), (saved, by.clone(), new));
        assert!((before..=Timestamp::now()).contains(&draft.saved_at), "{:?}", draft.saved_at);
        let last = log(&store, &shop).await.pop().expect("an entry");
        assert_eq!(last.action, Action::DraftSaved { version: saved });
        assert_eq!((last.actor, last.at), (by, draft.saved_at));
    }
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.newest, app.live, app.staged), (None, None, None), "a draft is no revision");
    // Each snippet counts.
    let mut new = code("code 5");
    new.body_end.push(' ');
    let saved = store.save_draft(&anna(), &shop, version(6), &new).await.expect("it is saved");
    assert_eq!(saved, version(7));
    check_log(&store, &shop).await;
}

async fn the_same_code_is_no_change(store: Store) {
    let shop = create(&store, "shop").await;
    let empty = store.save_draft(&anna(), &shop, version(1), &Snippets::default()).await;
    assert_eq!(empty.expect("it is saved"), version(1));
    save(&store, &shop, "code").await;
    let (before, entries) =
        (store.draft(&shop).await.expect("a draft"), actions(&store, &shop).await);

    let again = store.save_draft(&ben(), &shop, version(2), &code("code")).await;
    assert_eq!(again.expect("it is saved"), version(2));
    // A person who has not seen the version has not seen its code.
    let stale = store.save_draft(&ben(), &shop, version(1), &code("code")).await;
    assert_eq!(*rejected!(stale, DraftConflict), before);
    assert_eq!(store.draft(&shop).await.expect("a draft"), before);
    assert_eq!(actions(&store, &shop).await, entries);
    assert_eq!(store.last_seq().await.expect("a number"), 2);
}

async fn a_stale_save_is_rejected_with_the_draft(store: Store) {
    let shop = create(&store, "shop").await;
    save(&store, &shop, "first").await;
    save(&store, &shop, "second").await;
    let (before, entries) =
        (store.draft(&shop).await.expect("a draft"), actions(&store, &shop).await);
    assert_eq!((before.version, &before.snippets), (version(3), &code("second")));
    for stale in [i64::MIN, 0, 1, 2, 4, i64::MAX] {
        let result = store.save_draft(&ben(), &shop, version(stale), &code("lost")).await;
        assert_eq!(*rejected!(result, DraftConflict), before, "{stale}");
    }
    assert_eq!(store.draft(&shop).await.expect("a draft"), before);
    assert_eq!(actions(&store, &shop).await, entries);
    rejected!(store.save_draft(&anna(), &id("other"), version(1), &code("lost")).await, NoSuchApp);
}

async fn a_large_snippet_is_rejected(store: Store) {
    let shop = create(&store, "shop").await;
    let max = Limits::default().snippet_bytes_max;
    // The limit counts bytes: 4 of each bee.
    let largest = "🐝".repeat(max / 4);
    let both = Snippets { head: largest.clone(), body_end: largest.clone() };
    store.save_draft(&anna(), &shop, version(1), &both).await.expect("it is saved");
    let before = store.draft(&shop).await.expect("a draft");
    assert_eq!(before.snippets, both);
    for large in [
        Snippets { head: format!("{largest}!"), body_end: String::new() },
        Snippets { head: String::new(), body_end: format!("{largest}!") },
    ] {
        let result = store.save_draft(&anna(), &shop, version(2), &large).await;
        let Err(StoreError::SnippetTooLarge { bytes, max: limit }) = result else {
            panic!("{result:?}")
        };
        assert_eq!((bytes, limit), (max + 1, max));
    }
    assert_eq!(store.draft(&shop).await.expect("a draft"), before);
}

async fn the_limit_is_the_stores(place: Place) {
    let limits = Limits { snippet_bytes_max: 3 };
    let store = Store::open(&place.database, limits).await.expect("it opens");
    let shop = id("shop");
    store.create(&anna(), &shop, &settings("Shop", false)).await.expect("a new app");
    for (head, fits) in [("abc", true), ("abcd", false), ("🐝", false)] {
        let new = Snippets { head: head.to_owned(), body_end: String::new() };
        let seen = store.draft(&shop).await.expect("a draft").version;
        let result = store.save_draft(&anna(), &shop, seen, &new).await;
        assert_eq!(result.is_ok(), fits, "{head}: {result:?}");
    }
}

async fn every_character_survives(store: Store) {
    let shop = create(&store, "shop").await;
    for text in [
        "\0",
        "a\0b\0",
        "\u{feff}<script>",
        "\r\n\t\u{b}\u{7f}\u{85}\u{2028}",
        " spaces around ",
        "é e\u{301}",
        "🐝\u{10ffff}\u{fffd}\u{ffff}",
        r#"\x00 \\ ' '' " $1 ?1 :a $$ -- /* "#,
        "\u{202e}right to left",
    ] {
        let seen = store.draft(&shop).await.expect("a draft").version;
        let new = Snippets { head: text.to_owned(), body_end: text.repeat(2) };
        store.save_draft(&anna(), &shop, seen, &new).await.expect(text);
        assert_eq!(store.draft(&shop).await.expect("a draft").snippets, new);
        let revision = publish(&store, &shop, Environment::Live).await;
        let revision = store.revision(&shop, revision).await.expect("a revision");
        assert_eq!(revision.snippets, new);
    }
    check_log(&store, &shop).await;
}

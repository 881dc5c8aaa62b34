//! Publication: a draft becomes a revision, a staged one goes live, an old one comes back.

use c2c_store::{Action, Environment, Publication, Restoration, Store, StoreError, Timestamp};

use crate::engines::on_both_engines;
use crate::steps::{
    actions, anna, ben, check_log, code, create, everything, id, note, number, publication,
    publish, rejected, release, restoration, save, settings, version,
};

use Environment::{Live, Staging};

on_both_engines!(
    revisions_count_from_one_over_both_environments,
    a_revision_has_what_the_publication_says,
    a_revision_never_changes,
    another_draft_is_a_conflict,
    another_revision_to_replace_is_a_conflict,
    an_app_without_staging_has_none,
    a_staged_revision_goes_live,
    a_promotion_names_what_it_saw,
    a_roll_back_is_a_new_revision,
    a_roll_back_names_what_it_saw,
    history_goes_by_pages,
);

async fn revisions_count_from_one_over_both_environments(store: Store) {
    let shop = create(&store, "shop").await;
    let environments = [Live, Staging, Staging, Live, Live, Staging];
    let mut expected = (None, None);
    for (n, environment) in (1..).zip(environments) {
        if n != 2 {
            save(&store, &shop, &format!("code {n}")).await;
        }
        assert_eq!(publish(&store, &shop, environment).await, number(n));
        match environment {
            Live => expected.0 = Some(number(n)),
            Staging => expected.1 = Some(number(n)),
        }
        let app = store.app(&shop).await.expect("an app");
        assert_eq!((app.live, app.staged, app.newest), (expected.0, expected.1, Some(number(n))));
        assert_eq!(app.revision_in(Live), expected.0);
        assert_eq!(app.revision_in(Staging), expected.1);
        check_log(&store, &shop).await;
    }
    // Another app has numbers of its own.
    let other = create(&store, "other").await;
    assert_eq!(release(&store, &other, "code").await, number(1));
}

async fn a_revision_has_what_the_publication_says(store: Store) {
    let (shop, before) = (create(&store, "shop").await, Timestamp::now());
    save(&store, &shop, "code\0 🐝").await;
    let publication = Publication {
        note: note("Why?\n\tBecause… 🐝"),
        catalogue: "2.1.0-α".to_owned(),
        diagnostics: r#"[{"message":"a \u0000 and a 🐝"}]"#.to_owned(),
        ..publication(version(2), None, Live)
    };
    let made = store.publish(&ben(), &shop, &publication).await.expect("it is published");
    let revision = store.revision(&shop, made).await.expect("a revision");
    assert_eq!(revision.snippets, code("code\0 🐝"));
    assert_eq!(revision.catalogue, publication.catalogue);
    assert_eq!(revision.diagnostics, publication.diagnostics);
    assert_eq!((revision.mark.number, revision.mark.copy_of), (number(1), None));
    assert_eq!((&revision.mark.author, &revision.mark.note), (&ben(), &publication.note));
    let at = revision.mark.created_at;
    assert!((before..=Timestamp::now()).contains(&at), "{at:?}");
    assert_eq!(store.history(&shop, None, 10).await.expect("a history"), [revision.mark]);
    let expected = Action::Published {
        environment: Live,
        revision: made,
        draft: version(2),
        note: publication.note,
    };
    assert_eq!(actions(&store, &shop).await.pop(), Some(expected));
    for missing in [-1, 0, 2, i64::MAX] {
        let result = store.revision(&shop, number(missing)).await;
        let Err(StoreError::NoSuchRevision { app, number: n }) = result else {
            panic!("{result:?}")
        };
        assert_eq!((app, n), (shop.clone(), number(missing)));
    }
}

async fn a_revision_never_changes(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "first").await;
    let first = store.revision(&shop, number(1)).await.expect("a revision");
    save(&store, &shop, "second").await;
    publish(&store, &shop, Staging).await;
    store.promote(&ben(), &shop, number(2), Some(number(1))).await.expect("it goes live");
    let back = restoration(number(1), Some(number(2)));
    store.roll_back(&ben(), &shop, &back).await.expect("it comes back");
    store.configure(&ben(), &shop, version(1), &settings("New", false)).await.expect("changed");
    assert_eq!(store.revision(&shop, number(1)).await.expect("a revision"), first);
    let second = store.revision(&shop, number(2)).await.expect("a revision");
    assert_eq!(second.snippets, code("second"));
    assert_eq!(second.mark.author, anna(), "the author is not the one who put it live");
}

async fn another_draft_is_a_conflict(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "first").await;
    save(&store, &shop, "second").await;
    let before = everything(&store, &shop).await.expect("an app");
    for stale in [0, 1, 2, 4] {
        for to in [Live, Staging] {
            let replaces = before.app.revision_in(to);
            let publication = publication(version(stale), replaces, to);
            let result = store.publish(&ben(), &shop, &publication).await;
            assert_eq!(*rejected!(result, DraftConflict), before.draft);
        }
    }
    assert_eq!(everything(&store, &shop).await.expect("an app"), before);
    check_log(&store, &shop).await;
}

async fn another_revision_to_replace_is_a_conflict(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "first").await;
    publish(&store, &shop, Staging).await;
    release(&store, &shop, "third").await;
    let before = everything(&store, &shop).await.expect("an app");
    assert_eq!((before.app.live, before.app.staged), (Some(number(3)), Some(number(2))));
    for (to, stale) in [
        (Live, None),
        (Live, Some(0)),
        (Live, Some(1)),
        (Live, Some(2)),
        (Live, Some(4)),
        (Staging, None),
        (Staging, Some(1)),
        (Staging, Some(3)),
    ] {
        let publication = publication(before.draft.version, stale.map(number), to);
        let result = store.publish(&ben(), &shop, &publication).await;
        assert_eq!(*rejected!(result, LiveConflict), before.app, "{to:?} {stale:?}");
    }
    assert_eq!(everything(&store, &shop).await.expect("an app"), before);
    check_log(&store, &shop).await;
    // The first publication replaces nothing.
    let other = create(&store, "other").await;
    let publication = publication(version(1), Some(number(1)), Live);
    let result = store.publish(&ben(), &other, &publication).await;
    assert_eq!(rejected!(result, LiveConflict).live, None);
}

async fn an_app_without_staging_has_none(store: Store) {
    let shop = id("shop");
    store.create(&anna(), &shop, &settings("Shop", false)).await.expect("a new app");
    let publication = publication(version(1), None, Staging);
    let result = store.publish(&anna(), &shop, &publication).await;
    assert_eq!(rejected!(result, NoStaging), shop);
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.newest, app.staged), (None, None));
    assert_eq!(actions(&store, &shop).await.len(), 1);
}

async fn a_staged_revision_goes_live(store: Store) {
    let shop = create(&store, "shop").await;
    let promote = async |staged, replaces: Option<i64>| {
        let replaces = replaces.map(number);
        store.promote(&ben(), &shop, number(staged), replaces).await
    };
    assert_eq!(rejected!(promote(1, None).await, NothingStaged), shop);
    save(&store, &shop, "first").await;
    publish(&store, &shop, Staging).await;
    assert_eq!(store.app(&shop).await.expect("an app").live, None);
    promote(1, None).await.expect("it goes live");
    let app = store.app(&shop).await.expect("an app");
    assert_eq!(
        (app.live, app.staged, app.newest),
        (Some(number(1)), Some(number(1)), Some(number(1)))
    );
    assert_eq!(actions(&store, &shop).await.pop(), Some(Action::Promoted { revision: number(1) }));

    release(&store, &shop, "second").await;
    promote(1, Some(2)).await.expect("it goes live again");
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.live, app.newest), (Some(number(1)), Some(number(2))));
    check_log(&store, &shop).await;
}

async fn a_promotion_names_what_it_saw(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "live").await;
    for head in ["staged", "staged later"] {
        save(&store, &shop, head).await;
        publish(&store, &shop, Staging).await;
    }
    let before = everything(&store, &shop).await.expect("an app");
    assert_eq!((before.app.live, before.app.staged), (Some(number(1)), Some(number(3))));
    for (staged, replaces) in
        [(2, Some(1)), (1, Some(1)), (4, Some(1)), (3, None), (3, Some(2)), (3, Some(3)), (2, None)]
    {
        let result = store.promote(&ben(), &shop, number(staged), replaces.map(number)).await;
        assert_eq!(*rejected!(result, LiveConflict), before.app, "{staged} {replaces:?}");
    }
    assert_eq!(everything(&store, &shop).await.expect("an app"), before);
    check_log(&store, &shop).await;
}

async fn a_roll_back_is_a_new_revision(store: Store) {
    let shop = create(&store, "shop").await;
    for head in ["first", "second", "third"] {
        release(&store, &shop, head).await;
    }
    let staged = publish(&store, &shop, Staging).await;
    save(&store, &shop, "draft").await;
    let draft = store.draft(&shop).await.expect("a draft");
    let back = Restoration {
        note: note("Too many calls"),
        catalogue: "3.0.0".to_owned(),
        diagnostics: r#"["new"]"#.to_owned(),
        ..restoration(number(1), Some(number(3)))
    };
    let made = store.roll_back(&ben(), &shop, &back).await.expect("it comes back");
    assert_eq!(made, number(5));
    let app = store.app(&shop).await.expect("an app");
    assert_eq!((app.live, app.staged, app.newest), (Some(made), Some(staged), Some(made)));
    assert_eq!(store.draft(&shop).await.expect("a draft"), draft, "the draft stays");

    let revision = store.revision(&shop, made).await.expect("a revision");
    assert_eq!(revision.snippets, code("first"));
    assert_eq!((revision.mark.copy_of, revision.mark.author), (Some(number(1)), ben()));
    assert_eq!(revision.mark.note, back.note);
    assert_eq!((revision.catalogue, revision.diagnostics), (back.catalogue, back.diagnostics));
    let expected = Action::RolledBack { revision: made, to: number(1), note: back.note };
    assert_eq!(actions(&store, &shop).await.pop(), Some(expected));

    // Also to a copy, and to the revision that is live.
    let back = restoration(made, Some(made));
    let made = store.roll_back(&ben(), &shop, &back).await.expect("it comes back");
    let revision = store.revision(&shop, made).await.expect("a revision");
    assert_eq!((made, revision.mark.copy_of), (number(6), Some(number(5))));
    assert_eq!(revision.snippets, code("first"));
    check_log(&store, &shop).await;
}

async fn a_roll_back_names_what_it_saw(store: Store) {
    let shop = create(&store, "shop").await;
    release(&store, &shop, "first").await;
    release(&store, &shop, "second").await;
    let before = everything(&store, &shop).await.expect("an app");
    for stale in [None, Some(0), Some(1), Some(3)] {
        let back = restoration(number(1), stale.map(number));
        let result = store.roll_back(&ben(), &shop, &back).await;
        assert_eq!(*rejected!(result, LiveConflict), before.app, "{stale:?}");
    }
    for missing in [-1, 0, 3] {
        let back = restoration(number(missing), Some(number(2)));
        let result = store.roll_back(&ben(), &shop, &back).await;
        let Err(StoreError::NoSuchRevision { app, number: n }) = result else {
            panic!("{result:?}")
        };
        assert_eq!((app, n), (shop.clone(), number(missing)));
    }
    // A revision of another app is none of this one.
    let other = create(&store, "other").await;
    let result = store.roll_back(&ben(), &other, &restoration(number(1), None)).await;
    assert!(matches!(result, Err(StoreError::NoSuchRevision { .. })), "{result:?}");
    assert_eq!(everything(&store, &shop).await.expect("an app"), before);
    check_log(&store, &shop).await;
}

async fn history_goes_by_pages(store: Store) {
    let shop = create(&store, "shop").await;
    for n in 1..=7 {
        release(&store, &shop, &format!("code {n}")).await;
    }
    let other = create(&store, "other").await;
    release(&store, &other, "code").await;
    let page = async |before: Option<i64>, limit| {
        let marks = store.history(&shop, before.map(number), limit).await.expect("a history");
        marks.into_iter().map(|mark| mark.number.get()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 100).await, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(page(None, 3).await, [7, 6, 5]);
    assert_eq!(page(Some(5), 3).await, [4, 3, 2]);
    assert_eq!(page(Some(2), 3).await, [1]);
    assert_eq!(page(Some(1), 3).await, [0; 0]);
    assert_eq!(page(None, 0).await, [0; 0]);
}

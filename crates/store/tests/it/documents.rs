//! Compiled documents.

use std::time::Duration;

use c2c_names::AppId;
use c2c_store::{
    App, DocumentKey, Environment, GRACE, NewDocument, RevisionNumber, Store, Timestamp,
};

use crate::engines::{Place, on_both_engines};
use crate::steps::{anna, create, log, number, publish, release};

on_both_engines!(
    a_document_is_found_by_its_whole_key,
    a_document_takes_the_place_of_one_with_its_key,
    the_oldest_of_many_go,
    documents_end_with_their_app,
    a_document_is_not_kept_for_the_next_app_with_the_id,
    apps_are_listed_with_their_keys,
    no_document_is_in_the_audit_log,
);

fn key(revision: Option<RevisionNumber>, sandbox: &[u8]) -> DocumentKey {
    DocumentKey { revision, sandbox: sandbox.to_vec() }
}

async fn found(store: &Store, id: &AppId, key: &DocumentKey) -> Option<Vec<u8>> {
    store.document(id, key).await.expect("an answer")
}

async fn keep(store: &Store, app: &App, key: &DocumentKey, bytes: &[u8]) {
    let new = NewDocument { app: app.clone(), key: key.clone(), bytes: bytes.to_vec() };
    store.keep_documents(&[new]).await.expect("it is kept");
}

async fn new_app(store: &Store, id: &str) -> App {
    let id = create(store, id).await;
    store.app(&id).await.expect("it is there")
}

async fn a_document_is_found_by_its_whole_key(store: Store) {
    let (shop, other) = (new_app(&store, "shop").await, new_app(&store, "other").await);
    let first = key(Some(number(1)), b"\0\xff");
    keep(&store, &shop, &first, b"\0\xffdocument").await;
    assert_eq!(found(&store, &shop.id, &first).await.as_deref(), Some(&b"\0\xffdocument"[..]));
    assert_eq!(found(&store, &other.id, &first).await, None);
    for key in [key(Some(number(2)), b"\0\xff"), key(None, b"\0\xff"), key(Some(number(1)), b"\0")]
    {
        assert_eq!(found(&store, &shop.id, &key).await, None);
    }
}

async fn a_document_takes_the_place_of_one_with_its_key(store: Store) {
    let shop = new_app(&store, "shop").await;
    let key = key(None, b"a");
    keep(&store, &shop, &key, b"damaged").await;
    keep(&store, &shop, &key, b"whole").await;
    assert_eq!(found(&store, &shop.id, &key).await.as_deref(), Some(&b"whole"[..]));
}

async fn the_oldest_of_many_go(store: Store) {
    let (shop, other) = (new_app(&store, "shop").await, new_app(&store, "other").await);
    keep(&store, &other, &key(None, b"a"), b"other").await;
    for n in 1..=20 {
        keep(&store, &shop, &key(Some(number(n)), b"a"), b"document").await;
    }
    let mut left = Vec::new();
    for n in 1..=20 {
        if found(&store, &shop.id, &key(Some(number(n)), b"a")).await.is_some() {
            left.push(n);
        }
    }
    assert_eq!(left, [15, 16, 17, 18, 19, 20]);
    assert!(found(&store, &other.id, &key(None, b"a")).await.is_some());
}

/// Deletes an app, and removes it for good.
async fn purge(store: &Store, id: &AppId) {
    store.delete(&anna(), id).await.expect("it is deleted");
    let purged = store.purge(&anna(), Timestamp::now().after(GRACE)).await.expect("a purge");
    assert_eq!(purged, std::slice::from_ref(id));
}

async fn documents_end_with_their_app(place: Place) {
    let store = place.open().await;
    let shop = new_app(&store, "shop").await;
    release(&store, &shop.id, "live").await;
    keep(&store, &shop, &key(Some(number(1)), b"a"), b"document").await;
    purge(&store, &shop.id).await;
    assert_eq!(found(&store, &shop.id, &key(Some(number(1)), b"a")).await, None);
    assert_eq!(place.count("document", &shop.id).await, 0);
}

async fn a_document_is_not_kept_for_the_next_app_with_the_id(store: Store) {
    let first = new_app(&store, "shop").await;
    purge(&store, &first.id).await;
    // Two apps are never created in the same millisecond, with a purge between them; a clock may be slow.
    tokio::time::sleep(Duration::from_millis(2)).await;
    let second = new_app(&store, "shop").await;
    let key = key(Some(number(1)), b"a");
    keep(&store, &first, &key, b"of the first").await;
    assert_eq!(found(&store, &second.id, &key).await, None);
    keep(&store, &second, &key, b"of the second").await;
    assert!(found(&store, &second.id, &key).await.is_some());
}

async fn apps_are_listed_with_their_keys(store: Store) {
    for id in ["a", "b", "c", "d", "e"] {
        create(&store, id).await;
    }
    let app = async |id: &str| store.app(&id.parse().expect("an id")).await.expect("it is there");
    for id in ["a", "b", "e"] {
        release(&store, &app(id).await.id, "live").await;
    }
    publish(&store, &app("c").await.id, Environment::Staging).await;
    store.delete(&anna(), &app("e").await.id).await.expect("it is deleted");
    keep(&store, &app("b").await, &key(Some(number(1)), b"x"), b"1").await;
    keep(&store, &app("b").await, &key(None, b"y"), b"2").await;
    keep(&store, &app("d").await, &key(None, b"y"), b"2").await;

    assert_eq!(store.apps_with_code().await.expect("a number"), 3);
    let list = async |after: Option<&str>, limit| {
        let after = after.map(|id| id.parse().expect("an id"));
        let listed = store.app_documents(after.as_ref(), limit).await.expect("a list");
        listed.into_iter().map(|one| (one.app.id.to_string(), one.kept)).collect::<Vec<_>>()
    };
    let all = list(None, 10).await;
    let ids: Vec<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!((all[0].1.len(), all[2].1.len()), (0, 0));
    let of_b = &all[1].1;
    assert!(of_b.len() == 2 && of_b.contains(&key(None, b"y")), "{of_b:?}");
    assert!(of_b.contains(&key(Some(number(1)), b"x")), "{of_b:?}");
    assert_eq!(list(None, 1).await, all[..1]);
    assert_eq!(list(Some("a"), 1).await, all[1..2]);
    assert_eq!(list(Some("c"), 10).await, []);
}

async fn no_document_is_in_the_audit_log(store: Store) {
    let shop = new_app(&store, "shop").await;
    let before = log(&store, &shop.id).await.len();
    keep(&store, &shop, &key(None, b"a"), b"document").await;
    assert_eq!(log(&store, &shop.id).await.len(), before);
}

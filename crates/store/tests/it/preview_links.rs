//! Preview links and their tickets: found by their secret, for a while, and a ticket once.

use std::time::Duration;

use c2c_store::{
    Action, PREVIEW_LIFETIME_MAX, PREVIEW_LINKS_MAX, PREVIEW_TICKET_LIFETIME, PREVIEW_TICKETS_MAX,
    PreviewLinkId, Secret, State, Store, StoreError, Timestamp,
};
use tokio::task::JoinSet;

use crate::engines::{Place, on_both_engines};
use crate::steps::{actions, anna, ben, check_log, create, log};

on_both_engines!(
    a_link_is_found_by_its_secret_until_it_ends,
    the_database_has_no_secret,
    a_revoked_link_is_gone_with_its_tickets,
    links_are_limited_in_number_and_time,
    a_deleted_app_loses_its_links,
    links_of_an_app_that_an_older_server_deleted_show_nothing,
    a_ticket_is_taken_once_by_one_of_two_servers,
    a_ticket_ends_with_its_time_and_with_its_link,
    tickets_are_limited_in_number,
    what_has_ended_is_removed,
);

/// Fails the test unless the result is this error.
macro_rules! fails {
    ($result:expr, $kind:ident) => {
        let result = $result;
        assert!(matches!(result, Err(StoreError::$kind { .. })), "{result:?}");
    };
}

const HOUR: Duration = Duration::from_hours(1);
const MOMENT: Duration = Duration::from_millis(1);

async fn a_link_is_found_by_its_secret_until_it_ends(store: Store) {
    let (shop, other) = (create(&store, "shop").await, create(&store, "other").await);
    let new = store.make_preview_link(&ben(), &shop, HOUR).await.expect("a link");
    let (link, secret) = (new.link, new.secret);
    assert_eq!((&link.app, &link.made_by), (&shop, &ben()));
    assert_eq!(link.expires_at, link.made_at.after(HOUR));
    let last = link.expires_at.before(MOMENT);
    assert_eq!(store.preview_link(&secret, last).await.expect("it is there"), link);
    fails!(store.preview_link(&secret, link.expires_at).await, NoSuchPreviewLink);
    let another = "0".repeat(64).parse().expect("a secret");
    fails!(store.preview_link(&another, last).await, NoSuchPreviewLink);

    let newer = store.make_preview_link(&anna(), &shop, HOUR * 2).await.expect("a link").link;
    let listed = async |app, now| store.preview_links(app, now).await.expect("links");
    let mut both = listed(&shop, last).await;
    both.sort_by_key(|link| link.expires_at);
    assert_eq!(both, [link.clone(), newer.clone()]);
    assert_eq!(listed(&shop, link.expires_at).await, std::slice::from_ref(&newer));
    assert_eq!(listed(&other, last).await, []);
    let made = actions(&store, &shop).await;
    let expected = [&link, &newer]
        .map(|link| Action::PreviewLinkMade { link: link.id, expires: link.expires_at });
    assert_eq!(made[1..], expected);
    check_log(&store, &shop).await;
    // No server reads the app again for it.
    assert_eq!(store.changes_since(2, 10).await.expect("changes"), []);
}

async fn the_database_has_no_secret(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    let new = store.make_preview_link(&anna(), &shop, HOUR).await.expect("a link");
    let now = Timestamp::now();
    let (_, ticket) = store.make_preview_ticket(&new.secret, now).await.expect("a ticket");
    for (table, secret) in [("preview_link", new.secret), ("preview_ticket", ticket)] {
        let stored = place.text(table, "secret_hash").await;
        assert_eq!(stored.len(), 64, "{stored}");
        assert_ne!(stored, secret.reveal());
        // The hash is no secret that opens anything.
        let hash: Secret = stored.parse().expect("digits");
        fails!(store.preview_link(&hash, now).await, NoSuchPreviewLink);
        assert_eq!(store.take_preview_ticket(&hash, now).await.expect("an answer"), None);
    }
    let entries = log(&store, &shop).await;
    let said = format!("{entries:?}");
    assert!(!said.contains("Secret"), "{said}");
}

async fn a_revoked_link_is_gone_with_its_tickets(store: Store) {
    let (shop, other) = (create(&store, "shop").await, create(&store, "other").await);
    let new = store.make_preview_link(&anna(), &shop, HOUR).await.expect("a link");
    let now = Timestamp::now();
    let (app, ticket) = store.make_preview_ticket(&new.secret, now).await.expect("a ticket");
    assert_eq!(app, shop);
    let revoke = async |app| store.revoke_preview_link(&ben(), app, new.link.id).await;
    // By its own app only.
    fails!(revoke(&other).await, NoSuchPreviewLink);
    assert_eq!(store.preview_link(&new.secret, now).await.expect("a link"), new.link);
    revoke(&shop).await.expect("it is revoked");
    fails!(revoke(&shop).await, NoSuchPreviewLink);
    fails!(store.preview_link(&new.secret, now).await, NoSuchPreviewLink);
    fails!(store.make_preview_ticket(&new.secret, now).await, NoSuchPreviewLink);
    assert_eq!(store.take_preview_ticket(&ticket, now).await.expect("an answer"), None);
    assert_eq!(store.preview_links(&shop, now).await.expect("links"), []);
    let last = log(&store, &shop).await.pop().expect("an entry");
    assert_eq!(last.action, Action::PreviewLinkRevoked { link: new.link.id });
    assert_eq!(last.actor, ben());
    check_log(&store, &shop).await;
    for text in
        ["", "x", "00000000000000000000000000000000", &new.link.id.to_string().to_uppercase()]
    {
        assert!(text.parse::<PreviewLinkId>().is_err(), "{text:?}");
    }
    assert_eq!(new.link.id.to_string().parse::<PreviewLinkId>().ok(), Some(new.link.id));
}

async fn links_are_limited_in_number_and_time(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    let make = async |lifetime| store.make_preview_link(&anna(), &shop, lifetime).await;
    for lifetime in [Duration::ZERO, PREVIEW_LIFETIME_MAX + MOMENT] {
        fails!(make(lifetime).await, PreviewLifetime);
    }
    let first = make(PREVIEW_LIFETIME_MAX).await.expect("a link");
    // At once, so that only the lock of the app counts them.
    let mut tasks = JoinSet::new();
    for _ in 0..PREVIEW_LINKS_MAX + 3 {
        let (store, shop) = (store.clone(), shop.clone());
        tasks.spawn(async move { store.make_preview_link(&anna(), &shop, HOUR).await });
    }
    let done = tasks.join_all().await;
    let (links, rejected): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
    assert_eq!((links.len(), rejected.len()), (PREVIEW_LINKS_MAX - 1, 4));
    let full =
        |error| matches!(error, StoreError::TooManyPreviewLinks { max: PREVIEW_LINKS_MAX, .. });
    assert!(rejected.into_iter().filter_map(Result::err).all(full));
    // Another app has its own, and a revoked or expired one leaves its place.
    let other = create(&store, "other").await;
    store.make_preview_link(&anna(), &other, HOUR).await.expect("a link");
    store.revoke_preview_link(&anna(), &shop, first.link.id).await.expect("it is revoked");
    make(HOUR).await.expect("a link");
    fails!(make(HOUR).await, TooManyPreviewLinks);
    place.execute("UPDATE preview_link SET expires_at = 1 WHERE app_id = 'shop'").await;
    make(HOUR).await.expect("a link");
}

async fn a_deleted_app_loses_its_links(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    let new = store.make_preview_link(&anna(), &shop, HOUR).await.expect("a link");
    let now = Timestamp::now();
    let (_, ticket) = store.make_preview_ticket(&new.secret, now).await.expect("a ticket");
    let state = State::replay(&log(&store, &shop).await);
    store.delete(&anna(), &shop).await.expect("it is deleted");
    fails!(store.make_preview_link(&anna(), &shop, HOUR).await, NoSuchApp);
    fails!(store.preview_links(&shop, now).await, NoSuchApp);
    fails!(store.revoke_preview_link(&anna(), &shop, new.link.id).await, NoSuchApp);
    store.restore(&anna(), &shop).await.expect("it comes back");
    fails!(store.preview_link(&new.secret, now).await, NoSuchPreviewLink);
    assert_eq!(store.take_preview_ticket(&ticket, now).await.expect("an answer"), None);
    assert_eq!(store.preview_links(&shop, now).await.expect("links"), []);
    for table in ["preview_link", "preview_ticket"] {
        assert_eq!(place.count(table, &shop).await, 0, "{table}");
    }
    assert_eq!(State::replay(&log(&store, &shop).await), state);
    check_log(&store, &shop).await;
}

/// An older server knows no links, and leaves them in the database.
async fn links_of_an_app_that_an_older_server_deleted_show_nothing(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    let new = store.make_preview_link(&anna(), &shop, HOUR).await.expect("a link");
    let now = Timestamp::now();
    place.execute("UPDATE app SET deleted_at = 1").await;
    fails!(store.preview_link(&new.secret, now).await, NoSuchPreviewLink);
    fails!(store.make_preview_ticket(&new.secret, now).await, NoSuchPreviewLink);
    place.execute("DELETE FROM draft; DELETE FROM app").await;
    fails!(store.preview_link(&new.secret, now).await, NoSuchPreviewLink);
    // Nor those of the next app with this id.
    assert_eq!(create(&store, "shop").await, shop);
    fails!(store.preview_link(&new.secret, now).await, NoSuchPreviewLink);
}

async fn a_ticket_is_taken_once_by_one_of_two_servers(place: Place) {
    let stores = [place.open().await, place.open().await];
    let shop = create(&stores[0], "shop").await;
    let new = stores[0].make_preview_link(&anna(), &shop, HOUR).await.expect("a link");
    for _ in 0..5 {
        let now = Timestamp::now();
        let (_, ticket) = stores[0].make_preview_ticket(&new.secret, now).await.expect("a ticket");
        let mut tasks = JoinSet::new();
        for n in 0..20 {
            let (store, ticket) = (stores[n % 2].clone(), ticket.clone());
            tasks.spawn(async move { store.take_preview_ticket(&ticket, now).await });
        }
        let taken = tasks.join_all().await.into_iter().map(|taken| taken.expect("an answer"));
        assert_eq!(taken.flatten().collect::<Vec<_>>(), std::slice::from_ref(&shop));
    }
}

async fn a_ticket_ends_with_its_time_and_with_its_link(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    let new = store.make_preview_link(&anna(), &shop, HOUR).await.expect("a link");
    let now = new.link.made_at;
    let make = async |now| store.make_preview_ticket(&new.secret, now).await.expect("a ticket").1;
    let take = async |ticket, now| store.take_preview_ticket(ticket, now).await.expect("an answer");
    let ticket = make(now).await;
    let end = now.after(PREVIEW_TICKET_LIFETIME);
    assert_eq!(take(&ticket, end).await, None);
    // Asking too late did not take it.
    assert_eq!(take(&ticket, end.before(MOMENT)).await, Some(shop.clone()));
    assert_eq!(take(&ticket, now).await, None);
    // A ticket of the last moment does not outlast its link.
    let last = new.link.expires_at.before(MOMENT);
    let ticket = make(last).await;
    assert_eq!(take(&ticket, new.link.expires_at).await, None);
    // Nor one that was made while the link was revoked.
    place.execute("DELETE FROM preview_link").await;
    assert_eq!(take(&ticket, last).await, None);
    // The link's own secret is no ticket.
    assert_eq!(take(&new.secret, now).await, None);
}

async fn tickets_are_limited_in_number(store: Store) {
    let shop = create(&store, "shop").await;
    let new = store.make_preview_link(&anna(), &shop, HOUR).await.expect("a link");
    let now = new.link.made_at;
    let make = async |now| store.make_preview_ticket(&new.secret, now).await;
    let mut last = None;
    for _ in 0..PREVIEW_TICKETS_MAX {
        last = Some(make(now).await.expect("a ticket").1);
    }
    fails!(make(now).await, TooManyPreviewTickets);
    // Each link has its own.
    let other = store.make_preview_link(&anna(), &shop, HOUR).await.expect("a link");
    store.make_preview_ticket(&other.secret, now).await.expect("a ticket");
    store.take_preview_ticket(&last.expect("a ticket"), now).await.expect("an answer");
    make(now).await.expect("a ticket");
    make(now.after(PREVIEW_TICKET_LIFETIME)).await.expect("a ticket");
}

async fn what_has_ended_is_removed(place: Place) {
    let store = place.open().await;
    let shop = create(&store, "shop").await;
    let short = store.make_preview_link(&anna(), &shop, HOUR).await.expect("a link");
    let long = store.make_preview_link(&anna(), &shop, HOUR * 2).await.expect("a link");
    let now = short.link.made_at;
    store.make_preview_ticket(&long.secret, now).await.expect("a ticket");
    let counts = async || {
        (place.count("preview_link", &shop).await, place.count("preview_ticket", &shop).await)
    };
    let before = actions(&store, &shop).await;
    store.purge_previews(now).await.expect("done");
    assert_eq!(counts().await, (2, 1));
    store.purge_previews(now.after(PREVIEW_TICKET_LIFETIME)).await.expect("done");
    assert_eq!(counts().await, (2, 0));
    store.purge_previews(short.link.expires_at).await.expect("done");
    assert_eq!(counts().await, (1, 0));
    store.preview_link(&long.secret, now).await.expect("it is there");
    assert_eq!(actions(&store, &shop).await, before);
}

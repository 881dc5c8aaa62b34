//! Too many sessions: the one that was used longest ago ends for a new one, of the same person or of the same apps.

use c2c_access::{Principal, Role, Scope};
use c2c_store::{
    AccessAction, Grant, NewSession, SESSIONS_MAX, SESSIONS_OF_ONE_MAX, SessionLimits, Store,
    Timestamp,
};

use crate::engines::{Place, on_both_engines};

on_both_engines!(
    a_person_has_a_hundred_sessions_at_most,
    the_apps_of_a_customer_have_ten_thousand_at_most,
);

fn grant(name: &str, apps: &[&str]) -> Grant {
    let ids = apps.iter().map(|id| id.parse().expect("an id"));
    let scope = if apps.is_empty() { Scope::ALL } else { Scope::apps(ids).expect("a scope") };
    Grant::new(name.parse().expect("a name"), Principal { role: Role::Editor, scope })
}

async fn begin(store: &Store, grant: Grant) -> NewSession {
    store.begin_session(grant, None, SessionLimits::default(), None).await.expect("a session")
}

async fn lasts(store: &Store, session: &NewSession) -> bool {
    store.use_session(&session.secret, Timestamp::now()).await.expect("an answer").is_some()
}

async fn a_person_has_a_hundred_sessions_at_most(store: Store) {
    let others = [
        begin(&store, grant("Ben", &["shop"])).await,
        begin(&store, grant("Anna", &["blog"])).await,
        begin(&store, grant("Anna", &["blog", "shop"])).await,
        begin(&store, grant("Anna", &[])).await,
    ];
    let anna = || grant("Anna", &["shop"]);
    let (first, second) = (begin(&store, anna()).await, begin(&store, anna()).await);
    // Used later than the second.
    let later = Timestamp::now().after(std::time::Duration::from_mins(2));
    assert!(store.use_session(&first.secret, later).await.expect("an answer").is_some());
    // Times are known to the millisecond, and the second is to be the older one.
    while Timestamp::now() <= second.session.began_at {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    for _ in 2..SESSIONS_OF_ONE_MAX {
        begin(&store, anna()).await;
    }
    assert!(lasts(&store, &second).await);
    begin(&store, anna()).await;
    assert!(lasts(&store, &first).await && !lasts(&store, &second).await);
    for other in &others {
        assert!(lasts(&store, other).await, "{other:?}");
    }
    let entries = store.access_log(None, 2).await.expect("a log");
    let ended = AccessAction::SignedOut { sessions: vec![second.session.id] };
    assert_eq!(entries[1].action, ended);
}

async fn the_apps_of_a_customer_have_ten_thousand_at_most(place: Place) {
    let store = place.open().await;
    let other = begin(&store, grant("Ben", &["blog"])).await;
    let everywhere = begin(&store, grant("Ben", &[])).await;
    let oldest = begin(&store, grant("Ben", &["shop"])).await;
    place
        .execute(
            r#"INSERT INTO session (id, secret_hash, name, role, apps, began_at, used_at, idle_ms, expires_at)
               WITH RECURSIVE numbers (number) AS
                   (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 9999)
               SELECT 'x' || number, 'x' || number, 'person ' || number, 'viewer', '["shop"]', 0,
                   4000000000000, 1000, 9000000000000000
               FROM numbers"#,
        )
        .await;
    assert_eq!(SESSIONS_MAX, 10_000);
    assert!(lasts(&store, &oldest).await);
    let new = begin(&store, grant("Anna", &["shop"])).await;
    assert!(!lasts(&store, &oldest).await && lasts(&store, &new).await);
    assert!(lasts(&store, &other).await && lasts(&store, &everywhere).await);
}

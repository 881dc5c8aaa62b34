//! Assertions: each begins one session, for as long as a server may take it for valid.

use std::time::Duration;

use c2c_access::{Principal, Role, Scope};
use c2c_store::{
    AccessAction, Assertion, Grant, NewSession, SessionLimits, Store, StoreError, Subject,
    Timestamp,
};
use tokio::task::JoinSet;

use crate::engines::{Place, on_both_engines};

on_both_engines!(
    one_of_two_servers_uses_an_assertion,
    assertions_of_two_issuers_may_have_one_id,
    a_used_assertion_is_remembered_until_it_is_long_over,
    an_assertion_ends_the_session_before,
);

fn assertion(issuer: &str, id: &str) -> Assertion {
    let principal = Principal { role: Role::Editor, scope: Scope::ALL };
    let subject = Subject { issuer: issuer.parse().ok(), id: "42".parse().expect("an id") };
    Assertion {
        issuer: issuer.parse().expect("an issuer"),
        id: id.parse().expect("an id"),
        expires_at: Timestamp::now().after(Duration::from_mins(1)),
        grant: Grant {
            subject: Some(subject),
            ..Grant::new("Anna".parse().expect("a name"), principal)
        },
    }
}

async fn sign_in(store: &Store, assertion: &Assertion) -> Result<NewSession, StoreError> {
    let limits = SessionLimits::default();
    store.sign_in_by_assertion(assertion.clone(), "192.0.2.7".parse().ok(), limits, None).await
}

async fn one_of_two_servers_uses_an_assertion(place: Place) {
    let stores = [place.open().await, place.open().await];
    for round in 0..5 {
        let wish = assertion("https://product.example", &format!("id {round}"));
        let mut tasks = JoinSet::new();
        for n in 0..8 {
            let (store, wish) = (stores[n % 2].clone(), wish.clone());
            tasks.spawn(async move { sign_in(&store, &wish).await });
        }
        let mut begun = 0;
        for done in tasks.join_all().await {
            match done {
                Ok(session) => {
                    begun += 1;
                    assert_eq!(session.session.grant, wish.grant);
                }
                Err(error) => assert!(matches!(error, StoreError::AssertionUsed), "{error:?}"),
            }
        }
        assert_eq!(begun, 1);
    }
    let now = Timestamp::now();
    assert_eq!(stores[0].sessions(now).await.expect("sessions").len(), 5);
    let entry = stores[0].access_log(None, 1).await.expect("a log").remove(0);
    assert_eq!((entry.actor.as_str(), entry.actor.address), ("Anna", "192.0.2.7".parse().ok()));
    let expected = assertion("https://product.example", "x").grant.subject;
    assert!(
        matches!(&entry.action, AccessAction::SignedIn { link: None, access, .. } if access.subject == expected),
        "{entry:?}"
    );
}

async fn assertions_of_two_issuers_may_have_one_id(store: Store) {
    for issuer in ["one", "other"] {
        sign_in(&store, &assertion(issuer, "id")).await.expect("a session");
    }
    let again = sign_in(&store, &assertion("one", "id")).await;
    assert!(matches!(again, Err(StoreError::AssertionUsed)), "{again:?}");
}

async fn a_used_assertion_is_remembered_until_it_is_long_over(store: Store) {
    let used = assertion("one", "id");
    sign_in(&store, &used).await.expect("a session");
    // The clock of a server that removes it may be ahead of another's.
    store.purge_access(used.expires_at.after(Duration::from_mins(59))).await.expect("done");
    let again = sign_in(&store, &used).await;
    assert!(matches!(again, Err(StoreError::AssertionUsed)), "{again:?}");
    store.purge_access(used.expires_at.after(Duration::from_mins(61))).await.expect("done");
    sign_in(&store, &used).await.expect("it is forgotten");
}

async fn an_assertion_ends_the_session_before(store: Store) {
    let before = sign_in(&store, &assertion("one", "1")).await.expect("a session");
    let (next, limits) = (assertion("one", "2"), SessionLimits::default());
    let after = store.sign_in_by_assertion(next.clone(), None, limits, Some(&before.secret)).await;
    let after = after.expect("a session").session;
    // One that is refused ends nothing.
    let refused = store.sign_in_by_assertion(next, None, limits, Some(&before.secret)).await;
    assert!(matches!(refused, Err(StoreError::AssertionUsed)), "{refused:?}");
    assert_eq!(store.sessions(Timestamp::now()).await.expect("sessions"), [after]);
}

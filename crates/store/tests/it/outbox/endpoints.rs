//! Endpoints, their states and secrets.

use std::slice::from_ref;
use std::time::Duration;

use c2c_delivery::{Agreement, DisableReason, EndpointId, EndpointState, Outcome, Reason};
use c2c_store::{
    Action, Claimer, ENDPOINTS_MAX, EndpointHealth, EndpointMove, EndpointSettings, NewEndpoint,
    NewSecret, Note, SECRETS_MAX, Sealed, SealedPlace, State, Store, StoreError, Timestamp,
    Version,
};

use super::steps::{
    SECOND, START, account, again, claim, collecting, delivered, ended, filter, ingest,
    new_endpoint, sealed, secret, server, settings, settle, webhook,
};
use crate::engines::{Place, on_both_engines};
use crate::steps::{actions, anna, ben, check_log, create, id, log, note, rejected, version};

on_both_engines!(
    an_endpoint_is_as_it_was_added,
    an_endpoint_is_changed_once_a_version,
    only_the_version_that_was_asked_has_agreed,
    only_the_version_that_was_seen_is_skipped,
    an_endpoint_goes_from_state_to_state,
    an_endpoint_can_be_asked_again,
    an_endpoint_that_is_enabled_begins_anew,
    a_removed_endpoint_gets_nothing_more,
    endpoints_are_limited,
    secrets_follow_each_other,
    a_rotation_shortens_overlaps,
    secrets_are_limited,
    sealed_bytes_get_another_key,
    each_app_has_its_own,
    no_entry_concerns_visitors,
);

async fn an_endpoint_is_as_it_was_added(store: Store) {
    let shop = create(&store, "shop").await;
    let settings = EndpointSettings {
        filter: filter(&["a", "custom:b"]),
        mapping: "{\"x\":1}".to_owned(),
        rate_per_minute: Some(60),
        ..settings("crm")
    };
    let new = NewEndpoint { agreed: Agreement::No, ..new_endpoint(settings) };
    let version = store.add_endpoint(&ben(), &shop, &new).await.expect("a new endpoint");
    let endpoint = store.endpoint(&shop, new.id).await.expect("it");
    assert_eq!((endpoint.id, &endpoint.app, endpoint.kind), (new.id, &shop, new.kind));
    assert_eq!((&endpoint.settings, endpoint.version), (&new.settings, version));
    assert_eq!((endpoint.state, endpoint.agreed), (EndpointState::Asked, Agreement::No));
    assert_eq!((&endpoint.made_by, endpoint.health), (&ben(), EndpointHealth::default()));
    assert_eq!((endpoint.state_at, &endpoint.state_reason[..]), (endpoint.made_at, ""));
    assert_eq!(store.endpoints(&shop).await.expect("a list"), from_ref(&endpoint));
    let both = store.endpoints_with(&[EndpointId::random(), new.id]).await.expect("a list");
    assert_eq!(both, [endpoint]);
    let added = Action::EndpointAdded {
        endpoint: new.id,
        kind: new.kind,
        name: new.settings.name,
        host: new.settings.host,
        agreed: new.agreed,
    };
    assert_eq!(actions(&store, &shop).await[1..], [added]);
}

async fn an_endpoint_is_changed_once_a_version(store: Store) {
    let shop = create(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    let new = EndpointSettings { in_flight_max: 2, ..settings("erp") };
    let change = async |edited: i64| {
        store.change_endpoint(&anna(), &shop, endpoint, version(edited), &new, None).await
    };
    assert_eq!(change(1).await.expect("it is changed"), version(2));
    let current = rejected!(change(1).await, EndpointConflict);
    assert_eq!((&current.settings, current.version), (&new, version(2)));
    assert_eq!((current.state, current.agreed), (EndpointState::Active, Agreement::Challenge));
    assert_eq!(actions(&store, &shop).await.len(), 3);
}

async fn only_the_version_that_was_asked_has_agreed(store: Store) {
    let shop = create(&store, "shop").await;
    let new = NewEndpoint { agreed: Agreement::No, ..new_endpoint(settings("crm")) };
    store.add_endpoint(&anna(), &shop, &new).await.expect("a new endpoint");
    let agree = async |asked, agreed, rate| {
        store.agree_endpoint(&anna(), &shop, new.id, version(asked), agreed, rate).await
    };
    // It leads elsewhere by the time at which the first one answers.
    let elsewhere = settings("stranger");
    let (by, no) = (anna(), Some(Agreement::No));
    let changed = store.change_endpoint(&by, &shop, new.id, version(1), &elsewhere, no);
    assert_eq!(changed.await.expect("it is changed"), version(2));
    let current = rejected!(agree(1, Agreement::Handshake, None).await, EndpointConflict);
    assert_eq!((current.state, current.version), (EndpointState::Asked, version(2)));
    let agreed = agree(2, Agreement::Handshake, Some(60)).await.expect("it has agreed");
    assert_eq!((agreed.state, agreed.agreed), (EndpointState::Active, Agreement::Handshake));
    assert_eq!(agreed.settings.rate_per_minute, Some(60));
    rejected!(agree(3, Agreement::Handshake, None).await, EndpointState);
    let disable = EndpointMove::Disable(DisableReason::Failing);
    store.move_endpoint(&anna(), &shop, new.id, &disable).await.expect("it is disabled");
    rejected!(agree(3, Agreement::Challenge, None).await, EndpointConflict);
    let enabled = agree(4, Agreement::Challenge, None).await.expect("it has agreed again");
    assert_eq!((enabled.state, enabled.agreed), (EndpointState::Active, Agreement::Challenge));
    assert_eq!(enabled.settings.rate_per_minute, None);
    assert_eq!(store.endpoint(&shop, new.id).await.expect("it"), enabled);
}

async fn only_the_version_that_was_seen_is_skipped(store: Store) {
    let shop = create(&store, "shop").await;
    let new = NewEndpoint { agreed: Agreement::No, ..new_endpoint(settings("crm")) };
    store.add_endpoint(&anna(), &shop, &new).await.expect("a new endpoint");
    let skip = async |seen| {
        let reason = note("it is ours");
        store.skip_agreement(&anna(), &shop, new.id, version(seen), reason).await
    };
    // It leads elsewhere by the time at which the owner has read about it.
    let elsewhere = settings("stranger");
    let (by, no) = (ben(), Some(Agreement::No));
    let changed = store.change_endpoint(&by, &shop, new.id, version(1), &elsewhere, no);
    assert_eq!(changed.await.expect("it is changed"), version(2));
    let current = rejected!(skip(1).await, EndpointConflict);
    assert_eq!((current.state, current.version), (EndpointState::Asked, version(2)));
    let skipped = skip(2).await.expect("it is skipped");
    assert_eq!((skipped.state, skipped.agreed), (EndpointState::Active, Agreement::Skipped));
    assert_eq!(skipped.state_reason, "it is ours");
    assert_eq!(store.endpoint(&shop, new.id).await.expect("it"), skipped);
    rejected!(skip(3).await, EndpointState);
}

async fn an_endpoint_goes_from_state_to_state(store: Store) {
    use EndpointState::{Active, Asked, Disabled, Paused, Removed};
    let shop = create(&store, "shop").await;
    let skipped = EndpointMove::Agree(Agreement::Skipped, note("it is ours"));
    let moves = [
        (skipped.clone(), [Some(Active), None, None, None]),
        (EndpointMove::Agree(Agreement::No, Note::default()), [None; 4]),
        (EndpointMove::Pause, [None, Some(Paused), None, None]),
        (EndpointMove::Resume, [None, None, Some(Active), None]),
        (EndpointMove::Disable(DisableReason::Gone), [None, Some(Disabled), Some(Disabled), None]),
        (EndpointMove::Enable(Agreement::Handshake), [None, None, None, Some(Active)]),
        (EndpointMove::Enable(Agreement::No), [None; 4]),
        (EndpointMove::Remove, [Some(Removed); 4]),
    ];
    for (to, expected) in moves {
        for (from, expected) in [Asked, Active, Paused, Disabled].into_iter().zip(expected) {
            let new = NewEndpoint { agreed: Agreement::No, ..new_endpoint(settings("crm")) };
            store.add_endpoint(&anna(), &shop, &new).await.expect("a new endpoint");
            let go =
                async |to: &EndpointMove| store.move_endpoint(&anna(), &shop, new.id, to).await;
            let steps = match from {
                Active => vec![skipped.clone()],
                Paused => vec![skipped.clone(), EndpointMove::Pause],
                Disabled => vec![skipped.clone(), EndpointMove::Disable(DisableReason::Failing)],
                _ => vec![],
            };
            for step in &steps {
                go(step).await.expect("it moves");
            }
            let before = store.endpoint(&shop, new.id).await.expect("it");
            match (go(&to).await, expected) {
                (Ok(after), Some(expected)) => {
                    assert_eq!(after.state, expected, "{to:?} from {from}");
                    assert_eq!(after.version.get(), before.version.get() + 1);
                    assert_eq!(store.endpoint(&shop, new.id).await.expect("it"), after);
                }
                (Err(StoreError::EndpointState(state)), None) => assert_eq!(state, from),
                other => panic!("{to:?} from {from}: {other:?}"),
            }
            if expected != Some(Removed) {
                go(&EndpointMove::Remove).await.expect("it is removed");
            }
            rejected!(go(&EndpointMove::Remove).await, NoSuchEndpoint);
        }
    }
    let entries = actions(&store, &shop).await;
    let skipped = entries.iter().find_map(|action| match action {
        Action::EndpointMoved { state: Active, agreed: Some(agreed), reason, .. } => {
            Some((*agreed, &reason[..]))
        }
        _ => None,
    });
    assert_eq!(skipped, Some((Agreement::Skipped, "it is ours")));
}

async fn an_endpoint_can_be_asked_again(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..2, START).await;
    let asked = Some(Agreement::No);
    let new = settings("b");
    let change = store.change_endpoint(&anna(), &shop, endpoint, version(1), &new, asked).await;
    change.expect("it is changed");
    let changed = store.endpoint(&shop, endpoint).await.expect("it");
    assert_eq!((changed.state, changed.agreed), (EndpointState::Asked, Agreement::No));
    // Events that were accepted before wait, and nothing is kept until it has agreed.
    ingest(&store, &shop, 2..3, START).await;
    assert_eq!(claim(&store, &mut Claimer::new(), START).await, []);
    let agree = EndpointMove::Agree(Agreement::Challenge, Note::default());
    store.move_endpoint(&anna(), &shop, endpoint, &agree).await.expect("it has agreed");
    assert_eq!(claim(&store, &mut Claimer::new(), START).await.len(), 2);
    let account = account(&store, &shop, endpoint).await;
    let not_agreed = (Outcome::Suppressed, Reason::NotAgreed);
    assert_eq!((account.accepted, account.ended), (3, [(not_agreed, 1)].into()));
}

async fn an_endpoint_that_is_enabled_begins_anew(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..1, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await.remove(0);
    let health = EndpointHealth {
        failures: 9,
        failing_since: Some(START),
        blocked_until: START.after(SECOND * 300),
        succeeded_at: Some(START.before(SECOND)),
        failed_at: Some(START),
        last: Some(Reason::Connect),
    };
    let judge =
        |_, _, _: &[&_]| c2c_store::Verdict { health, disable: Some(DisableReason::Failing) };
    let failed = [again(&work, START)];
    store.settle(&claimer, &server(), START, &failed, judge).await.expect("it is settled");
    let enable = EndpointMove::Enable(Agreement::Challenge);
    let enabled = store.move_endpoint(&anna(), &shop, endpoint, &enable).await.expect("it moves");
    let succeeded_at = health.succeeded_at;
    assert_eq!(enabled.health, EndpointHealth { succeeded_at, ..EndpointHealth::default() });
    assert_eq!(claim(&store, &mut claimer, START).await.len(), 1, "it is not blocked");
}

async fn a_removed_endpoint_gets_nothing_more(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    let (endpoint, other) =
        (webhook(&store, &shop, "crm").await, webhook(&store, &shop, "b").await);
    ingest(&store, &shop, 0..5, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await;
    let remove = EndpointMove::Remove;
    let removed = store.move_endpoint(&anna(), &shop, endpoint, &remove).await.expect("it");
    assert_eq!((removed.state, removed.settings.target.bytes), (EndpointState::Removed, vec![]));
    let now = Timestamp::now();
    assert_eq!(store.endpoint_secrets(endpoint, now).await.expect("a list"), []);
    assert_eq!(store.endpoint_secrets(other, now).await.expect("a list").len(), 1);
    let listed = store.endpoints(&shop).await.expect("a list");
    assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [other]);
    // In steps, and without an end for what is under way: its result comes too late.
    assert_eq!(store.sweep(&server(), START, 3).await.expect("a step"), 3);
    assert_eq!(store.sweep(&server(), START, 3).await.expect("a step"), 2);
    assert_eq!(store.sweep(&server(), START, 3).await.expect("a step"), 0);
    let gone = (Outcome::Refused, Reason::EndpointRemoved);
    assert_eq!(account(&store, &shop, endpoint).await.ended, ended([(gone, 5)]));
    assert_eq!(account(&store, &shop, other).await.pending, 5);
    let work: Vec<_> = work.iter().filter(|one| one.lease.endpoint == endpoint).collect();
    assert_eq!(settle(&store, &claimer, START, &[delivered(work[0])]).await, 1);
    ingest(&store, &shop, 5..6, START).await;
    assert_eq!(account(&store, &shop, endpoint).await.accepted, 5);
    rejected!(store.add_secret(&anna(), &shop, endpoint, &secret("x"), now).await, NoSuchEndpoint);
}

async fn endpoints_are_limited(store: Store) {
    let shop = create(&store, "shop").await;
    let first = webhook(&store, &shop, "hook").await;
    for _ in 1..ENDPOINTS_MAX {
        webhook(&store, &shop, "hook").await;
    }
    let add = async || {
        let new = new_endpoint(settings("more"));
        store.add_endpoint(&anna(), &shop, &new).await
    };
    let result = add().await;
    assert!(matches!(result, Err(StoreError::TooManyEndpoints { .. })), "{result:?}");
    store.move_endpoint(&anna(), &shop, first, &EndpointMove::Remove).await.expect("it");
    add().await.expect("there is room");
}

fn names(secrets: &[c2c_store::EndpointSecret]) -> Vec<(&str, bool)> {
    secrets.iter().map(|secret| (&secret.id[..], secret.ends_at.is_none())).collect()
}

async fn secrets_follow_each_other(store: Store) {
    let shop = create(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    let now = Timestamp::now();
    let end = now.after(Duration::from_hours(24));
    let asymmetric =
        NewSecret { scheme: "v1a".to_owned(), public: Some("whpk_x".to_owned()), ..secret("pair") };
    let add = async |secret: &NewSecret, end| {
        store.add_secret(&anna(), &shop, endpoint, secret, end).await.expect("it is added");
    };
    add(&asymmetric, end).await;
    add(&secret("second"), end).await;
    let list = async |now| store.endpoint_secrets(endpoint, now).await.expect("a list");
    let mut all = list(now).await;
    all.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(names(&all), [("first", false), ("pair", true), ("second", true)]);
    assert_eq!((all[0].ends_at, &all[0].sealed), (Some(end), &sealed("secret first")));
    assert_eq!((all[1].public.as_deref(), &all[1].scheme[..]), (Some("whpk_x"), "v1a"));
    assert_eq!(list(end).await.len(), 2, "one has ended");
    // The version tells servers that hold them to read them again.
    assert_eq!(store.endpoint(&shop, endpoint).await.expect("it").version, version(3));
    let remove = async |id| store.remove_secret(&anna(), &shop, endpoint, id).await;
    remove("first").await.expect("it is removed");
    assert!(matches!(remove("first").await, Err(StoreError::NoSuchSecret)));
    remove("second").await.expect("another is current");
    assert!(matches!(remove("pair").await, Err(StoreError::NoSuchSecret)), "the last one");
    assert_eq!(names(&list(now).await), [("pair", true)]);
}

/// A rotation without an overlap ends all older secrets, however long an earlier one let them go on.
async fn a_rotation_shortens_overlaps(store: Store) {
    let shop = create(&store, "shop").await;
    let now = Timestamp::now();
    let (soon, late) = (now.after(Duration::from_hours(1)), now.after(Duration::from_hours(24)));
    // The other way round, it lengthens none.
    for (first, second) in [(late, soon), (soon, late)] {
        let endpoint = webhook(&store, &shop, "crm").await;
        for (id, end) in [("second", first), ("third", second)] {
            let add = store.add_secret(&anna(), &shop, endpoint, &secret(id), end).await;
            add.expect("it is added");
        }
        let all = store.endpoint_secrets(endpoint, now).await.expect("a list");
        let end = |id: &str| all.iter().find(|secret| secret.id == id).expect("it").ends_at;
        let ends = [end("first"), end("second"), end("third")];
        assert_eq!(ends, [Some(soon), Some(second), None]);
    }
}

async fn secrets_are_limited(store: Store) {
    let shop = create(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    let at = Timestamp::now();
    let late = at.after(SECOND * 3600);
    for n in 1..SECRETS_MAX {
        let new = secret(&n.to_string());
        store.add_secret(&anna(), &shop, endpoint, &new, late).await.expect("it is added");
    }
    let add = store.add_secret(&anna(), &shop, endpoint, &secret("more"), at).await;
    assert!(matches!(add, Err(StoreError::TooManySecrets { .. })), "{add:?}");
    store.remove_secret(&anna(), &shop, endpoint, "first").await.expect("it is removed");
    store.add_secret(&anna(), &shop, endpoint, &secret("more"), at).await.expect("there is room");
}

async fn sealed_bytes_get_another_key(store: Store) {
    let shop = create(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    let removed = webhook(&store, &shop, "removed").await;
    store.move_endpoint(&anna(), &shop, removed, &EndpointMove::Remove).await.expect("it");
    assert_eq!(store.sealing_keys().await.expect("keys"), [("key1".to_owned(), 2)].into());
    let rows = store.sealed_with_other_keys("key2", 10).await.expect("rows");
    let app = shop.clone();
    let secret = "first".to_owned();
    assert_eq!(
        rows.iter().map(|row| row.place.clone()).collect::<Vec<_>>(),
        [
            SealedPlace::Target { app: app.clone(), endpoint },
            SealedPlace::Secret { app, endpoint, secret }
        ]
    );
    for row in &rows {
        let new = Sealed { bytes: b"new".to_vec(), key: "key2".to_owned() };
        assert!(store.reseal(row, &new).await.expect("it is sealed"));
        assert!(!store.reseal(row, &new).await.expect("it was sealed"));
    }
    assert_eq!(store.sealed_with_other_keys("key2", 10).await.expect("rows"), []);
    assert_eq!(store.sealing_keys().await.expect("keys"), [("key2".to_owned(), 2)].into());
    let new = store.endpoint(&shop, endpoint).await.expect("it").settings.target;
    assert_eq!((&new.bytes[..], &new.key[..]), (&b"new"[..], "key2"));
}

async fn each_app_has_its_own(store: Store) {
    let (shop, blog) = (create(&store, "shop").await, create(&store, "blog").await);
    let endpoint = webhook(&store, &shop, "crm").await;
    let (by, app) = (anna(), &blog);
    let old = Version::new(1);
    rejected!(store.endpoint(app, endpoint).await, NoSuchEndpoint);
    let change = store.change_endpoint(&by, app, endpoint, old, &settings("b"), None).await;
    rejected!(change, NoSuchEndpoint);
    let remove = store.move_endpoint(&by, app, endpoint, &EndpointMove::Remove).await;
    rejected!(remove, NoSuchEndpoint);
    rejected!(store.add_secret(&by, app, endpoint, &secret("b"), START).await, NoSuchEndpoint);
    rejected!(store.remove_secret(&by, app, endpoint, "first").await, NoSuchEndpoint);
    rejected!(store.replay_one(&by, app, endpoint, 1).await, NoSuchEndpoint);
    let delivery = store.delivery(app, endpoint, 1).await;
    assert!(matches!(delivery, Err(StoreError::NoSuchDelivery)), "{delivery:?}");
    rejected!(store.endpoints(&id("missing")).await, NoSuchApp);
    let new = new_endpoint(settings("more"));
    rejected!(store.add_endpoint(&by, &id("missing"), &new).await, NoSuchApp);
}

/// Servers need not read the app again.
async fn no_entry_concerns_visitors(store: Store) {
    let shop = collecting(&store, "shop").await;
    let before = store.last_seq().await.expect("a number");
    let endpoint = webhook(&store, &shop, "crm").await;
    store.move_endpoint(&anna(), &shop, endpoint, &EndpointMove::Pause).await.expect("it");
    let new = settings("b");
    let change = store.change_endpoint(&anna(), &shop, endpoint, version(2), &new, None).await;
    change.expect("it is changed");
    let now = Timestamp::now();
    store.add_secret(&anna(), &shop, endpoint, &secret("b"), now).await.expect("it is added");
    let entries = store.last_seq().await.expect("a number") - before;
    assert_eq!(entries, 4);
    assert_eq!(store.changes_since(before, 100).await.expect("changes"), []);
    check_log(&store, &shop).await;
    let state = State::replay(&log(&store, &shop).await).expect("a state");
    assert!(!state.deleted);
}

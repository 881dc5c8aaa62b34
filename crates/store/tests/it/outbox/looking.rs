//! Lists of deliveries, traces of events, replays, and numbers for metrics.

use c2c_delivery::{EndpointId, EndpointState, Kind, Outcome, Reason};
use c2c_names::AppId;
use c2c_store::{
    Action, Claimer, DeliveryFilter, EndpointMove, Forget, Incoming, NewEndpoint, NewEvent,
    Progress, Replay, Stage, Store, StoreError, Timestamp,
};

use super::steps::{
    SECOND, START, account, claim, collecting, delivered, ended, event, event_id, expired,
    incoming, ingest, new_endpoint, settings, settle, webhook,
};
use crate::engines::on_both_engines;
use crate::steps::{actions, anna, rejected};

on_both_engines!(
    deliveries_are_listed_page_by_page,
    deliveries_are_filtered,
    an_event_is_traced_through_all_tables,
    one_delivery_is_replayed,
    a_range_is_replayed_in_steps,
    a_replay_of_a_replay_is_another_round,
    what_cannot_be_replayed_stays,
    the_backlog_is_known,
);

const DELIVERED: (Outcome, Reason) = (Outcome::Delivered, Reason::Success);
const EXPIRED: (Outcome, Reason) = (Outcome::Expired, Reason::Status);

/// Claims all that is due, and settles each by its event's number.
async fn settle_all(
    store: &Store,
    now: Timestamp,
    settled: impl Fn(&c2c_store::Claimed) -> Option<c2c_store::Settled>,
) {
    let mut claimer = Claimer::new();
    let claims = store.claim_deliveries(&mut claimer, now, SECOND, 10_000, |_| 1_000).await;
    let work = claims.expect("claims").claimed;
    let results: Vec<_> = work.iter().filter_map(settled).collect();
    assert_eq!(settle(store, &claimer, now, &results).await, 0);
}

async fn pages(store: &Store, app: &AppId, filter: &DeliveryFilter) -> Vec<(i64, EndpointId)> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = store.deliveries(app, filter, before, 3).await.expect("a page");
        all.extend(page.iter().map(|delivery| (delivery.seq, delivery.endpoint)));
        let Some(last) = page.last() else { return all };
        before = Some((last.seq, last.endpoint));
    }
}

async fn deliveries_are_listed_page_by_page(store: Store) {
    let (shop, blog) = (collecting(&store, "shop").await, collecting(&store, "blog").await);
    let mut endpoints = Vec::new();
    for name in ["a", "b", "c"] {
        endpoints.push(webhook(&store, &shop, name).await);
    }
    endpoints.sort();
    webhook(&store, &blog, "a").await;
    ingest(&store, &shop, 0..4, START).await;
    ingest(&store, &blog, 0..4, START).await;
    settle_all(&store, START, |one| (one.lease.seq % 2 == 0).then(|| delivered(one))).await;
    let all = pages(&store, &shop, &DeliveryFilter::default()).await;
    let expected: Vec<_> = (1..=4)
        .rev()
        .flat_map(|seq| endpoints.iter().map(move |&endpoint| (seq, endpoint)))
        .collect();
    assert_eq!(all, expected);
    let one = DeliveryFilter { endpoint: Some(endpoints[1]), ..DeliveryFilter::default() };
    let expected: Vec<_> = (1..=4).rev().map(|seq| (seq, endpoints[1])).collect();
    assert_eq!(pages(&store, &shop, &one).await, expected);
    assert_eq!(pages(&store, &blog, &one).await, [], "of another app");
    let list = store.deliveries(&shop, &one, None, 1).await.expect("a list");
    let progress = list[0].progress;
    assert!(matches!(progress, Progress::Ended { at: START, status: Some(204), .. }), "{list:?}");
}

async fn deliveries_are_filtered(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "a").await;
    for number in 0..6 {
        let name = if number % 2 == 0 { "even" } else { "odd" };
        let event = NewEvent { name: name.to_owned(), ..event(number) };
        let now = START.after(SECOND * u32::try_from(number).expect("small"));
        store.ingest(&[incoming(&shop, vec![event])], now).await.expect("it is taken");
    }
    settle_all(&store, START.after(SECOND * 10), |one| match one.lease.seq {
        1 | 2 => Some(delivered(one)),
        3 | 4 => Some(expired(one)),
        _ => None,
    })
    .await;
    let any = DeliveryFilter::default();
    let stage = |stage| DeliveryFilter { stage: Some(stage), ..any.clone() };
    let seconds = |number| Some(START.after(SECOND * number));
    for (filter, expected) in [
        (stage(Stage::Pending), vec![6, 5]),
        (stage(Stage::Ended(Outcome::Delivered)), vec![2, 1]),
        (stage(Stage::Ended(Outcome::Expired)), vec![4, 3]),
        (stage(Stage::Ended(Outcome::Refused)), vec![]),
        (DeliveryFilter { name: Some("odd".to_owned()), ..any.clone() }, vec![6, 4, 2]),
        (DeliveryFilter { from: seconds(4), ..any.clone() }, vec![6, 5]),
        (DeliveryFilter { to: seconds(1), ..any.clone() }, vec![1]),
        (DeliveryFilter { from: seconds(1), to: seconds(3), ..any.clone() }, vec![3, 2]),
        (
            DeliveryFilter {
                endpoint: Some(endpoint),
                name: Some("even".to_owned()),
                from: seconds(1),
                ..stage(Stage::Ended(Outcome::Expired))
            },
            vec![3],
        ),
    ] {
        let found: Vec<_> =
            pages(&store, &shop, &filter).await.into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

async fn an_event_is_traced_through_all_tables(store: Store) {
    let (shop, blog) = (collecting(&store, "shop").await, collecting(&store, "blog").await);
    // Events for Meta keep the request's facts.
    let meta = NewEndpoint { kind: Kind::Meta, ..new_endpoint(settings("meta")) };
    store.add_endpoint(&anna(), &shop, &meta).await.expect("a new endpoint");
    let mut endpoints = [webhook(&store, &shop, "a").await, meta.id];
    endpoints.sort();
    let hit = Some(b"192.0.2.7".to_vec());
    let batch = Incoming { hit: hit.clone(), ..incoming(&shop, vec![event(1)]) };
    let verified = Incoming { verified: true, ..incoming(&shop, vec![event(1)]) };
    store.ingest(&[batch, verified], START).await.expect("they are taken");
    settle_all(&store, START, |one| {
        (one.lease.endpoint == endpoints[0] && !one.event.verified).then(|| expired(one))
    })
    .await;
    let traced = store.event(&shop, event_id(1)).await.expect("an event");
    let [claimed, verified] = &traced[..] else { panic!("{traced:?}") };
    assert_eq!((claimed.event.verified, verified.event.verified), (false, true));
    assert_eq!((&claimed.event.hit, &verified.event.hit), (&hit, &None));
    let progress: Vec<_> = claimed.deliveries.iter().map(|one| one.delivery.progress).collect();
    assert!(
        matches!(
            progress[..],
            [
                Progress::Ended { outcome: Outcome::Expired, reason: Reason::Status, .. },
                Progress::Pending { leased: true, tries: 0, .. }
            ]
        ),
        "{progress:?}"
    );
    let attempts = &claimed.deliveries[0].attempts;
    assert_eq!(
        (attempts.len(), attempts[0].status, &attempts[0].answer[..]),
        (1, Some(500), &b"answer"[..])
    );
    let one = &claimed.deliveries[0];
    let same = store.delivery(&shop, endpoints[0], one.delivery.seq).await.expect("a delivery");
    assert_eq!(same, *one);
    let missing = store.event(&blog, event_id(1)).await;
    assert!(matches!(missing, Err(StoreError::NoSuchEvent)), "{missing:?}");
    let missing = store.delivery(&shop, endpoints[0], 77).await;
    assert!(matches!(missing, Err(StoreError::NoSuchDelivery)), "{missing:?}");
}

async fn one_delivery_is_replayed(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "a").await;
    ingest(&store, &shop, 0..2, START).await;
    settle_all(&store, START, |one| Some(expired(one))).await;
    let seq = store.event(&shop, event_id(0)).await.expect("an event")[0].event.seq;
    store.replay_one(&anna(), &shop, endpoint, seq).await.expect("it is replayed");
    let account_of = account(&store, &shop, endpoint).await;
    assert_eq!((account_of.pending, account_of.ended), (1, ended([(EXPIRED, 1)])));
    let again = store.replay_one(&anna(), &shop, endpoint, seq).await;
    assert!(matches!(again, Err(StoreError::StillPending)), "{again:?}");
    let work = claim(&store, &mut Claimer::new(), Timestamp::now().after(SECOND)).await;
    let [work] = &work[..] else { panic!("{work:?}") };
    assert_eq!((work.event.id, work.round, work.tries), (event_id(0), 1, 0));
    assert_eq!(work.lease.attempt, 2, "the fence goes on");
    assert!(work.since <= Timestamp::now());
    let replayed = Action::Replayed { endpoint, deliveries: 1 };
    assert_eq!(actions(&store, &shop).await.last(), Some(&replayed));
    let missing = store.replay_one(&anna(), &shop, endpoint, 99).await;
    assert!(matches!(missing, Err(StoreError::NoSuchDelivery)), "{missing:?}");
}

async fn a_range_is_replayed_in_steps(store: Store) {
    let shop = collecting(&store, "shop").await;
    let (endpoint, other) = (webhook(&store, &shop, "a").await, webhook(&store, &shop, "b").await);
    for number in 0..20_u32 {
        let first = u64::from(number);
        ingest(&store, &shop, first..first + 1, START.after(SECOND * number)).await;
    }
    let late = START.after(SECOND * 100);
    settle_all(&store, late, |one| {
        Some(if one.lease.seq % 4 == 0 { delivered(one) } else { expired(one) })
    })
    .await;
    // Events 5 to 16: the numbers 6 to 17, of which 8, 12 and 16 were delivered.
    let replay = Replay {
        endpoint,
        outcome: Some(Outcome::Expired),
        from: START.after(SECOND * 5),
        to: START.after(SECOND * 17),
    };
    assert_eq!(store.count_replay(&replay).await.expect("a number"), 9);
    assert_eq!(store.start_replay(&anna(), &shop, &replay).await.expect("a number"), 9);
    let (mut after, mut steps) = (0, Vec::new());
    loop {
        let step = store.replay_step(&anna(), &shop, &replay, after, 4).await.expect("a step");
        steps.push(step.replayed);
        let Some(next) = step.next else { break };
        after = next;
    }
    assert_eq!(steps, [4, 4, 1]);
    assert_eq!(store.count_replay(&replay).await.expect("a number"), 0);
    let of_endpoint = account(&store, &shop, endpoint).await;
    assert_eq!((of_endpoint.accepted, of_endpoint.pending), (20, 9));
    assert_eq!(of_endpoint.ended, ended([(DELIVERED, 5), (EXPIRED, 6)]));
    assert_eq!(account(&store, &shop, other).await.pending, 0);
    let replayed = Action::Replayed { endpoint, deliveries: 9 };
    assert_eq!(actions(&store, &shop).await.last(), Some(&replayed), "one entry for all steps");
    let all = Replay { outcome: None, ..replay };
    assert_eq!(store.count_replay(&all).await.expect("a number"), 3);
}

async fn a_replay_of_a_replay_is_another_round(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "a").await;
    ingest(&store, &shop, 0..1, START).await;
    let far = Timestamp::now().after(SECOND * 1000);
    for round in 0..4 {
        settle_all(&store, far, |one| {
            assert_eq!((one.round, one.lease.attempt), (round, round + 1));
            Some(if round == 3 { delivered(one) } else { expired(one) })
        })
        .await;
        if round < 3 {
            store.replay_one(&anna(), &shop, endpoint, 1).await.expect("it is replayed");
        }
    }
    let traced = store.delivery(&shop, endpoint, 1).await.expect("a delivery");
    assert_eq!((traced.attempts.len(), traced.delivery.round), (3, 3));
    assert_eq!(account(&store, &shop, endpoint).await.ended, ended([(DELIVERED, 1)]));
}

async fn what_cannot_be_replayed_stays(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "a").await;
    ingest(&store, &shop, 0..3, START).await;
    settle_all(&store, START, |one| Some(expired(one))).await;
    let forget = Forget::Event(event_id(1));
    store.forget(&anna(), &shop, &forget).await.expect("it is forgotten");
    let replay = Replay { endpoint, outcome: None, from: START, to: START.after(SECOND) };
    assert_eq!(store.count_replay(&replay).await.expect("a number"), 2);
    let gone = store.replay_one(&anna(), &shop, endpoint, 2).await;
    assert!(matches!(gone, Err(StoreError::BodyGone)), "{gone:?}");
    store.move_endpoint(&anna(), &shop, endpoint, &EndpointMove::Remove).await.expect("it");
    rejected!(store.start_replay(&anna(), &shop, &replay).await, NoSuchEndpoint);
    rejected!(store.replay_step(&anna(), &shop, &replay, 0, 9).await, NoSuchEndpoint);
    assert_eq!(account(&store, &shop, endpoint).await.ended, ended([(EXPIRED, 3)]));
}

async fn the_backlog_is_known(store: Store) {
    let shop = collecting(&store, "shop").await;
    let (one, other) = (webhook(&store, &shop, "a").await, webhook(&store, &shop, "b").await);
    let state = store.outbox_state().await.expect("a state");
    assert_eq!((state.pending, state.oldest), (0, None));
    ingest(&store, &shop, 0..2, START).await;
    ingest(&store, &shop, 2..4, START.after(SECOND)).await;
    settle_all(&store, START.after(SECOND), |work| {
        (work.lease.endpoint == one && work.event.received_at == START).then(|| delivered(work))
    })
    .await;
    store.move_endpoint(&anna(), &shop, other, &EndpointMove::Pause).await.expect("it");
    let state = store.outbox_state().await.expect("a state");
    assert_eq!((state.pending, state.oldest), (6, Some(START.after(SECOND))));
    let endpoints = [(EndpointState::Active, 1), (EndpointState::Paused, 1)];
    assert_eq!(state.endpoints, endpoints.into());
    for (endpoint, pending, oldest) in [(one, 2, START.after(SECOND)), (other, 4, START)] {
        let account = account(&store, &shop, endpoint).await;
        assert_eq!((account.pending, account.oldest), (pending, Some(oldest)));
    }
}

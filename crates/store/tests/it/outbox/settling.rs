//! Results: one counts only for the last claim.

use std::slice::from_ref;

use c2c_delivery::{Agreement, DisableReason, EndpointId, EndpointState, Outcome, Reason};
use c2c_store::{
    Action, Claimer, EndpointHealth, Progress, Settled, Settlement, Store, Timestamp, Verdict,
};

use super::steps::{
    LEASE, SECOND, START, account, again, claim, collecting, delivered, ended, expired, ingest,
    new_endpoint, server, settings, settle, webhook,
};
use crate::engines::{Place, on_both_engines};
use crate::steps::{actions, anna};

on_both_engines!(
    an_old_attempt_settles_nothing,
    results_of_two_claims_are_told_apart,
    a_claim_of_another_server_is_safe,
    an_expired_lease_comes_back_once,
    a_delivery_ends_with_its_trace,
    a_failure_comes_back_at_its_time,
    results_are_settled_together,
    failed_attempts_are_counted,
    words_of_a_newer_version_are_left_out,
    health_is_judged_as_it_is,
    an_endpoint_is_disabled_with_an_entry,
    what_is_released_can_be_claimed_at_once,
);

const SUCCESS: (Outcome, Reason) = (Outcome::Delivered, Reason::Success);
const STATUS: (Outcome, Reason) = (Outcome::Expired, Reason::Status);

/// The same server claims a delivery again after its lease, and then the first result comes.
async fn an_old_attempt_settles_nothing(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..1, START).await;
    let mut claimer = Claimer::new();
    let first = claim(&store, &mut claimer, START).await.remove(0);
    let late = START.after(LEASE);
    let second = claim(&store, &mut claimer, late).await.remove(0);
    assert_eq!((first.lease.attempt, second.lease.attempt), (1, 2));
    assert_eq!((first.tries, second.tries), (0, 0));
    for old in [delivered(&first), expired(&first), again(&first, late.after(SECOND))] {
        assert_eq!(settle(&store, &claimer, late, &[old]).await, 1);
        let account = account(&store, &shop, endpoint).await;
        assert_eq!((account.pending, account.ended), (1, ended([])));
    }
    assert_eq!(claim(&store, &mut Claimer::new(), late).await, [], "it is still leased");
    let traced = store.delivery(&shop, endpoint, first.lease.seq).await.expect("a delivery");
    assert_eq!(traced.attempts, []);
    assert_eq!(settle(&store, &claimer, late, &[delivered(&second)]).await, 0);
    assert_eq!(account(&store, &shop, endpoint).await.ended, ended([(SUCCESS, 1)]));
    assert_eq!(settle(&store, &claimer, late, &[delivered(&second)]).await, 1, "it has ended");
    assert_eq!(account(&store, &shop, endpoint).await.ended, ended([(SUCCESS, 1)]));
}

async fn failed_attempts_are_counted(store: Store) {
    let (shop, other) = (collecting(&store, "shop").await, collecting(&store, "other").await);
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..3, START).await;
    ingest(&store, &other, 0..1, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await;
    let mut refused = again(&work[2], START.after(SECOND));
    refused.attempt.as_mut().expect("an attempt").result = Reason::Connect;
    let results = [delivered(&work[0]), expired(&work[1]), refused.clone()];
    assert_eq!(settle(&store, &claimer, START, &results).await, 0);
    assert_eq!(settle(&store, &claimer, START, &[refused]).await, 1, "it has been settled");
    let account = account(&store, &shop, endpoint).await;
    assert_eq!(account.failed, [(Reason::Status, 1), (Reason::Connect, 1)].into());
    assert_eq!(account.ended, ended([(SUCCESS, 1), (STATUS, 1)]));
    // The metrics have the same of each app.
    let mut all = store.all_accounts().await.expect("accounts");
    let found = all.remove(&shop).expect("its accounts");
    assert_eq!(found.endpoints[&endpoint], account);
    let expected = store.accounts(&other).await.expect("accounts");
    assert_eq!((all.remove(&other), expected.intake.accepted), (Some(expected), 1));
}

/// And a server of an older version finds no word that it does not know where it looks.
async fn words_of_a_newer_version_are_left_out(place: Place) {
    let store = place.open().await;
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    let mut asked = new_endpoint(settings("asked"));
    asked.agreed = Agreement::No;
    store.add_endpoint(&anna(), &shop, &asked).await.expect("an endpoint");
    ingest(&store, &shop, 0..1, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await.remove(0);
    settle(&store, &claimer, START, &[again(&work, START)]).await;
    assert_eq!(place.count("later_tally", &shop).await, 3);
    let before = store.all_accounts().await.expect("accounts");
    assert_eq!(before[&shop].endpoints[&endpoint].failed, [(Reason::Status, 1)].into());
    assert_eq!(before[&shop].endpoints.len(), 2);
    for (outcome, reason) in [("failed", "moon"), ("suppressed", "moon"), ("teleported", "status")]
    {
        let values = format!("('shop', '{endpoint}', 1, '{outcome}', '{reason}', 7)");
        place.execute_text(format!("INSERT INTO later_tally VALUES {values}")).await;
    }
    assert_eq!(store.all_accounts().await.expect("accounts"), before);
    // An app that an older server purges leaves what it does not know.
    place.execute("DELETE FROM tally; DELETE FROM endpoint_secret; DELETE FROM endpoint_health; DELETE FROM outbox; DELETE FROM attempt; DELETE FROM endpoint").await;
    assert_eq!(store.all_accounts().await.expect("accounts"), [].into());
}

/// A result could not be written before the lease ended, and the same server has the next one, too.
async fn results_of_two_claims_are_told_apart(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..2, START).await;
    let mut claimer = Claimer::new();
    let late = START.after(LEASE);
    let first = claim(&store, &mut claimer, START).await;
    let second = claim(&store, &mut claimer, late).await;
    let results = [
        expired(&first[0]),
        delivered(&second[0]),
        again(&first[1], late),
        again(&second[1], late.after(SECOND)),
    ];
    assert_eq!(settle(&store, &claimer, late, &results).await, 2);
    let account = account(&store, &shop, endpoint).await;
    assert_eq!((account.pending, account.ended), (1, ended([(SUCCESS, 1)])));
    let traced = store.delivery(&shop, endpoint, second[1].lease.seq).await.expect("a delivery");
    let attempts: Vec<_> = traced.attempts.iter().map(|one| one.attempt).collect();
    assert_eq!(attempts, [2]);
    assert_eq!(claim(&store, &mut claimer, late).await, []);
    assert_eq!(claim(&store, &mut claimer, late.after(SECOND)).await.len(), 1);
}

async fn a_claim_of_another_server_is_safe(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..1, START).await;
    let (mut one, other) = (Claimer::new(), Claimer::new());
    let work = claim(&store, &mut one, START).await.remove(0);
    assert_eq!(settle(&store, &other, START, &[delivered(&work)]).await, 1);
    assert_eq!(settle(&store, &other, START, &[again(&work, START)]).await, 1);
    store.release(&other, from_ref(&work.lease), START).await.expect("nothing");
    assert_eq!(claim(&store, &mut Claimer::new(), START).await, []);
    assert_eq!(account(&store, &shop, endpoint).await.pending, 1);
    assert_eq!(settle(&store, &one, START, &[delivered(&work)]).await, 0);
}

async fn an_expired_lease_comes_back_once(store: Store) {
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..5, START).await;
    let mut claimers = [Claimer::new(), Claimer::new(), Claimer::new()];
    assert_eq!(claim(&store, &mut claimers[0], START).await.len(), 5);
    let end = START.after(LEASE);
    let before = Timestamp::from_millis(end.as_millis() - 1);
    for claimer in &mut claimers {
        assert_eq!(claim(&store, claimer, before).await, []);
    }
    let again = claim(&store, &mut claimers[1], end).await;
    assert!(again.iter().all(|one| one.lease.attempt == 2 && one.tries == 0), "{again:?}");
    assert_eq!(again.len(), 5);
    for claimer in &mut claimers {
        assert_eq!(claim(&store, claimer, end).await, []);
    }
}

async fn a_delivery_ends_with_its_trace(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..1, START).await;
    let mut claimer = Claimer::new();
    let first = claim(&store, &mut claimer, START).await.remove(0);
    let failed = again(&first, START.after(SECOND));
    assert_eq!(settle(&store, &claimer, START, from_ref(&failed)).await, 0);
    let now = START.after(SECOND);
    let second = claim(&store, &mut claimer, now).await.remove(0);
    assert_eq!((second.lease.attempt, second.tries), (2, 1));
    assert_eq!(settle(&store, &claimer, now, &[delivered(&second)]).await, 0);
    let traced = store.delivery(&shop, endpoint, first.lease.seq).await.expect("a delivery");
    assert_eq!(traced.attempts, [failed.attempt.expect("an attempt")]);
    assert_eq!(traced.delivery.attempt, 2);
    assert_eq!(
        traced.delivery.progress,
        Progress::Ended {
            at: now,
            outcome: Outcome::Delivered,
            reason: Reason::Success,
            status: Some(204),
            took_ms: Some(17)
        }
    );
}

async fn a_failure_comes_back_at_its_time(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..1, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await.remove(0);
    let due = START.after(SECOND * 3600);
    assert_eq!(settle(&store, &claimer, START, &[again(&work, due)]).await, 0);
    let before = Timestamp::from_millis(due.as_millis() - 1);
    assert_eq!(claim(&store, &mut claimer, before).await, []);
    assert_eq!(store.next_delivery().await.expect("a time"), Some(due));
    let account = account(&store, &shop, endpoint).await;
    assert_eq!((account.pending, account.ended), (1, ended([])));
    assert_eq!(claim(&store, &mut claimer, due).await.len(), 1);
}

/// More than one statement of each kind, and results of several endpoints and claimers.
async fn results_are_settled_together(store: Store) {
    let (shop, blog) = (collecting(&store, "shop").await, collecting(&store, "blog").await);
    let endpoints = [webhook(&store, &shop, "crm").await, webhook(&store, &shop, "erp").await];
    let other = webhook(&store, &blog, "crm").await;
    ingest(&store, &shop, 0..90, START).await;
    ingest(&store, &blog, 0..90, START).await;
    let mut claimer = Claimer::new();
    let claims = store.claim_deliveries(&mut claimer, START, LEASE, 1000, |_| 100).await;
    let work = claims.expect("claims").claimed;
    assert_eq!(work.len(), 270);
    let later = START.after(SECOND);
    let result = |one: &c2c_store::Claimed| match one.lease.seq % 3 {
        0 => delivered(one),
        1 => expired(one),
        _ => again(one, later),
    };
    let results: Vec<_> = work.iter().map(result).collect();
    assert_eq!(settle(&store, &claimer, START, &results).await, 0);
    for (app, endpoint) in [(&shop, endpoints[0]), (&shop, endpoints[1]), (&blog, other)] {
        let account = account(&store, app, endpoint).await;
        assert_eq!((account.accepted, account.pending), (90, 30));
        assert_eq!(account.ended, ended([(SUCCESS, 30), (STATUS, 30)]));
    }
    assert_eq!(claim(&store, &mut claimer, START).await, []);
    let claims = store.claim_deliveries(&mut claimer, later, LEASE, 1000, |_| 100).await;
    assert_eq!(claims.expect("claims").claimed.len(), 90);
    assert_eq!(settle(&store, &claimer, START, &results).await, 270);
}

/// An endpoint, how it fared, and the number of results that counted.
type Seen = (EndpointId, EndpointHealth, usize);

/// Settles results, after which an endpoint fares like this. Gives the number of late ones, and what was judged.
async fn judge(
    store: &Store,
    claimer: &Claimer,
    results: &[Settled],
    health: EndpointHealth,
) -> (u32, Vec<Seen>) {
    let mut seen = Vec::new();
    let judge = |id, before, results: &[&Settled]| {
        seen.push((id, before, results.len()));
        Verdict { health, disable: None }
    };
    let stale = store.settle(claimer, &server(), START, results, judge).await;
    (stale.expect("they are settled"), seen)
}

async fn health_is_judged_as_it_is(store: Store) {
    let shop = collecting(&store, "shop").await;
    let endpoint = webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..4, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await;
    let other = Claimer::new();
    let bad = EndpointHealth {
        failures: 3,
        failing_since: Some(START),
        blocked_until: START.after(SECOND),
        succeeded_at: None,
        failed_at: Some(START),
        last: Some(Reason::Timeout),
    };
    let later = START.after(SECOND);
    let results = [again(&work[0], later), again(&work[1], later)];
    let seen = vec![(endpoint, EndpointHealth::default(), 2)];
    assert_eq!(judge(&store, &claimer, &results, bad).await, (0, seen));
    assert_eq!(store.endpoint(&shop, endpoint).await.expect("it").health, bad);
    // Nothing that counts is judged.
    let late = [delivered(&work[2])];
    assert_eq!(judge(&store, &other, &late, EndpointHealth::default()).await, (1, vec![]));
    ingest(&store, &shop, 4..5, START).await;
    assert_eq!(claim(&store, &mut claimer, START).await, [], "it is blocked");
    assert_eq!(store.next_delivery().await.expect("a time"), Some(later));
    let results = [delivered(&work[2])];
    let good = EndpointHealth { succeeded_at: Some(START), ..EndpointHealth::default() };
    assert_eq!(judge(&store, &claimer, &results, good).await, (0, vec![(endpoint, bad, 1)]));
    assert_eq!(store.endpoints(&shop).await.expect("a list")[0].health, good);
    assert_eq!(claim(&store, &mut claimer, START).await.len(), 1);
}

async fn an_endpoint_is_disabled_with_an_entry(store: Store) {
    let shop = collecting(&store, "shop").await;
    let (endpoint, other) =
        (webhook(&store, &shop, "crm").await, webhook(&store, &shop, "erp").await);
    ingest(&store, &shop, 0..2, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await;
    let work: Vec<_> = work.iter().filter(|one| one.lease.endpoint == endpoint).collect();
    let gone = |one: &&c2c_store::Claimed| {
        let to = Settlement::Ended { outcome: Outcome::Refused, reason: Reason::Gone };
        Settled { to, ..expired(one) }
    };
    let results: Vec<_> = work.iter().map(gone).collect();
    let disable =
        |_, health, _: &[&Settled]| Verdict { health, disable: Some(DisableReason::Gone) };
    for result in results {
        let now = START.after(SECOND);
        let stale = store.settle(&claimer, &server(), now, &[result], disable).await;
        assert_eq!(stale.expect("it is settled"), 0);
    }
    let disabled = store.endpoint(&shop, endpoint).await.expect("it");
    assert_eq!((disabled.state, &disabled.state_reason[..]), (EndpointState::Disabled, "gone"));
    assert_eq!(disabled.state_at, START.after(SECOND));
    assert_eq!(store.endpoint(&shop, other).await.expect("it").state, EndpointState::Active);
    let moved = Action::EndpointMoved {
        endpoint,
        state: EndpointState::Disabled,
        agreed: None,
        reason: "gone".to_owned(),
    };
    let entries = actions(&store, &shop).await;
    assert_eq!(entries.iter().filter(|&action| *action == moved).count(), 1, "{entries:?}");
    let last = store.audit(&shop, None, 1).await.expect("a log").remove(0);
    assert_eq!(last.actor, server());
    // Its events wait.
    ingest(&store, &shop, 2..3, START).await;
    let later = START.after(LEASE);
    let lanes: Vec<_> = claim(&store, &mut claimer, later).await;
    assert!(lanes.iter().all(|one| one.lease.endpoint == other), "{lanes:?}");
    assert_eq!(account(&store, &shop, endpoint).await.pending, 1);
}

async fn what_is_released_can_be_claimed_at_once(store: Store) {
    let shop = collecting(&store, "shop").await;
    webhook(&store, &shop, "crm").await;
    ingest(&store, &shop, 0..2, START).await;
    let mut claimer = Claimer::new();
    let work = claim(&store, &mut claimer, START).await;
    let leases: Vec<_> = work.iter().map(|one| one.lease.clone()).collect();
    store.release(&claimer, &leases[..1], START).await.expect("it is released");
    let mut other = Claimer::new();
    let again = claim(&store, &mut other, START).await;
    assert_eq!((again.len(), again[0].lease.attempt, again[0].tries), (1, 2, 0));
    store.release(&claimer, &leases[..1], START).await.expect("nothing");
    assert_eq!(claim(&store, &mut claimer, START).await, []);
    assert_eq!(settle(&store, &other, START, &[delivered(&again[0])]).await, 0);
}

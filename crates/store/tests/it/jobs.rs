//! Work that one of several servers does.

use std::time::Duration;

use c2c_store::{Claim, Job, Store};

use crate::engines::{Place, on_both_engines};

on_both_engines!(
    one_server_has_a_job,
    another_goes_on_where_it_ended,
    a_late_server_changes_nothing,
    a_finished_job_is_not_claimed,
    of_many_claims_one_succeeds,
);

const LONG: Duration = Duration::from_hours(1);
/// It is over at once.
const NONE: Duration = Duration::ZERO;

async fn claim(store: &Store, lease: Duration) -> Option<Job> {
    match store.claim("work", lease).await.expect("an answer") {
        Claim::Mine(job) => Some(job),
        Claim::Taken => None,
        Claim::Finished => panic!("it is not finished"),
    }
}

async fn advance(store: &Store, job: Job, to: &str, lease: Duration) -> Option<Job> {
    store.advance(job, to, lease).await.expect("an answer")
}

/// Claims the job as soon as the claim before is over.
async fn claim_next(store: &Store) -> Job {
    loop {
        if let Some(job) = claim(store, LONG).await {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn one_server_has_a_job(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    let job = claim(&first, LONG).await.expect("it is free");
    assert_eq!(job.position, "");
    assert!(claim(&second, LONG).await.is_none());
    let other = second.claim("other work", LONG).await.expect("an answer");
    assert!(matches!(other, Claim::Mine(_)), "{other:?}");
    let job = advance(&first, job, "5", LONG).await.expect("it is still mine");
    assert_eq!(job.position, "5");
    assert!(claim(&second, LONG).await.is_none());
}

async fn another_goes_on_where_it_ended(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    let job = claim(&first, LONG).await.expect("it is free");
    let job = advance(&first, job, "5", NONE).await.expect("it is mine");
    let next = claim_next(&second).await;
    assert_eq!(next.position, "5");
    drop(job);
}

async fn a_late_server_changes_nothing(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    let late = claim(&first, NONE).await.expect("it is free");
    let job = claim_next(&second).await;
    assert!(advance(&first, late, "late", LONG).await.is_none());
    let job = advance(&second, job, "5", NONE).await.expect("it is mine");
    assert_eq!(job.position, "5");
    assert_eq!(claim_next(&first).await.position, "5");
}

async fn a_finished_job_is_not_claimed(store: Store) {
    let job = claim(&store, NONE).await.expect("it is free");
    store.finish_job(job).await.expect("it is mine");
    tokio::time::sleep(Duration::from_millis(5)).await;
    let answer = store.claim("work", LONG).await.expect("an answer");
    assert!(matches!(answer, Claim::Finished), "{answer:?}");
}

async fn of_many_claims_one_succeeds(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    let claims = (0..16).map(|n| {
        let store = if n % 2 == 0 { &first } else { &second };
        let store = store.clone();
        tokio::spawn(async move { claim(&store, LONG).await.is_some() })
    });
    let mut claimed = 0;
    for claim in claims.collect::<Vec<_>>() {
        claimed += usize::from(claim.await.expect("it ends"));
    }
    assert_eq!(claimed, 1);
}

//! The schedule, and what becomes of deliveries.

use std::time::Duration;

use c2c_delivery::{
    DELAYS, Due, Jitter, Next, Outcome, Reason, RetryAfter, Timestamp, Verdict, next,
};
use http::StatusCode;
use proptest::prelude::*;

const HOUR: Duration = Duration::from_hours(1);
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const FAILED: Verdict = failed(None);

const fn failed(not_before: Option<Timestamp>) -> Verdict {
    Verdict::Failed { reason: Reason::Timeout, not_before, is_busy: false }
}

fn due(tries: u32) -> Due {
    Due { tries, since: START, active_since: Timestamp::default() }
}

fn ended(outcome: Outcome, reason: Reason) -> Next {
    Next::Ended { outcome, reason }
}

fn check(due: Due, verdict: Verdict, expected: Next) {
    for jitter in [0, u64::MAX] {
        assert_eq!(next(due, verdict, START.after(HOUR), Jitter(jitter)), expected, "{verdict:?}");
    }
}

#[test]
fn verdicts_that_end_a_delivery() {
    for tries in [0, 9] {
        check(due(tries), Verdict::Delivered, ended(Outcome::Delivered, Reason::Success));
        check(due(tries), Verdict::Gone, ended(Outcome::Refused, Reason::Gone));
        let refused = Verdict::Refused(Reason::Vendor);
        check(due(tries), refused, ended(Outcome::Refused, Reason::Vendor));
    }
    check(due(9), FAILED, ended(Outcome::Expired, Reason::Timeout));
    check(due(u32::MAX), FAILED, ended(Outcome::Expired, Reason::Timeout));
}

#[test]
fn the_waits_are_those_of_the_specification() {
    let mut now = START;
    let mut times = Vec::new();
    for tries in 0..9 {
        let Next::Again { at, tries: more } = next(due(tries), FAILED, now, Jitter(0)) else {
            panic!("ended after {tries} tries");
        };
        assert_eq!(more, tries + 1);
        now = at;
        let seconds = now.since(START).as_secs();
        times.push(format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    }
    let expected = [
        "00:00:05", "00:05:05", "00:35:05", "02:35:05", "07:35:05", "17:35:05", "31:35:05",
        "51:35:05", "75:35:05",
    ];
    assert_eq!(times, expected);
}

#[test]
fn jitter_makes_waits_longer_by_a_quarter_at_most() {
    let day = 24 * HOUR;
    assert_eq!(Jitter(0).stretch(day), day);
    assert_eq!(Jitter(1 << 63).stretch(day), 27 * HOUR);
    assert_eq!(Jitter(u64::MAX).stretch(day), 30 * HOUR);
    assert_eq!(Jitter(u64::MAX).stretch(Duration::ZERO), Duration::ZERO);
}

#[test]
fn the_age_counts_while_the_endpoint_is_active() {
    let now = START.after(Due::AGE_MAX).after(Duration::from_millis(1));
    let expired = ended(Outcome::Expired, Reason::Timeout);
    assert_eq!(next(due(0), FAILED, now, Jitter(0)), expired);
    let just = START.after(Due::AGE_MAX);
    assert_ne!(next(due(0), FAILED, just, Jitter(0)), expired);
    let resumed = Due { active_since: START.after(HOUR), ..due(0) };
    assert_ne!(next(resumed, FAILED, now, Jitter(0)), expired);
    // Its success counts nevertheless.
    let delivered = ended(Outcome::Delivered, Reason::Success);
    assert_eq!(next(due(0), Verdict::Delivered, now, Jitter(0)), delivered);
}

#[test]
fn wrong_credentials_cost_no_event() {
    let again = next(due(0), Verdict::Credentials, START, Jitter(0));
    assert_eq!(again, Next::Again { at: START.after(DELAYS[0]), tries: 1 });
}

fn arbitrary_verdict() -> impl Strategy<Value = Verdict> {
    let retry_after = proptest::option::of(prop_oneof![
        (0_u64..200_000).prop_map(|seconds| RetryAfter::Wait(Duration::from_secs(seconds))),
        any::<i64>().prop_map(|millis| RetryAfter::At(Timestamp::from_millis(millis))),
    ]);
    let status = (100_u16..1000).prop_map(|status| StatusCode::from_u16(status).expect("a status"));
    prop_oneof![
        8 => (status, retry_after).prop_map(|(status, retry_after)| {
            Verdict::of_status(status, retry_after, START)
        }),
        1 => Just(Verdict::Credentials),
        1 => Just(FAILED),
    ]
}

proptest! {
    #[test]
    fn a_delivery_ends_or_comes_back_later(
        tries in 0_u32..12,
        verdict in arbitrary_verdict(),
        age in 0_u64..500_000_000,
        jitter: u64,
    ) {
        let due = Due { since: Timestamp::from_millis(START.as_millis() - age.cast_signed()), ..due(tries) };
        match next(due, verdict, START, Jitter(jitter)) {
            Next::Again { at, tries: more } => {
                prop_assert!(at > START && at <= START.after(30 * HOUR), "{:?}", at);
                prop_assert!(more == tries + 1 && more <= 9);
                prop_assert!(!matches!(verdict, Verdict::Delivered | Verdict::Gone | Verdict::Refused(_)));
            }
            Next::Ended { outcome, reason } => {
                let is_success = verdict == Verdict::Delivered;
                prop_assert_eq!(outcome == Outcome::Delivered, is_success);
                prop_assert_eq!(reason == Reason::Success, is_success);
            }
        }
    }

    /// An endpoint that asks for time never gets an event earlier than without.
    #[test]
    fn asking_for_time_only_delays(tries in 0_u32..9, seconds in 0_u64..200_000, jitter: u64) {
        let time = |not_before| match next(due(tries), failed(not_before), START, Jitter(jitter)) {
            Next::Again { at, .. } => at,
            ended @ Next::Ended { .. } => panic!("{ended:?}"),
        };
        let asked = START.after(Duration::from_secs(seconds).min(24 * HOUR));
        prop_assert_eq!(time(Some(asked)), time(None).max(asked));
    }

    #[test]
    fn a_whole_schedule_takes_three_to_four_days(jitters: [u64; 10]) {
        let (mut now, mut due, mut attempts) = (START, due(0), 0);
        for jitter in jitters {
            attempts += 1;
            match next(due, FAILED, now, Jitter(jitter)) {
                Next::Again { at, tries } => (now, due.tries) = (at, tries),
                end @ Next::Ended { .. } => {
                    prop_assert_eq!(end, ended(Outcome::Expired, Reason::Timeout));
                    break;
                }
            }
        }
        prop_assert_eq!(attempts, 10);
        let total = now.since(START);
        let schedule: Duration = DELAYS.iter().sum();
        prop_assert!(total >= schedule && total <= schedule * 5 / 4, "{:?}", total);
        // A weekend, from Friday 18:00 to Monday 9:00.
        prop_assert!(total > 63 * HOUR && total < Due::AGE_MAX);
    }

    /// Claims, crashes and waits at the gate in any order: each delivery ends, once and in time.
    #[test]
    fn each_delivery_ends_once(steps in proptest::collection::vec(
        (proptest::option::of(arbitrary_verdict()), 0_u64..7_200, any::<u64>()), 0..40,
    )) {
        let (mut now, mut due, mut failures, mut lost) = (START, due(0), 0_u32, Duration::ZERO);
        let forever = std::iter::repeat((Some(FAILED), 0, 0));
        let mut end = None;
        for (verdict, gate, jitter) in steps.into_iter().chain(forever) {
            let wait = Duration::from_secs(gate);
            now = now.after(wait);
            lost += wait;
            // The server died, and the claim ends a minute later.
            let Some(verdict) = verdict else {
                now = now.after(Duration::from_mins(1));
                lost += Duration::from_mins(1);
                continue;
            };
            // Times that the endpoint asks for are about the present.
            let verdict = match verdict {
                Verdict::Failed { not_before: Some(_), .. } => failed(Some(now.after(HOUR))),
                other => other,
            };
            match next(due, verdict, now, Jitter(jitter)) {
                Next::Again { at, tries } => {
                    failures += 1;
                    prop_assert_eq!(tries, failures);
                    (now, due.tries) = (at, tries);
                }
                ended @ Next::Ended { .. } => {
                    end = Some(ended);
                    break;
                }
            }
        }
        prop_assert!(end.is_some() && failures <= 9);
        let longest = Due::AGE_MAX + 30 * HOUR + lost;
        prop_assert!(now.since(START) <= longest, "{:?} > {:?}", now.since(START), longest);
    }
}

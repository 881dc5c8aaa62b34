//! The gate of an endpoint.

use std::time::Duration;

use c2c_delivery::{DisableReason, Failure, Health, Jitter, Reason, Timestamp, Verdict};
use proptest::prelude::*;

const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

fn failed() -> Verdict {
    Failure::Timeout.into()
}

/// The gate after a verdict that disables nothing.
fn after(health: Health, verdict: Verdict, now: Timestamp) -> Health {
    let (health, disabled) = health.after(verdict, now, Jitter(0));
    assert_eq!(disabled, None);
    health
}

/// An endpoint that was blocked just now.
fn blocked() -> Health {
    (0..5).fold(Health::default(), |health, _| after(health, failed(), START))
}

#[test]
fn five_failures_in_a_row_block() {
    let mut health = Health::default();
    for _ in 0..4 {
        health = after(health, failed(), START);
        assert_eq!(health.room(START, 8), 8);
    }
    let one_success = after(after(health, Verdict::Delivered, START), failed(), START);
    assert_eq!(one_success.room(START, 8), 8);
    health = after(health, failed(), START);
    assert_eq!(health, blocked());
    assert_eq!(health.room(START, 8), 0);
    assert_eq!(health.room(START.after(5 * SECOND), 8), 1, "a probe");
}

#[test]
fn failed_probes_double_the_wait_up_to_five_minutes() {
    let (mut health, mut now, mut waits) = (blocked(), START, Vec::new());
    for _ in 0..9 {
        waits.push(health.blocked_until.since(now).as_secs());
        now = health.blocked_until;
        assert_eq!(health.room(now, 8), 1);
        health = after(health, failed(), now);
    }
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
}

#[test]
fn a_success_opens_step_by_step() {
    let now = START.after(5 * SECOND);
    let mut health = blocked();
    let mut rooms = vec![health.room(now, 8)];
    for _ in 0..5 {
        health = after(health, Verdict::Delivered, now);
        rooms.push(health.room(now, 8));
    }
    assert_eq!(rooms, [1, 1, 2, 4, 8, 8]);
    assert_eq!(health.failing_since, None);
    for (most, expected) in [(1, 1), (2, 2), (3, 3), (32, 4)] {
        let health = Health { failures: -1, ..Health::default() };
        assert_eq!(health.room(now, most), expected);
    }
}

#[test]
fn a_failure_on_the_way_blocks_again() {
    let now = START.after(5 * SECOND);
    let health = after(blocked(), Verdict::Delivered, now);
    let health = after(after(health, Verdict::Delivered, now), failed(), now);
    assert_eq!(health.room(now, 8), 0);
    assert_eq!(health.blocked_until, now.after(5 * SECOND));
}

#[test]
fn one_outage_is_counted_once() {
    // Eight in flight, and all of them fail: three after the endpoint was blocked.
    let health = (0..3).fold(blocked(), |health, _| after(health, failed(), START.after(SECOND)));
    assert_eq!(health, blocked());
}

#[test]
fn a_refused_event_says_nothing_against_the_endpoint() {
    let refused = Verdict::Refused(Reason::Vendor);
    let health = after(after(Health::default(), failed(), START), refused, START);
    assert_eq!(health, Health::default());
}

#[test]
fn a_busy_endpoint_gets_nothing_until_its_time() {
    let asked = START.after(3600 * SECOND);
    let busy = Verdict::Failed { reason: Reason::Status, not_before: Some(asked), is_busy: true };
    let health = after(Health::default(), busy, START);
    assert_eq!(health.room(START.after(3599 * SECOND), 8), 0);
    assert_eq!(health.room(asked, 8), 8);
    // Another answer that was on its way does not end the wait.
    assert_eq!(after(health, Verdict::Delivered, START).blocked_until, asked);
    let for_one =
        Verdict::Failed { reason: Reason::Status, not_before: Some(asked), is_busy: false };
    assert_eq!(after(Health::default(), for_one, START).room(START, 8), 8);
    // A wait is never made shorter.
    let sooner = Verdict::Failed {
        reason: Reason::Status,
        not_before: Some(START.after(SECOND)),
        is_busy: true,
    };
    assert_eq!(after(health, sooner, START).blocked_until, asked);
}

#[test]
fn answers_that_disable() {
    for (verdict, reason) in
        [(Verdict::Gone, DisableReason::Gone), (Verdict::Credentials, DisableReason::Credentials)]
    {
        let (_, disabled) = Health::default().after(verdict, START, Jitter(0));
        assert_eq!(disabled, Some(reason));
    }
}

#[test]
fn five_days_of_failures_disable() {
    let mut health = blocked();
    let end = START.after(5 * DAY);
    let just_before = Timestamp::from_millis(end.as_millis() - 1);
    assert_eq!(health.after(failed(), just_before, Jitter(0)).1, None);
    assert_eq!(health.after(failed(), end, Jitter(0)).1, Some(DisableReason::Failing));
    // A success in between begins the days anew.
    health = after(health, Verdict::Delivered, START.after(DAY));
    health = after(health, failed(), START.after(2 * DAY));
    assert_eq!(health.after(failed(), START.after(6 * DAY), Jitter(0)).1, None);
    assert!(health.after(failed(), START.after(7 * DAY), Jitter(0)).1.is_some());
}

#[test]
fn a_few_failures_disable_nothing() {
    // Four failures, ten days apart.
    let mut health = Health::default();
    for day in [0, 10, 20, 30] {
        health = after(health, failed(), START.after(day * DAY));
    }
    let (_, disabled) = health.after(failed(), START.after(40 * DAY), Jitter(0));
    assert_eq!(disabled, Some(DisableReason::Failing));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Answer(bool),
    Busy(u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(Step::Answer),
        4 => Just(Step::Answer(false)),
        1 => (0_u64..100_000).prop_map(Step::Busy),
        4 => (0_u64..400_000).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn the_gate_never_stays_shut(steps in proptest::collection::vec((step(), any::<u64>()), 0..200), most in 1_u32..=32) {
        let (mut health, mut now, mut asked) = (Health::default(), START, START);
        for (step, jitter) in steps {
            let verdict = match step {
                Step::Wait(millis) => {
                    now = now.after(Duration::from_millis(millis));
                    continue;
                }
                Step::Answer(true) => Verdict::Delivered,
                Step::Answer(false) => failed(),
                Step::Busy(millis) => {
                    let until = now.after(Duration::from_millis(millis));
                    asked = asked.max(until);
                    Verdict::Failed { reason: Reason::Status, not_before: Some(until), is_busy: true }
                }
            };
            let before = health;
            health = health.after(verdict, now, Jitter(jitter)).0;
            // Blocked for five minutes at most, or as long as the endpoint asked.
            prop_assert!(health.blocked_until <= now.after(Health::WAIT_MAX).max(asked));
            prop_assert!(health.blocked_until >= before.blocked_until, "a wait became shorter");
            prop_assert!(health.room(health.blocked_until.max(now), most) >= 1, "{:?}", health);
            prop_assert!(health.room(now, most) <= most);
            // No failure makes room.
            let is_more = health.room(now, most) > before.room(now, most);
            prop_assert!(!is_more || matches!(step, Step::Answer(true)));
            prop_assert_eq!(health.failing_since.is_none(), matches!(step, Step::Answer(true)));
        }
    }
}

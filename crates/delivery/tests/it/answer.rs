//! Answers and what they mean.

use std::time::Duration;

use c2c_delivery::{Failure, Reason, RetryAfter, Timestamp, Verdict};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000); // 2026-01-01T00:00:00Z
const HOUR: Duration = Duration::from_hours(1);

fn read(value: &str) -> Option<RetryAfter> {
    let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header's value");
    RetryAfter::of(&HeaderMap::from_iter([(header::RETRY_AFTER, value)]))
}

/// How long a delivery must wait, if its answer asks for it.
fn wait(value: &str) -> Option<Duration> {
    match Verdict::of_status(StatusCode::SERVICE_UNAVAILABLE, read(value), NOW) {
        Verdict::Failed { not_before, .. } => not_before.map(|time| time.since(NOW)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_status_decides() {
    let failed = |is_busy| Verdict::Failed { reason: Reason::Status, not_before: None, is_busy };
    let check = |status: u16, expected| {
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(Verdict::of_status(status, None, NOW), expected, "{status}");
    };
    for status in [200, 201, 202, 204, 206, 299] {
        check(status, Verdict::Delivered);
    }
    for status in [
        100, 101, 199, 300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 411, 413, 500, 503,
        599, 999,
    ] {
        check(status, failed(false));
    }
    check(410, Verdict::Gone);
    check(429, failed(true));
}

#[test]
fn an_endpoint_asks_in_seconds() {
    assert_eq!(wait("120"), Some(Duration::from_mins(2)));
    assert_eq!(wait(" 120 "), Some(Duration::from_mins(2)));
    assert_eq!(wait("0"), Some(Duration::ZERO));
    assert_eq!(wait("86400"), Some(24 * HOUR));
    for more in ["86401", "18446744073709551615", "18446744073709551616", &"9".repeat(500)] {
        assert_eq!(wait(more), Some(24 * HOUR), "{more}");
    }
    for wrong in ["", "-1", "+1", "1.5", "1e3", "0x10", "soon", "1, 2", "１"] {
        assert_eq!(wait(wrong), None, "{wrong:?}");
    }
    assert_eq!(RetryAfter::of(&HeaderMap::new()), None);
}

/// All three forms, as <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7> demands of recipients.
#[test]
fn an_endpoint_asks_for_a_date() {
    for date in [
        "Thu, 01 Jan 2026 01:00:00 GMT",
        "Thursday, 01-Jan-26 01:00:00 GMT",
        "Thu Jan  1 01:00:00 2026",
    ] {
        assert_eq!(read(date), Some(RetryAfter::At(NOW.after(HOUR))), "{date}");
        assert_eq!(wait(date), Some(HOUR));
    }
    assert_eq!(wait("Wed, 01 Jan 2025 01:00:00 GMT"), Some(Duration::ZERO));
    assert_eq!(wait("Sat, 01 Jan 2028 00:00:00 GMT"), Some(24 * HOUR));
    assert_eq!(wait("Fri, 31 Dec 9999 23:59:59 GMT"), Some(24 * HOUR));
    for wrong in ["Thu, 01 Jan 2026", "2026-01-01T01:00:00Z", "Thu, 32 Jan 2026 01:00:00 GMT"] {
        assert_eq!(wait(wrong), None, "{wrong}");
    }
}

#[test]
fn a_failure_has_its_reason() {
    for (failure, reason) in [
        (Failure::Dns, Reason::Dns),
        (Failure::AddressRefused, Reason::AddressRefused),
        (Failure::Connect, Reason::Connect),
        (Failure::Tls, Reason::Tls),
        (Failure::Timeout, Reason::Timeout),
        (Failure::Protocol, Reason::Protocol),
        (Failure::Settings, Reason::Settings),
    ] {
        let expected = Verdict::Failed { reason, not_before: None, is_busy: false };
        assert_eq!(Verdict::from(failure), expected);
    }
}

proptest! {
    #[test]
    fn no_value_panics_or_asks_for_more_than_a_day(value in "[ -~]{0,40}|[0-9]{1,30}", now: i64) {
        let now = Timestamp::from_millis(now);
        let verdict = Verdict::of_status(StatusCode::TOO_MANY_REQUESTS, read(&value), now);
        let Verdict::Failed { not_before, is_busy: true, .. } = verdict else {
            panic!("{verdict:?}");
        };
        prop_assert!(not_before.is_none_or(|time| time <= now.after(24 * HOUR)));
    }
}

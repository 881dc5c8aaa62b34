//! Property tests whose cases are apps of one store.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// The number of cases: that of `PROPTEST_CASES`, or this default.
pub(crate) fn cases(default: u32) -> u32 {
    if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { default }
}

/// Checks random cases, each with the id of a new app. Failures are kept for the tests of the file `source`.
pub(crate) fn check_each<S: Strategy>(
    source: &'static str,
    cases_default: u32,
    strategy: S,
    check: impl AsyncFn(String, S::Value),
) {
    let cases = cases(cases_default);
    let config = Config { cases, source_file: Some(source), ..Config::default() };
    let number = std::cell::Cell::new(0);
    let checked = block_in_place(|| {
        TestRunner::new(config).run(&strategy, |case| {
            number.set(number.get() + 1);
            Handle::current().block_on(check(format!("app-{}", number.get()), case));
            Ok(())
        })
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}

//! The isolation suite: its own tests, then all probes in all engines, without each protection, and the
//! cookies, compared with docs/isolation.md. (The matrix: `cargo xtask soak isolation`.)

use super::{Counts, count_tests};
use crate::run::{Result, cargo};

pub(super) fn test() -> Result<Counts> {
    let mut counts = count_tests(&mut cargo("test --locked --no-fail-fast --package c2c-probe"))?;
    counts.add(count_tests(&mut cargo(
        "run --locked --package c2c-probe -- --mutations --credentials --check docs/isolation.md",
    ))?);
    Ok(counts)
}

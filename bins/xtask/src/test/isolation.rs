//! The isolation suite: its own tests, then all probes in all engines, without each protection, and
//! the cookies, compared with docs/isolation.md. (`cargo xtask soak isolation` runs the matrix.)

use super::{Counts, count_tests, tests};
use crate::run::{Result, program};

pub(super) fn test() -> Result<Counts> {
    let mut counts = count_tests(&mut tests("--test deployment"))?;
    let mut probe = program("c2c-probe")?;
    probe.args(["--mutations", "--credentials", "--check", "docs/isolation.md"]);
    counts.add(count_tests(&mut probe)?);
    Ok(counts)
}

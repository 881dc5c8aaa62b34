//! Every fuzz target, for a short time: a smoke test. `cargo xtask soak` runs them longer.

use super::Counts;
use crate::fuzz::{Spent, targets};
use crate::run::Result;

pub(super) fn run(seconds: u64) -> Result<Counts> {
    let mut counts = Counts::default();
    for target in targets()? {
        match target.run(seconds, &target.kept("test")) {
            Ok(Spent { executions, .. }) => {
                println!("{}: {executions} executions", target.name);
                counts.passed += 1;
            }
            Err(error) => {
                println!("error: {error}");
                counts.failed += 1;
            }
        }
    }
    Ok(counts)
}

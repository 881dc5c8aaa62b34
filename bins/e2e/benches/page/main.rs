//! Time for which tags block the page around the widget: without tags, pasted directly, through
//! Partytown, and in c2c.
//!
//! `cargo xtask bench page` runs it in Chromium; `-- 25` makes 25 loads of each way. The ways take
//! turns, and each load has its own browser, as a first visit has: nothing is cached, and no worker
//! is installed. A load counts only if the event of each SDK has arrived. Absolute times mean
//! nothing on a shared machine and are not printed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod controls; // the benchmark can fail
mod sdks; // the pasted tags, and the check that they delivered
mod site; // the collector's files, and their bytes
mod table; // medians, ratios and goals
mod visit; // one load of the page, measured
mod ways; // the page in four ways

use std::process::ExitCode;

use c2c_harness::Result;
use table::Table;
use visit::Bench;
use ways::Way;

/// Number of loads of each way.
const LOADS: usize = 15;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    // `cargo test --benches` runs this without the flag: then it only checks that everything runs.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let wanted = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let loads = if quick { 1 } else { wanted.unwrap_or(LOADS) };
    let bench = Bench::start().await?;
    controls::check(&bench).await?;
    let mut table = Table::default();
    for round in 0..loads {
        for place in 0..Way::ALL.len() {
            // The first one changes, so that a drift of the machine favours none.
            let way = Way::ALL[(round + place) % Way::ALL.len()];
            table.add(way, bench.load(way).await?);
        }
    }
    let met = table.print();
    Ok(if quick || met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

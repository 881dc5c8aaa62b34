//! Shows that the benchmark can fail: that the clock sees stalls, and that a load whose tags do not
//! deliver, or run elsewhere, does not count.

use c2c_harness::{Error, Result};

use crate::sdks::CLASSIC;
use crate::visit::Bench;
use crate::ways::{PARENT, Way};

pub(crate) async fn check(bench: &Bench) -> Result<()> {
    a_stall_is_measured(bench).await?;
    another_way_is_noticed(bench).await
}

/// Measures a page that is busy three times for 300 ms, and once for 100.
async fn a_stall_is_measured(bench: &Bench) -> Result<()> {
    let collector = &bench.site.collector;
    let clock = include_str!("clock.js");
    let report = collector.hit_url("measured");
    let page = format!(
        "<!doctype html><script type={CLASSIC} data-report='{report}'>{clock}</script><script>
         const busy = (ms) => {{ for (const end = performance.now() + ms; performance.now() < end;); }};
         [300, 300, 300, 100].forEach((ms, i) => setTimeout(busy, 1000 * (i + 1), ms));</script>"
    );
    collector.page("/stalls.html", page, &[]);
    let browser = bench.open(&collector.url_of(PARENT, "/stalls.html")).await?;
    let measured = bench.report().await?;
    browser.close().await?;
    let at_least = |name: &str, least| measured[name].as_f64().is_some_and(|ms| ms >= least);
    if at_least("blocked", 1000.0) && at_least("longest", 300.0) {
        return Ok(());
    }
    Err(Error::new(format!("the clock does not see stalls: {measured}")))
}

/// A page with pasted tags must not pass as a page without tags, and its tags run neither in a
/// worker nor in the sandbox.
async fn another_way_is_noticed(bench: &Bench) -> Result<()> {
    let browser = bench.open(bench.url(Way::Direct)).await?;
    bench.delivered(Way::Direct).await?;
    for other in [Way::NoTags, Way::Partytown, Way::C2c] {
        if bench.delivered(other).await.is_ok() {
            return Err(Error::new(format!(
                "{} is taken for {}",
                Way::Direct.name(),
                other.name()
            )));
        }
    }
    browser.close().await
}

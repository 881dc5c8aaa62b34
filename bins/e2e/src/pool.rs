//! Browsers that go from test to test.
//!
//! Starting a browser takes longer than most tests. So a test that is over gives its browser back, which
//! is [reset](Browser::reset), and the next one gets it with a scope of its own. A browser that cannot
//! be reset in time is ended, and so is one that has served long enough.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::browser::{Browser, Options};
use crate::collector::Collector;
use crate::engine::Engine;
use crate::error::Result;

/// How long a reset may take.
const RESET: Duration = Duration::from_secs(10);
/// How many tests one browser serves: what leaks in it does not grow for ever.
const USES: u32 = 40;

/// A browser, and the scope that is its web.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) browser: Browser,
    pub(crate) collector: Collector,
    /// How many tests the browser served before.
    pub(crate) uses: u32,
}

/// The browsers that nobody uses.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Lease>>);

impl Pool {
    /// A browser without windows, cookies and stored data of other tests. Ends those of other engines.
    pub(crate) async fn take(&self, engine: Engine, collector: &Collector) -> Result<Lease> {
        let reset = {
            let mut idle = self.idle();
            idle.retain(|lease| lease.browser.engine() == engine);
            idle.pop()
        };
        if let Some(Lease { browser, collector, uses }) = reset {
            return Ok(Lease { collector: collector.turned(), browser, uses });
        }
        let collector = collector.scoped().await?;
        let browser = Browser::start(engine, &collector, &Options::default()).await?;
        Ok(Lease { browser, collector, uses: 0 })
    }

    /// Takes a browser back, or ends it: in an orderly way where it serves one test only.
    pub(crate) async fn give_back(&self, lease: Lease) -> Result<()> {
        let Lease { browser, collector, uses } = lease;
        if !browser.engine().can_reset() || browser.is_lost() || uses + 1 == USES {
            return browser.close().await;
        }
        // A page that floods or hangs may hold up the reset, and would hold up the end. The driver's group
        // ends in any case.
        if matches!(timeout(RESET, browser.reset()).await, Ok(Ok(()))) {
            collector.forget();
            self.idle().push(Lease { browser, collector, uses: uses + 1 });
        }
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

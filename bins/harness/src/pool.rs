//! Browsers that are reused from test to test.
//!
//! Starting a browser takes longer than most tests. So a finished test gives its browser back,
//! which is [reset](Browser::reset), and the next one gets it with its own scope. A browser that
//! cannot be reset in time is ended, and so is one that has served enough tests.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::browser::Browser;
use crate::collector::Collector;
use crate::engine::Engine;
use crate::error::Result;
use crate::options::Options;

/// Deadline of a reset.
const RESET: Duration = Duration::from_secs(10);
/// Most tests that one browser serves, so that its leaks do not grow forever.
const USES: u32 = 40;

/// A browser, and the scope that it reaches.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) browser: Browser,
    pub(crate) collector: Collector,
    /// Number of tests that the browser served before.
    pub(crate) uses: u32,
}

/// The browsers that are not in use.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Lease>>);

impl Pool {
    /// Returns a browser without windows, cookies and stored data of other tests. Ends those of
    /// other engines.
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

    /// Takes a browser back, or ends it: in an orderly way if it serves one test only.
    pub(crate) async fn give_back(&self, lease: Lease) -> Result<()> {
        let Lease { browser, collector, uses } = lease;
        if !browser.engine().can_reset() || browser.is_lost() || uses + 1 == USES {
            return browser.close().await;
        }
        // A page that floods or hangs may block the reset, and would block an orderly end. The
        // driver's group ends in any case.
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

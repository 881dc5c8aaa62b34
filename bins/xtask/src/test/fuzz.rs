//! Every fuzz target, for a short time: a smoke test. `cargo xtask soak` runs them longer.

use std::sync::Mutex;
use std::thread;

use super::Counts;
use crate::fuzz::{Spent, Target, targets};
use crate::run::Result;

/// Runs as many targets at once as there are cores.
pub(super) fn run(seconds: u64) -> Result<Counts> {
    let targets = targets()?;
    let waiting = Mutex::new(targets.iter());
    let next = || waiting.lock().ok().and_then(|mut waiting| waiting.next());
    let mut counts = Counts::default();
    thread::scope(|scope| {
        let work = || {
            let mut found = Counts::default();
            while let Some(target) = next() {
                found.add(smoke(target, seconds));
            }
            found
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            counts.add(worker.join().map_err(|_| "a thread panicked")?);
        }
        Ok(counts)
    })
}

fn smoke(target: &Target, seconds: u64) -> Counts {
    match target.run(seconds, &target.kept("test")) {
        Ok(Spent { executions, .. }) => {
            println!("{}: {executions} executions", target.name);
            Counts { passed: 1, ..Counts::default() }
        }
        Err(error) => {
            println!("error: {error}");
            Counts { failed: 1, ..Counts::default() }
        }
    }
}

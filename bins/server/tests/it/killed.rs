//! Servers, receivers and PostgreSQL are killed while events pass through them. Each event that was acknowledged arrives, no
//! other is invented, and the accounts are right.
//!
//! Senders post batches over HTTP, and send again what was not answered. Receivers are processes that write each request
//! down before they answer. All that is killed comes back on its ports, with its data.
//!
//! A killed process loses nothing that it handed to the kernel, so a missing `fsync` is not noticed here.
//!
//! `C2C_DELIVERY_KILLS` (40) is the number of kills, half of them with SQLite and half with PostgreSQL. `cargo xtask soak
//! delivery` does more. `C2C_CRASH_SEED` repeats the choices of a run, but not the moments of its kills.

#![expect(clippy::print_stdout, reason = "figures, and the seed")]

mod arrivals; // what receivers have written down
mod books; // what is true of all of it at any time, and at the end
mod ledger; // what was sent and acknowledged
#[path = "../../../../crates/store/tests/crash/random.rs"]
mod random;
mod receiver; // a process
mod rounds; // one kill after the other
mod route; // from a sender to a receiver
mod sender; // posts batches until they are acknowledged
mod server; // a process
mod stopped; // one of two servers that share an outbox is stopped
mod two; // two servers that share an outbox

use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;

use crate::database::count;
use random::{Random, new_seed};
use rounds::{Engine, check};

/// All at the same time: most of it waits, at its end, for the leases of servers that were killed or stopped.
#[test]
fn nothing_acknowledged_is_lost() {
    let (seed, kills) = (new_seed(), count("C2C_DELIVERY_KILLS", 40));
    println!("C2C_CRASH_SEED={seed}");
    let mut random = Random::new(seed);
    let seeds = [random.next(), random.next()];
    let sqlite = begin(move || check(Engine::Sqlite, kills.div_ceil(2), Random::new(seeds[0])));
    let postgres = begin(move || check(Engine::Postgres, kills / 2, Random::new(seeds[1])));
    let stopped = begin(stopped::check);
    for (what, check) in [("SQLite", sqlite), ("PostgreSQL", postgres), ("stopped", stopped)] {
        println!("{what}: {}", check.join().unwrap_or_else(|_| panic!("{what}: see above")));
    }
}

/// Begins a check on threads of its own. It gives figures.
fn begin<F: Future<Output = String>>(
    check: impl FnOnce() -> F + Send + 'static,
) -> JoinHandle<String> {
    thread::spawn(|| {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(check())
    })
}

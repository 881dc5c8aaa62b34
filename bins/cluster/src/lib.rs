//! A temporary `PostgreSQL` for tests and benchmarks.
//!
//! A test of code that talks to a database is worth most with a real server, and a test of a crash
//! needs a server that it may kill. So each [`Cluster`] is a server of its own, from Debian's
//! package `postgresql`, with its data in a temporary folder and a free port on 127.0.0.1. It
//! writes to disk as a server in production does (`fsync` is on), so a row that was committed
//! before [`Cluster::kill`] is there after [`Cluster::resume`].
//!
//! ```no_run
//! # fn main() -> Result<(), c2c_cluster::Error> {
//! let mut cluster = c2c_cluster::Cluster::start()?;
//! let url = cluster.database("orders")?; // postgres://postgres@127.0.0.1:…/orders
//! // … connect to `url` and commit …
//! cluster.kill()?;
//! cluster.resume()?;
//! // … connect again …
//! # Ok(())
//! # }
//! ```
//!
//! # No server is left behind
//!
//! Dropping a [`Cluster`] ends the server and removes its folder. If the test process is killed,
//! nothing is dropped, so a watcher does both: a shell that reads from a pipe which only the test
//! process holds open for writing.
//!
//! # Root
//!
//! `postgres` refuses to run as root. For root, the server runs as the user `postgres`, whom
//! Debian's package creates, or else with the user id 65534, which owns no files.

mod account;
mod cluster;
mod error;
mod log;
mod pause;
mod programs;
mod server;
mod watcher;

pub use cluster::Cluster;
pub use error::Error;
pub use pause::Paused;

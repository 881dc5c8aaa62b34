//! Rounds of kills: the writer writes, SIGKILL ends it or its server, and the database is checked.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use c2c_cluster::Cluster;
use libtest_mimic::Failed;

use crate::random::{Random, new_seed};
use crate::support::{count, open, run, sqlite as address};
use crate::verify::{Known, entries, has_all};
use crate::writing::{DEADLINE, Writing};

/// The greatest number of acknowledged writes before a kill.
const WRITES_MAX: usize = 30;
/// The longest wait after them, some writes long.
pub(crate) const WAIT_MAX: Duration = Duration::from_millis(20);

pub(crate) fn rounds() -> usize {
    count("C2C_CRASH_ROUNDS", 40)
}

/// The writer is killed, again and again, on the same file.
pub(crate) fn sqlite() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    clients(&address(folder.path()), rounds(), || Ok(()))
}

/// The writer is killed, again and again, on the same PostgreSQL database.
pub(crate) fn postgres() -> Result<(), Failed> {
    let cluster = Cluster::start()?;
    clients(&cluster.database("c2c")?, rounds().div_ceil(4), || settle(&cluster))
}

/// Waits until the server has done all that a killed writer asked for. It does not notice at once that its
/// client is gone, and goes on with a commit.
pub(crate) fn settle(cluster: &Cluster) -> Result<(), Failed> {
    const CLIENTS: &str = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = 'c2c' AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let end = Instant::now() + DEADLINE;
    while cluster.psql("c2c", CLIENTS)? != "0" {
        if Instant::now() > end {
            return Err("the server still has a client".into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// The writer is killed while it creates a file, its schema and the first app.
pub(crate) fn sqlite_at_creation() -> Result<(), Failed> {
    const START_MAX: Duration = Duration::from_millis(60);
    let seed = new_seed();
    let mut random = Random::new(seed);
    for round in 0..rounds().div_ceil(4) {
        let folder = tempfile::tempdir()?;
        let writing = Writing::start(&address(folder.path()), random.next())?;
        thread::sleep(up_to(START_MAX, &mut random));
        let acknowledged = writing.kill()?;
        run(reopen(&address(folder.path()), &mut Known::default(), &acknowledged))
            .map_err(|error| failure(round, seed, &error))?;
    }
    Ok(())
}

/// Kills writers. `settle` waits until the end of what the last one did.
fn clients(
    database: &str,
    rounds: usize,
    settle: impl Fn() -> Result<(), Failed>,
) -> Result<(), Failed> {
    let seed = new_seed();
    let mut random = Random::new(seed);
    let mut known = Known::default();
    for round in 0..rounds {
        let mut writing = Writing::start(database, random.next())?;
        writing.wait_for(random.below(WRITES_MAX))?;
        thread::sleep(up_to(WAIT_MAX, &mut random));
        let acknowledged = writing.kill()?;
        settle()?;
        run(reopen(database, &mut known, &acknowledged))
            .map_err(|error| failure(round, seed, &error))?;
    }
    println!("{rounds} kills of the writer, {} writes", known.writes.len());
    Ok(())
}

/// Opens the database as a server does that starts again, and checks it.
async fn reopen(database: &str, known: &mut Known, acknowledged: &[String]) -> Result<(), Failed> {
    let store = open(database).await?;
    known.verify(&store, acknowledged).await?;
    store.close().await;
    Ok(())
}

/// The server of the database is killed and started again, while one writer goes on. A reader goes on,
/// too, with the same store.
pub(crate) fn server() -> Result<(), Failed> {
    let (seed, rounds) = (new_seed(), count("C2C_CRASH_SERVER_ROUNDS", 3));
    let mut random = Random::new(seed);
    let mut cluster = Cluster::start()?;
    let database = cluster.database("c2c")?;
    let mut writing = Writing::start(&database, random.next())?;
    run(async {
        writing.wait_for(1)?;
        let store = open(&database).await?;
        for round in 0..rounds {
            writing.wait_for(random.below(WRITES_MAX))?;
            thread::sleep(up_to(WAIT_MAX, &mut random));
            cluster.kill()?;
            cluster.resume()?;
            writing.read_all()?;
            let checked = has_all(&entries(&store).await?, &writing.acknowledged);
            checked.map_err(|error| failure(round, seed, &error))?;
            writing.wait_for(1)?;
        }
        let acknowledged = writing.kill()?;
        store.close().await;
        settle(&cluster)?;
        println!("{rounds} kills of the server, {} writes", acknowledged.len());
        reopen(&database, &mut Known::default(), &acknowledged).await
    })
}

pub(crate) fn up_to(longest: Duration, random: &mut Random) -> Duration {
    let micros = usize::try_from(longest.as_micros()).expect("a short time");
    Duration::from_micros(random.below(micros).try_into().expect("a short time"))
}

pub(crate) fn failure(round: usize, seed: u64, error: &Failed) -> Failed {
    let message = error.message().unwrap_or("failed");
    format!("round {round}: {message} (C2C_CRASH_SEED={seed})").into()
}

/// A store in a folder, killed with its write-ahead log not yet in the file.
pub(crate) fn killed(folder: &Path) -> Result<Vec<String>, Failed> {
    let mut writing = Writing::start(&address(folder), 1)?;
    writing.wait_for(WRITES_MAX)?;
    writing.kill()
}

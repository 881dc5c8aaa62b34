//! Kill, stop and resume.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use c2c_cluster::{Cluster, Error};

use crate::gone::{DEADLINE, data, listens};

/// Ends the server by `end`, resumes it, and expects the row that was committed before.
fn check(end: fn(&mut Cluster) -> Result<(), Error>, by: &str) -> Result<(), Error> {
    let mut cluster = Cluster::start()?;
    assert_eq!(cluster.psql("postgres", "SHOW fsync")?, "on");
    cluster.database("calls")?;
    cluster.psql("calls", "CREATE TABLE calls (id int)")?;
    let data = data(&cluster);
    for round in 1..=3 {
        cluster.psql("calls", &format!("INSERT INTO calls VALUES ({round})"))?;
        end(&mut cluster)?;
        assert!(!listens(cluster.address()), "{by}: it still listens");
        end(&mut cluster)?; // no effect
        cluster.resume()?;
        cluster.resume()?; // no effect
        assert_eq!(cluster.psql("calls", "SELECT count(*) FROM calls")?, round.to_string());
    }
    end(&mut cluster)?;
    drop(cluster);
    assert!(!data.exists(), "{by}: {} is still there", data.display());
    Ok(())
}

#[test]
fn a_committed_row_survives_a_kill() -> Result<(), Error> {
    check(Cluster::kill, "kill")
}

#[test]
fn a_committed_row_survives_a_stop() -> Result<(), Error> {
    check(Cluster::stop, "stop")
}

/// A connection that computes hears of a dead postmaster only when it next reads or writes.
#[test]
fn a_kill_ends_connections_that_compute() -> Result<(), Error> {
    const LOOP: &str = "DO $$ BEGIN LOOP END LOOP; END $$";
    const LOOPS: &str = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'";
    let mut cluster = Cluster::start()?;
    let mut client = Command::new("psql");
    client.args([&cluster.url("postgres"), "--command", LOOP]);
    let client = thread::spawn(move || client.output());
    let end = Instant::now() + DEADLINE;
    while cluster.psql("postgres", LOOPS)? != "1" {
        assert!(Instant::now() < end, "the loop did not begin");
        thread::sleep(Duration::from_millis(20));
    }
    cluster.kill()?;
    let output = client.join().expect("no panic").expect("psql is installed");
    assert!(!output.status.success());
    cluster.resume()?;
    assert_eq!(cluster.psql("postgres", LOOPS)?, "0");
    Ok(())
}

#[test]
fn a_server_that_ended_by_itself_is_resumed() -> Result<(), Error> {
    const STARTED: &str = "SELECT pg_postmaster_start_time()";
    let mut cluster = Cluster::start()?;
    let first = cluster.psql("postgres", STARTED)?;
    let data = data(&cluster);
    let lock = std::fs::read_to_string(data.join("postmaster.pid")).expect("it runs");
    let id = lock.lines().next().expect("its process id");
    let killed = Command::new("kill").args(["-s", "KILL", id]).status().expect("kill runs");
    assert!(killed.success());
    let end = Instant::now() + DEADLINE;
    // While its last process ends, it is not resumed.
    loop {
        cluster.resume()?;
        if cluster.psql("postgres", STARTED).is_ok_and(|started| started != first) {
            return Ok(());
        }
        assert!(Instant::now() < end, "the server was not resumed");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_error_of_a_server_that_does_not_start_has_its_log() -> Result<(), Error> {
    let mut cluster = Cluster::start()?;
    let data = data(&cluster);
    cluster.stop()?;
    std::fs::write(data.join("postgresql.auto.conf"), "nonsense = on\n").expect("a file");
    let error = cluster.resume().expect_err("it cannot start").to_string();
    assert!(error.contains("ended before it was ready"), "{error}");
    assert!(error.contains("unrecognized configuration parameter \"nonsense\""), "{error}");
    Ok(())
}

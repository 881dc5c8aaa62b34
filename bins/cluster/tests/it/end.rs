//! The end of a server: with its owner, also if the owner is killed.

use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use c2c_cluster::{Cluster, Error};

use crate::gone::{data, listens, wait_until_gone};

/// Set in the child, which is the process to kill.
const CHILD: &str = "C2C_CLUSTER_CHILD";
/// Begins the child's line about its server.
const RUNS: &str = "runs:";

#[test]
fn dropping_ends_the_server() -> Result<(), Error> {
    let cluster = Cluster::start()?;
    let (address, data) = (cluster.address(), data(&cluster));
    assert!(listens(address) && data.exists());
    drop(cluster);
    assert!(!listens(address), "{address} is still there");
    assert!(!data.exists(), "{} is still there", data.display());
    Ok(())
}

/// The thread that started a server may end before the server does.
#[test]
fn a_server_outlives_its_thread() -> Result<(), Error> {
    let started = std::thread::spawn(Cluster::start).join().expect("no panic");
    let cluster = started?;
    assert_eq!(cluster.psql("postgres", "SELECT 1")?, "1");
    Ok(())
}

/// Runs this test in a second process, and kills that.
#[test]
fn a_killed_process_leaves_no_server() -> Result<(), Box<dyn std::error::Error>> {
    if env::var_os(CHILD).is_some() {
        return Ok(hold()?);
    }
    let mut child = Command::new(env::current_exe()?)
        .args(["--exact", "end::a_killed_process_leaves_no_server", "--nocapture"])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let (address, data) = lines
        .find_map(|line| {
            let (_, runs) = line.as_ref().ok()?.split_once(RUNS)?;
            let (address, data) = runs.split_once(' ')?;
            Some((address.parse().ok()?, PathBuf::from(data)))
        })
        .ok_or("the child started no server")?;
    assert!(listens(address), "{address} does not listen");
    child.kill()?;
    child.wait()?;
    wait_until_gone(address, &data);
    Ok(())
}

/// Starts a server and waits to be killed, or until the other process has ended.
fn hold() -> io::Result<()> {
    let cluster = Cluster::start().map_err(io::Error::other)?;
    let data = data(&cluster);
    writeln!(io::stdout(), "\n{RUNS}{} {}", cluster.address(), data.display())?;
    io::stdin().lines().for_each(drop);
    Ok(())
}

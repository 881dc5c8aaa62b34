//! Many half-sent requests, with the usual number of descriptors: neither the console nor a visitor
//! waits for their timeout.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::client::{Client, Connection, To, request};
use crate::program::{Process, command_within};

/// More connections than descriptors. A server that accepts no more leaves the rest in its queue,
/// so the flood completes there, too.
const FLOOD: usize = 1100;
/// Enough for all floods at once, and within every system's limit.
const OWN_DESCRIPTORS: u64 = 10_000;
/// How long an answer may take.
const PROMPT: Duration = Duration::from_secs(1);
/// How long the server may take to absorb the flood: far less than a request's head timeout.
const SWALLOWED: Duration = Duration::from_secs(3);

const EDITOR: Ipv4Addr = Ipv4Addr::LOCALHOST;
const VISITOR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// The program, in a process with its own limit.
fn program(limit: &str) -> Process {
    Process::start(|data| command_within(limit, data))
}

/// The status of an answer that arrives in time.
async fn status(
    client: Ipv4Addr,
    server: &Client,
    to: To,
    path: &str,
    patience: Duration,
) -> Option<u16> {
    let answer = async {
        let mut connection = Connection::between(client, server.address(to)).await;
        let host = format!("host: {}", server.host(to));
        connection.send(&request("GET", path, &[&host, "connection: close"], "")).await;
        connection.reply("GET").await.status
    };
    tokio::time::timeout(patience, answer).await.ok()
}

/// Raises this process's limit: it holds the other end of each connection, for all these tests at once.
pub(crate) fn raise_own_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let enough = OWN_DESCRIPTORS.min(maximum.unwrap_or(OWN_DESCRIPTORS));
    let limit = Rlimit { current: Some(enough), maximum };
    setrlimit(Resource::Nofile, limit).expect("a higher limit");
}

async fn flood(attacker: Ipv4Addr, server: SocketAddr, connections: usize) -> Vec<Connection> {
    let mut flood = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::between(attacker, server).await;
        // The server may have closed it already.
        let _ = connection.try_send(b"GET / HTTP/1.1\r\nhost: ").await;
        flood.push(connection);
    }
    flood
}

/// Floods the pages, then checks that the server is prompt.
async fn check(limit: &str, attacker: Ipv4Addr) {
    raise_own_limit();
    let program = program(limit);
    let _flood = flood(attacker, program.address(To::Sandbox), FLOOD).await;
    check_promptness(&program).await;
}

async fn check_promptness(program: &Client) {
    // Answers after the flood, if there are any, mean that the server has absorbed it.
    answers(program, SWALLOWED).await;
    let answers = answers(program, PROMPT).await;
    assert_eq!(answers, (Some(200), Some(200)), "visitor and console, after a flood");
}

async fn answers(program: &Client, patience: Duration) -> (Option<u16>, Option<u16>) {
    tokio::join!(
        status(VISITOR, program, To::Sandbox, "/s/demo", patience),
        status(EDITOR, program, To::Console, "/api/apps", patience),
    )
}

#[tokio::test]
async fn a_flood_beyond_the_descriptors_delays_no_visitor() {
    check("-n 1024", ATTACKER).await;
}

/// The per-client limit does not apply to it.
#[tokio::test]
async fn a_flood_through_a_proxy_delays_no_visitor() {
    check("-n 1024", Ipv4Addr::LOCALHOST).await;
}

#[tokio::test]
async fn a_flood_below_a_raised_limit_delays_no_visitor() {
    check("-S -n 1024", Ipv4Addr::LOCALHOST).await;
}

/// The reserved descriptors remain: the console's answer needs the database.
#[tokio::test]
async fn a_flood_of_both_doors_delays_no_visitor() {
    raise_own_limit();
    let program = program("-n 256");
    let _pages = flood(Ipv4Addr::LOCALHOST, program.address(To::Sandbox), 300).await;
    let _console = flood(Ipv4Addr::LOCALHOST, program.address(To::Console), 100).await;
    check_promptness(&program).await;
}

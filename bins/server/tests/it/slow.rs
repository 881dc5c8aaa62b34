//! Two thousand slow clients at once: the other requests are hardly slower than without them.
//!
//! The same visitor asks a server with slow clients and one without, in turn, and the two are compared.

#![expect(clippy::print_stdout, reason = "figures")]

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::{JoinSet, block_in_place};

use crate::client::{Client, Connection, PATIENCE, To, eventually, request};
use crate::flood::raise_own_limit;
use crate::program::{Process, command};

/// The most connections of one client, and so of each address here.
pub(crate) const OF_ONE: usize = 250;
/// The connections that the pages have at once.
const PLACES: usize = 1024;
/// Requests of the visitor to each server.
const VISITS: usize = 1000;
/// The visits of one round. The goal has to hold in most rounds: other work on the machine comes in bursts.
const OF_ROUND: usize = VISITS / 5;
/// The goal: the 99th of 100 times, in relation to the server without slow clients.
const RATIO_MAX: f64 = 3.0;
/// How often a slow client does something.
const STEP: Duration = Duration::from_secs(2);

/// The way in which a client is slow.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slow {
    /// It sends a request's head byte by byte.
    Head,
    /// It sends a request's body byte by byte.
    Body,
    /// It asks for much, and reads none of it.
    Reader,
}

/// A connection's first bytes, for these hosts of the sandbox and the widget.
pub(crate) fn begin(slow: Slow, sandbox: &str, widget: &str, scheme: &str) -> String {
    match slow {
        Slow::Head => format!("GET /s/demo HTTP/1.1\r\nhost: {sandbox}\r\nx-slow: "),
        Slow::Body => {
            let fields = [
                &*format!("host: {widget}"),
                &format!("origin: {scheme}://{widget}"),
                "content-type: application/json",
                "content-length: 1000",
            ];
            request("POST", "/preview-link/show", &fields, "")
        }
        Slow::Reader => request("GET", "/s/demo", &[&format!("host: {sandbox}")], "").repeat(200),
    }
}

/// Waits for a client's turn, so that all of them never act at once: that would slow the visitor itself.
pub(crate) async fn turn(number: usize) {
    let part = u32::try_from(number % OF_ONE).unwrap_or_default();
    tokio::time::sleep(STEP * part / 250).await;
}

/// Goes on slowly, until the server closes the connection.
pub(crate) async fn go_on<S>(slow: Slow, mut connection: Connection<S>, begin: &str)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let sent = connection.try_send(begin.as_bytes());
    // A server that does not read on blocks a client that asks for much.
    if let Ok(Err(_)) = tokio::time::timeout(STEP, sent).await {
        return;
    }
    loop {
        tokio::time::sleep(STEP).await;
        if !matches!(slow, Slow::Reader) && connection.try_send(b"x").await.is_err() {
            return;
        }
    }
}

/// The times of a visitor's requests to two servers, in turn. Each must succeed.
pub(crate) async fn times(mut visit: impl AsyncFnMut(bool)) -> (Vec<Duration>, Vec<Duration>) {
    let (mut loaded, mut unloaded) = (Vec::new(), Vec::new());
    // Both have made their pages.
    for is_loaded in [true, false].repeat(10) {
        visit(is_loaded).await;
    }
    for number in 0..2 * VISITS {
        // loaded, unloaded, unloaded, loaded
        let is_loaded = matches!(number % 4, 0 | 3);
        let begun = Instant::now();
        visit(is_loaded).await;
        if is_loaded { &mut loaded } else { &mut unloaded }.push(begun.elapsed());
    }
    (loaded, unloaded)
}

/// Prints the figures, and asserts the goal.
pub(crate) fn check(name: &str, (loaded, unloaded): (Vec<Duration>, Vec<Duration>)) {
    let rounds = loaded.chunks(OF_ROUND).zip(unloaded.chunks(OF_ROUND));
    let mut ratios: Vec<_> = rounds
        .map(|(loaded, unloaded)| {
            let (loaded, unloaded) = (sorted(loaded), sorted(unloaded));
            [OF_ROUND / 2, OF_ROUND * 99 / 100]
                .map(|at| loaded[at].as_secs_f64() / unloaded[at].as_secs_f64())
        })
        .collect();
    println!("{name}: p50 and p99 of each round, relative to none: {ratios:.2?}");
    ratios.sort_by(|[_, one], [_, other]| one.total_cmp(other));
    let [_, p99] = ratios[ratios.len() / 2];
    assert!(p99 <= RATIO_MAX, "{name}: p99 is {p99:.2} of that without slow clients");
}

fn sorted(times: &[Duration]) -> Vec<Duration> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times
}

/// A visitor's request on a connection of its own.
async fn visit(server: &Client) {
    let visitor = Ipv4Addr::new(127, 0, 2, 1);
    let mut connection = server.connect_from(visitor, To::Sandbox).await;
    let host = format!("host: {}", server.host(To::Sandbox));
    connection.send(&request("GET", "/s/demo", &[&host, "connection: close"], "")).await;
    assert_eq!(connection.reply("GET").await.status, 200);
}

/// Slow heads from six clients, slow bodies from one, and a slow reader. (Four clients that are answered
/// slowly take all places: docs/threat-model.md.)
#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_slow_no_visitor() {
    raise_own_limit();
    let [loaded, unloaded] = [(); 2].map(|()| block_in_place(|| Process::start(command)));
    let (sandbox, widget) = (loaded.host(To::Sandbox), loaded.host(To::Widget));
    let kinds = [Slow::Head; 6].into_iter().chain([Slow::Body, Slow::Reader]);
    let mut clients = JoinSet::new();
    for (number, slow) in (1..).zip(kinds) {
        let begin = begin(slow, sandbox, widget, "http");
        for at in 0..OF_ONE {
            let (server, begin) = (Client::clone(&loaded), begin.clone());
            clients.spawn(async move {
                turn(at).await;
                loop {
                    let client = Ipv4Addr::new(127, 0, 1, number);
                    go_on(slow, server.connect_from(client, To::Sandbox).await, &begin).await;
                }
            });
        }
    }
    let files = format!("/proc/{}/fd", loaded.child.id());
    let taken = async || std::fs::read_dir(&files).map_or(0, Iterator::count) >= PLACES;
    assert!(eventually(PATIENCE, taken).await, "the slow clients have not taken its places");
    let times = times(async |is_loaded| visit(if is_loaded { &loaded } else { &unloaded }).await);
    check("2,000 slow clients", times.await);
    assert!(taken().await, "the slow clients have left");
}

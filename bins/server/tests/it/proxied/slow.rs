//! Slow clients before a proxy: it waits for them, and the server does not.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use c2c_proxies::Kind;
use tokio::task::JoinSet;

use super::deployment::{Deployment, HTTP_1, host};
use crate::client::{Connection, PATIENCE, To, eventually, request};
use crate::flood::raise_own_limit;
use crate::slow::{OF_ONE, Slow, begin, check, go_on, times, turn};

const CLIENTS: [Slow; 8] = [
    Slow::Head,
    Slow::Head,
    Slow::Head,
    Slow::Body,
    Slow::Body,
    Slow::Body,
    Slow::Reader,
    Slow::Reader,
];

async fn visit(deployment: &Deployment) {
    let visitor = Ipv4Addr::new(127, 0, 2, 1);
    let stream = deployment.tls_from(visitor, host(To::Sandbox), HTTP_1).await;
    let mut connection = Connection::over(stream.expect("a connection over TLS"));
    let host = format!("host: {}", host(To::Sandbox));
    connection.send(&request("GET", "/s/demo", &[&host, "connection: close"], "")).await;
    assert_eq!(connection.reply("GET").await.status, 200);
}

pub(super) async fn slow_clients_slow_no_visitor(kind: Kind) {
    raise_own_limit();
    let (loaded, unloaded) = (Deployment::start(kind).await, Deployment::start(kind).await);
    let loaded = Arc::new(loaded);
    let connected = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for (number, slow) in (1..).zip(CLIENTS) {
        let client = Ipv4Addr::new(127, 0, 1, number);
        let begin = begin(slow, host(To::Sandbox), host(To::Widget), "https");
        let name = host(if matches!(slow, Slow::Body) { To::Widget } else { To::Sandbox });
        for at in 0..OF_ONE {
            let (loaded, connected) = (Arc::clone(&loaded), Arc::clone(&connected));
            let begin = begin.clone();
            clients.spawn(async move {
                turn(at).await;
                loop {
                    let Ok(stream) = loaded.tls_from(client, name, HTTP_1).await else { return };
                    connected.fetch_add(1, Ordering::Relaxed);
                    go_on(slow, Connection::over(stream), &begin).await;
                    connected.fetch_sub(1, Ordering::Relaxed);
                }
            });
        }
    }
    let all = async || connected.load(Ordering::Relaxed) == CLIENTS.len() * OF_ONE;
    assert!(eventually(PATIENCE, all).await, "{connected:?} are connected");
    let times = times(async |is_loaded| visit(if is_loaded { &loaded } else { &unloaded }).await);
    check("2,000 slow clients before a proxy", times.await);
    let still = connected.load(Ordering::Relaxed);
    assert!(still >= CLIENTS.len() * OF_ONE * 3 / 4, "{still} are connected");
}

//! The address of a client behind a proxy, as the log names it, through both doors.

use std::io::Read;
use std::process::Stdio;

use tempfile::TempDir;

use crate::client::{Client, To};
use crate::program::{FREE_PORTS, addresses, command, signal};

const FORGED: &[&str] = &[
    "host: evil.example",
    "x-forwarded-for: 203.0.113.7",
    "forwarded: for=203.0.113.8",
    "x-real-ip: 203.0.113.9",
    "x-forwarded-host: evil.example",
];

/// The clients that the log names after a misdirected request through each door.
async fn clients(more: &[&str]) -> Vec<String> {
    let data = TempDir::new().expect("a directory");
    let mut command = command(data.path());
    let command = command.args(FREE_PORTS).args(more).env("C2C_LOG", "c2c_server=debug");
    let mut child = command.env("NO_COLOR", "1").stderr(Stdio::piped()).spawn().expect("starts");
    let hosts = addresses(&mut child);
    let host = |at: usize| hosts[at].1.split('/').nth(2).expect("a host").to_owned();
    let client = Client::new(std::array::from_fn(host));
    for to in [To::Console, To::Sandbox] {
        let mut connection = client.connect(to).await;
        connection.send(&crate::client::request("GET", "/", FORGED, "")).await;
        assert_eq!(connection.reply("GET").await.status, 421);
    }
    signal(&child, "-TERM");
    let mut log = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut log).expect("UTF-8");
    assert!(child.wait().expect("ends").success(), "{log}");
    let lines = log.lines().filter_map(|line| line.split_once("not served here client="));
    lines.map(|(_, client)| client.trim().to_owned()).collect()
}

#[tokio::test]
async fn only_a_proxy_names_a_client_and_only_in_its_header() {
    let peer = ["127.0.0.1"; 2];
    assert_eq!(clients(&[]).await, peer);
    assert_eq!(clients(&["--client-address-header", "x-forwarded-for"]).await, ["203.0.113.7"; 2]);
    assert_eq!(clients(&["--client-address-header", "forwarded"]).await, ["203.0.113.8"; 2]);
    let elsewhere = ["--client-address-header", "forwarded", "--proxies", "192.0.2.1"];
    assert_eq!(clients(&elsewhere).await, peer);
}

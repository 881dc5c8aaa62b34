//! The connections of a door, and which of them gives way.

use std::net::Ipv4Addr;
use std::time::Duration;

use c2c_server::Limits;

use crate::client::{Connection, Fixture, PATIENCE, To, request};

/// A proxy by the settings' default.
const PROXY: Ipv4Addr = Ipv4Addr::LOCALHOST;
const CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const OTHER_CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// The body of a request that the server waits for.
const BODY: &str = r#"{"name": "Slow"}"#;

/// Limits under which no connection times out while a test waits for its end.
fn patient() -> Limits {
    Limits { head_timeout: PATIENCE * 2, ..Limits::default() }
}

fn connections(connections_max: usize) -> Limits {
    Limits { connections_max, ..patient() }
}

fn per_client(connections_per_client_max: usize) -> Limits {
    Limits { connections_per_client_max, ..patient() }
}

/// Requests a document, on a connection that stays open.
async fn ask(fixture: &Fixture, connection: &mut Connection) {
    let host = format!("host: {}", fixture.host(To::Sandbox));
    connection.send(&request("GET", "/s/demo", &[&host], "")).await;
    assert_eq!(connection.reply("GET").await.status, 200);
}

/// A connection on which the server has answered a request.
async fn kept(fixture: &Fixture, client: Ipv4Addr) -> Connection {
    let mut connection = fixture.connect_from(client, To::Sandbox).await;
    ask(fixture, &mut connection).await;
    connection
}

/// A connection on which half a request was sent. It is certain to have a place once the server has
/// answered on a later connection.
async fn half_sent(fixture: &Fixture, client: Ipv4Addr) -> Connection {
    let mut connection = fixture.connect_from(client, To::Sandbox).await;
    connection.send("GET /s/demo HTTP/1.1\r\nhost: ").await;
    connection
}

/// A connection to the console on which the server has begun to answer a request.
async fn in_work(fixture: &Fixture, client: Ipv4Addr) -> Connection {
    let mut connection = fixture.connect_from(client, To::Console).await;
    let host = format!("host: {}", fixture.host(To::Console));
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let length = format!("content-length: {}", BODY.len());
    let json = "content-type: application/json";
    let headers = [&*host, &origin, json, &length, "expect: 100-continue"];
    connection.send(&request("POST", "/api/apps", &headers, "")).await;
    assert_eq!(connection.reply("POST").await.status, 100);
    connection
}

/// Lets the server finish the answer.
async fn finish(connection: &mut Connection) {
    connection.send(BODY).await;
    assert_eq!(connection.reply("POST").await.status, 201);
}

/// A connection to the console that sends a request, if the server lets it.
async fn editor(fixture: &Fixture, client: Ipv4Addr) -> Connection {
    let mut connection = fixture.connect_from(client, To::Console).await;
    let host = format!("host: {}", fixture.host(To::Console));
    // The server may have closed it already.
    let _ = connection.try_send(request("GET", "/api/apps", &[&host], "").as_bytes()).await;
    connection
}

#[tokio::test]
async fn the_connection_that_waits_longest_gives_way() {
    let fixture = Fixture::with_limits(&connections(3)).await;
    let mut oldest = kept(&fixture, PROXY).await;
    let mut waiting = half_sent(&fixture, PROXY).await;
    let mut newest = kept(&fixture, PROXY).await;
    ask(&fixture, &mut oldest).await;
    let mut another = kept(&fixture, PROXY).await;
    assert!(waiting.closed_within(PATIENCE).await.is_some());
    for connection in [&mut oldest, &mut newest, &mut another] {
        ask(&fixture, connection).await;
    }
}

#[tokio::test]
async fn requests_in_work_keep_their_places() {
    let fixture = Fixture::with_limits(&connections(2)).await;
    let mut first = in_work(&fixture, PROXY).await;
    let mut second = in_work(&fixture, PROXY).await;
    let mut third = editor(&fixture, PROXY).await;
    // There is no event for "still waiting": too short a time can only make the test pass wrongly,
    // never fail.
    let waits = third.closed_within(Duration::from_millis(300)).await;
    assert!(waits.is_none(), "answered without a place");
    finish(&mut first).await;
    assert_eq!(third.reply("GET").await.status, 200);
    assert_eq!(first.closed_within(PATIENCE).await, Some(Vec::new()));
    finish(&mut second).await;
}

#[tokio::test]
async fn all_addresses_of_a_door_share_its_places() {
    let second_address = ["--pages-listen", "127.0.0.2:0"];
    let fixture = Fixture::with(&connections(1), &second_address).await;
    let mut first = kept(&fixture, PROXY).await;
    let mut server = fixture.address(To::Sandbox);
    server.set_ip([127, 0, 0, 2].into());
    let mut second = Connection::between(PROXY, server).await;
    ask(&fixture, &mut second).await;
    assert!(first.closed_within(PATIENCE).await.is_some());
}

#[tokio::test]
async fn each_door_has_its_own_places() {
    let fixture = Fixture::with_limits(&connections(1)).await;
    let mut editing = in_work(&fixture, PROXY).await;
    let mut visiting = kept(&fixture, PROXY).await;
    finish(&mut editing).await;
    ask(&fixture, &mut visiting).await;
}

#[tokio::test]
async fn a_client_with_too_many_connections_loses_its_own() {
    let fixture = Fixture::with_limits(&per_client(2)).await;
    let mut other = kept(&fixture, OTHER_CLIENT).await;
    let mut waiting = half_sent(&fixture, CLIENT).await;
    let mut second = kept(&fixture, CLIENT).await;
    let mut third = kept(&fixture, CLIENT).await;
    assert!(waiting.closed_within(PATIENCE).await.is_some());
    for connection in [&mut other, &mut second, &mut third] {
        ask(&fixture, connection).await;
    }
}

#[tokio::test]
async fn a_client_with_too_many_connections_costs_others_none_where_no_place_is_left() {
    let fixture = Fixture::with_limits(&connections(4)).await;
    let mut other = kept(&fixture, OTHER_CLIENT).await;
    let mut proxied = [kept(&fixture, PROXY).await, kept(&fixture, PROXY).await];
    let mut first = kept(&fixture, CLIENT).await;
    let mut second = kept(&fixture, CLIENT).await;
    assert!(first.closed_within(PATIENCE).await.is_some());
    for connection in proxied.iter_mut().chain([&mut other, &mut second]) {
        ask(&fixture, connection).await;
    }
}

/// Checks whether a client's third connection is refused while its other two are in work.
async fn check_third(limits: &Limits, settings: &[&str], client: Ipv4Addr, refused: bool) {
    let fixture = Fixture::with(limits, settings).await;
    let mut in_work = [in_work(&fixture, client).await, in_work(&fixture, client).await];
    let mut third = editor(&fixture, client).await;
    if refused {
        assert_eq!(third.closed_within(PATIENCE).await, Some(Vec::new()));
        let mut other = editor(&fixture, OTHER_CLIENT).await;
        assert_eq!(other.reply("GET").await.status, 200);
    } else {
        assert_eq!(third.reply("GET").await.status, 200);
    }
    for connection in &mut in_work {
        finish(connection).await;
    }
}

#[tokio::test]
async fn a_client_whose_connections_are_in_work_gets_no_further_one() {
    check_third(&per_client(2), &[], CLIENT, true).await;
    check_third(&per_client(3), &[], CLIENT, false).await;
}

#[tokio::test]
async fn a_client_has_a_quarter_of_the_places_at_most() {
    check_third(&connections(8), &[], CLIENT, true).await;
    check_third(&connections(9), &[], CLIENT, false).await;
}

#[tokio::test]
async fn proxies_are_not_held_to_the_bound_on_clients() {
    check_third(&per_client(2), &[], PROXY, false).await;
    check_third(&per_client(2), &["--proxies", "127.0.0.2"], CLIENT, false).await;
    check_third(&per_client(2), &["--proxies", "192.0.2.1,127.0.0.0/30"], CLIENT, false).await;
    check_third(&per_client(2), &["--proxies", "127.0.0.2"], PROXY, true).await;
}

//! Endpoints that are hostile, broken or slow. None gets the server to call what it must not, and none keeps events from
//! the others.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use c2c_receivers::{Answer, Authority, Hit, Names, Receiver, agreeing};
use serde_json::{Value, json};

use crate::client::{Fixture, eventually};
use crate::console::DEMO;
use crate::integrating::{Endpoint, batch, envelope, id};
use crate::program::{Process, command};

/// Where receivers of the tests are: the server is told to allow this address, and no other that is not public.
const ALLOWED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Where nothing may be called.
const TRAP: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Longer than a request to an endpoint may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server that trusts an authority, asks a name server, and may call [`ALLOWED`] at these ports. Its environment names
/// the trap as the proxy for all requests, but those to endpoints must go through no proxy.
fn server(authority: &Authority, names: &Names, ports: &[u16], trap: SocketAddr) -> Process {
    let (file, name_server) = (authority.file(), names.address.to_string());
    let proxy = format!("http://{trap}");
    let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
    Process::start(|data: &Path| {
        let mut command = command(data);
        command.env("SSL_CERT_FILE", &file).args(["--delivery-name-server", &name_server]);
        command.args([
            "--delivery-allow",
            &format!("{ALLOWED}/32"),
            "--delivery-port",
            &ports.join(","),
        ]);
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
            command.env(name, &proxy).env(name.to_ascii_lowercase(), &proxy);
        }
        command.env_remove("NO_PROXY").env_remove("no_proxy");
        command
    })
}

fn url(name: &str, receiver: &Receiver) -> String {
    format!("https://{name}:{}/hooks", receiver.address.port())
}

/// Waits for the first result at an endpoint.
async fn result(server: &Process, endpoint: &Endpoint) -> String {
    let mut found = Value::Null;
    let came = eventually(PATIENCE, async || {
        found = server.read(&endpoint.path).await["health"]["last"].clone();
        !found.is_null()
    });
    assert!(came.await, "no result at {endpoint:?}");
    found.as_str().expect("a word").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_must_not_be_called_is_no_endpoint() {
    let fixture = Fixture::start().await;
    for url in [
        "https://127.0.0.1/",
        "https://127.0.0.1:8443/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1]/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://168.63.129.16/",
        "https://224.0.0.1/",
        "https://localhost/",
        "https://printer/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "http://hooks.example/",
        "https://hooks.example:8443/",
        "https://user:password@hooks.example/",
        "https://hooks.example/#fragment",
        "ftp://hooks.example/",
        "hooks.example",
        "",
    ] {
        let body = json!({"name": "A receiver", "url": url});
        let reply = fixture.write("POST", &format!("{DEMO}/endpoints"), &body).await;
        assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{url}");
        assert!(
            reply.json()["detail"].as_str().is_some_and(|text| text.starts_with("/url: ")),
            "{url}: {reply:?}"
        );
    }
    let fine = json!({"name": "A receiver", "url": "https://hooks.example/c2c?key=1"});
    assert_eq!(fixture.write("POST", &format!("{DEMO}/endpoints"), &fine).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_a_refused_address_is_not_called() {
    let (authority, names) = (Authority::new(), Names::start().await);
    // It would answer by TLS, and with the right certificate: only the address is wrong.
    let trap = Receiver::at(
        TRAP,
        Some(authority.tls("trap.example", false)),
        agreeing(|_| Answer::Status(204)),
    )
    .await;
    let port = trap.address.port();
    let server = server(&authority, &names, &[port], trap.address);
    server.collect(DEMO, "refuse").await;
    names.set("trap.example", &[&[[127, 0, 0, 1]]]);
    names.set("mixed.example", &[&[[127, 0, 0, 2], [127, 0, 0, 1]]]);
    names.set("metadata.example", &[&[[169, 254, 169, 254]]]);
    let mut endpoints = Vec::new();
    for name in ["trap.example", "mixed.example", "metadata.example", "nowhere.example"] {
        endpoints.push(server.add_active(DEMO, &url(name, &trap)).await);
    }
    // It must not be asked either.
    let asked = server.add_endpoint(DEMO, &url("trap.example", &trap)).await;
    let reply = server.write("POST", &format!("{}/agreement", asked.path), &json!({})).await.json();
    assert_eq!(reply["questions"][0]["exchange"]["failure"], "address-refused", "{reply}");
    server.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    for (endpoint, expected) in
        endpoints.iter().zip(["address-refused", "address-refused", "address-refused", "dns"])
    {
        assert_eq!(result(&server, endpoint).await, expected, "{endpoint:?}");
        let test =
            server.write("POST", &format!("{}/test", endpoint.path), &json!({})).await.json();
        assert_eq!(test["failure"], expected, "{test}");
    }
    assert_eq!(trap.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_changes_its_address_is_judged_each_time() {
    let (authority, names) = (Authority::new(), Names::start().await);
    let good = authority
        .receiver(ALLOWED, "rebind.example", |_| {
            Answer::With(204, "connection", "close".to_owned(), String::new())
        })
        .await;
    let port = good.address.port();
    let listener = tokio::net::TcpListener::bind((TRAP, port))
        .await
        .expect("the same port at another address");
    let trap = listener.local_addr().expect("an address");
    let server = server(&authority, &names, &[port], trap);
    server.collect(DEMO, "refuse").await;
    // A time to live of zero: each question is asked anew.
    names.set("rebind.example", &[&[[127, 0, 0, 2]], &[[127, 0, 0, 1]]]);
    let endpoint = server.add_active(DEMO, &url("rebind.example", &good)).await;
    let test =
        async || server.write("POST", &format!("{}/test", endpoint.path), &json!({})).await.json();
    assert_eq!(test().await["status"], 204);
    for _ in 0..3 {
        assert_eq!(test().await["failure"], "address-refused");
    }
    assert_eq!(good.connections(), 1);
    let connected = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
    assert!(connected.is_err(), "the trap was called");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_certificate_ends_the_attempt() {
    let (authority, names) = (Authority::new(), Names::start().await);
    let fine = |_: &Hit| Answer::Status(204);
    let expired = Receiver::at(ALLOWED, Some(authority.tls("expired.example", true)), fine).await;
    let wrong = Receiver::at(ALLOWED, Some(authority.tls("other.example", false)), fine).await;
    let stranger =
        Receiver::at(ALLOWED, Some(Authority::new().tls("stranger.example", false)), fine).await;
    let plain = Receiver::at(ALLOWED, None, fine).await;
    let trap = Receiver::at(TRAP, None, fine).await;
    let right = authority.receiver(ALLOWED, "right.example", |_| Answer::Status(204)).await;
    let all = [
        ("expired", &expired),
        ("wrong", &wrong),
        ("stranger", &stranger),
        ("plain", &plain),
        ("right", &right),
    ];
    let ports: Vec<_> = all.iter().map(|(_, receiver)| receiver.address.port()).collect();
    let server = server(&authority, &names, &ports, trap.address);
    server.collect(DEMO, "refuse").await;
    let mut endpoints = Vec::new();
    for (name, receiver) in all {
        let name = format!("{name}.example");
        names.set(&name, &[&[[127, 0, 0, 2]]]);
        endpoints.push(server.add_active(DEMO, &url(&name, receiver)).await);
    }
    server.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    right.wait(1).await;
    for endpoint in &endpoints[..4] {
        assert_eq!(result(&server, endpoint).await, "tls", "{endpoint:?}");
    }
    assert!([expired, wrong, stranger, plain].iter().all(|receiver| receiver.hits().is_empty()));
    assert_eq!(trap.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_endpoint_answers_is_taken_as_it_says() {
    let (authority, names) = (Authority::new(), Names::start().await);
    let trap = Receiver::at(TRAP, None, |_| Answer::Status(204)).await;
    let location = format!("http://{}/", trap.address);
    let redirect = authority
        .receiver(ALLOWED, "redirect.example", move |_| {
            Answer::With(302, "location", location.clone(), String::new())
        })
        .await;
    let metadata = authority
        .receiver(ALLOWED, "metadata.example", |_| {
            Answer::With(307, "location", "http://169.254.169.254/".to_owned(), String::new())
        })
        .await;
    let gone = authority.receiver(ALLOWED, "gone.example", |_| Answer::Status(410)).await;
    let large = authority
        .receiver(ALLOWED, "large.example", |_| {
            Answer::With(200, "x-large", "x".repeat(40_000), String::new())
        })
        .await;
    let long = authority
        .receiver(ALLOWED, "long.example", |_| {
            Answer::With(200, "x-a", "b".to_owned(), "x".repeat(4_000_000))
        })
        .await;
    let all = [
        ("redirect", &redirect, "status"),
        ("metadata", &metadata, "status"),
        ("gone", &gone, "gone"),
        ("large", &large, "protocol"),
        ("long", &long, "success"),
    ];
    let ports: Vec<_> = all.iter().map(|(_, receiver, _)| receiver.address.port()).collect();
    let server = server(&authority, &names, &ports, trap.address);
    server.collect(DEMO, "refuse").await;
    let mut endpoints = Vec::new();
    for (name, receiver, expected) in all {
        let name = format!("{name}.example");
        names.set(&name, &[&[[127, 0, 0, 2]]]);
        endpoints.push((server.add_active(DEMO, &url(&name, receiver)).await, expected));
    }
    server.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    for (endpoint, expected) in &endpoints {
        assert_eq!(result(&server, endpoint).await, *expected, "{endpoint:?}");
    }
    let shown = server.read(&endpoints[2].0.path).await;
    assert_eq!((&shown["state"], &shown["stateReason"]), (&json!("disabled"), &json!("gone")));
    assert_eq!(trap.connections(), 0);
    // The begin of an answer is shown.
    let test =
        server.write("POST", &format!("{}/test", endpoints[4].0.path), &json!({})).await.json();
    assert_eq!(test["answer"].as_str().map(str::len), Some(8192));
}

/// The limits are those of `delivery/client.rs`: 15 seconds for a request, and 3 of them for the body of its answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_come_or_does_not_end_is_given_up() {
    let (authority, names) = (Authority::new(), Names::start().await);
    let hanging = authority.receiver(ALLOWED, "hanging.example", |_| Answer::Hang).await;
    let dripping = authority.receiver(ALLOWED, "dripping.example", |_| Answer::Drip).await;
    let trap = Receiver::at(TRAP, None, |_| Answer::Status(204)).await;
    let ports = [&hanging, &dripping].map(|receiver| receiver.address.port());
    let server = server(&authority, &names, &ports, trap.address);
    server.collect(DEMO, "refuse").await;
    for name in ["hanging.example", "dripping.example"] {
        names.set(name, &[&[[127, 0, 0, 2]]]);
    }
    let silent = server.add_active(DEMO, &url("hanging.example", &hanging)).await;
    let endless = server.add_active(DEMO, &url("dripping.example", &dripping)).await;
    server.emit_new(DEMO, &[envelope("custom:visit_ended", 1)]).await;
    // Its status has said that it has the event.
    assert_eq!(result(&server, &endless).await, "success");
    assert_eq!(result(&server, &silent).await, "timeout");
    let event = server.read(&format!("{DEMO}/events/{}", id(1))).await["events"][0].clone();
    let of = |endpoint: &Endpoint| {
        let mut all = event["deliveries"].as_array().expect("a list").iter();
        all.find(|delivery| delivery["endpoint"] == endpoint.id()).expect("a delivery")
    };
    let taken = of(&endless);
    assert_eq!((&taken["outcome"], &taken["status"]), (&json!("delivered"), &json!(200)));
    let took = taken["tookMs"].as_u64().expect("milliseconds");
    assert!((3_000..15_000).contains(&took), "{taken}");
    let failed = of(&silent);
    assert_eq!((&failed["outcome"], &failed["status"]), (&json!("pending"), &Value::Null));
    let attempt = &failed["log"][0];
    assert_eq!((&attempt["result"], &attempt["status"]), (&json!("timeout"), &Value::Null));
    let took = attempt["tookMs"].as_u64().expect("milliseconds");
    assert!((15_000..30_000).contains(&took), "{attempt}");
    assert_eq!(trap.connections(), 0);
}

/// The time from the answer to a page to the arrival at a receiver.
async fn delay(server: &Process, receiver: &Receiver, number: u64) -> Duration {
    // Each visitor sends one event.
    let visitor = Ipv4Addr::new(127, 1, 0, 0).to_bits() + u32::try_from(number).expect("small");
    let before = receiver.hits().len();
    let sent = batch(&[envelope("custom:chat_opened", number)]);
    let reply = server.emit_from(Ipv4Addr::from_bits(visitor), DEMO, &sent).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let acknowledged = Instant::now();
    let hits = receiver.wait(before + 1).await;
    hits[before].at.saturating_duration_since(acknowledged)
}

/// A server with one endpoint, and that.
async fn healthy(
    authority: &Authority,
    names: &Names,
    more: &[u16],
    trap: SocketAddr,
) -> (Process, Receiver) {
    let receiver = authority.receiver(ALLOWED, "healthy.example", |_| Answer::Status(204)).await;
    let ports: Vec<_> = more.iter().copied().chain([receiver.address.port()]).collect();
    let server = server(authority, names, &ports, trap);
    server.collect(DEMO, "refuse").await;
    names.set("healthy.example", &[&[[127, 0, 0, 2]]]);
    server.add_active(DEMO, &url("healthy.example", &receiver)).await;
    (server, receiver)
}

/// The median is compared here, and no event may take a second; `cargo xtask bench delivery -- beside` compares the 99th
/// percentile.
#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_endpoint_does_not_feel_the_others() {
    const EVENTS: usize = 100;
    let (authority, names) = (Authority::new(), Names::start().await);
    let hanging = authority.receiver(ALLOWED, "hanging.example", |_| Answer::Hang).await;
    let failing = authority.receiver(ALLOWED, "failing.example", |_| Answer::Status(500)).await;
    let dripping = authority.receiver(ALLOWED, "dripping.example", |_| Answer::Drip).await;
    let gone = authority.receiver(ALLOWED, "gone.example", |_| Answer::Status(410)).await;
    let redirect = |_: &Hit| {
        let to = "https://169.254.169.254/".to_owned();
        Answer::With(302, "location", to, String::new())
    };
    let redirecting = authority.receiver(ALLOWED, "redirecting.example", redirect).await;
    let ended = Some(authority.tls("expired.example", true));
    let expired = Receiver::at(ALLOWED, ended, |_| Answer::Status(204)).await;
    let trap = Receiver::at(TRAP, None, |_| Answer::Status(204)).await;
    let others = [
        ("hanging", &hanging),
        ("failing", &failing),
        ("dripping", &dripping),
        ("gone", &gone),
        ("redirecting", &redirecting),
        ("expired", &expired),
        ("rebinding", &trap),
    ];
    let ports = others.map(|(_, receiver)| receiver.address.port());
    let (alone, its_receiver) = healthy(&authority, &names, &[], trap.address).await;
    let (beside, receiver) = healthy(&authority, &names, &ports, trap.address).await;
    for (name, receiver) in others {
        let name = format!("{name}.example");
        names.set(&name, &[&[[127, 0, 0, 2]]]);
        beside.add_active(DEMO, &url(&name, receiver)).await;
    }
    names.set("rebinding.example", &[&[[127, 0, 0, 1]]]);
    let (mut delays_alone, mut delays_beside) = (Vec::new(), Vec::new());
    for number in 0..EVENTS as u64 {
        // In turn, so that whatever else the machine does is felt by both.
        delays_alone.push(delay(&alone, &its_receiver, number).await);
        delays_beside.push(delay(&beside, &receiver, number).await);
    }
    delays_alone.sort();
    delays_beside.sort();
    let (usual, own) = (delays_alone[EVENTS / 2], delays_beside[EVENTS / 2]);
    assert!(own <= usual * 3 / 2 + Duration::from_millis(20), "alone {usual:?}, beside {own:?}");
    let longest = delays_beside[EVENTS - 1];
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    assert!(!hanging.hits().is_empty() && !dripping.hits().is_empty(), "they were called");
    assert_eq!(trap.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_certificates_the_server_starts_and_calls_no_endpoint() {
    let names = Names::start().await;
    let receiver = Receiver::at(ALLOWED, None, |_| Answer::Status(204)).await;
    let (name_server, port) = (names.address.to_string(), receiver.address.port().to_string());
    let server = Process::start(|data: &Path| {
        let mut command = command(data);
        // A machine without the certificates of authorities.
        command.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/dev/null");
        command.args(["--delivery-name-server", &name_server, "--delivery-port", &port]);
        command.args(["--delivery-allow", &format!("{ALLOWED}/32")]);
        command
    });
    names.set("hooks.example", &[&[[127, 0, 0, 2]]]);
    let endpoint = server.add_active(DEMO, &url("hooks.example", &receiver)).await;
    let test = format!("{}/test", endpoint.path);
    let tested = server.write("POST", &test, &json!({})).await.json();
    assert_eq!(tested["failure"], "tls", "{tested}");
}

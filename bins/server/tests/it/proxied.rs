//! The server behind the proxies of docs/deploy.md, with the configurations as they are there.
//!
//! Each check runs behind each proxy.

mod app_hosts;
mod deployment;
mod frames;
mod recorder;
mod slow;
mod smuggling;

use std::net::Ipv4Addr;

use bytes::Bytes;
use c2c_proxies::{HOSTS, Kind};
use c2c_server::Limits;
use http_body_util::Full;
use hyper::Request;
use serde_json::json;

use crate::client::{Connection, PATIENCE, Reply, To, request};
use crate::console::DEMO;
use app_hosts::each_app_has_its_own_host;
use deployment::{Deployment, HTTP_1, HTTP_2, at, dead, host};
use recorder::Recorder;
use smuggling::{
    nothing_inside_a_request_over_http2_reaches_the_server,
    nothing_inside_a_request_reaches_the_server,
};

/// Makes a test of each check, behind one proxy or behind each.
macro_rules! tests {
    (behind each proxy: $($check:ident,)*) => {
        mod nginx {
            $(tests!(behind Nginx: $check);)*
        }

        mod caddy {
            $(tests!(behind Caddy: $check);)*
        }
    };
    (behind $kind:ident: $check:ident) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $check() {
            super::$check(c2c_proxies::Kind::$kind).await;
        }
    };
}

/// Caddy slows all its clients then: docs/deploy.md has the figures.
mod only_nginx {
    use super::slow::slow_clients_slow_no_visitor;

    #[tokio::test(flavor = "multi_thread")]
    async fn slow_clients_slow_no_other() {
        slow_clients_slow_no_visitor(c2c_proxies::Kind::Nginx).await;
    }
}

tests! {
    behind each proxy:
    each_host_serves_its_page,
    each_status_has_one_policy,
    a_server_that_is_away_is_told_with_a_policy,
    a_server_that_does_not_answer_is_told_with_a_policy,
    another_host_is_refused,
    plain_http_leads_to_https,
    compression_and_validators_survive,
    forged_headers_do_not_arrive,
    a_draft_is_published_through_the_proxy,
    a_refusal_before_the_body_arrives,
    the_longest_policy_arrives,
    the_console_is_for_its_networks_only,
    the_log_has_no_queries,
    each_app_has_its_own_host,
    nothing_inside_a_request_reaches_the_server,
    nothing_inside_a_request_over_http2_reaches_the_server,
}

const PAGES: [(To, &str); 4] = [
    (To::Console, "/"),
    (To::Parent, "/p/demo"),
    (To::Widget, "/w/demo"),
    (To::Sandbox, "/s/demo"),
];

const FRAME: &str = "sec-fetch-dest: iframe";

/// Asserts that a response has one policy: each header is there, and `Reply` has found none twice.
#[track_caller]
fn check_policy(reply: &Reply) {
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{reply:?}");
    assert!(!reply.header("content-security-policy").is_empty(), "{reply:?}");
    assert_eq!(reply.header("referrer-policy"), "no-referrer", "{reply:?}");
    assert!(!reply.header("cache-control").contains(','), "{reply:?}");
    assert_eq!(reply.header("strict-transport-security"), "max-age=63072000", "{reply:?}");
}

/// Asserts that nothing runs in a response of the proxy's own, and that no cache keeps it.
#[track_caller]
fn check_own_policy(reply: &Reply) {
    check_policy(reply);
    let policy = "sandbox; default-src 'none'; frame-ancestors 'none'";
    assert_eq!(reply.header("content-security-policy"), policy);
    assert_eq!(reply.header("cache-control"), "no-store");
}

async fn each_host_serves_its_page(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    for (to, path) in PAGES {
        let reply = deployment.get_2(to, path, &[("sec-fetch-dest", "iframe")]).await;
        assert_eq!(reply.status, 200, "{to:?}: {reply:?}");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{to:?}");
        check_policy(&reply);
        let reply = deployment.get(to, path, &[FRAME]).await;
        assert_eq!(reply.status, 200, "{to:?}: {reply:?}");
        check_policy(&reply);
        for (other, _) in PAGES.iter().filter(|(other, _)| host(*other) != host(to)) {
            let reply = deployment.get(*other, path, &[FRAME]).await;
            assert_ne!(reply.status, 200, "{path} at {other:?}");
        }
    }
    let policy = deployment.get(To::Sandbox, "/s/demo", &[FRAME]).await;
    let policy = policy.header("content-security-policy");
    let ancestors = format!("frame-ancestors https://{} https://{}", HOSTS[2], HOSTS[1]);
    assert!(policy.contains(&ancestors), "{policy}");
}

async fn each_status_has_one_policy(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    let check = async |reply: Reply, status: u16| {
        assert_eq!(reply.status, status, "{reply:?}");
        check_policy(&reply);
    };
    let sandbox = To::Sandbox;
    let tag = deployment.get(sandbox, "/s/demo", &[FRAME]).await.header("etag").to_owned();
    let same = format!("if-none-match: {tag}");
    check(deployment.get(sandbox, "/s/demo", &[FRAME, &same]).await, 304).await;
    check(deployment.get(sandbox, "/s/none", &[FRAME]).await, 404).await;
    check(deployment.get(sandbox, "/s/demo", &["sec-fetch-dest: document"]).await, 403).await;
    check(deployment.send(sandbox, "POST", "/s/demo", &[], "x").await, 405).await;
    let long = format!("/s/demo?{}", "x".repeat(9 * 1024));
    check(deployment.get(sandbox, &long, &[]).await, 414).await;
    let many = vec!["x-header: 1"; 65];
    check(deployment.get(sandbox, "/s/demo", &many).await, 431).await;
    let origin = format!("origin: https://{}", host(To::Console));
    let owner = owner(&deployment).await;
    let headers = [&*origin, "content-type: application/json", &owner];
    let most = Limits::default().body_bytes_max;
    for (bytes, status) in [(most, 400), (most + 1, 413), (2 * most, 413)] {
        let body = "x".repeat(bytes);
        let reply = deployment.send(To::Console, "POST", "/api/apps", &headers, &body).await;
        check(reply, status).await;
    }
    if kind == Kind::Caddy {
        // Its own answer to a head that is too large is a few words without any headers.
        return;
    }
    // The proxy's own limits.
    let long = format!("/s/demo?{}", "x".repeat(70 * 1024));
    for target in ["/s/demo", &long] {
        let large = format!("x-header: {}", "x".repeat(70 * 1024));
        let reply = deployment.get(sandbox, target, &[&large]).await;
        assert!(matches!(reply.status, 400 | 414 | 431), "{reply:?}");
        check_policy(&reply);
    }
}

async fn a_server_that_is_away_is_told_with_a_policy(kind: Kind) {
    let mut deployment = Deployment::start(kind).await;
    assert_eq!(deployment.get(To::Sandbox, "/s/demo", &[FRAME]).await.status, 200);
    deployment.stop_server().await;
    for (to, path) in PAGES {
        let reply = deployment.get_2(to, path, &[]).await;
        assert_eq!(reply.status, 502, "{reply:?}");
        check_own_policy(&reply);
    }
    let never = Deployment::before(kind, dead());
    let reply = never.get(To::Widget, "/w/demo", &[]).await;
    assert_eq!(reply.status, 502, "{reply:?}");
    check_own_policy(&reply);
}

async fn a_server_that_does_not_answer_is_told_with_a_policy(kind: Kind) {
    let recorder = Recorder::silent().await;
    let deployment = Deployment::before(kind, at(recorder.address()));
    let mut connection = deployment.connect(To::Sandbox).await;
    let host = format!("host: {}", host(To::Sandbox));
    connection.send(&request("GET", "/s/demo", &[&host], "")).await;
    // The proxy waits for half a minute.
    assert_eq!(connection.closed_within(PATIENCE).await, None);
    let reply = connection.reply("GET").await;
    assert_eq!(reply.status, 504, "{reply:?}");
    check_own_policy(&reply);
}

async fn another_host_is_refused(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    // A name in the handshake that is none of the four.
    for name in ["evil.example", "x.company-usercontent.example", "localhost"] {
        assert!(deployment.tls(name, HTTP_1).await.is_err(), "{name}");
        assert!(deployment.tls(name, HTTP_2).await.is_err(), "{name}");
    }
    // A name in the request that is not the one in the handshake, also if it is another of the four.
    for other in ["evil.example", "localhost", "127.0.0.1", HOSTS[0], HOSTS[2]] {
        let mut connection = deployment.connect(To::Sandbox).await;
        let header = format!("host: {other}");
        connection.send(&request("GET", "/s/demo", &[&header, FRAME], "")).await;
        let reply = connection.reply("GET").await;
        assert_eq!(reply.status, 421, "{other}: {reply:?}");
        // Caddy answers without a body, and without anything else.
        if !reply.body.is_empty() {
            check_own_policy(&reply);
        }
        let request = Request::get(format!("https://{other}/s/demo"));
        let request = request.body(Full::<Bytes>::default()).expect("a request");
        let reply = deployment.send_2(host(To::Sandbox), request).await.expect("a response");
        assert_eq!(reply.status, 421, "{other}: {reply:?}");
    }
}

async fn plain_http_leads_to_https(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    for (to, path) in PAGES {
        let target = format!("{path}?x=%2F..&y");
        let reply = deployment.plain(host(to), &target).await;
        assert!(matches!(reply.status, 301 | 308), "{reply:?}");
        assert_eq!(reply.header("location"), format!("https://{}{target}", host(to)));
    }
    let reply = deployment.plain("evil.example", "/").await;
    assert_eq!((reply.status, reply.headers.get("location")), (421, None), "{reply:?}");
}

async fn compression_and_validators_survive(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    let plain = deployment.get_2(To::Sandbox, "/s/demo", &[("sec-fetch-dest", "iframe")]).await;
    assert_eq!(plain.headers.get("content-encoding"), None);
    for encoding in ["br", "gzip"] {
        let headers = [("sec-fetch-dest", "iframe"), ("accept-encoding", encoding)];
        let reply = deployment.get_2(To::Sandbox, "/s/demo", &headers).await;
        assert_eq!(reply.header("content-encoding"), encoding);
        assert_eq!(unpacked(encoding, &reply.body), plain.body, "{encoding}");
        assert_eq!(reply.header("content-length"), reply.body.len().to_string());
        let tag = reply.header("etag").to_owned();
        assert!(tag.starts_with('"'), "{tag}: a strong validator");
        let headers = [headers[0], headers[1], ("if-none-match", &tag)];
        let again = deployment.get_2(To::Sandbox, "/s/demo", &headers).await;
        assert_eq!((again.status, again.header("etag"), again.body.len()), (304, &*tag, 0));
        // A 304 replaces the headers that the browser has.
        for name in ["content-security-policy", "permissions-policy", "cache-control", "vary"] {
            assert_eq!(again.header(name), reply.header(name));
        }
    }
    // The messages and files that the server does not compress stay as they are.
    let headers = [("accept-encoding", "gzip, br")];
    let reply = deployment.get_2(To::Sandbox, "/s/none", &headers).await;
    assert_eq!(reply.headers.get("content-encoding"), None, "{reply:?}");
}

fn unpacked(encoding: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    if encoding == "br" {
        brotli::BrotliDecompress(&mut &*body, &mut bytes).expect("Brotli");
    } else {
        let mut decoder = flate2::read::GzDecoder::new(body);
        std::io::Read::read_to_end(&mut decoder, &mut bytes).expect("gzip");
    }
    bytes
}

const FORGED: [(&str, &str); 9] = [
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-for", "203.0.113.8, 203.0.113.9"),
    ("forwarded", "for=203.0.113.7;host=evil.example;proto=http"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "http"),
    ("connection", "x-forwarded-for, host"),
    ("x_forwarded_for", "203.0.113.7"),
    ("x-forwarded-port", "1"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
];

async fn forged_headers_do_not_arrive(kind: Kind) {
    let recorder = Recorder::start().await;
    let deployment = Deployment::before(kind, at(recorder.address()));
    let lines: Vec<_> = FORGED.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(deployment.get(To::Widget, "/w/demo?a=%2F", &lines).await.status, 200);
    // HTTP/2 has no header `connection`.
    let fields: Vec<_> = FORGED.into_iter().filter(|(name, _)| *name != "connection").collect();
    assert_eq!(deployment.get_2(To::Widget, "/w/demo?a=%2F", &fields).await.status, 200);
    let heads = recorder.heads();
    assert_eq!(heads.len(), 2, "{heads:?}");
    for head in heads {
        let lines: Vec<_> = head.trim_end().split("\r\n").collect();
        assert_eq!(lines[0], "GET /w/demo?a=%2F HTTP/1.1");
        let values = |wanted: &str| -> Vec<&str> {
            let fields = lines[1..].iter().filter_map(|line| line.split_once(": "));
            let fields = fields.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            fields.map(|(_, value)| value).collect()
        };
        assert_eq!(values("host"), [host(To::Widget)], "{head}");
        assert_eq!(values("x-forwarded-for"), ["127.0.0.1"], "{head}");
        for name in ["forwarded", "x-forwarded-host", "x-forwarded-proto", "traceparent"] {
            assert!(values(name).is_empty(), "{name}: {head}");
        }
    }
    // The server behind it answers as ever.
    let deployment = Deployment::start(kind).await;
    for (to, path) in PAGES {
        let usual = deployment.get(to, path, &[FRAME]).await;
        let forged = deployment.get(to, path, &[&[FRAME], &*lines].concat()).await;
        assert_eq!((usual.status, forged.status), (200, 200), "{to:?}");
        if !matches!(to, To::Console) {
            assert_eq!(usual.body, forged.body, "{to:?}");
            assert_eq!(policy(&usual), policy(&forged), "{to:?}");
        }
    }
    // The console's writes are for its own origin, whatever these headers say.
    let origin = ["origin: https://evil.example", "content-type: application/json"];
    let headers = [&origin[..], &["x-forwarded-host: evil.example"]].concat();
    let reply = deployment.send(To::Console, "POST", "/api/apps", &headers, "{}").await;
    assert_eq!(reply.status, 403, "{reply:?}");
}

fn policy(reply: &Reply) -> &str {
    reply.header("content-security-policy")
}

/// A write of the console's page.
async fn write(
    deployment: &Deployment,
    method: &str,
    path: &str,
    more: &[&str],
    body: &serde_json::Value,
) -> Reply {
    let origin = format!("origin: https://{}", host(To::Console));
    let headers = [&*origin, "content-type: application/json", "sec-fetch-site: same-origin"];
    let headers = [&headers[..], more].concat();
    deployment.send(To::Console, method, path, &headers, &body.to_string()).await
}

/// Signs the first owner in, and gives the header that a browser sends from then on.
async fn owner(deployment: &Deployment) -> String {
    let link = deployment.first_link().expect("a link");
    let body = json!({"secret": crate::access::secret(&link)});
    let signed_in = write(deployment, "POST", "/api/session", &[], &body).await;
    let set = signed_in.header("set-cookie");
    assert!(set.starts_with("__Host-c2c=") && set.contains("; Secure;"), "{set}");
    crate::access::cookie(&signed_in).0
}

async fn a_draft_is_published_through_the_proxy(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    let draft = format!("{DEMO}/draft");
    assert_eq!(deployment.get(To::Console, &draft, &[]).await.problem().0, 401);
    let owner = owner(&deployment).await;
    let tag = deployment.get(To::Console, &draft, &[&owner]).await.header("etag").to_owned();
    let body = json!({"head": "<b>through the proxy</b>", "bodyEnd": "x".repeat(200 * 1024)});
    let over = format!("if-match: {tag}");
    let saved = write(&deployment, "PUT", &draft, &[&owner, &over], &body).await;
    assert_eq!(saved.status, 200, "{saved:?}");
    let version = deployment.get(To::Console, &draft, &[&owner]).await.json()["version"].clone();
    let live = deployment.get(To::Console, DEMO, &[&owner]).await.json()["live"].clone();
    let body = json!({"draft": version, "replaces": live, "to": "live"});
    let path = format!("{DEMO}/revisions");
    let published = write(&deployment, "POST", &path, &[&owner], &body).await;
    assert_eq!(published.status, 201, "{published:?}");
    let document = deployment.get_2(To::Sandbox, "/s/demo", &[("sec-fetch-dest", "iframe")]).await;
    assert!(document.text().contains("<b>through the proxy</b>"), "{document:?}");
}

/// The server answers before it has read the body, and a proxy may still be sending it.
async fn a_refusal_before_the_body_arrives(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    let headers = ["origin: https://evil.example", "content-type: application/json"];
    let body = "x".repeat(3 * 1024 * 1024);
    for (to, path, status) in [
        (To::Console, "/api/apps", 403),
        (To::Sandbox, "/s/demo", 405),
        (To::Console, "/none", 404),
    ] {
        for turn in 0..10 {
            let reply = deployment.send(to, "POST", path, &headers, &body).await;
            assert_eq!(reply.status, status, "{path}, turn {turn}: {reply:?}");
        }
    }
}

/// 50 origins, each as long as a host name can be, are in one header.
async fn the_longest_policy_arrives(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    let settings = format!("{DEMO}/settings");
    let label = "x".repeat(60);
    let origins: Vec<_> = (10..60)
        .map(|number| format!("https://{label}.{label}.{label}.{}{number}.example", &label[..50]))
        .collect();
    let body = json!({"name": "Demo", "parentOrigins": origins, "jar": "visit", "staging": false, "approval": false});
    let owner = owner(&deployment).await;
    let tag = deployment.get(To::Console, &settings, &[&owner]).await.header("etag").to_owned();
    let over = format!("if-match: {tag}");
    let changed = write(&deployment, "PUT", &settings, &[&owner, &over], &body).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    for (to, path) in [(To::Sandbox, "/s/demo"), (To::Widget, "/w/demo")] {
        let reply = deployment.get_2(to, path, &[("sec-fetch-dest", "iframe")]).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(policy(&reply).contains(&origins[49]), "{}", policy(&reply));
        assert!(policy(&reply).len() > 12 * 1024, "{}", policy(&reply).len());
    }
}

async fn the_console_is_for_its_networks_only(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    let stranger = Ipv4Addr::new(127, 0, 0, 2);
    for (to, path) in PAGES {
        let stream = deployment.tls_from(stranger, host(to), HTTP_1).await.expect("connects");
        let mut connection = Connection::over(stream);
        let host = format!("host: {}", host(to));
        connection.send(&request("GET", path, &[&host, FRAME], "")).await;
        let reply = connection.reply("GET").await;
        let is_console = matches!(to, To::Console);
        assert_eq!(reply.status, if is_console { 403 } else { 200 }, "{reply:?}");
        if is_console {
            check_own_policy(&reply);
        }
    }
}

async fn the_log_has_no_queries(kind: Kind) {
    let deployment = Deployment::start(kind).await;
    let headers = ["referer: https://shop.example/?planted=secret", "cookie: planted=secret"];
    let reply = deployment.get(To::Widget, "/w/demo?email=planted-secret", &headers).await;
    assert_eq!(reply.status, 200);
    // The next line of the log comes after the one before.
    deployment.get(To::Widget, "/w/none", &[]).await;
    let logged = async || deployment.proxy.log().contains("/w/none");
    assert!(crate::client::eventually(PATIENCE, logged).await, "{}", deployment.proxy.log());
    let log = deployment.proxy.log();
    assert!(log.contains("/w/demo") && !log.contains("planted"), "{log}");
}

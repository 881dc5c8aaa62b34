//! The sandbox document on the wire.

use std::io::Read;

use clap::Parser as _;

use crate::client::{Fixture, Reply, To};
use crate::console::{DEMO, code, settings};

async fn get(fixture: &Fixture, headers: &[&str]) -> Reply {
    fixture.get(To::Sandbox, "/s/demo", headers).await
}

pub(crate) fn decoded(reply: &Reply) -> Vec<u8> {
    let mut bytes = Vec::new();
    match reply.headers.get("content-encoding").map(String::as_str) {
        None => bytes.clone_from(&reply.body),
        Some("gzip") => {
            flate2::read::GzDecoder::new(&*reply.body).read_to_end(&mut bytes).expect("gzip");
        }
        Some("br") => {
            brotli::Decompressor::new(&*reply.body, 4096).read_to_end(&mut bytes).expect("brotli");
        }
        Some(other) => panic!("{other}"),
    }
    bytes
}

#[tokio::test]
async fn the_document_is_the_shim_then_the_published_code() {
    let fixture = Fixture::start().await;
    fixture.save(DEMO, &code("<b>$& HEAD</b>", "<i>`TAIL`</i>")).await;
    assert_eq!(fixture.publish_draft(DEMO, "live").await.status, 201);
    let reply = get(&fixture, &[]).await;
    let html = reply.text();
    let text = c2c_bridge::Shim { jar: true, diagnostics: c2c_bridge::Diagnostics::Errors }.text();
    let shim = html.find(text).expect("the shim, byte for byte");
    let tag = &html[..shim];
    let widget = fixture.origin(To::Widget);
    assert!(
        tag.ends_with(&format!(
            "<head><script data-app=\"demo\" data-widget-origins=\"{widget}\" data-hold-ms=\"15000\">"
        )),
        "{tag}"
    );
    let after = &html[shim + text.len()..];
    assert!(after.starts_with("</script><b>$& HEAD</b>"), "{after}");
    assert!(after.contains("<i>`TAIL`</i></body>"), "{after}");
}

#[tokio::test]
async fn it_carries_the_headers_of_its_policy_once() {
    let fixture = Fixture::start().await;
    let reply = get(&fixture, &["sec-fetch-dest: iframe"]).await;
    assert_eq!(
        reply.header("content-security-policy"),
        format!(
            "sandbox allow-scripts; frame-ancestors {} {}; form-action 'none'",
            fixture.origin(To::Widget),
            fixture.origin(To::Parent)
        )
    );
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert_eq!(reply.header("vary"), "accept-encoding, sec-fetch-dest");
    assert!(reply.header("permissions-policy").contains("microphone=()"));
    assert!(!reply.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn every_encoding_holds_the_same_bytes_under_its_own_tag() {
    let fixture = Fixture::start().await;
    let plain = get(&fixture, &[]).await;
    let gzip = get(&fixture, &["accept-encoding: gzip"]).await;
    let brotli = get(&fixture, &["accept-encoding: gzip, br"]).await;
    assert_eq!(gzip.header("content-encoding"), "gzip");
    assert_eq!(brotli.header("content-encoding"), "br");
    assert_eq!(decoded(&gzip), plain.body);
    assert_eq!(decoded(&brotli), plain.body);
    assert!(brotli.body.len() < gzip.body.len() && gzip.body.len() < plain.body.len());
    let tags = [&plain, &gzip, &brotli].map(|reply| reply.header("etag"));
    assert!(tags.iter().all(|tag| tag.starts_with('"') && tag.ends_with('"')), "{tags:?}");
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let fixture = Fixture::start().await;
    for accept in ["accept-encoding: identity", "accept-encoding: br"] {
        let full = get(&fixture, &[accept]).await;
        let tag = full.header("etag").to_owned();
        for (condition, expected) in [
            (format!("if-none-match: {tag}"), 304),
            (format!("if-none-match: W/{tag}"), 304),
            (format!("if-none-match: \"other\", {tag}"), 304),
            ("if-none-match: *".to_owned(), 304),
            ("if-none-match: \"other\"".to_owned(), 200),
            (format!("if-none-match: {}", tag.trim_matches('"')), 200),
        ] {
            let reply = get(&fixture, &[accept, &condition]).await;
            assert_eq!(reply.status, expected, "{condition}");
            assert_eq!(reply.header("etag"), tag);
            let policy = reply.header("content-security-policy");
            assert_eq!(policy, full.header("content-security-policy"));
        }
    }
}

#[tokio::test]
async fn the_tag_changes_with_the_code_and_with_the_policy() {
    let fixture = Fixture::start().await;
    let first = get(&fixture, &[]).await.header("etag").to_owned();
    let settings = settings(&["https://shop.example"], "visit");
    assert_eq!(fixture.configure(DEMO, &settings).await.status, 200);
    let second = get(&fixture, &[]).await;
    assert_ne!(second.header("etag"), first);
    assert!(second.header("content-security-policy").contains(" https://shop.example;"));
    fixture.publish(DEMO, "live", "x").await;
    let third = get(&fixture, &[]).await;
    assert_ne!(third.header("etag"), second.header("etag"));
}

#[tokio::test]
async fn head_says_what_get_would_send() {
    let fixture = Fixture::start().await;
    let get = get(&fixture, &["accept-encoding: br"]).await;
    let head = fixture.send(To::Sandbox, "HEAD", "/s/demo", &["accept-encoding: br"], "").await;
    assert_eq!(head.status, 200);
    assert!(head.body.is_empty());
    let without_date = |reply: &Reply| {
        let mut headers = reply.headers.clone();
        headers.remove("date");
        headers
    };
    assert_eq!(without_date(&head), without_date(&get));
}

#[tokio::test]
async fn only_an_iframe_gets_it() {
    let fixture = Fixture::start().await;
    for dest in
        ["document", "object", "embed", "frame", "fencedframe", "empty", "script", "nonsense"]
    {
        let reply = get(&fixture, &[&format!("sec-fetch-dest: {dest}")]).await;
        assert_eq!((reply.status, reply.header("cache-control")), (403, "no-store"), "{dest}");
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
        assert!(reply.header("content-security-policy").contains("default-src 'none'"));
        assert!(reply.header("vary").contains("sec-fetch-dest"));
        assert!(!reply.text().contains("script"), "{}", reply.text());
    }
}

#[tokio::test]
async fn no_trick_in_the_path_finds_a_document() {
    let fixture = Fixture::start().await;
    for path in [
        "/",
        "/s",
        "/s/",
        "/s/none",
        "/s/demo/",
        "/s/demo/x",
        "/s//demo",
        "//s/demo",
        "/s/%64emo",
        "/s/../s/demo",
        "/s/demo%00",
        "/s/demo%2f",
        "/s/..%2fdemo",
        "/S/demo",
        "/s/DEMO",
        "/s/demo;x",
        "/s/.",
        "/s/%2e",
        "/staging",
        "/staging/",
        "/staging/none",
        "/staging/demo/",
        "/staging/%64emo",
        "/host.js",
        "/api/apps",
        "/w/demo",
        "/p/demo",
    ] {
        assert_eq!(fixture.get(To::Sandbox, path, &[]).await.status, 404, "{path}");
    }
    assert_eq!(fixture.get(To::Sandbox, "/s/demo?orderId=1", &[]).await.status, 200);
}

#[tokio::test]
async fn other_methods_are_refused() {
    let fixture = Fixture::start().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"] {
        let reply = fixture.send(To::Sandbox, method, "/s/demo", &[], "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"), "{method}");
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
    }
}

#[test]
fn no_hold_is_too_long_for_a_timer() {
    let parse = |ms| c2c_server::Settings::try_parse_from(["c2c-server", "--hold-ms", ms]);
    assert!(parse("600000").is_ok());
    assert!(parse("600001").is_err());
}

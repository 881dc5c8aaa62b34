//! Any request for any code: the answer is the whole document under its policy, or none of it.
//!
//! The input is the head snippet and the values of `Accept-Encoding`, `Sec-Fetch-Dest` and
//! `If-None-Match`, with U+001F between them.

#![no_main]

use std::io::Read as _;

use bytes::Bytes;
use c2c::{Page, Sandbox, Snippets};
use http::{Request, Response, StatusCode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(4, |byte| *byte == 0x1f);
    let mut next = || parts.next().unwrap_or_default();
    let (head, accept, destination, known) = (next(), next(), next(), next());
    let sandbox = Sandbox::builder("demo".parse().expect("an app"))
        .widget("https://widget.example".parse().expect("an origin"))
        .build()
        .expect("a sandbox");
    let Ok(compiled) = sandbox.compile(Snippets::head(head.to_vec())) else {
        return;
    };
    let page = compiled.page();
    let restored = sandbox.restore(&page.to_bytes().into()).expect("it is complete");
    assert!(sandbox.restore(&Bytes::copy_from_slice(head)).is_err());
    let request = Request::get("/s/demo")
        .header("accept-encoding", accept)
        .header("sec-fetch-dest", destination)
        .header("if-none-match", known)
        .body(());
    // An invalid header value.
    let Ok(request) = request else { return };
    let response = page.respond(&request);
    let again = restored.respond(&request);
    assert_eq!((response.headers(), response.body()), (again.headers(), again.body()));
    let csp = response.headers().get("content-security-policy").expect("a policy");
    assert!(csp.as_bytes().starts_with(b"sandbox"));
    match response.status() {
        StatusCode::OK => is_the_document(page, &response),
        StatusCode::NOT_MODIFIED => assert!(response.body().is_empty()),
        StatusCode::FORBIDDEN => assert_ne!(destination.trim_ascii(), b"iframe"),
        status => panic!("{status}"),
    }
});

fn is_the_document(page: &Page, response: &Response<Bytes>) {
    let body = &response.body()[..];
    let encoding = response.headers().get("content-encoding").map(|value| value.as_bytes());
    let mut text = Vec::new();
    match encoding {
        None => text.extend(body),
        Some(b"gzip") => {
            flate2::read::GzDecoder::new(body).read_to_end(&mut text).expect("it is gzip");
        }
        Some(b"br") => {
            brotli::Decompressor::new(body, 4096).read_to_end(&mut text).expect("it is brotli");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(text[..], page.html()[..]);
}

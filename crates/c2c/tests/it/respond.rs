use std::io::Read as _;

use bytes::Bytes;
use c2c::{Page, Snippets};
use http::{Response, StatusCode};

use crate::{CODE, builder, get, page, request};

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

fn etag(page: &Page) -> String {
    header(&page.respond(&get(&[])), "etag").to_owned()
}

#[test]
fn the_document_has_the_code_and_every_header() {
    let page = page();
    let response = page.respond(&get(&[("sec-fetch-dest", "iframe")]));
    assert_eq!(response.status(), StatusCode::OK);
    let text = std::str::from_utf8(response.body()).expect("text");
    assert!(text.contains(CODE) && text.contains("data-app=\"demo\""));
    let csp = "sandbox allow-scripts; frame-ancestors https://widget.example; form-action 'none'";
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", csp),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("vary", "accept-encoding, sec-fetch-dest"),
        ("cache-control", "no-cache"),
        ("content-encoding", ""),
    ] {
        assert_eq!(header(&response, name), value, "{name}");
    }
    assert!(header(&response, "permissions-policy").contains("camera=()"));
    assert_eq!(header(&response, "content-length"), text.len().to_string());
    assert_eq!(page.html(), response.body());
    assert_eq!(page.headers(), response.headers());
}

/// The body in one of the encodings, decoded.
fn decoded(page: &Page, accept: &str, encoding: &str) -> Vec<u8> {
    let response = page.respond(&get(&[("accept-encoding", accept)]));
    assert_eq!(header(&response, "content-encoding"), encoding);
    assert_eq!(header(&response, "content-length"), response.body().len().to_string());
    let mut text = Vec::new();
    match encoding {
        "gzip" => flate2::read::GzDecoder::new(&**response.body()).read_to_end(&mut text),
        "br" => brotli::Decompressor::new(&**response.body(), 4096).read_to_end(&mut text),
        _ => (&**response.body()).read_to_end(&mut text),
    }
    .expect(encoding);
    text
}

#[test]
fn encodings_decode_to_the_same_bytes() {
    for size in [0, 1, 5_000, 200_000] {
        let text: String = "<p class=\"a\">$& é 😀</p>\r\n".chars().cycle().take(size).collect();
        let text = format!("<!--{text}-->");
        let sandbox = builder().build().expect("a sandbox");
        let page = sandbox
            .compile(Snippets { head: text.clone().into(), body_end: text.into() })
            .expect("comments");
        let page = page.page();
        for (accept, encoding) in
            [("br;q=0", ""), ("gzip", "gzip"), ("gzip, deflate, br, zstd", "br")]
        {
            assert_eq!(decoded(page, accept, encoding), page.html().to_vec(), "{size}, {encoding}");
        }
    }
}

#[test]
fn each_encoding_has_a_tag_of_its_own() {
    let page = page();
    let tags = ["", "gzip", "br"].map(|accept| {
        let response = page.respond(&get(&[("accept-encoding", accept)]));
        header(&response, "etag").to_owned()
    });
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "strong: {tags:?}");
}

#[test]
fn the_tag_changes_with_every_byte() {
    let text = "<p>hello</p>";
    let sandbox = builder().build().expect("a sandbox");
    let tag = |head: &str, body_end: &str| {
        let snippets =
            Snippets { head: head.to_owned().into(), body_end: body_end.to_owned().into() };
        etag(sandbox.compile(snippets).expect("it is contained").page())
    };
    let mut tags = vec![tag(text, ""), tag("", text)];
    for at in text.char_indices().filter(|(_, char)| char.is_alphabetic()).map(|(at, _)| at) {
        let changed = format!("{}X{}", &text[..at], &text[at..]);
        tags.extend([tag(&changed, ""), tag("", &changed)]);
    }
    let count = tags.len();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), count);
    assert_eq!(tag(text, ""), tag(text, ""));
}

#[test]
fn head_has_the_headers_and_no_body() {
    let page = page();
    let response = page.respond(&request("HEAD", &[]));
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.body().is_empty());
    assert_eq!(response.headers(), page.respond(&get(&[])).headers());
}

#[test]
fn who_has_the_document_gets_304() {
    let page = page();
    let tag = etag(&page);
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let response = page.respond(&get(&[("if-none-match", &known)]));
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert!(response.body().is_empty() && header(&response, "content-length").is_empty());
        assert_eq!(header(&response, "etag"), tag);
        assert!(header(&response, "content-security-policy").starts_with("sandbox"));
    }
    let two = [("if-none-match", "\"a, b\""), ("if-none-match", tag.as_str())];
    assert_eq!(page.respond(&get(&two)).status(), StatusCode::NOT_MODIFIED);
    let bare = tag.trim_matches('"');
    for other in [
        "\"x\"",
        "nonsense",
        "",
        "\"",
        "\"x+, \"y\"",
        "\"a b\"",
        "\"a,*,b\"",
        "\"x\", *",
        bare,
        &format!("w/{tag}"),
        &format!("{tag}{tag}"),
        &format!("\"a, {bare}\""),
    ] {
        let response = page.respond(&get(&[("if-none-match", other)]));
        assert_eq!(response.status(), StatusCode::OK, "{other}");
    }
    // The tag belongs to another encoding.
    let response = page.respond(&get(&[("if-none-match", &tag), ("accept-encoding", "br")]));
    assert_eq!(response.status(), StatusCode::OK);
}

#[test]
fn the_tag_covers_the_policy() {
    let other = builder().ancestor("https://shop.example".parse().expect("an ancestor"));
    let other = other.build().expect("a sandbox").compile(Snippets::head(CODE)).expect("code");
    let other = other.page();
    assert_eq!(page().html(), other.html());
    assert_ne!(etag(&page()), etag(other));
    assert_eq!(etag(&page()), etag(&page()));
}

#[test]
fn it_opens_in_frames_only() {
    let page = page();
    for destinations in
        [&["document"][..], &["empty"], &["frame"], &["embed"], &["iframe", "document"], &[""]]
    {
        let headers: Vec<_> = destinations.iter().map(|value| ("sec-fetch-dest", *value)).collect();
        let response = page.respond(&get(&headers));
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{destinations:?}");
        assert_eq!(header(&response, "vary"), "sec-fetch-dest");
        assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
        assert!(!response.body().windows(6).any(|part| part == b"send()"));
    }
    // The client sends no `Sec-Fetch-Dest`: the other headers still protect the document.
    assert_eq!(page.respond(&get(&[])).status(), StatusCode::OK);
}

#[test]
fn other_methods_are_rejected() {
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let response = page().respond(&request(method, &[]));
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(header(&response, "allow"), "GET, HEAD");
    }
}

#[test]
fn a_preview_is_not_stored() {
    let page = page().not_stored();
    for accept in ["", "gzip", "br"] {
        let response = page.respond(&get(&[("accept-encoding", accept)]));
        assert_eq!(header(&response, "cache-control"), "no-store", "{accept}");
    }
}

//! Requests whose end is a matter of opinion: of two servers in a row, one could take for a second
//! request what the other took for a body. The server refuses them or closes the connection, and never
//! answers what is inside.

use crate::client::{Connection, Fixture, PATIENCE, To, request, statuses};

/// A request that is refused, and what must not be taken for one.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) bytes: String,
    /// The status of the only answer.
    status: u16,
}

/// The request inside: it would get 200.
fn inside(host: &str) -> String {
    request("GET", "/s/demo", &[&format!("host: {host}")], "")
}

/// A request to the sandbox's host that would be 405 if it were a good one.
fn outer(host: &str, start: &str, fields: &[&str], body: &str) -> String {
    let host = format!("host: {host}");
    [&[start, &host], fields, &["", body]].concat().join("\r\n")
}

/// All shapes. Both doors read heads in the same way.
pub(crate) fn shapes(host: &str) -> Vec<Shape> {
    const POST: &str = "POST /s/demo HTTP/1.1";
    const CHUNKED: &str = "transfer-encoding: chunked";
    let inside = inside(host);
    let length = format!("content-length: {}", 5 + inside.len());
    let in_chunk = format!("{:x}\r\n{inside}\r\n0\r\n\r\n", inside.len());
    let after_end = format!("0\r\n\r\n{inside}");
    let after_word = format!("hello{inside}");
    let mut shapes = Vec::new();
    let mut add = |status, start: &str, fields: &[&str], body: &str| {
        shapes.push(Shape { bytes: outer(host, start, fields, body), status });
    };
    // Two ways to tell the length. The server takes the chunks, and closes (RFC 9112, section 6.1).
    add(405, POST, &["content-length: 6", CHUNKED], "0\r\n\r\nG");
    add(405, POST, &[&length, CHUNKED], &after_end);
    add(405, POST, &[CHUNKED, &length], &after_end);
    add(405, POST, &[CHUNKED, "content-length: 4"], &in_chunk);
    add(405, POST, &["content-length: 0", CHUNKED], &in_chunk);
    // Codings that only some servers know, or know to be `chunked`.
    for coding in [
        "chunked, identity",
        "xchunked",
        "x",
        "\x0bchunked",
        "\"chunked\"",
        "",
        "chunked,",
        "chunked;q=1",
    ] {
        let coding = format!("transfer-encoding: {coding}");
        add(400, POST, &[&coding], &after_end);
        add(400, POST, &[&coding, "content-length: 5"], &after_end);
    }
    add(400, POST, &[CHUNKED, "transfer-encoding: identity"], &after_end);
    add(400, POST, &["transfer-encoding : chunked"], &after_end);
    add(400, POST, &["transfer-encoding\t: chunked", "content-length: 5"], &after_end);
    add(400, "POST /s/demo HTTP/1.0", &[CHUNKED], &after_end);
    for coding in ["chunked, chunked", "identity, chunked", "gzip, chunked", ", chunked"] {
        add(501, POST, &[&format!("transfer-encoding: {coding}")], &after_end);
    }
    add(501, POST, &["transfer-encoding: gzip", CHUNKED], &after_end);
    // Lengths that are no number, or two.
    for number in
        ["+5", "-5", "-0", "0x5", "5.0", "5e0", "5 5", "5, 6", "5, 5", "5;", "", "5\x0b", "a"]
    {
        add(400, POST, &[&format!("content-length: {number}")], &after_word);
    }
    add(400, POST, &["content-length: 18446744073709551621"], &after_word);
    add(400, POST, &["content-length: 5", "content-length: 6"], &after_word);
    add(400, POST, &["content-length: 0", "content-length: 5"], &after_word);
    // Fields that only some servers see.
    for field in [
        "content-length : 5",
        "content-length\t: 5",
        " content-length: 5",
        "content-length 5",
        "x: y\r\n content-length: 5",
        "x: y\r\n\tcontent-length: 5",
        "content-length:\r\n 5",
        "x: y\rcontent-length: 5",
        "x: y\0content-length: 5",
        "x\0y: content-length",
        ": 5",
        "con tent-length: 5",
        "content-length\u{a0}: 5",
    ] {
        add(400, POST, &[field], &after_word);
    }
    // Start lines. There is nothing inside: the length is a good one.
    for start in [
        "POST /s/demo HTTP/1.2",
        "POST /s/demo HTTP/2.0",
        "POST /s/demo http/1.1",
        "POST /s/demo HTTP/1.1 ",
        "POST  /s/demo HTTP/1.1",
        "POST /s/demo\tHTTP/1.1",
        "POST /s/demo",
        " POST /s/demo HTTP/1.1",
        "POST /s/demo HTTP/1.1\r",
        "P(ST /s/demo HTTP/1.1",
    ] {
        add(400, start, &["content-length: 5"], "hello");
    }
    shapes
}

/// Sends bytes, and returns the statuses of all answers until the server closes.
async fn answers(fixture: &Fixture, to: To, bytes: &str) -> Vec<u16> {
    let mut connection = fixture.connect(to).await;
    // The server may close before it has read everything.
    let _ = connection.try_send(bytes.as_bytes()).await;
    let answers = connection.closed_within(PATIENCE).await;
    statuses(&answers.unwrap_or_else(|| panic!("not closed after {bytes:?}")))
}

#[tokio::test]
async fn nothing_inside_a_refused_request_is_answered() {
    let fixture = Fixture::start().await;
    for Shape { bytes, status } in shapes(fixture.host(To::Sandbox)) {
        assert_eq!(answers(&fixture, To::Sandbox, &bytes).await, [status], "{bytes:?}");
    }
    // The request inside is a good one.
    let inside = inside(fixture.host(To::Sandbox));
    let mut connection = fixture.connect(To::Sandbox).await;
    connection.send(&inside).await;
    assert_eq!(connection.reply("GET").await.status, 200);
}

/// The same lengths and line ends are accepted where all servers agree about them.
#[tokio::test]
async fn a_body_is_not_taken_for_a_request() {
    let fixture = Fixture::start().await;
    let host = fixture.host(To::Sandbox);
    let inside = inside(host);
    let length = format!("content-length: {}", inside.len());
    let zeros = format!("content-length: 000{}", inside.len());
    let chunk = format!("{:X}\r\n{inside}\r\n0\r\n\r\n", inside.len());
    let post = "POST /s/demo HTTP/1.1";
    for (start, fields, body, status) in [
        (post, &[&*length][..], &inside, 405),
        (post, &[&*length, &length], &inside, 405),
        (post, &[&*zeros], &inside, 405),
        (post, &["transfer-encoding: Chunked"], &chunk, 405),
        ("GET /s/none HTTP/1.1", &[&*length], &inside, 404),
    ] {
        let first = outer(host, start, fields, body);
        let last = request("GET", "/s/last", &[&format!("host: {host}"), "connection: close"], "");
        let answers = answers(&fixture, To::Sandbox, &(first.clone() + &last)).await;
        // The server may close instead of reading the body. It never answers 200.
        assert!(answers == [status, 404] || answers == [status], "{answers:?} to {first:?}");
    }
    let bare = format!("GET /s/demo HTTP/1.1\nhost: {host}\nconnection: close\n\n");
    assert_eq!(answers(&fixture, To::Sandbox, &bare).await, [200]);
}

/// A request of the console with the body `{"name": "Made"}` in chunks, and another request after it.
async fn created(fixture: &Fixture, chunks: &str) -> Vec<u16> {
    let host = format!("host: {}", fixture.host(To::Console));
    let origin = format!("origin: {}", fixture.origin(To::Console));
    let fields = [&*host, &origin, "content-type: application/json", "transfer-encoding: chunked"];
    let last = request("GET", "/api/apps", &[&host, "connection: close"], "");
    let bytes = request("POST", "/api/apps", &fields, "") + chunks + &last;
    answers(fixture, To::Console, &bytes).await
}

#[tokio::test]
async fn a_body_of_malformed_chunks_is_refused() {
    let fixture = Fixture::start().await;
    let json = r#"{"name": "Made"}"#;
    for good in [
        format!("10\r\n{json}\r\n0\r\n\r\n"),
        format!("010\r\n{json}\r\n000\r\n\r\n"),
        format!("8\r\n{}\r\n8\r\n{}\r\n0\r\n\r\n", &json[..8], &json[8..]),
        format!("10;a=b;c\r\n{json}\r\n0;d\r\n\r\n"),
        format!("10\r\n{json}\r\n0\r\nhost: evil.example\r\ncontent-length: 5\r\n\r\n"),
    ] {
        assert_eq!(created(&fixture, &good).await, [201, 200], "{good:?}");
    }
    for bad in [
        format!("0x10\r\n{json}\r\n0\r\n\r\n"),
        format!("+10\r\n{json}\r\n0\r\n\r\n"),
        format!("-10\r\n{json}\r\n0\r\n\r\n"),
        format!("10_\r\n{json}\r\n0\r\n\r\n"),
        format!("1 0\r\n{json}\r\n0\r\n\r\n"),
        format!("\r\n{json}\r\n0\r\n\r\n"),
        format!("10000000000000010\r\n{json}\r\n0\r\n\r\n"),
        format!("10\n{json}\r\n0\r\n\r\n"),
        format!("10\r{json}\r\n0\r\n\r\n"),
        format!("10;a\n{json}\r\n0\r\n\r\n"),
        format!("10\r\n{json}0\r\n\r\n"),
        format!("10\r\n{json}\n0\r\n\r\n"),
        format!("10\r\n{json}xx0\r\n\r\n"),
        format!("f\r\n{json}\r\n0\r\n\r\n"),
        format!("11\r\n{json}\r\n0\r\n\r\n"),
        format!("10\r\n{json}\r\n0\r\nGET /api/apps HTTP/1.1\r\n\r\n"),
        format!("10;{}\r\n{json}\r\n0\r\n\r\n", "x".repeat(100_000)),
    ] {
        let answers = created(&fixture, &bad).await;
        assert!(answers == [400] || answers == [413] || answers.is_empty(), "{answers:?}: {bad:?}");
    }
}

#[tokio::test]
async fn a_host_has_one_spelling() {
    let fixture = Fixture::start().await;
    for (to, target) in [(To::Console, "/api/apps"), (To::Sandbox, "/s/demo")] {
        let host = fixture.host(to).to_owned();
        let (name, port) = host.rsplit_once(':').expect("a port");
        let status = async |host: &str| {
            let mut connection = fixture.connect(to).await;
            connection.send(&request("GET", target, &[&format!("host:{host}")], "")).await;
            connection.status().await
        };
        for same in [host.clone(), host.to_uppercase(), format!(" {host}"), format!("\t{host} \t")]
        {
            assert_eq!(status(&same).await, Some(200), "{same:?}");
        }
        for other in [
            name.to_owned(),
            format!("{name}:"),
            format!("{name}:0{port}"),
            format!("{name}:+{port}"),
            format!("{name}:{port}:80"),
            format!("{name}:{port}0"),
            format!("{name}.:{port}"),
            format!("{name}..:{port}"),
            format!(".{host}"),
            format!("x{host}"),
            format!("x.{host}"),
            format!("a@{host}"),
            format!("{host}@evil.example"),
            format!("a:b@{host}"),
            format!("{host}/"),
            format!("{host}?x"),
            format!("{host}#"),
            format!("{host},evil.example"),
            format!("{host} evil.example"),
            format!("http://{host}"),
            format!("//{host}"),
            format!("[{name}]:{port}"),
            format!("[::1]:{port}"),
            format!("[::ffff:127.0.0.1]:{port}"),
            format!("::1:{port}"),
            format!("127.1:{port}"),
            format!("0x7f.1:{port}"),
            format!("2130706433:{port}"),
            format!("0:{port}"),
            format!("%6cocalhost:{port}"),
            format!("\u{ff4c}ocalhost:{port}"),
            format!("\"{host}\""),
            String::new(),
        ] {
            let status = status(&other).await;
            assert!(matches!(status, Some(400 | 421)), "{status:?} for {other:?}");
        }
    }
}

/// A target in absolute form overrides the header (RFC 9112, section 3.2.2), so both must agree.
#[tokio::test]
async fn an_absolute_target_that_disagrees_is_misdirected() {
    let fixture = Fixture::start().await;
    let host = fixture.host(To::Sandbox);
    let widget = fixture.host(To::Widget);
    let status = async |target: &str, host: &str| {
        let mut connection: Connection = fixture.connect(To::Sandbox).await;
        connection.send(&request("GET", target, &[&format!("host: {host}")], "")).await;
        connection.status().await
    };
    let same = format!("http://{host}/s/demo");
    assert_eq!(status(&same, host).await, Some(200));
    assert_eq!(status(&same.to_uppercase().replace("/S/DEMO", "/s/demo"), host).await, Some(200));
    for (target, header) in [
        (same.clone(), widget),
        (format!("http://{widget}/s/demo"), host),
        (format!("http://evil.example/s/demo?http://{host}"), host),
        (format!("http://a@{host}/s/demo"), host),
        (format!("http://{host}@evil.example/s/demo"), host),
        (format!("http://{host}.evil.example/s/demo"), host),
        (format!("{host}/s/demo"), host),
    ] {
        let status = status(&target, header).await;
        assert!(matches!(status, Some(400 | 421)), "{status:?} for {target} with {header}");
    }
}

//! Servers that hang, lie, or answer with too much.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use serde_json::json;

use super::stand_in::{StandIn, answer, json_answer, problem, usual};
use crate::run::Directory;

const ALL: [&[&str]; 5] = [
    &["pull"],
    &["status"],
    &["push"],
    &["publish", "--note", ""],
    &["rollback", "1", "--note", ""],
];

/// Checks the sentence for a server whose answers are all the same.
#[track_caller]
fn check(test: &str, bytes: Option<Vec<u8>>, expected: &Expect) {
    check_within("60", test, bytes, expected);
}

/// The same with a time limit, in seconds.
#[track_caller]
fn check_within(timeout: &str, test: &str, bytes: Option<Vec<u8>>, expected: &Expect) {
    let directory = Directory::new(test);
    let server = StandIn::with_folder(&directory, move |_| bytes.clone());
    let mut sentences = Vec::new();
    for arguments in ALL {
        let run = directory.c2c(&[arguments, &["--timeout", timeout]].concat(), "");
        assert_eq!(run.code, 2, "{}", run.stderr);
        sentences.push(run.stderr.replace(&server.origin, "SERVER"));
    }
    sentences.dedup();
    expected.assert_eq(&sentences.concat());
    assert_eq!(directory.read("head.html"), "<b>1</b>\n");
}

#[test]
fn another_machine_is_refused() {
    let directory = Directory::new("other-machine");
    for origin in
        ["http://c2c.example", "http://127.0.0.1.example", "http://10.0.0.1", "http://0.0.0.0"]
    {
        let run = directory.c2c(&["pull", "--server", origin, "--app", "demo"], "");
        assert_eq!(run.code, 2);
        assert!(
            run.stderr.contains("is another machine, so its address has to begin with https://"),
            "{}",
            run.stderr
        );
        directory.write("head.html", "").write("body-end.html", "");
        directory.write("c2c.toml", format!("server = \"{origin}\"\napp = \"demo\"\n"));
        for arguments in ALL {
            let run = directory.c2c(arguments, "");
            assert_eq!(run.code, 2);
            assert!(run.stderr.contains("is another machine"), "{}", run.stderr);
        }
        std::fs::remove_file(directory.path("c2c.toml")).expect("it is ours");
    }
}

#[test]
fn no_proxy_gets_a_request() {
    let directory = Directory::new("proxy");
    let proxy = StandIn::new(|_| answer("200 OK", "text/html", "a proxy"));
    let _server = StandIn::with_folder(&directory, |line| usual(line, "x"));
    let variables = [("http_proxy", proxy.origin.as_str()), ("ALL_PROXY", proxy.origin.as_str())];
    let run = directory.c2c_with(&variables, &["status"], "");
    assert_eq!((run.code, run.stderr.as_str()), (3, ""));
    assert_eq!(proxy.requests(), Vec::<String>::new());
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = StandIn::new(|_| answer("200 OK", "text/html", "elsewhere"));
    let location =
        format!("HTTP/1.1 307 x\r\nlocation: {}/\r\ncontent-length: 0\r\n\r\n", elsewhere.origin);
    check(
        "redirect",
        Some(location.into_bytes()),
        &expect![[r#"
        error: SERVER answered with status 307 and no media type, not with JSON of the API: use the address of the console that c2c-server prints at its start
    "#]],
    );
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let directory = Directory::new("not-there");
    let free = format!("127.0.0.1:{}", c2c_ports::free().expect("a port"));
    let run = directory.c2c(&["pull", "--server", &format!("http://{free}"), "--app", "a"], "");
    assert_eq!(run.code, 2);
    expect![[r#"
        error: cannot reach http://ADDRESS (the connection is refused): is c2c-server running there?
    "#]]
    .assert_eq(&run.stderr.replace(&free, "ADDRESS"));
    assert!(!directory.path("c2c.toml").exists());
}

#[test]
fn a_server_that_hangs_is_given_up() {
    let start = Instant::now();
    check_within(
        "1",
        "hang",
        None,
        &expect![[r#"
        error: SERVER did not answer within 1 s (`--timeout` sets another limit)
    "#]],
    );
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[test]
fn answers_of_something_else_are_explained() {
    check(
        "html",
        answer("200 OK", "text/html; charset=utf-8", "<h1>It works!</h1>"),
        &expect![[r#"
            error: SERVER answered with status 200 and text/html, not with JSON of the API: use the address of the console that c2c-server prints at its start
        "#]],
    );
    check(
        "plain",
        answer("421 Misdirected", "text/plain", "\x1b[31mno"),
        &expect![[r#"
        error: SERVER answered with status 421 and text/plain, not with JSON of the API: use the address of the console that c2c-server prints at its start
    "#]],
    );
    check(
        "garbage",
        Some(b"\x1b[31mSSH-2.0\r\n\r\n".to_vec()),
        &expect![[r#"
        error: the answer of SERVER broke off or is not HTTP (protocol: http parse fail: invalid HTTP version)
    "#]],
    );
    check(
        "nothing",
        Some(Vec::new()),
        &expect![[r#"
        error: the answer of SERVER broke off or is not HTTP (io: Peer disconnected)
    "#]],
    );
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n";
    check(
        "cut",
        Some(format!("{head}{{").into_bytes()),
        &expect![[r#"
        error: the answer of SERVER broke off or is not HTTP (io: Peer disconnected)
    "#]],
    );
}

#[test]
fn answers_that_the_api_does_not_have_are_explained() {
    check(
        "types",
        json_answer(&json!({"name": 1})),
        &expect![[r#"
        error: the answer of SERVER is not as the API describes it (invalid type: integer `1`, expected a string at line 1 column 9): is it of another version?
    "#]],
    );
    check(
        "no-json",
        answer("200 OK", "application/json", "{{"),
        &expect![[r#"
        error: the answer of SERVER is not as the API describes it (key must be a string at line 1 column 2): is it of another version?
    "#]],
    );
    let deep = format!("{{\"name\": {}", "[".repeat(1_000_000));
    check(
        "deep",
        answer("200 OK", "application/json", deep),
        &expect![[r#"
        error: the answer of SERVER is not as the API describes it (invalid type: sequence, expected a string at line 1 column 9): is it of another version?
    "#]],
    );
    check(
        "no-problem",
        problem("404 Not Found", &json!({"error": "\x1b"})),
        &expect![[r#"
        error: the answer of SERVER is not as the API describes it (missing field `status` at line 1 column 18): is it of another version?
    "#]],
    );
}

#[test]
fn a_server_that_is_busy_says_when_to_try_again() {
    let body = json!({
        "status": 503, "code": "database-unavailable", "title": "Service Unavailable",
        "detail": "the database cannot be reached",
    });
    let wait = |seconds: &str| {
        let bytes = problem("503 Service Unavailable", &body).expect("an answer");
        let text = String::from_utf8(bytes).expect("text");
        Some(text.replace("\r\n\r\n", &format!("\r\nretry-after: {seconds}\r\n\r\n")).into_bytes())
    };
    check(
        "busy",
        wait("5"),
        &expect![[r#"
        error: the server cannot answer now: the database cannot be reached. Try again in 5 s
    "#]],
    );
    for (test, seconds) in
        [("busy-date", "Fri, 31 Dec 1999 23:59:59 GMT"), ("busy-long", "99999999999")]
    {
        check(
            test,
            wait(seconds),
            &expect![[r#"
            error: the server cannot answer now: the database cannot be reached. Try again later
        "#]],
        );
    }
    check(
        "busy-html",
        answer("503 x", "text/html", "<h1>503"),
        &expect![[r#"
        error: the server cannot answer now: it is overloaded or starting. Try again later
    "#]],
    );
}

#[test]
fn a_huge_answer_is_not_read() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    let huge = [head.as_bytes(), "x".repeat(20_000_000).as_bytes()].concat();
    check(
        "huge",
        Some(huge),
        &expect![[r#"
        error: the answer of SERVER has more than 8388608 bytes, which no answer of the API has
    "#]],
    );
    let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(1_000_000));
    check(
        "huge-head",
        Some(head.into_bytes()),
        &expect![[r#"
        error: the answer of SERVER broke off or is not HTTP (its head is too large)
    "#]],
    );
}

#[test]
fn a_snippet_that_no_server_stores_is_not_written() {
    let directory = Directory::new("huge-snippet");
    let _server = StandIn::with_folder(&directory, |line| {
        if !line.ends_with("/draft") {
            return usual(line, "x");
        }
        let head = "x".repeat(256 * 1024 + 1);
        let draft =
            json!({"version": 2, "savedAt": "", "savedBy": "", "head": head, "bodyEnd": ""});
        json_answer(&draft)
    });
    let run = directory.c2c(&["pull"], "");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("a snippet has 262145 bytes; at most 262144 are stored"),
        "{}",
        run.stderr
    );
    assert_eq!(directory.read("head.html"), "<b>1</b>\n");
}

#[test]
fn a_write_without_an_answer_is_in_doubt() {
    let directory = Directory::new("doubt");
    let server = StandIn::with_folder(&directory, |line| {
        if line.starts_with("get") { usual(line, "x") } else { None }
    });
    directory.write("head.html", "<b>2</b>\n");
    let run = directory.c2c(&["push", "--timeout", "1"], "");
    assert_eq!(run.code, 2);
    expect![[r#"
        error: SERVER did not answer within 1 s (`--timeout` sets another limit). It is not known whether the server did it: `c2c status` shows it
    "#]].assert_eq(&run.stderr.replace(&server.origin, "SERVER"));
}

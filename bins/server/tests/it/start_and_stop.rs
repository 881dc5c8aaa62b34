//! The program: its output, its errors and its end.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use c2c_server::Limits;
use tempfile::TempDir;

use crate::program::{FREE_PORTS, PROGRAM, addresses, command, command_within, port, signal};

/// Runs a program that cannot start.
fn failure(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command(data).args(arguments).output().expect("runs");
    (status.code(), String::from_utf8(stderr).expect("UTF-8"))
}

#[test]
fn without_settings_it_prints_four_addresses_on_four_hosts() {
    let data = TempDir::new().expect("a directory");
    let folder = data.path().join("new");
    let mut child = command(&folder).args(FREE_PORTS).spawn().expect("starts");
    let addresses = addresses(&mut child);
    let labels: Vec<&str> = addresses.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["console", "parent", "widget", "sandbox"]);
    let hosts: Vec<&str> =
        addresses.iter().map(|(_, url)| url.split(['/', ':']).nth(3).expect("a host")).collect();
    assert_eq!(hosts, ["127.0.0.1", "localhost", "widget.localhost", "sandbox.localhost"]);
    signal(&child, "-INT");
    assert!(child.wait().expect("ends").success());
    assert!(folder.join("c2c.db").exists());
    // Other users of the machine read nothing of it.
    let mode = fs::metadata(&folder).expect("a folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_request_in_flight_is_answered_before_the_end() {
    let data = TempDir::new().expect("a directory");
    // A port that no other test gets, also not when the server is gone.
    let listen = format!("127.0.0.1:{}", c2c_ports::free().expect("a port"));
    let ports = ["--console-listen", &listen, FREE_PORTS[2], FREE_PORTS[3]];
    let mut child = command(data.path()).args(ports).spawn().expect("starts");
    let addresses = addresses(&mut child);
    let console = addresses[0].1.trim_end_matches('/').to_owned();
    let body = r#"{"name": "In flight"}"#;
    let (first, second) = body.split_at(5);

    let mut stream = TcpStream::connect(("127.0.0.1", port(&console))).expect("connects");
    let host = console.trim_start_matches("http://");
    let length = body.len();
    // The server has read the head and is busy with this request once it asks for the body.
    write!(
        stream,
        "POST /api/apps HTTP/1.1\r\nhost: {host}\r\norigin: {console}\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    .expect("written");
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    stream.write_all(first.as_bytes()).expect("written");

    signal(&child, "-TERM");
    let mut stopping = String::new();
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    while !stopping.contains("stopping") {
        assert!(stderr.read_line(&mut stopping).expect("a line") > 0, "{stopping}");
    }
    stream.write_all(second.as_bytes()).expect("written");
    let mut rest = String::new();
    reader.read_to_string(&mut rest).expect("an answer");
    assert!(rest.contains("HTTP/1.1 201 Created") && rest.contains("In flight"), "{rest}");
    assert!(child.wait().expect("ends").success());
    assert!(TcpStream::connect(("127.0.0.1", port(&console))).is_err(), "still listening");
}

#[test]
fn what_was_saved_is_there_after_a_restart() {
    let data = TempDir::new().expect("a directory");
    for _ in 0..2 {
        let mut child = command(data.path()).args(FREE_PORTS).spawn().expect("starts");
        let addresses = addresses(&mut child);
        let mut stream =
            TcpStream::connect(("127.0.0.1", port(&addresses[0].1))).expect("connects");
        let host = addresses[0].1.split('/').nth(2).expect("a host");
        write!(stream, "GET /api/apps HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
            .expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert_eq!(answer.matches("\"id\":\"demo\"").count(), 1, "{answer}");
        signal(&child, "-TERM");
        assert!(child.wait().expect("ends").success());
    }
}

#[test]
fn what_prevents_the_start_is_said_in_one_line() {
    let data = TempDir::new().expect("a directory");
    let check = |data: &Path, arguments: &[&str], parts: &[&str]| {
        let (code, stderr) = failure(data, arguments);
        assert_eq!((code, stderr.lines().count()), (Some(1), 1), "{stderr}");
        for part in parts {
            assert!(stderr.contains(part), "{stderr} does not say {part:?}");
        }
    };

    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    check(
        data.path(),
        &["--console-listen", &taken],
        &["cannot listen on", &taken, "--console-listen"],
    );
    let pages = ["--console-listen", "127.0.0.1:0", "--pages-listen", &taken];
    check(data.path(), &pages, &["cannot listen on", &taken, "--pages-listen"]);

    let file = data.path().join("file");
    fs::write(&file, "not a directory").expect("written");
    check(&file, &FREE_PORTS, &["cannot use the data directory", "--data-dir"]);

    let broken = data.path().join("broken");
    fs::create_dir(&broken).expect("made");
    fs::write(broken.join("c2c.db"), "this is not a database, only text".repeat(100))
        .expect("written");
    check(&broken, &FREE_PORTS, &["cannot use the database", "c2c.db", "not a database"]);

    // Its password is in no message.
    let gone = "postgres://anna:secret@127.0.0.1:1/c2c";
    let (code, stderr) = failure(data.path(), &[&FREE_PORTS[..], &["--database", gone]].concat());
    assert_eq!((code, stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("cannot use the database postgres://127.0.0.1:1/c2c: "), "{stderr}");
    assert!(!stderr.contains("secret"), "{stderr}");

    let open = [&["--console-listen", "0.0.0.0:0"], &FREE_PORTS[2..]].concat();
    check(data.path(), &open, &["0.0.0.0:0", "loopback"]);

    for setting in ["--cdn-seconds", "--purge-authorization"] {
        let without = [&FREE_PORTS[..], &[setting, "5"]].concat();
        check(data.path(), &without, &[setting, "needs --purge-url <URL>"]);
    }

    let without = [&FREE_PORTS[..], &["--otlp-authorization", "secret"]].concat();
    check(data.path(), &without, &["--otlp-authorization needs --otlp-endpoint <URL>"]);

    for public in ["0.0.0.0:0", "[::]:0", "9.9.9.9:0"] {
        let admin = [&FREE_PORTS[..], &["--admin-listen", public]].concat();
        check(data.path(), &admin, &["--admin-listen", public, "no login", "private network"]);
    }
    let admin = [&FREE_PORTS[..], &["--admin-listen", &taken]].concat();
    check(data.path(), &admin, &["cannot listen on", &taken, "--admin-listen"]);

    let shared = [&FREE_PORTS[..], &["--widget-origin", "http://localhost:9"]].concat();
    check(
        data.path(),
        &shared,
        &["--parent-origin", "--widget-origin", "localhost", "cookies ignore ports"],
    );

    let site =
        ["--widget-origin", "https://w.shop.example", "--sandbox-origin", "https://shop.example"];
    let site = [&FREE_PORTS[..], &site].concat();
    check(
        data.path(),
        &site,
        &["--sandbox-origin shop.example", "--widget-origin w.shop.example", "one site"],
    );

    for (setting, other, explanation) in [
        ("--widget-origin", "https://usercontent.example", "is among them"),
        ("--parent-origin", "https://widget.usercontent.example", "is among them"),
        ("--parent-origin", "https://a.b.usercontent.example", "is among them"),
        ("--widget-origin", "https://example", "one site"),
    ] {
        let among = ["--sandbox-origin", "https://*.usercontent.example", setting, other];
        let explanation = ["--sandbox-origin", setting, explanation];
        check(data.path(), &[&FREE_PORTS[..], &among].concat(), &explanation);
    }
    // Each subdomain of it is a site of its own, but one of them is the widget's.
    let local = [&FREE_PORTS[..], &["--sandbox-origin", "http://*.localhost:9"]].concat();
    check(data.path(), &local, &["--sandbox-origin http://*.localhost:9", "is among them"]);

    let v6 = [&["--console-listen", "[::1]:0"], &FREE_PORTS[2..]].concat();
    check(data.path(), &v6, &["--console-origin", "IPv6"]);

    let unnameable = [&FREE_PORTS[..], &["--sandbox-origin", "http://[::1]:9"]].concat();
    check(data.path(), &unnameable, &["--sandbox-origin", "IPv6"]);

    for (setting, origin) in [
        ("--console-origin", "https://xn--a.example"),
        ("--parent-origin", "https://xn--a.example"),
        ("--widget-origin", "https://xn--a.example"),
        ("--sandbox-origin", "https://xn--a.example"),
        ("--sandbox-origin", "https://*.xn--a.example"),
    ] {
        let unreadable = [&FREE_PORTS[..], &[setting, origin]].concat();
        check(data.path(), &unreadable, &[setting, "xn--a.example", "invalid international"]);
    }
}

#[test]
fn a_wrong_setting_is_explained() {
    let data = TempDir::new().expect("a directory");
    for (setting, value, explanation) in [
        ("--widget-origin", "widget.example", "must begin with https:// or http://"),
        ("--sandbox-origin", "https://*.[::1]", "a domain, and not an address"),
        ("--sandbox-origin", "https://*.shop.example/s", "no trailing slash"),
        ("--otlp-endpoint", "grpc://collector.example", "must be the address of a collector"),
        ("--otlp-endpoint", "https://collector.example/?a=b", "must be the address of a collector"),
        ("--proxies", "127.0.0.1,10.0.0.0/33", "must be an address, or a network"),
        ("--client-address-header", "x-real-ip", "x-forwarded-for, forwarded"),
        ("--database", "mysql://shop.example/c2c", "must be sqlite:FILE or postgres://"),
        ("--database", "postgres://anna:secret@shop.example", "must be sqlite:FILE or postgres://"),
        ("--database", "c2c.db", "must be sqlite:FILE or postgres://"),
        ("--cache-mib", "x", "invalid digit"),
        ("--log", "c2c_server=loud", "invalid"),
        ("--log-format", "xml", "possible values: text, json"),
    ] {
        let (code, stderr) = failure(data.path(), &[setting, value]);
        assert_eq!(code, Some(2));
        assert!(stderr.contains(explanation) && stderr.contains(setting), "{stderr}");
        assert!(!stderr.contains("secret"), "{stderr}");
    }
}

#[test]
fn too_low_a_limit_of_open_files_prevents_the_start() {
    let data = TempDir::new().expect("a directory");
    let mut child = command_within("-n 100", data.path()).args(FREE_PORTS).spawn().expect("starts");
    if !addresses(&mut child).is_empty() {
        signal(&child, "-TERM");
    }
    let output = child.wait_with_output().expect("ends");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("limit of 100 open files: the least is 128"), "{stderr}");
}

#[test]
fn the_limit_of_open_files_is_raised_and_what_is_missing_is_said() {
    for (limit, warning) in [
        ("-S -n 100", None),
        ("-n 1024", Some("240 connections to the console and 720 to the pages at once, not 1024")),
    ] {
        let data = TempDir::new().expect("a directory");
        let mut child =
            command_within(limit, data.path()).args(FREE_PORTS).spawn().expect("starts");
        assert_eq!(addresses(&mut child).len(), 4, "with {limit}");
        signal(&child, "-TERM");
        let output = child.wait_with_output().expect("ends");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(stderr.contains("open files"), warning.is_some(), "with {limit}: {stderr}");
        assert!(stderr.contains(warning.unwrap_or_default()), "with {limit}: {stderr}");
    }
}

#[test]
fn help_explains_every_setting() {
    let output = Command::new(PROGRAM).arg("--help").output().expect("runs");
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(help.starts_with("Runs customers' code"), "{help}");
    for name in [
        "data-dir",
        "drain-seconds",
        "log",
        "log-format",
        "database",
        "cache-mib",
        "hold-ms",
        "cdn-seconds",
        "purge-url",
        "purge-authorization",
        "admin-listen",
        "console-listen",
        "pages-listen",
        "proxies",
        "client-address-header",
        "console-origin",
        "parent-origin",
        "widget-origin",
        "sandbox-origin",
    ] {
        let variable = format!("C2C_{}", name.replace('-', "_").to_uppercase());
        assert!(help.contains(&format!("--{name}")) && help.contains(&variable), "{name}: {help}");
    }
    let per_client = format!("{} connections", Limits::default().connections_per_client_max);
    assert!(help.contains(&per_client), "{help}");
}

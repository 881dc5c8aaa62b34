//! Texts of the server that try to steer the terminal, or a runner of GitHub.

use serde_json::json;

use super::stand_in::{StandIn, json_answer, problem, usual};
use crate::run::Directory;

/// Escapes, an overlong text, a new line that a runner of GitHub would carry out, and an order of reading.
const STEERING: &str = "\x1b[2J\x1b]0;owned\x07\u{9b}31m\u{202e}\n::error::x\r";

/// Whether a text leaves a terminal, and a runner of GitHub, alone.
#[track_caller]
fn harmless(text: &str) {
    let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!text.contains(steers), "{text:?}");
    let commands = text.lines().filter(|line| line.trim_start().starts_with("::"));
    assert!(commands.count() == 0, "{text:?}");
    assert!(text.len() < 20_000, "{}", text.len());
}

#[test]
fn texts_of_the_server_do_not_steer_the_terminal() {
    let directory = Directory::new("steering");
    let long = STEERING.repeat(10_000);
    let _server = StandIn::with_folder(&directory, move |line| usual(line, &long));
    let colours = [("CLICOLOR_FORCE", "1")];
    for arguments in [&["status", "--diff"][..], &["pull"]] {
        let run = directory.c2c_with(&colours, arguments, "");
        assert_ne!(run.code, 2, "{}", run.stderr);
        harmless(&run.stdout);
        harmless(&run.stderr);
    }
}

#[test]
fn problems_and_findings_do_not_steer_the_terminal() {
    let directory = Directory::new("steering-problems");
    let finding = json!({
        "severity": STEERING, "code": STEERING, "area": STEERING, "line": 1, "column": 1,
        "message": STEERING, "help": STEERING,
    });
    let findings: Vec<_> = (0..1000).map(|_| finding.clone()).collect();
    let _server = StandIn::with_folder(&directory, move |line| match line.split(' ').next() {
        Some("get") => usual(line, "x"),
        Some("put") => json_answer(&json!({"version": 2, "diagnostics": findings})),
        _ => problem(
            "422 x",
            &json!({
                "status": 422, "code": "code-rejected", "title": STEERING, "detail": STEERING,
                "diagnostics": findings,
            }),
        ),
    });
    let run = directory.c2c(&["publish", "--note", ""], "");
    assert_eq!(run.code, 1);
    assert!(run.stderr.ends_with("… and 980 more\n"), "{}", run.stderr);
    harmless(&run.stderr);
    directory.write("head.html", "<b>2</b>\n");
    let run = directory.c2c(&["push"], "");
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("also finds:"), "{}", run.stderr);
    harmless(&run.stderr);
}

#[test]
fn code_of_the_server_does_not_steer_the_terminal() {
    let directory = Directory::new("steering-code");
    let _server = StandIn::with_folder(&directory, |line| {
        let head = format!("{STEERING}\n::error::y\n  ::error::z\n");
        if line.ends_with("/draft") {
            return json_answer(&json!({
                "version": 2, "savedAt": "", "savedBy": "", "head": head, "bodyEnd": STEERING,
            }));
        }
        usual(line, "x")
    });
    directory.write("head.html", "<b>2</b>\n");
    for arguments in [&["push"][..], &["pull"]] {
        let run = directory.c2c(arguments, "");
        assert_eq!(run.code, 4, "{}", run.stderr);
        assert!(run.stderr.contains("::error::z"), "{}", run.stderr);
        harmless(&run.stderr);
    }
}

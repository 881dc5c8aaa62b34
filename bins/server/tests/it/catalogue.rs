//! The events of a provider's own widget: `--catalogue`.

use std::path::Path;
use std::process::Output;

use c2c_server::{DoctorOptions, Limits, Settings, doctor};
use clap::{Args as _, Command, FromArgMatches as _, Parser as _};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Fixture, To};
use crate::console::DEMO;
use crate::program::command;

/// A chat.
const CHAT: &str = r#"
name = "chat"
version = "2.1.0"

[events."chat.closed"]
since = "1.0.0"
summary = "A chat has ended."
when = "The visitor or the agent has closed the chat."

[events."chat.closed".fields.seconds]
type = "integer"
min = 0
summary = "Its length."
example = 31
privacy = "none"
"#;

/// A folder with the chat's catalogue.
fn folder(name: &str, text: &str) -> (TempDir, String) {
    let folder = TempDir::new().expect("a directory");
    let file = folder.path().join(name);
    std::fs::write(&file, text).expect("written");
    let file = file.to_str().expect("UTF-8").to_owned();
    (folder, file)
}

async fn fixture() -> Fixture {
    let (_folder, file) = folder("chat.toml", CHAT);
    // It is read at the start only.
    Fixture::with(&Limits::default(), &["--catalogue", &file]).await
}

#[tokio::test]
async fn the_console_and_the_widget_have_its_events() {
    let fixture = fixture().await;
    for (to, path) in [
        (To::Console, "/catalogue.json"),
        (To::Console, "/events.json"),
        (To::Console, "/c2c.d.ts"),
        (To::Widget, "/catalogue.js"),
    ] {
        let reply = fixture.get(to, path, &[]).await;
        let text = reply.text();
        assert!(text.contains("chat.closed") && text.contains("seconds"), "{path}: {text}");
        assert!(!text.contains("call_ended"), "{path}: {text}");
    }
}

#[tokio::test]
async fn custom_code_is_checked_against_it() {
    let fixture = fixture().await;
    let draft = format!("{DEMO}/draft");
    let version = fixture.read(&draft).await["version"].clone();
    let code = "<script>
        c2c.on('chat.closed', ({ seconds }) => console.log(seconds));
        c2c.on('call_ended', () => {});
      </script>";
    let body = json!({"head": code, "bodyEnd": ""});
    let saved = fixture.edit(&draft, &format!("\"{version}\""), &body).await;
    assert_eq!(saved.status, 200, "{saved:?}");
    let saved = saved.json();
    let findings = saved["diagnostics"].as_array().expect("a list").iter();
    let messages: Vec<&str> = findings.filter_map(|finding| finding["message"].as_str()).collect();
    let expected = "there is no widget event `call_ended`: this `c2c.on` does nothing";
    assert_eq!(messages, [expected]);
    // Its version is in the history.
    fixture.publish(DEMO, "live", "").await;
    let revision = fixture.read(&format!("{DEMO}/revisions/2")).await;
    assert_eq!(revision["catalogue"], "2.1.0", "{revision}");
}

fn envelope(name: &str, data: &Value, id: u32) -> Value {
    let id = format!("01956b4e-3c00-7000-8000-{id:012x}");
    let timestamp = jiff::Timestamp::now();
    json!({"name": name, "data": data, "timestamp": timestamp, "id": id, "seq": id.len()})
}

#[tokio::test]
async fn events_are_validated_against_it() {
    let fixture = fixture().await;
    let path = format!("{DEMO}/integrations");
    let version = fixture.read(&path).await["collectVersion"].clone();
    let collect = json!({"mode": "refuse", "bodyDays": 30, "metaDays": 90, "searchKeys": []});
    let reply = fixture.edit(&format!("{path}/collect"), &format!("\"{version}\""), &collect).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let events = [
        envelope("chat.closed", &json!({"seconds": 31, "context": {}}), 1),
        envelope("chat.closed", &json!({"seconds": "31", "context": {}}), 2),
        envelope("call_ended", &json!({"duration": 1, "reason": "user_hangup", "context": {}}), 3),
    ];
    let body = json!({"c2c": 1, "consent": "granted", "lost": {}, "events": events}).to_string();
    let origin = format!("origin: {}", fixture.origin(To::Widget));
    let headers = [&origin, "content-type: application/json"];
    let reply = fixture.send(To::Widget, "POST", "/e/demo", &headers, &body).await;
    let answer = reply.json();
    assert_eq!((reply.status, &answer["accepted"]), (200, &json!(1)), "{answer}");
    let refused: Vec<_> = answer["refused"].as_array().expect("a list").iter().collect();
    assert_eq!(refused.len(), 2, "{answer}");
    assert!(refused.iter().all(|refused| refused["reason"] == "catalogue"), "{answer}");
}

/// Mistakes in a file, and the beginnings of the messages about them, after the file's name.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("chat.toml", "name = \"chat\"\nversion = \n", ":2:11: "),
    ("chat.toml", "name = \"chat\"\nversion = \"1.0.0\"\ncolour = 1\n", ":3:1: "),
    ("chat.json", "{\n \"name\": chat}", ":2:10: "),
];

#[test]
fn a_file_that_is_no_catalogue_prevents_the_start() {
    let start = |file: &str| {
        let data = TempDir::new().expect("a directory");
        let mut command = command(data.path());
        let free = ["--console-listen", "127.0.0.1:0", "--pages-listen", "127.0.0.1:0"];
        let Output { status, stderr, .. } =
            command.args(free).env("C2C_CATALOGUE", file).output().expect("runs");
        let stderr = String::from_utf8(stderr).expect("UTF-8");
        assert_eq!((status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
        stderr
    };
    for (name, text, place) in MISTAKES {
        let (_folder, file) = folder(name, text);
        let said = start(&file);
        assert!(said.contains(&format!("--catalogue {file}{place}")), "{said}");
    }
    // More than one inconsistency.
    let (_folder, file) =
        folder("chat.toml", &CHAT.replace("since = \"1.0.0\"", "since = \"3.0.0\""));
    let said = start(&file);
    assert!(said.contains(&format!("--catalogue {file}: /events/")), "{said}");
    let said = start("none.toml");
    assert!(said.contains("cannot read the catalogue none.toml: "), "{said}");
}

async fn diagnose(file: &Path) -> String {
    let data = TempDir::new().expect("a directory");
    // Nothing answers there.
    let nowhere = ["--console-listen", "127.0.0.1:1", "--pages-listen", "127.0.0.1:1"];
    let data = data.path().to_str().expect("UTF-8");
    let file = file.to_str().expect("UTF-8");
    let rest = ["c2c-server", "--data-dir", data, "--catalogue", file];
    let settings = Settings::try_parse_from([&rest[..], &nowhere].concat()).expect("settings");
    let options = DoctorOptions::augment_args(Command::new("doctor")).get_matches_from(["doctor"]);
    let options = DoctorOptions::from_arg_matches(&options).expect("defaults");
    doctor(&settings, &options).await.to_string()
}

#[tokio::test]
async fn the_doctor_reads_it() {
    let (good, file) = folder("chat.toml", CHAT);
    let report = diagnose(Path::new(&file)).await;
    assert!(report.contains("catalogue: chat 2.1.0 has 1 events"), "{report}");
    let missing = good.path().join("none.toml");
    let report = diagnose(&missing).await;
    let line = report.lines().find(|line| line.contains("catalogue:")).expect("a line");
    assert!(line.contains("problem") && line.contains("cannot read"), "{line}");
}

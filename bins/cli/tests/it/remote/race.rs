//! Changes and findings of the server during a push.

use std::sync::Mutex;

use expect_test::expect;
use serde_json::json;

use super::stand_in::{StandIn, json_answer, problem, usual};
use crate::run::Directory;

#[test]
fn what_the_server_finds_more_is_shown_with_its_place() {
    let directory = Directory::new("findings");
    let finding = |severity: &str| {
        json!({
            "severity": severity, "code": "storage-is-off", "area": "bodyEnd", "line": 3, "column": 7,
            "message": "the app has no jar.", "help": "Switch it on.",
        })
    };
    let (warning, error) = (finding("warning"), finding("error"));
    let _server = StandIn::with_folder(&directory, move |line| {
        if line.starts_with("put") {
            return json_answer(&json!({"version": 2, "diagnostics": [warning, error]}));
        }
        usual(line, "x")
    });
    directory.write("head.html", "<b>2</b>\n");
    let run = directory.c2c(&["push", "--format", "github", "--publish", "--note", ""], "");
    assert_eq!(run.code, 1);
    expect![[r#"
        ::warning file=body-end.html,line=3,title=storage-is-off::the app has no jar. Switch it on.
        ::error file=body-end.html,line=3,title=storage-is-off::the app has no jar. Switch it on.
        ::error file=c2c.toml,line=1,title=c2c push::the server rejected the code: the draft is saved, but cannot be published
    "#]]
    .assert_eq(&run.stdout);
    expect![[r#"
        saved as version 2 of the draft: head.html (+1 -1)
        the server's check, which knows the app's settings, also finds:
          warning[storage-is-off] body-end.html:3:7: the app has no jar. Switch it on.
          error[storage-is-off] body-end.html:3:7: the app has no jar. Switch it on.
        error: the server rejected the code: the draft is saved, but cannot be published
    "#]]
    .assert_eq(&run.stderr);
}

/// A server whose state changes between the reading and this write.
fn racing(
    directory: &Directory,
    write: &'static str,
    status: &'static str,
    code: &'static str,
) -> StandIn {
    let mut changed = false;
    let changed = move |line: &str| {
        changed |= line.ends_with(write);
        changed
    };
    let changed = Mutex::new(changed);
    StandIn::with_folder(directory, move |line| {
        let changed = (changed.lock().expect("one thread"))(line);
        match (line.split(' ').next(), changed) {
            (Some("get"), true) => usual(line, "x").map(|bytes| {
                let text = String::from_utf8(bytes).expect("text");
                let text = text
                    .replace("\"version\":1", "\"version\":7")
                    .replace("\"live\":1", "\"live\":7");
                text.replace("<b>1<", "<b>7<").into_bytes()
            }),
            (Some("get"), false) => usual(line, "x"),
            (_, true) => problem(
                status,
                &json!({
                    "status": 409, "code": code, "title": "x", "detail": "x",
                }),
            ),
            (_, false) => json_answer(&json!({"version": 2, "diagnostics": []})),
        }
    })
}

#[test]
fn a_draft_that_is_saved_during_the_push_is_a_conflict() {
    let directory = Directory::new("race-draft");
    let _server = racing(&directory, "put /api/apps/demo/draft", "412 x", "draft-conflict");
    directory.write("head.html", "<b>2</b>\n");
    let state = directory.read(".c2c/state.json");
    let run = directory.c2c(&["push"], "");
    assert_eq!((run.code, directory.read(".c2c/state.json")), (4, state));
    expect![[r#"
        error: conflict: the draft on the server is version 7, which x saved at x; the folder was in step with version 1. Nothing was overwritten.

        --- the draft on the server, version 7
        +++ this folder
        head.html
           1      - <b>7</b>
                1 + <b>2</b>

        Commit your files, run `c2c pull --force` to get the server's text, merge the two, and run `c2c push` again. If your files hold the server's changes already, run `c2c pull --keep` and `c2c push`.
    "#]].assert_eq(&run.stderr);
}

#[test]
fn a_revision_that_is_published_during_the_push_is_a_conflict() {
    let directory = Directory::new("race-live");
    let _server = racing(&directory, "/revisions", "409 x", "live-conflict");
    directory.write("head.html", "<b>2</b>\n");
    let run = directory.c2c(&["push", "--publish", "--note", ""], "");
    assert_eq!(run.code, 4);
    expect![[r#"
        saved as version 2 of the draft: head.html (+1 -1)
        These lines change for visitors:

        --- revision 1, which is live
        +++ the new revision
        head.html
           1      - <b>1</b>
                1 + <b>2</b>

        error: conflict: revision 7 is live; when the folder was in step, it was revision 1. Nothing was published.

        --- revision 7
        +++ the code to publish
        head.html
           1      - <b>7</b>
                1 + <b>2</b>

        Run `c2c status` to see what is there, `c2c pull` to take note of it (your files are kept), and then this command again.
    "#]].assert_eq(&run.stderr);
    // The draft was saved, and the next push knows that.
    assert!(directory.read(".c2c/state.json").contains("\"draft\": 2"));
}

//! The check, the draft, conflicts, dry runs.

use std::path::{Path, PathBuf};

use expect_test::expect;
use serde_json::Value;

use super::real::Real;

#[test]
fn a_push_saves_and_publishes() {
    let real = Real::pulled("push");
    real.directory.write("head.html", "<b>1</b>\n");
    let run = real.c2c(&["push"]);
    assert_eq!(run.code, 0);
    assert_eq!(run.stdout, "ok: the snippets are self-contained\n");
    expect![[r#"
        saved as version 2 of the draft: head.html (+1 -0)
    "#]]
    .assert_eq(&run.stderr);
    assert_eq!(real.get("/draft")["head"], "<b>1</b>\n");

    real.directory.write("body-end.html", "<i>2</i>\n");
    let run = real.c2c(&["push", "--publish", "--note", "two tags"]);
    assert_eq!(run.code, 0);
    expect![[r#"
        saved as version 3 of the draft: body-end.html (+1 -0)
        These lines change for visitors:

        --- no code
        +++ the new revision
        head.html
                1 + <b>1</b>
        body-end.html
                1 + <i>2</i>

        revision 1 is live now; nothing was before
    "#]]
    .assert_eq(&run.stderr);
    let revision = real.get("/revisions/1");
    assert_eq!(
        (&revision["bodyEnd"], &revision["note"]),
        (&"<i>2</i>\n".into(), &"two tags".into())
    );

    let run = real.c2c(&["push"]);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, "the draft is this code already (version 3)\n")
    );
}

#[test]
fn rejected_code_is_not_sent() {
    let real = Real::pulled("rejected");
    real.directory.write("head.html", "<b>\n<script>").write("body-end.html", "<!--");
    let run = real.c2c(&["push", "--publish", "--note", ""]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    expect![[r#"
        error[unclosed-script]: this `<script>` is never closed, so it would swallow everything after it
         --> head.html:2:1
          |
        2 | <script>
          | ^^^^^^^^
          |
        help: Add `</script>` where the script ends. After `<!--` and `<script` inside a script, one `</script>` more is needed.
          |
        2 | <script></script>
          |         +++++++++

        error[unclosed-comment]: this comment is never closed, so it would swallow what follows it
         --> body-end.html:1:1
          |
        1 | <!--
          | ^^^^
          |
        help: Add `-->` where the comment ends.
          |
        1 | <!---->
          |     +++

        error: rejected: 2 errors
    "#]]
    .assert_eq(&run.stdout);
    assert_eq!((&real.get("/draft")["version"], &real.get("")["live"]), (&1.into(), &Value::Null));
}

#[test]
fn warnings_are_sent_and_reported_in_every_format() {
    let real = Real::pulled("formats");
    real.directory.write("head.html", "<script>c2c.on('call_end', log)</script>\n");
    let run = real.c2c(&["push", "--format", "github"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.starts_with("::warning file=head.html,line=1,col="), "{}", run.stdout);
    assert_eq!(run.stdout.lines().count(), 1, "the server finds nothing more: {}", run.stdout);
    for format in ["json", "sarif"] {
        let run = real.c2c(&["push", "--format", format]);
        let json: Value = serde_json::from_str(&run.stdout).expect("nothing else is on stdout");
        assert!(json.is_object() && run.code == 0);
    }
}

#[test]
fn a_draft_that_was_saved_in_the_meantime_is_a_conflict() {
    let real = Real::pulled("conflict");
    real.save("<b>1</b>\n<b>theirs</b>\n<b>3</b>\n", "");
    real.directory.write("head.html", "<b>1</b>\n<b>mine</b>\n<b>3</b>\n");
    let state = real.directory.read(".c2c/state.json");
    let run = real.c2c(&["push", "--format", "github"]);
    assert_eq!(run.code, 4);
    expect![[r#"
        ::error file=c2c.toml,line=1,title=c2c push::conflict: the draft on the server is version 2, which console saved at TIME; the folder was in step with version 1. Nothing was overwritten.
    "#]]
    .assert_eq(&run.stdout);
    expect![[r#"
        error: conflict: the draft on the server is version 2, which console saved at TIME; the folder was in step with version 1. Nothing was overwritten.

        --- the draft on the server, version 2
        +++ this folder
        head.html
           1    1   <b>1</b>
           2      - <b>theirs</b>
                2 + <b>mine</b>
           3    3   <b>3</b>

        Commit your files, run `c2c pull --force` to get the server's text, merge the two, and run `c2c push` again. If your files hold the server's changes already, run `c2c pull --keep` and `c2c push`.
    "#]]
    .assert_eq(&run.stderr);
    assert_eq!(real.directory.read("head.html"), "<b>1</b>\n<b>mine</b>\n<b>3</b>\n");
    assert_eq!(real.directory.read(".c2c/state.json"), state);
    assert_eq!(real.get("/draft")["version"], 2);
}

#[test]
fn the_same_text_is_no_conflict() {
    let real = Real::pulled("same-text");
    real.save("<b>x</b>\n", "");
    real.save("", "");
    real.directory.write("head.html", "<b>mine</b>\n");
    let run = real.c2c(&["push"]);
    assert_eq!(run.code, 0, "the text that was pulled is there again: {}", run.stderr);
    real.save("<b>also mine</b>\n", "");
    real.directory.write("head.html", "<b>also mine</b>\n");
    let run = real.c2c(&["push"]);
    assert_eq!(run.code, 0, "a colleague pushed the same commit: {}", run.stderr);
}

#[test]
fn a_new_live_revision_stops_a_push_before_it_saves() {
    let real = Real::pulled("live-conflict");
    real.publish("live", "by a colleague");
    real.directory.write("head.html", "<b>mine</b>\n");
    let run = real.c2c(&["push", "--publish", "--note", ""]);
    assert_eq!(run.code, 4);
    expect![[r#"
        error: conflict: revision 1 is live; when the folder was in step, it was no revision. Nothing was published.

        --- revision 1
        +++ the code to publish
        head.html
                1 + <b>mine</b>

        Run `c2c status` to see what is there, `c2c pull` to take note of it (your files are kept), and then this command again.
    "#]]
    .assert_eq(&run.stderr);
    assert_eq!(real.get("/draft")["version"], 1);
    assert_eq!(real.c2c(&["push"]).code, 0, "saving replaces no revision");
    assert_eq!(real.c2c(&["push", "--publish", "--note", ""]).code, 4, "it was not seen yet");
    assert_eq!(real.c2c(&["pull"]).code, 0);
    assert_eq!(real.c2c(&["push", "--publish", "--note", ""]).code, 0);
    assert_eq!(real.get("")["live"], 2);
}

/// All files of a folder, with their contents.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(folder).expect("a folder").flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).expect("a file")));
        }
    }
    found
}

#[test]
fn a_dry_run_changes_nothing_here_or_there() {
    let real = Real::start("dry-run");
    assert_eq!(real.pull(&["shop"]).code, 0);
    real.directory.write("shop/head.html", "<b>mine</b>\n");
    let folder = real.directory.path("shop");
    let before = (files(&folder), real.get("/draft"), real.get(""), real.get("/audit"));
    let run = real.c2c(&["push", "shop", "--dry-run", "--publish", "--note", "x"]);
    expect![[r#"
        These lines change in the draft:

        --- version 1 of the draft
        +++ this folder
        head.html
                1 + <b>mine</b>

        These lines change for visitors:

        --- no code
        +++ the new revision
        head.html
                1 + <b>mine</b>

        This was a dry run: nothing was saved or published.
    "#]]
    .assert_eq(&run.stderr);
    assert_eq!(run.code, 0);
    let after = (files(&folder), real.get("/draft"), real.get(""), real.get("/audit"));
    assert!(before == after, "{after:?}");

    // A dry run fails as the real one would.
    real.save("<b>theirs</b>\n", "");
    assert_eq!(real.c2c(&["push", "shop", "--dry-run"]).code, 4);
    real.directory.write("shop/head.html", "<b");
    assert_eq!(real.c2c(&["push", "shop", "--dry-run"]).code, 1);
}

#[test]
fn a_checkout_without_a_pull_compares_with_an_older_commit() {
    let real = Real::start("base");
    real.save("<b>1</b>\n", "");
    real.publish("live", "");
    assert_eq!(real.pull(&["shop"]).code, 0);
    std::fs::remove_dir_all(real.directory.path("shop/.c2c")).expect("it is ours");
    std::fs::create_dir(real.directory.path("before")).expect("it is ours");
    real.directory.write("before/head.html", "<b>1</b>\n").write("before/body-end.html", "");
    real.directory.write("shop/head.html", "<b>2</b>\n");

    assert_eq!(real.c2c(&["push", "shop"]).code, 2, "it was never in step");
    let push = ["push", "shop", "--base", "before", "--publish", "--note", "from CI"];
    let run = real.c2c(&push);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(real.get("/revisions/2")["head"], "<b>2</b>\n");
    assert!(!real.directory.path("shop/.c2c").exists());

    let run = real.c2c(&push);
    assert_eq!(
        (run.code, real.get("")["newest"].as_i64()),
        (0, Some(2)),
        "a workflow can run again"
    );
    expect![[r#"
        the draft is this code already (version 3)
        revision 2 is live already, with this code
    "#]]
    .assert_eq(&run.stderr);

    real.directory.write("before/head.html", "<b>2</b>\n");
    real.directory.write("shop/head.html", "<b>3</b>\n");
    real.send("POST", "/rollback", &serde_json::json!({"to": 1, "replaces": 2}));
    let run = real.c2c(&push);
    assert_eq!(run.code, 4);
    let expected = "error: conflict: revision 3 is live; its code is not that in before.";
    assert!(run.stderr.starts_with(expected), "{}", run.stderr);
    real.save("<b>theirs</b>\n", "");
    let run = real.c2c(&push);
    assert_eq!(run.code, 4);
    let expected = "; its code is not that in before. Nothing was overwritten.";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    assert_eq!(real.get("/draft")["head"], "<b>theirs</b>\n");
}

#[test]
fn long_lines_are_cut_around_the_difference_and_many_are_counted() {
    let real = Real::pulled("long");
    let minified = |tag: &str| format!("{}{tag}{}\r\n", "a".repeat(1000), "b".repeat(1000));
    real.save(&minified("<i>"), "");
    let many: Vec<String> = (0..500).map(|line| format!("<b>{line}</b>\n")).collect();
    real.directory.write("head.html", minified("<b>")).write("body-end.html", many.concat());
    let run = real.c2c(&["pull"]);
    assert_eq!(run.code, 4);
    assert!(run.stderr.contains("aaa<i>bbb") && run.stderr.contains("aaa<b>bbb"), "{}", run.stderr);
    assert!(run.stderr.contains("bbb… (CR LF)\n"), "{}", run.stderr);
    assert!(run.stderr.contains("... and 380 more lines\n"), "{}", run.stderr);
    let lines = run.stderr.lines().filter(|line| !line.contains("c2c") && !line.contains("error"));
    assert!(lines.clone().all(|line| line.chars().count() < 150), "{}", run.stderr);
    assert!(lines.count() < 140);
}

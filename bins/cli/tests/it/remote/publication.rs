//! Publish, roll back.

use expect_test::expect;
use serde_json::json;

use super::real::Real;

#[test]
fn a_publication_says_what_changes_for_visitors() {
    let real = Real::pulled("publish");
    real.directory.write("head.html", "<b>1</b>\n");
    assert_eq!(real.c2c(&["push"]).code, 0);
    let run = real.c2c(&["publish", "--note", "first", "--dry-run"]);
    assert_eq!((run.code, real.get("")["live"].as_i64()), (0, None));
    assert!(run.stdout.ends_with("nothing was saved or published.\n"), "{}", run.stdout);
    let run = real.c2c(&["publish", "--note", "first"]);
    expect![[r#"
        These lines change for visitors:

        --- no code
        +++ the new revision
        head.html
                1 + <b>1</b>

        revision 1 is live now; nothing was before
    "#]]
    .assert_eq(&run.stdout);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(real.get("/revisions/1")["note"], "first");
    let run = real.c2c(&["publish", "--note", ""]);
    expect![[r#"
        revision 1, which is live, has this code already
        revision 2 is live now, in place of revision 1
    "#]]
    .assert_eq(&run.stdout);
}

#[test]
fn only_the_draft_that_is_in_the_folder_is_published() {
    let real = Real::pulled("publish-other");
    real.directory.write("head.html", "<b>unsaved</b>\n");
    let run = real.c2c(&["publish", "--note", ""]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("`c2c push --publish` saves and publishes them"), "{}", run.stderr);
    real.directory.write("head.html", "");
    real.save("<b>theirs</b>\n", "");
    assert_eq!(real.c2c(&["publish", "--note", ""]).code, 4);
    assert_eq!(real.c2c(&["pull"]).code, 0);
    real.publish("live", "");
    assert_eq!(real.c2c(&["publish", "--note", ""]).code, 4, "a revision that was not seen");
    assert_eq!(real.get("")["newest"], 1);
}

#[test]
fn staging_is_an_environment_of_its_own() {
    let real = Real::pulled("staging");
    let publish = ["publish", "--note", "", "--to", "staging"];
    let run = real.c2c(&publish);
    assert_eq!((run.code, run.stderr.as_str()), (2, "error: the app has no staging environment\n"));
    real.add_staging();
    real.directory.write("head.html", "<b>1</b>\n");
    assert_eq!(real.c2c(&["push"]).code, 0);
    let run = real.c2c(&publish);
    expect![[r#"
        These lines change in staging:

        --- no code
        +++ the new revision
        head.html
                1 + <b>1</b>

        revision 1 is in staging now; nothing was before
    "#]]
    .assert_eq(&run.stdout);
    let app = real.get("");
    assert_eq!((&app["staged"], &app["live"]), (&1.into(), &serde_json::Value::Null));
    real.publish("staging", "by a colleague");
    assert_eq!(real.c2c(&publish).code, 4);
    assert_eq!(real.c2c(&["publish", "--note", ""]).code, 0, "nothing new is live");
}

#[test]
fn an_old_revision_comes_back() {
    let real = Real::pulled("rollback");
    for text in ["<b>1</b>\n", "<b>2</b>\n"] {
        real.directory.write("head.html", text);
        assert_eq!(real.c2c(&["push", "--publish", "--note", ""]).code, 0);
    }
    let run = real.c2c(&["rollback", "1", "--note", "slow", "--dry-run"]);
    assert_eq!((run.code, real.get("")["live"].as_i64()), (0, Some(2)));
    assert!(run.stdout.contains("   1      - <b>2</b>\n        1 + <b>1</b>\n"), "{}", run.stdout);
    real.send("PUT", "/switch", &json!({"off": true, "reason": ""}));
    let run = real.c2c(&["rollback", "1", "--note", "slow"]);
    expect![[r#"
        These lines change for visitors:

        --- revision 2, which is live
        +++ the new revision
        head.html
           1      - <b>2</b>
                1 + <b>1</b>

        revision 3 is live now, in place of revision 2
        visitors get no code: console switched the app off at TIME
    "#]]
    .assert_eq(&run.stdout);
    let revision = real.get("/revisions/3");
    assert_eq!((&revision["note"], &revision["copyOf"]), (&"slow".into(), &1.into()));
    assert_eq!(real.directory.read("head.html"), "<b>2</b>\n");

    real.publish("live", "by a colleague");
    let run = real.c2c(&["rollback", "1", "--note", ""]);
    assert_eq!(run.code, 4, "{}", run.stdout);
    assert_eq!(real.get("")["live"], 4);
    let run = real.c2c(&["rollback", "9", "--note", ""]);
    assert_eq!(run.code, 2);
    expect![[r#"
        error: the server refused: there is no revision 9 of the app APP (404 Not Found, no-such-revision)
    "#]]
    .assert_eq(&run.stderr);
}

#[test]
fn a_reason_is_needed_and_bounded() {
    let real = Real::pulled("note");
    for arguments in [&["publish"][..], &["rollback", "1"], &["push", "--publish"]] {
        assert_eq!(real.c2c(arguments).code, 2, "{arguments:?}");
    }
    let run = real.c2c(&["publish", "--note", &"x".repeat(1001)]);
    assert_eq!(run.code, 2);
    expect![[r#"
        error: the server refused: /note: it has more than 1000 characters (400 Bad Request, bad-request)
    "#]]
    .assert_eq(&run.stderr);
}

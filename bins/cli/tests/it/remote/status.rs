//! The comparison, and its exit code.

use expect_test::{Expect, expect};
use serde_json::json;

use super::real::Real;

#[track_caller]
fn check(real: &Real, arguments: &[&str], code: i32, expected: &Expect) {
    let run = real.c2c(&[&["status"], arguments].concat());
    assert_eq!((run.code, run.stderr.as_str()), (code, ""), "{}", run.stdout);
    expected.assert_eq(&run.stdout);
}

#[test]
fn the_folder_the_draft_and_live_are_compared() {
    let real = Real::pulled("status");
    check(
        &real,
        &[],
        3,
        &expect![[r#"
        app      APP (Shop) on SERVER
        folder   unchanged since version 1 of the draft
        draft    version 1, by console at TIME: the same as the folder
        live     nothing

        The draft is not live: `c2c publish --note TEXT` publishes it.
    "#]],
    );

    real.directory.write("head.html", "<b>1</b>\n<b>2</b>\n");
    check(
        &real,
        &[],
        3,
        &expect![[r#"
        app      APP (Shop) on SERVER
        folder   changed since version 1 of the draft: head.html (+2 -0)
        draft    version 1, by console at TIME: the folder differs in head.html (+2 -0)
        live     nothing

        The folder has changed: `c2c push` saves it.
    "#]],
    );

    assert_eq!(real.c2c(&["push", "--publish", "--note", "two tags"]).code, 0);
    check(
        &real,
        &[],
        0,
        &expect![[r#"
        app      APP (Shop) on SERVER
        folder   unchanged since version 2 of the draft
        draft    version 2, by console at TIME: the same as the folder
        live     revision 1, by console at TIME (“two tags”): the same as the draft

        In step.
    "#]],
    );

    real.save("<b>1</b>\n", "<i></i>");
    check(
        &real,
        &["--diff"],
        3,
        &expect![[r#"
        app      APP (Shop) on SERVER
        folder   unchanged since version 2 of the draft
        draft    version 3, by console at TIME: the folder differs in head.html (+1 -0), body-end.html (+0 -1)
        live     revision 1, by console at TIME (“two tags”): the draft differs in head.html (+0 -1), body-end.html (+1 -0)

        --- the draft
        +++ this folder
        head.html
           1    1   <b>1</b>
                2 + <b>2</b>
        body-end.html
           1      - <i></i> (no line end)

        --- the live revision
        +++ the draft
        head.html
           1    1   <b>1</b>
           2      - <b>2</b>
        body-end.html
                1 + <i></i> (no line end)

        The draft has changed: `c2c pull` gets it.
    "#]],
    );
}

#[test]
fn an_app_that_is_off_is_not_in_step() {
    let real = Real::pulled("off");
    real.publish("live", "");
    assert_eq!(real.c2c(&["status"]).code, 0);
    real.send("PUT", "/switch", &json!({"off": true, "reason": "an incident"}));
    check(
        &real,
        &[],
        3,
        &expect![[r#"
        app      APP (Shop) on SERVER
        folder   unchanged since version 1 of the draft
        draft    version 1, by console at TIME: the same as the folder
        live     revision 1, by console at TIME: the same as the draft
        off      since TIME, by console (“an incident”): visitors get no code

        The app is switched off: the console switches it on again.
    "#]],
    );
}

#[test]
fn staging_and_plans_are_shown() {
    let real = Real::pulled("plans");
    real.publish("live", "");
    real.add_staging();
    real.save("<b>next</b>\n", "");
    real.publish("staging", "to look at");
    real.send("PUT", "/plans/switch-back", &json!({"to": 1, "at": "2099-01-01T00:00:00Z"}));
    check(
        &real,
        &[],
        3,
        &expect![[r#"
        app      APP (Shop) on SERVER
        folder   unchanged since version 1 of the draft
        draft    version 2, by console at TIME: the folder differs in head.html (+0 -1)
        live     revision 1, by console at TIME: the draft differs in head.html (+1 -0)
        staging  revision 2, by console at TIME (“to look at”): the same as the draft
        planned  switch-back of revision 1 at TIME

        The draft has changed: `c2c pull` gets it.
    "#]],
    );
}

#[test]
fn a_status_writes_nothing() {
    let real = Real::pulled("read-only");
    let state = real.directory.read(".c2c/state.json");
    real.save("<b>theirs</b>\n", "");
    assert_eq!(real.c2c(&["status"]).code, 3);
    assert_eq!(real.directory.read(".c2c/state.json"), state);
    assert_eq!(real.directory.read("head.html"), "");
}

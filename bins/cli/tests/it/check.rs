//! `c2c check`.

use crate::run::Directory;

#[test]
fn an_unclosed_script_is_refused_with_its_place() {
    let directory = Directory::new("unclosed-script");
    directory.write("head.html", "<p>é</p>\r\n\r\n\t<script>ga('send');\r\n");
    let run = directory.c2c(&["check", "head.html"], "");
    assert_eq!(run.code, 1);
    let expected = "\
error[unclosed-script]: this `<script>` is never closed, so it would swallow everything after it
 --> head.html:3:2
  |
3 |  <script>ga('send');
  |  ^^^^^^^^
  |
  = help: Add `</script>` where the script ends. After `<!--` and `<script` inside a script, one `</script>` more is needed.

error: refused because of 1 problem
";
    assert_eq!(run.stdout, expected);
    assert_eq!(run.stderr, "");
}

#[test]
fn an_unclosed_comment_is_refused_in_the_other_file_too() {
    let directory = Directory::new("unclosed-comment");
    directory.write("head.html", "<style>").write("tail.html", "<b>x</b>\n  <!-- y");
    let run = directory.c2c(&["check", "head.html", "--body-end", "tail.html"], "");
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("error[unclosed-style]"), "{}", run.stdout);
    assert!(run.stdout.contains("--> head.html:1:1\n"), "{}", run.stdout);
    assert!(run.stdout.contains("error[unclosed-comment]"), "{}", run.stdout);
    assert!(run.stdout.contains("--> tail.html:2:3\n"), "{}", run.stdout);
    assert!(run.stdout.ends_with("error: refused because of 2 problems\n"), "{}", run.stdout);
}

#[test]
fn good_snippets_are_fine() {
    let directory = Directory::new("good");
    directory.write("head.html", "<script>`$&`</script>").write("tail.html", "");
    let run = directory.c2c(&["check", "head.html", "--body-end", "tail.html"], "");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.starts_with("ok: "), "{}", run.stdout);
}

#[test]
fn standard_input_is_a_file_too() {
    let directory = Directory::new("stdin");
    let run = directory.c2c(&["check", "-"], "<script>");
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("--> <stdin>:1:1\n"), "{}", run.stdout);
    assert_eq!(directory.c2c(&["check", "--body-end", "-"], "<p>").code, 0);
    let run = directory.c2c(&["check", "-", "--body-end", "-"], "<p>");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("only one"), "{}", run.stderr);
}

#[test]
fn json_is_for_programs() {
    let directory = Directory::new("json");
    directory.write("tail.html", "\n<!--");
    let run = directory.c2c(&["check", "--body-end", "tail.html", "--format", "json"], "");
    assert_eq!(run.code, 1);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert_eq!(json["ok"], false);
    let found = &json["diagnostics"][0];
    assert_eq!(found["file"], "tail.html");
    assert_eq!(found["area"], "bodyEnd");
    assert_eq!(found["code"], "unclosed-comment");
    assert_eq!(
        (&found["line"], &found["column"], &found["span"]["start"]),
        (&2.into(), &1.into(), &1.into())
    );
    let run = directory.c2c(&["check", "-", "--format", "json"], "<p>");
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert_eq!((run.code, &json["ok"]), (0, &true.into()));
}

#[test]
fn what_is_shown_does_not_steer_the_terminal_and_fits_on_it() {
    let directory = Directory::new("shown");
    let text = format!("{}\x1b[31m<!--{}", "a".repeat(5000), "b".repeat(5000));
    let run = directory.c2c(&["check", "-"], &text);
    assert_eq!(run.code, 1);
    assert!(!run.stdout.contains('\x1b'));
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 140), "{}", run.stdout);
    let lines: Vec<_> = run.stdout.lines().collect();
    let place = |line: &str, what: &str| line.find(what).map(|at| line[..at].chars().count());
    assert_eq!(place(lines[3], "<!--"), place(lines[4], "^^^^"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_carried_out_exits_with_2() {
    let directory = Directory::new("usage");
    let run = directory.c2c(&["check", "missing.html"], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("missing.html"), "{}", run.stderr);
    assert_eq!(directory.c2c(&["check"], "").code, 2);
    assert_eq!(directory.c2c(&[], "").code, 2);
    assert_eq!(directory.c2c(&["check", "-", "--format", "xml"], "").code, 2);
}

#[test]
fn help_teaches_with_examples() {
    let directory = Directory::new("help");
    let run = directory.c2c(&["check", "--help"], "");
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("Examples:"), "{}", run.stdout);
}

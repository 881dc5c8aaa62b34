//! `c2c check`.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};

use crate::run::Directory;

/// Checks the output for a rejected head snippet.
#[track_caller]
fn report(test: &str, head: impl AsRef<[u8]>, expected: &Expect) {
    let directory = Directory::new(test);
    directory.write("head.html", head);
    let run = directory.c2c(&["check", "head.html"], "");
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    expected.assert_eq(&run.stdout);
}

#[test]
fn an_unclosed_script_is_refused_with_its_place() {
    report(
        "unclosed-script",
        "<p>é</p>\r\n\r\n\t<script>ga('send');\r\n",
        &expect![[r#"
            error[unclosed-script]: this `<script>` is never closed, so it would swallow everything after it
             --> head.html:3:2
              |
            3 |     <script>ga('send');
              |     ^^^^^^^^
              |
            help: Add `</script>` where the script ends. After `<!--` and `<script` inside a script, one `</script>` more is needed.
              |
            4 | </script>
              |

            error: rejected: 1 error
        "#]],
    );
}

#[test]
fn the_caret_is_below_the_place_whatever_stands_before_it() {
    report(
        "tabs",
        "a\tb\t\t<style>\t",
        &expect![[r#"
            error[unclosed-style]: this `<style>` is never closed, so it would swallow everything after it
             --> head.html:1:6
              |
            1 | a    b        <style>    
              |               ^^^^^^^
              |
            help: Add `</style>` where the style sheet ends.
              |
            1 | a    b        <style>    </style>
              |                          ++++++++

            error: rejected: 1 error
        "#]],
    );
    report(
        "wide",
        "漢字 é 😀<style>",
        &expect![[r#"
            error[unclosed-style]: this `<style>` is never closed, so it would swallow everything after it
             --> head.html:1:7
              |
            1 | 漢字 é 😀<style>
              |          ^^^^^^^
              |
            help: Add `</style>` where the style sheet ends.
              |
            1 | 漢字 é 😀<style></style>
              |                 ++++++++

            error: rejected: 1 error
        "#]],
    );
    report(
        "carriage-returns",
        "a\rb\r  <style>c\rd",
        &expect![[r#"
            error[unclosed-style]: this `<style>` is never closed, so it would swallow everything after it
             --> head.html:3:3
              |
            3 |   <style>c
              |   ^^^^^^^
              |
            help: Add `</style>` where the style sheet ends.
              |
            4 | d</style>
              |  ++++++++

            error: rejected: 1 error
        "#]],
    );
    report(
        "not-utf8",
        b"\xC3\xA9\t\xFF\xFEb",
        &expect![[r#"
        error[not-utf8]: byte 3 of the snippet is not UTF-8
         --> head.html:1:3
          |
        1 | é    ��b
          |      ^
          |
          = help: Save it as UTF-8.

        error: rejected: 1 error
    "#]],
    );
}

#[test]
fn a_span_without_a_line_of_its_own_has_a_caret_too() {
    report(
        "nul",
        "a\n\0",
        &expect![[r#"
        error[nul]: the snippet contains a NUL character
         --> head.html:2:1
          |
        2 | �
          | ^
          |
          = help: Remove it: it usually comes from a file that is not UTF-8.

        error: rejected: 1 error
    "#]],
    );
    report(
        "end",
        "a\n</",
        &expect![[r#"
        error[unclosed-bogus-comment]: this is read as a comment, and it is never closed, so it would swallow what follows it
         --> head.html:2:1
          |
        2 | </
          | ^^
          |
          = help: Remove it, or write `&lt;` for a literal `<`.

        error: rejected: 1 error
    "#]],
    );
}

#[test]
fn a_minified_line_is_cut_around_the_place() {
    let long = format!("<b id={}><style>{}", "a1b2".repeat(100), "b{c:d}".repeat(100));
    report(
        "long",
        long,
        &expect![[r#"
            error[unclosed-style]: this `<style>` is never closed, so it would swallow everything after it
             --> head.html:1:408
              |
            1 | ...b2a1b2a1b2a1b2a1b2a1b2a1b2a1b2a1b2a1b2a1b2a1b2a1b2><style>b{c:d}b{c:d}b{c:d}b{c:d}b{c:d}b{c:d}b{c:d}b{c:d}b{c:...
              |                                                       ^^^^^^^
              |
              = help: Add `</style>` where the style sheet ends.

            error: rejected: 1 error
        "#]],
    );
}

#[test]
fn warnings_refuse_nothing_and_say_what_to_write() {
    let directory = Directory::new("warnings");
    directory.write("head.html", "<p>1</p>\r\n\t<script>c2c.on('call_end', log)</script>");
    let run = directory.c2c(&["check", "head.html"], "");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    expect![[r#"
        warning[unknown-event]: there is no widget event `call_end` (did you mean `call_ended`?)
         --> head.html:2:18
          |
        2 |     <script>c2c.on('call_end', log)</script>
          |                     ^^^^^^^^
          |
        help: Use the name of a widget event: it is never called for any other, nor for custom events.
          |
        2 |     <script>c2c.on('call_ended', log)</script>
          |                             ++

        warning: accepted, with 1 warning
    "#]].assert_eq(&run.stdout);
    let run = directory.c2c(&["check", "head.html", "--format", "github"], "");
    assert!(run.stdout.starts_with("::warning file=head.html,line=2,col=18,"), "{}", run.stdout);
    let compile = ["compile", "head.html", "--app", "demo", "--widget-origin", "https://w.example"];
    let run = directory.c2c(&compile, "");
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("call_end'") && run.stderr.contains("warning["), "{}", run.stderr);
}

#[test]
fn json_names_what_is_loaded_from_elsewhere() {
    let directory = Directory::new("hosts");
    let head = "<script async src='https://tags.example/a.js'></script>";
    let run = directory.c2c(&["check", "-", "--format", "json"], head);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert_eq!(json["hosts"][0]["host"], "tags.example", "{json}");
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let directory = Directory::new("colours");
    let coloured = |variables: &[(&str, &str)], format| {
        let run = directory.c2c_with(variables, &["check", "-", "--format", format], "<style>");
        assert_eq!(run.code, 1);
        run.stdout.contains('\x1b')
    };
    assert!(!coloured(&[], "text"), "it goes to a pipe here");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], "text"));
    assert!(!coloured(&[("NO_COLOR", "1")], "text"));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1")], "json"));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1")], "github"));
}

#[test]
fn github_shows_findings_beside_their_lines() {
    let directory = Directory::new("github");
    directory.write("a,b.html", "<p>\r\n😀 <style>").write("tail.html", "\n<!--");
    let arguments = ["check", "a,b.html", "--body-end", "tail.html", "--format", "github"];
    let run = directory.c2c(&arguments, "");
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    expect![[r#"
        ::error file=a%2Cb.html,line=2,col=3,endColumn=10,title=unclosed-style::this `<style>` is never closed, so it would swallow everything after it%0AAdd `</style>` where the style sheet ends.
        ::error file=tail.html,line=2,col=1,endColumn=5,title=unclosed-comment::this comment is never closed, so it would swallow what follows it%0AAdd `-->` where the comment ends.
    "#]].assert_eq(&run.stdout);
    directory.write("a,b.html", "").write("tail.html", "");
    let run = directory.c2c(&arguments, "");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
}

#[test]
fn sarif_has_places_rules_and_fixes() {
    let directory = Directory::new("sarif");
    directory.write("a b%.html", "<p>\r\n😀 <style>");
    let run = directory.c2c(&["check", "a b%.html", "--format", "sarif"], "");
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let log: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let result = &run["results"][0];
    let rule = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok());
    let rule = &run["tool"]["driver"]["rules"][rule.expect("it is an index")];
    assert_eq!((&rule["id"], &result["ruleId"]), (&"unclosed-style".into(), &rule["id"]));
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b%25.html");
    let expected = serde_json::json!({
        "startLine": 2, "startColumn": 3, "endColumn": 10, "byteOffset": 10, "byteLength": 7,
    });
    assert_eq!(place["region"], expected);
    let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    let expected = serde_json::json!({
        "deletedRegion": { "byteOffset": 17, "byteLength": 0 },
        "insertedContent": { "text": "</style>" },
    });
    assert_eq!(*replacement, expected);
}

#[test]
fn fixes_are_written_into_the_files() {
    let directory = Directory::new("fix");
    // Code that is no HTML, with typographic quotes and a wrong name: the second is found after the first.
    directory
        .write("head.html", "```\n<script>c2c.on(‘call_end’, log)</script>\n```\n")
        .write("tail.html", "<img alt='' src='http://t.example/1'>\n<style>b{}\n<p>{{ name }}</p>");
    let arguments = ["check", "head.html", "--body-end", "tail.html", "--fix"];
    let run = directory.c2c(&arguments, "");
    assert_eq!(run.stderr, "applied 5 fixes\n", "{}", run.stdout);
    assert_eq!(directory.read("head.html"), "<script>c2c.on('call_ended', log)</script>\n");
    let tail = directory.read("tail.html");
    assert!(tail.starts_with("<img alt='' src='https://t.example/1'>\n<style>b{}"), "{tail}");
    assert!(tail.contains("</style>"), "{tail}");
    let again = directory.c2c(&arguments, "");
    assert_eq!((again.stderr.as_str(), &again.stdout), ("applied 0 fixes\n", &run.stdout));
    assert_eq!(directory.read("tail.html"), tail);
}

#[test]
fn fixes_need_files() {
    let directory = Directory::new("fix-stdin");
    let run = directory.c2c(&["check", "-", "--fix"], "<style>");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("save the snippet"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_fixed_file_keeps_its_mode_and_its_links() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let directory = Directory::new("fix-mode");
    directory.write("real.html", "<style>");
    let real = directory.path("real.html");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).expect("it is ours");
    symlink(&real, directory.path("link.html")).expect("a link can be made");
    assert_eq!(directory.c2c(&["check", "link.html", "--fix"], "").code, 0);
    assert_eq!(directory.read("real.html"), "<style></style>");
    let metadata = std::fs::symlink_metadata(&real).expect("it is there");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    assert!(directory.path("link.html").is_symlink());
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
    assert!(run.stdout.ends_with("error: rejected: 2 errors\n"), "{}", run.stdout);
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
    let remote = ["pull", "status", "push", "publish", "rollback"];
    for command in ["check", "compile", "schema", "types", "docs"].iter().chain(&remote) {
        let run = directory.c2c(&[command, "--help"], "");
        assert_eq!(run.code, 0);
        assert!(run.stdout.contains("Examples:"), "{}", run.stdout);
        assert!(
            !remote.contains(command) || run.stdout.contains("Exit codes: 0 "),
            "{}",
            run.stdout
        );
    }
    let run = directory.c2c(&["--help"], "");
    for code in 0..=4 {
        assert!(run.stdout.contains(&format!("\n  {code}  ")), "{}", run.stdout);
    }
}

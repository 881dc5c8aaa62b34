//! The contents of a folder, and the files that a pull may overwrite.

use expect_test::expect;

use super::real::Real;
use crate::run::Directory;

#[test]
fn a_pull_makes_a_folder() {
    let real = Real::start("pull");
    real.save("<b>é</b>\r\n", "<i>\u{feff}</i>");
    let run = real.pull(&["shop"]);
    expect![[r#"
        shop: has version 2 of the draft now: head.html (+1 -0), body-end.html (+1 -0)
    "#]]
    .assert_eq(&run.stdout);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(real.directory.read("shop/head.html"), "<b>é</b>\r\n");
    assert_eq!(real.directory.read("shop/body-end.html"), "<i>\u{feff}</i>");
    assert_eq!(real.directory.read("shop/.c2c/.gitignore"), "*\n");
    let config = real.directory.read("shop/c2c.toml");
    let config = config.replace(&real.origin, "SERVER").replace(&real.app, "APP");
    expect![[r##"
        # The app whose custom code is in this folder. `c2c status` compares, `c2c pull` reads and `c2c push`
        # saves it; `c2c --help` has more.
        server = "SERVER"
        app = "APP"
    "##]]
    .assert_eq(&config);
    let run = real.c2c(&["pull", "shop"]);
    expect![[r#"
        shop: in step with version 2 of the draft
    "#]]
    .assert_eq(&run.stdout);
}

#[cfg(unix)]
#[test]
fn git_and_colleagues_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let real = Real::pulled("modes");
    for name in ["head.html", "body-end.html", "c2c.toml"] {
        let metadata = std::fs::metadata(real.directory.path(name)).expect("it is there");
        assert_eq!(metadata.permissions().mode() & 0o444, 0o444, "{name}");
    }
}

#[test]
fn a_pull_follows_the_draft() {
    let real = Real::pulled("follow");
    real.save("<b>2</b>\n", "");
    assert_eq!(real.c2c(&["pull"]).code, 0);
    assert_eq!(real.directory.read("head.html"), "<b>2</b>\n");
}

#[test]
fn changes_in_the_folder_are_never_overwritten() {
    let real = Real::pulled("overwrite");
    real.directory.write("head.html", "<b>mine</b>\n");
    let run = real.c2c(&["pull"]);
    expect![[r#"
        .: the files are kept; compared with version 1 of the draft: head.html (+1 -0)
    "#]]
    .assert_eq(&run.stdout);
    assert_eq!(run.code, 0, "only the folder has changed");
    assert_eq!(real.c2c(&["pull", "--force"]).code, 0);
    assert_eq!(real.directory.read("head.html"), "", "that is how to drop changes");
    real.directory.write("head.html", "<b>mine</b>\n");

    real.save("<b>theirs</b>\n", "");
    let run = real.c2c(&["pull"]);
    expect![[r#"
        error: conflict: the files have changed since the folder was in step, and so has the server: version 2 of the draft. Nothing was overwritten.

        --- version 2 of the draft
        +++ this folder
        head.html
           1      - <b>theirs</b>
                1 + <b>mine</b>

        Commit your files, run `c2c pull --force` to get the server's text, merge the two, and run `c2c push` again. If your files hold the server's changes already, run `c2c pull --keep` and `c2c push`.
    "#]]
    .assert_eq(&run.stderr);
    assert_eq!((run.code, run.stdout.as_str()), (4, ""));
    assert_eq!(real.directory.read("head.html"), "<b>mine</b>\n");

    assert_eq!(real.c2c(&["pull", "--force"]).code, 0);
    assert_eq!(real.directory.read("head.html"), "<b>theirs</b>\n");
}

#[test]
fn files_can_be_kept_over_the_draft() {
    let real = Real::pulled("keep");
    real.save("<b>theirs</b>\n", "");
    real.directory.write("head.html", "<b>theirs</b>\n<b>mine</b>\n");
    assert_eq!(real.c2c(&["push"]).code, 4);
    assert_eq!(real.c2c(&["pull", "--keep"]).code, 0);
    assert_eq!(real.directory.read("head.html"), "<b>theirs</b>\n<b>mine</b>\n");
    let run = real.c2c(&["push"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(real.get("/draft")["head"], "<b>theirs</b>\n<b>mine</b>\n");
}

#[test]
fn a_pull_with_keep_keeps_files_without_changes_too() {
    let real = Real::pulled("keep-old");
    real.save("<b>theirs</b>\n", "");
    assert_eq!(real.c2c(&["pull", "--keep"]).code, 0);
    assert_eq!(real.directory.read("head.html"), "");
}

#[test]
fn a_clone_is_adopted_if_it_has_the_text_of_the_draft() {
    let real = Real::start("clone");
    real.save("<b>1</b>\n", "");
    real.directory.write("head.html", "<b>other</b>\n").write("body-end.html", "");
    let run = real.pull(&[]);
    assert_eq!(run.code, 4, "{}", run.stdout);
    assert!(run.stderr.contains("never in step"), "{}", run.stderr);
    assert!(!real.directory.path("c2c.toml").exists() && !real.directory.path(".c2c").exists());
    real.directory.write("head.html", "<b>1</b>\n");
    assert_eq!(real.pull(&[]).code, 0);
    assert_eq!(real.c2c(&["push"]).code, 0);
}

#[test]
fn the_live_revision_can_be_pulled() {
    let real = Real::start("live");
    real.directory.write("head.html", "").write("body-end.html", "");
    let run = real.pull(&["--live"]);
    assert_eq!((run.code, run.stderr.as_str()), (2, "error: no revision is live\n"));
    real.save("<b>live</b>\n", "");
    real.publish("live", "");
    real.save("<b>newer</b>\n", "");
    let run = real.pull(&["--live", "shop"]);
    expect![[r#"
        shop: has revision 1, which is live now: head.html (+1 -0)
        The draft (version 3, by console) has other code: a push changes head.html (+1 -1) in it.
    "#]]
    .assert_eq(&run.stdout);
    assert_eq!(real.directory.read("shop/head.html"), "<b>live</b>\n");
    assert_eq!(real.c2c(&["push", "shop"]).code, 0);
    assert_eq!(real.get("/draft")["head"], "<b>live</b>\n");
    // Changes are safe here as well.
    real.save("<b>newest</b>\n", "");
    real.directory.write("shop/head.html", "<b>mine</b>\n");
    assert_eq!(real.c2c(&["pull", "--live", "shop"]).code, 4);
    assert_eq!(real.directory.read("shop/head.html"), "<b>mine</b>\n");
}

#[test]
fn a_folder_belongs_to_one_app() {
    let real = Real::pulled("one-app");
    let run = real.c2c(&["pull", "--server", &real.origin, "--app", "demo"]);
    assert_eq!(run.code, 2);
    expect![[r#"
        error: c2c.toml says APP, and the command line demo: change the file, or use another folder
    "#]]
    .assert_eq(&run.stderr);
    // A folder whose configuration was changed was never in step with the other app.
    let config = real.directory.read("c2c.toml").replace(&real.app, "demo");
    real.directory.write("c2c.toml", config);
    let run = real.c2c(&["push"]);
    assert_eq!((run.code, real.c2c(&["status"]).code), (2, 3));
    assert!(run.stderr.contains("run `c2c pull` first"), "{}", run.stderr);
}

#[track_caller]
fn refused(directory: &Directory, arguments: &[&str], expected: &str) {
    let run = directory.c2c(arguments, "");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains(expected), "{}", run.stderr);
}

#[test]
fn a_folder_that_cannot_be_read_is_explained() {
    let directory = Directory::new("unreadable");
    for command in ["pull", "status", "push"] {
        refused(&directory, &[command], "there is no c2c.toml in .: `c2c pull --server");
    }
    let config = "server = \"http://127.0.0.1:1\"\napp = \"demo\"\n";
    directory.write("c2c.toml", format!("{config}colour = \"\x1b[31m\"\n"));
    refused(&directory, &["status"], "error: cannot read c2c.toml: ");
    directory.write("c2c.toml", b"\xff");
    refused(&directory, &["status"], "error: c2c.toml is not UTF-8 (byte 0)");
    directory.write("c2c.toml", config);
    refused(&directory, &["push"], "error: head.html is missing: ");
    directory.write("head.html", "").write("body-end.html", vec![b' '; 5 * 1024 * 1024]);
    refused(
        &directory,
        &["push"],
        "error: body-end.html has 5242880 bytes; at most 4194304 are read",
    );
    std::fs::remove_file(directory.path("head.html")).expect("it is ours");
    std::fs::create_dir(directory.path("head.html")).expect("it is ours");
    refused(&directory, &["status"], "error: cannot read head.html: it is not a file");
    std::fs::remove_dir(directory.path("head.html")).expect("it is ours");
    directory.write("head.html", "").write("body-end.html", "");
    std::fs::create_dir(directory.path(".c2c")).expect("it is ours");
    directory.write(".c2c/state.json", "{}");
    refused(&directory, &["status"], "error: cannot read .c2c/state.json: missing field");
}

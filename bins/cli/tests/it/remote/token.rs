//! A server that asks for a sign-in: the token from the environment, for the named server only.

use super::real::Real;
use super::stand_in::{StandIn, usual};
use crate::run::Directory;

#[test]
fn a_token_opens_a_server_that_asks_for_a_sign_in() {
    let real = Real::guarded("token");
    let (editor, publisher) = (real.token("editor"), real.token("publisher"));
    let pull = ["pull", "--server", &real.origin, "--app", "demo"];
    let run = real.c2c(&pull);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("sign in"), "{}", run.stderr);

    let variables = |token| [("C2C_TOKEN", token), ("C2C_SERVER", real.origin.as_str())];
    let run = real.c2c_with(&variables(&editor), &pull);
    assert_eq!(run.code, 0, "{}", run.stderr);
    real.directory.write("head.html", "<script>c2c.emit('pushed')</script>\n");
    let publish = ["push", "--publish", "--note", "by a token"];
    let run = real.c2c_with(&variables(&editor), &publish);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("needs the role publisher"), "{}", run.stderr);
    let run = real.c2c_with(&variables(&publisher), &publish);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let gone = format!("c2c_{}", "0".repeat(64));
    let run = real.c2c_with(&variables(&gone), &["status"]);
    assert!(run.code == 2 && run.stderr.contains("does not exist, or has ended"), "{}", run.stderr);
    for token in [&editor, &publisher] {
        assert!(!format!("{run:?}").contains(&token[4..]));
    }
}

/// A changed `c2c.toml` sends the token nowhere.
#[test]
fn the_token_is_sent_to_the_named_server_only() {
    let directory = Directory::new("token-elsewhere");
    let server = StandIn::with_folder(&directory, |line| usual(line, "x"));
    let token = format!("c2c_{}", "0".repeat(64));
    for (named, words) in
        [("", "C2C_SERVER is not"), ("https://console.example", "is for https://console.example")]
    {
        let variables = [("C2C_TOKEN", token.as_str()), ("C2C_SERVER", named)];
        for arguments in [&["status"][..], &["pull"], &["push"]] {
            let run = directory.c2c_with(&variables, arguments, "");
            assert!(run.code == 2 && run.stderr.contains(words), "{}", run.stderr);
            assert!(!run.stderr.contains(&token[4..]), "{}", run.stderr);
        }
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

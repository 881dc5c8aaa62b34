//! Settings of a program: flags, environment, configuration file, defaults, in this order.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::program::{Process, command};

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the program in a folder with a file `c2c.toml`.
fn say(text: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
    let folder = TempDir::new().expect("a directory");
    std::fs::write(folder.path().join("c2c.toml"), text).expect("written");
    let mut command = command(Path::new("data"));
    command.args(arguments).envs(environment.iter().copied()).current_dir(folder.path());
    let Output { status, stdout, stderr } = command.output().expect("runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

#[test]
fn each_setting_comes_from_the_highest_place_that_has_it() {
    let file = "cache-mib = 1\nhold-ms = 2\ndrain-seconds = 3\nlog = 'info'\n";
    let said = say(
        file,
        &["--config", "c2c.toml", "--cache-mib", "10", "config", "--log-format", "json"],
        &[("C2C_CACHE_MIB", "11"), ("C2C_HOLD_MS", "12"), ("C2C_CONFIG", "elsewhere.toml")],
    );
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{}", said.stdout);
    for (start, source) in [
        ("cache-mib = \"10\"", "--cache-mib"),
        ("hold-ms = \"12\"", "C2C_HOLD_MS"),
        ("drain-seconds = \"3\"", "configuration file"),
        ("log = \"info\"", "configuration file"),
        ("log-format = \"json\"", "--log-format"),
        ("data-dir = \"data\"", "--data-dir"),
        ("proxies = \"127.0.0.1,::1\"", "default"),
        ("# admin-listen =", "not set"),
    ] {
        let is = |line: &&str| line.starts_with(start) && line.ends_with(&format!("# {source}"));
        assert_eq!(said.stdout.lines().filter(is).count(), 1, "{start}: {}", said.stdout);
    }
}

#[test]
fn the_environment_names_the_file_and_no_secret_is_shown() {
    let file = "purge-url = 'https://s3cret.example'\npurge-authorization = 's3cret'\n\
                database = 'postgres://anna:s3cret@db.example/c2c'\n";
    for arguments in [&["config"][..], &["--help"], &["export", "--help"]] {
        let Said { code, stdout, stderr } = say(file, arguments, &[("C2C_CONFIG", "c2c.toml")]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
        assert!(!stdout.contains("s3cret"), "{stdout}");
    }
    let said = say("purge-authorization = \"s3cret\\n\"\n", &["config", "--config=c2c.toml"], &[]);
    assert_eq!(said.code, Some(2));
    assert!(!said.stderr.contains("s3cret"), "{}", said.stderr);
}

#[test]
fn a_mistake_in_the_file_prevents_the_start_and_is_said_in_one_line() {
    for (text, explanation) in [
        (
            "\ncahce-mib = 5\n",
            "c2c.toml:2:1: there is no setting \"cahce-mib\"; did you mean \"cache-mib\"?",
        ),
        ("cache-mib = -1\n", "c2c.toml:1:13: cache-mib: -1 is not in 0..=4294967295"),
        ("cache-mib = \n", "c2c.toml:1:"),
    ] {
        let Said { code, stderr, .. } = say(text, &["--config", "c2c.toml"], &[]);
        assert_eq!((code, stderr.lines().count()), (Some(2), 1), "{stderr}");
        assert!(stderr.contains(explanation), "{stderr}");
    }
    let Said { code, stderr, .. } = say("", &["--config", "none.toml"], &[]);
    assert_eq!((code, stderr.lines().count()), (Some(2), 1), "{stderr}");
    assert!(stderr.contains("cannot read the configuration file none.toml"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_with_a_file() {
    let folder = TempDir::new().expect("a directory");
    let path = folder.path().join("c2c.toml");
    std::fs::write(&path, "admin-listen = '127.0.0.1:0'\n").expect("written");
    let server = tokio::task::block_in_place(|| {
        Process::start(|data| {
            let mut command = command(data);
            command.arg("--config").arg(&path);
            command
        })
    });
    assert!(server.admin.is_some(), "it has no admin listener");
}

#[test]
fn single_sign_on_is_complete_whatever_place_its_settings_come_from() {
    let file = "oidc-issuer = 'http://127.0.0.1:9'\noidc-client-id = 'c2c'\noidc-role = 'a=owner,b=viewer'\n";
    let secret = [("C2C_OIDC_CLIENT_SECRET", "s3cret")];
    let said = say(file, &["--config", "c2c.toml", "config"], &secret);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{}", said.stdout);
    assert!(!said.stdout.contains("s3cret"), "{}", said.stdout);
    let free = ["--console-listen", "127.0.0.1:0", "--pages-listen", "127.0.0.1:0"];
    let run = [&["--config", "c2c.toml"], &free[..]].concat();
    for (file, environment, missing) in [
        (file, &[][..], "--oidc-client-secret"),
        ("", &secret, "--oidc-issuer"),
        ("oidc-issuer = 'http://127.0.0.1:9'\n", &secret, "--oidc-client-id"),
    ] {
        let said = say(file, &run, environment);
        let expected = format!("single sign-on needs {missing}, too");
        assert!(said.code == Some(1) && said.stderr.contains(&expected), "{}", said.stderr);
    }
}

#[test]
fn assertions_need_an_issuer_and_its_keys() {
    let free = ["--console-listen", "127.0.0.1:0", "--pages-listen", "127.0.0.1:0"];
    for (set, missing) in [
        (["--assertion-issuer", "https://product.example"], "--assertion-jwks"),
        (["--assertion-jwks", "keys.json"], "--assertion-issuer"),
    ] {
        let said = say("", &[&set[..], &free].concat(), &[]);
        let expected = format!("sign-in by assertions needs {missing}, too");
        assert!(said.code == Some(1) && said.stderr.contains(&expected), "{}", said.stderr);
    }
}

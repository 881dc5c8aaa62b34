//! The program, in its own process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_c2c-server");
pub(crate) const FREE_PORTS: [&str; 4] =
    ["--console-listen", "127.0.0.1:0", "--pages-listen", "127.0.0.1:0,[::1]:0"];

pub(crate) fn command(data: &Path) -> Command {
    with_data(Command::new(PROGRAM), data)
}

/// The program with a limit, given as an argument of `ulimit`.
pub(crate) fn command_within(limit: &str, data: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit {limit} && exec \"$0\" \"$@\"")).arg(PROGRAM);
    with_data(shell, data)
}

fn with_data(mut command: Command, data: &Path) -> Command {
    command.arg("--data-dir").arg(data).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Reads the addresses that the program prints at its start.
pub(crate) fn addresses(child: &mut Child) -> Vec<(String, String)> {
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut found = Vec::new();
    for line in stdout.lines() {
        let line = line.expect("UTF-8");
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [label, url] = words[..]
            && url.starts_with("http")
        {
            found.push((label.to_owned(), url.to_owned()));
        }
        if found.len() == 4 {
            break;
        }
    }
    found
}

pub(crate) fn port(url: &str) -> u16 {
    let authority = url.split('/').nth(2).expect("an authority");
    authority.rsplit_once(':').expect("a port").1.parse().expect("a port")
}

pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(status.success());
}

//! Runs other programs in the workspace's root.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The target directory in which cargo built this program.
pub(crate) fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    // Cargo marks it to leave it out of backups.
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    Ok(target.ok_or("xtask is in no target directory")?.to_owned())
}

/// The `cargo` that runs us, with these arguments (split at spaces), at the root.
pub(crate) fn cargo(arguments: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments.split_whitespace()).current_dir(root()).stdin(Stdio::null());
    // `cargo run` describes us to us. Some build scripts read the same variables, and would be run
    // again, with all that depends on them, whenever another program calls cargo.
    for (name, _) in std::env::vars_os() {
        let described = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if described.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs a command with its output shown. Fails if the command fails.
pub(crate) fn show(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().map_err(|error| format!("{}: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}`: {status}", shown(command)).into()) }
}

/// Runs a command with its output copied to `shown`, and passes each line of standard output to
/// `line`. Returns whether it succeeded.
pub(crate) fn watch(
    command: &mut Command,
    shown: &mut dyn Write,
    mut line: impl FnMut(&str),
) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut stdout = BufReader::new(child.stdout.take().ok_or("no standard output")?);
    let mut bytes = Vec::new();
    while stdout.read_until(b'\n', &mut bytes)? > 0 {
        shown.write_all(&bytes)?;
        line(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    Ok(child.wait()?.success())
}

/// Runs a command and returns its standard output; its errors are shown.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("`{}`: {}", shown(command), output.status).into())
    }
}

/// The target triple that this machine's compiler builds for.
pub(crate) fn host() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("`rustc -vV` names no host")?.to_owned())
}

/// Builds a binary of the workspace, and returns a command that runs it at the root.
///
/// The build has the features of the workspace's tests, which need the same dependencies: `cargo run
/// --package` would build them again with one package's features.
pub(crate) fn program(name: &str) -> Result<Command> {
    built(name, &["--bin", name])
}

/// The same for an example.
pub(crate) fn example(name: &str) -> Result<Command> {
    built(name, &["--example", name])
}

fn built(name: &str, target: &[&str]) -> Result<Command> {
    let mut command = cargo("build --quiet --locked --workspace");
    // An example is what makes cargo take the features of test dependencies into account.
    command.args(["--example", "artefacts"]).args(target);
    let executables = build(&mut command)?;
    let path = executables.into_iter().find(|(built, _)| built == name);
    let (_, path) = path.ok_or_else(|| format!("{name} was not built"))?;
    let mut command = Command::new(path);
    command.current_dir(root()).stdin(Stdio::null());
    Ok(command)
}

/// Runs `cargo build …` and returns the executables that it names.
pub(crate) fn build(command: &mut Command) -> Result<Vec<(String, PathBuf)>> {
    let messages = output(command.args(["--message-format", "json-render-diagnostics"]))?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?;
            Some((name.to_owned(), message["executable"].as_str()?.into()))
        })
        .collect())
}

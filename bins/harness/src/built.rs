//! Programs of this workspace that tests run. `cargo` builds them, once: it knows best whether they are
//! up to date.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::error::{Context as _, Error, Result};

/// By name: the server, and the examples of the facade.
///
/// [`run`](crate::run) builds them before any test starts, so that no test waits for a compiler.
pub(crate) static PROGRAMS: LazyLock<Result<HashMap<String, PathBuf>>> = LazyLock::new(build);

/// The server: `C2C_SERVER_BIN`, or else a debug build.
pub(crate) fn server() -> Result<PathBuf> {
    env::var_os("C2C_SERVER_BIN").map_or_else(|| program("c2c-server"), |given| Ok(given.into()))
}

/// A debug build of a program.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let programs = PROGRAMS.as_ref().map_err(Clone::clone)?;
    programs.get(name).cloned().context(format_args!("cargo built no {name}"))
}

fn build() -> Result<HashMap<String, PathBuf>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // `cargo test` describes this test to us. Build scripts that read the same variables would be run
    // again, with all that depends on them.
    for (name, _) in env::vars_os() {
        let described = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if described.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    let output = command
        // With the examples, dependencies have the features that `cargo test` builds with: nothing is built twice.
        .args(["build", "--locked", "--workspace", "--bins", "--examples"])
        .args(["--message-format", "json"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(Error::new("cannot build the server and the examples: see above"));
    }
    let programs = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| {
            let executable = PathBuf::from(message["executable"].as_str()?);
            Some((message["target"]["name"].as_str()?.to_owned(), executable))
        })
        .collect();
    Ok(programs)
}

//! The fuzz targets of `fuzz/`: builds them, and runs one for a while.
//!
//! This builds the same as `cargo fuzz run --sanitizer none`, without `cargo-fuzz`, a nightly
//! compiler or a sanitizer. Our code has no `unsafe`, so a sanitizer would check our dependencies
//! only. A stable compiler can give libFuzzer the coverage that it needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::run::{Result, build, cargo, host, output, root, shown};

/// The flags for libFuzzer's coverage: see `cargo-fuzz`, `src/project.rs`.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 -Cdebug-assertions \
     -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// The number of lines shown of a failing target's output.
const LINES: usize = 60;

/// A target, ready to run.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    executable: PathBuf,
    folder: PathBuf,
}

/// The work of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spent {
    pub(crate) executions: u64,
    pub(crate) cpu: Duration,
}

/// Builds all targets.
pub(crate) fn targets() -> Result<Vec<Target>> {
    let folder = root().join("fuzz");
    let manifest = folder.join("Cargo.toml");
    if !manifest.exists() {
        return Err("there is no fuzz/Cargo.toml: nothing is fuzzed".into());
    }
    // With `--target`, the flags apply to the target's code only, not to build scripts and macros.
    let mut command = cargo("build --locked --release --bins");
    command.args(["--target", &host()?]).arg("--manifest-path").arg(&manifest);
    println!("$ {}", shown(&command));
    let executables = build(command.env("RUSTFLAGS", COVERAGE))?;
    let names = names(&manifest)?;
    if names.is_empty() {
        return Err("fuzz/ has no targets".into());
    }
    let target = |name: String| {
        let executable = executables.iter().find(|(built, _)| *built == name);
        let (_, executable) = executable.ok_or_else(|| format!("{name} was not built"))?;
        Ok(Target { name, executable: executable.clone(), folder: folder.clone() })
    };
    names.into_iter().map(target).collect()
}

impl Target {
    /// A folder for inputs with new coverage. Not committed; its inputs are tried first.
    pub(crate) fn kept(&self, command: &str) -> PathBuf {
        self.folder.join("target/corpus").join(command).join(&self.name)
    }

    /// Fuzzes for some time, which on a busy machine means less CPU time. An error is a finding.
    pub(crate) fn run(&self, seconds: u64, kept: &Path) -> Result<Spent> {
        let command = self.command(seconds, kept)?;
        println!("$ {}", shown(&command));
        // The shell reports its children's CPU time.
        let mut timed = Command::new("sh");
        timed
            .args(["-c", "\"$@\"; code=$?; times; exit $code", "sh"])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        let output = timed.output()?;
        if output.status.success() {
            return spent(&output).ok_or_else(|| format!("{}: no statistics", self.name).into());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<_> = said.lines().collect();
        for line in lines.iter().skip(lines.len().saturating_sub(LINES)) {
            println!("  {line}");
        }
        let artifacts = self.artifacts();
        Err(format!("{}: {}; the input is in {}", self.name, output.status, artifacts.display())
            .into())
    }

    fn artifacts(&self) -> PathBuf {
        self.folder.join("artifacts").join(&self.name)
    }

    fn command(&self, seconds: u64, kept: &Path) -> Result<Command> {
        let artifacts = self.artifacts();
        fs::create_dir_all(kept)?;
        fs::create_dir_all(&artifacts)?;
        let mut command = Command::new(&self.executable);
        command
            .arg(format!("-max_total_time={seconds}"))
            .args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"])
            .arg(format!("-artifact_prefix={}/", artifacts.display()));
        command.arg(format!("-dict={}", dictionary(&self.folder, &self.name).display()));
        // New inputs go into the first folder; the seeds in the second are only read.
        command.arg(kept);
        let seeds = self.folder.join("corpus").join(&self.name);
        if seeds.exists() {
            command.arg(seeds);
        }
        Ok(command)
    }
}

/// The dictionary for a target's inputs: its own, or else that of the targets that take snippets.
fn dictionary(fuzz: &Path, name: &str) -> PathBuf {
    let folder = fuzz.join("dictionaries");
    let own = folder.join(format!("{name}.dict"));
    if own.exists() { own } else { folder.join("html.dict") }
}

/// The names of the binaries in the fuzz package.
fn names(manifest: &Path) -> Result<Vec<String>> {
    let metadata = output(
        cargo("metadata --format-version 1 --no-deps --locked --manifest-path").arg(manifest),
    )?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    Ok(targets
        .filter(|target| target["kind"][0] == "bin")
        .filter_map(|target| target["name"].as_str().map(str::to_owned))
        .collect())
}

/// Parses libFuzzer's statistics, and the second line of the shell's `times`: its children's time.
fn spent(output: &Output) -> Option<Spent> {
    let said = String::from_utf8_lossy(&output.stderr);
    let executions =
        said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?;
    let times = String::from_utf8_lossy(&output.stdout);
    let children = times.lines().last()?;
    Some(Spent {
        executions: executions.trim().parse().ok()?,
        cpu: children.split_whitespace().map(minutes_and_seconds).sum::<Option<_>>()?,
    })
}

/// Parses `1m2.500s`.
fn minutes_and_seconds(text: &str) -> Option<Duration> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    let seconds = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    Some(Duration::from_mins(minutes.parse().ok()?) + seconds)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn executions_and_cpu_time_are_read() {
        let script = "echo 'stat::number_of_executed_units: 42' >&2; echo '0m0.000s 0m0.000s'; echo '1m2.500s 0m1.25s'";
        let output = Command::new("sh").args(["-c", script]).output().expect("a shell");
        let Spent { executions, cpu } = spent(&output).expect("both are there");
        assert_eq!((executions, cpu), (42, Duration::from_millis(63_750)));
    }
}

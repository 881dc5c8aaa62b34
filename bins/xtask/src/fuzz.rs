//! Every fuzz target of `fuzz/`, for a short time: a smoke test. Real fuzzing runs for hours.
//!
//! This builds what `cargo fuzz run --sanitizer none` builds, without needing `cargo-fuzz`, a
//! nightly compiler or a sanitizer: our code has no `unsafe`, so a sanitizer would look at our
//! dependencies only. What libFuzzer needs, coverage, a stable compiler can give.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Counts;
use crate::run::{Result, build, cargo, host, output, root, shown};

/// libFuzzer steers by these: see `cargo-fuzz`, `src/project.rs`.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 -Cdebug-assertions \
     -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// How much of a failing target's output is shown.
const LINES: usize = 60;

pub(super) fn run(seconds: u32) -> Result<Counts> {
    let fuzz = root().join("fuzz");
    let manifest = fuzz.join("Cargo.toml");
    if !manifest.exists() {
        return Err("there is no fuzz/Cargo.toml: nothing is fuzzed".into());
    }
    // With `--target`, the flags reach the target's code only, not build scripts and macros.
    let target = host()?;
    let executables = build(
        cargo("build --locked --release --bins")
            .args(["--target", &target])
            .arg("--manifest-path")
            .arg(&manifest)
            .env("RUSTFLAGS", COVERAGE),
    )?;
    let targets = targets(&manifest)?;
    if targets.is_empty() {
        return Err("fuzz/ has no targets".into());
    }
    let mut counts = Counts::default();
    for name in targets {
        let executable = executables.iter().find(|(built, _)| *built == name);
        let (_, executable) = executable.ok_or_else(|| format!("{name} was not built"))?;
        match fuzz_one(&fuzz, &name, executable, seconds) {
            Ok(()) => counts.passed += 1,
            Err(error) => {
                println!("error: {name}: {error}");
                counts.failed += 1;
            }
        }
    }
    Ok(counts)
}

fn fuzz_one(fuzz: &Path, name: &str, executable: &Path, seconds: u32) -> Result<()> {
    // What it finds goes into a folder that is not committed; the seeds beside it are only read.
    let found = fuzz.join("target/corpus").join(name);
    let artifacts = fuzz.join("artifacts").join(name);
    fs::create_dir_all(&found)?;
    fs::create_dir_all(&artifacts)?;
    let mut command = Command::new(executable);
    command
        .arg(format!("-max_total_time={seconds}"))
        .args(["-timeout=10", "-rss_limit_mb=2048"])
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .current_dir(fuzz)
        .stdin(Stdio::null());
    if let Some(dictionary) = dictionary(fuzz, name)? {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    command.arg(&found);
    let seeds = fuzz.join("corpus").join(name);
    if seeds.exists() {
        command.arg(seeds);
    }
    println!("$ {}", shown(&command));
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = said.lines().collect();
    if output.status.success() {
        println!("{name}: {}", lines.last().unwrap_or(&"(silent)"));
        return Ok(());
    }
    for line in lines.iter().skip(lines.len().saturating_sub(LINES)) {
        println!("  {line}");
    }
    Err(format!("{}; the input is in {}", output.status, artifacts.display()).into())
}

/// The words that a target's inputs are made of: its own dictionary, else the only one there is.
fn dictionary(fuzz: &Path, name: &str) -> Result<Option<PathBuf>> {
    let folder = fuzz.join("dictionaries");
    let own = folder.join(format!("{name}.dict"));
    if own.exists() || !folder.exists() {
        return Ok(own.exists().then_some(own));
    }
    let mut all = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let first = all.next().transpose()?;
    Ok(if all.next().is_none() { first } else { None })
}

/// The names of the binaries in the fuzz package.
fn targets(manifest: &Path) -> Result<Vec<String>> {
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

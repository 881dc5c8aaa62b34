//! axe-core, which the browser tests run on our pages. It is installed for them and never committed.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Result, show, target};

/// The harness runs this version's file and no other: it knows its SHA-256.
const VERSION: &str = "4.14.1";

/// Where the harness (`bins/e2e/src/axe.rs`) looks.
fn folder() -> Result<PathBuf> {
    Ok(target()?.join("e2e/npm"))
}

pub(super) fn is_there() -> Result<bool> {
    let package = folder()?.join("node_modules/axe-core/package.json");
    let package = fs::read(package).ok().and_then(|text| serde_json::from_slice(&text).ok());
    Ok(package.is_some_and(|package: Value| package["version"] == VERSION))
}

pub(super) fn install() -> Result<()> {
    let folder = folder()?;
    fs::create_dir_all(&folder)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund"]);
    show(npm.arg("--prefix").arg(folder).arg(format!("axe-core@{VERSION}")).stdin(Stdio::null()))
}

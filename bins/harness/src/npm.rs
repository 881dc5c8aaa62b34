//! Files of npm packages: third-party, and not committed.
//!
//! `cargo xtask test --only tools` installs them under the target directory and verifies their
//! digests (`bins/xtask/src/npm.rs`).

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::error::{Context as _, Error, Result};
use crate::target_dir;

/// The way to install missing packages.
pub(crate) const INSTALL: &str = "run `cargo xtask test --only tools`";

fn node_modules() -> Result<PathBuf> {
    Ok(target_dir()?.join("e2e/npm/node_modules"))
}

/// The required packages, with their versions.
const MANIFEST: &str = include_str!("../../xtask/npm/tools/package.json");

/// A package by its npm name: `@sentry/browser`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package(pub &'static str);

impl Package {
    /// The version that must be installed.
    pub fn version(self) -> Result<String> {
        let Self(name) = self;
        let mut manifest: Value = serde_json::from_str(MANIFEST)?;
        match manifest["dependencies"][name].take() {
            Value::String(version) => Ok(version),
            _ => Err(Error::new(format!("bins/xtask/npm/tools/package.json has no {name}"))),
        }
    }

    /// Returns the text of one of its files: `dist/file.min.js`.
    pub fn file(self, path: &str) -> Result<String> {
        self.file_of(&self.version()?, path)
    }

    fn file_of(self, version: &str, path: &str) -> Result<String> {
        let Self(name) = self;
        let folder = node_modules()?.join(name);
        let read = |path| {
            let path = folder.join(path);
            fs::read_to_string(&path)
                .context(format_args!("{} is missing: {INSTALL}", path.display()))
        };
        let package: Value = serde_json::from_str(&read("package.json")?)?;
        if package["version"] != version {
            let found = &package["version"];
            return Err(Error::new(format!("{name} is {found} and not {version}: {INSTALL}")));
        }
        read(path)
    }

    /// Bundles a package that has only modules into one classic script: all exports of the given
    /// entries become properties of one global. The main entry is empty, another is `/plugins`.
    pub fn bundle(self, entries: &[&str], global: &str) -> Result<String> {
        self.file("package.json")?; // the right version
        let mut esbuild = Command::new(esbuild()?)
            .args(["--bundle", "--format=iife", "--charset=utf8", "--log-level=error"])
            .current_dir(node_modules()?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut module = String::new();
        let mut all = String::new();
        for (i, entry) in entries.iter().enumerate() {
            writeln!(module, "import * as entry{i} from '{}{entry}';", self.0)?;
            write!(all, "...entry{i}, ")?;
        }
        writeln!(module, "globalThis.{global} = {{ {all}}};")?;
        // Dropped, and so closed, at the end of this line.
        esbuild.stdin.take().context("an input")?.write_all(module.as_bytes())?;
        let output = esbuild.wait_with_output()?;
        if !output.status.success() {
            return Err(Error::new(String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// The only program in the folder: each platform has its own package.
fn esbuild() -> Result<PathBuf> {
    let folder = node_modules()?.join("@esbuild");
    let mut packages = fs::read_dir(&folder)
        .context(format_args!("{} is missing: {INSTALL}", folder.display()))?;
    let package = packages.next().context(format_args!("esbuild is missing: {INSTALL}"))??;
    Ok(package.path().join("bin/esbuild"))
}

#[cfg(test)]
mod tests {
    use super::Package;

    #[test]
    fn another_version_is_not_taken() {
        let error = Package("axe-core").file_of("0.0.0", "axe.min.js");
        let error = error.expect_err("it is another one").to_string();
        assert!(error.contains("and not 0.0.0: run"), "{error}");
    }

    #[test]
    fn versions_are_those_of_the_manifest() {
        assert!(Package("axe-core").version().is_ok());
        assert!(Package("left-pad").version().is_err());
    }
}

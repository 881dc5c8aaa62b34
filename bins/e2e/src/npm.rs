//! Files of npm packages: not ours, and not committed.
//!
//! `cargo xtask test --only tools` installs them under the target directory, by their digests
//! (`bins/xtask/src/npm.rs`).

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::error::{Context as _, Error, Result};
use crate::target_dir;

/// How to get what is missing.
pub(crate) const INSTALL: &str = "run `cargo xtask test --only tools`";

fn node_modules() -> Result<PathBuf> {
    Ok(target_dir()?.join("e2e/npm/node_modules"))
}

/// A package as npm has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// `@sentry/browser`.
    pub name: &'static str,
    /// The version that must be installed.
    pub version: &'static str,
}

impl Package {
    /// The text of one of its files: `dist/file.min.js`.
    pub fn file(&self, path: &str) -> Result<String> {
        let folder = node_modules()?.join(self.name);
        let read = |path| {
            let path = folder.join(path);
            fs::read_to_string(&path)
                .context(format_args!("{} is missing: {INSTALL}", path.display()))
        };
        let package: Value = serde_json::from_str(&read("package.json")?)?;
        if package["version"] != self.version {
            let Self { name, version } = self;
            let found = &package["version"];
            return Err(Error::new(format!("{name} is {found} and not {version}: {INSTALL}")));
        }
        read(path)
    }

    /// One classic script, for a package that has only modules, with everything that it exports under
    /// a global name.
    pub fn bundle(&self, global: &str) -> Result<String> {
        let Value::String(module) =
            serde_json::from_str::<Value>(&self.file("package.json")?)?["module"].take()
        else {
            return Err(Error::new(format!("{} has no module", self.name)));
        };
        let modules = node_modules()?;
        let output = Command::new(esbuild()?)
            .arg(modules.join(self.name).join(module))
            .args(["--bundle", "--format=iife", "--charset=utf8", "--log-level=error"])
            .arg(format!("--global-name={global}"))
            .current_dir(modules)
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            return Err(Error::new(String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// The only program in the folder: each kind of machine has a package of its own.
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
        let package = Package { name: "axe-core", version: "0.0.0" };
        let error = package.file("axe.min.js").expect_err("it is another one").to_string();
        assert!(error.contains("and not 0.0.0: run"), "{error}");
    }
}

//! npm packages for tests: installed under the target directory and never committed.
//!
//! `npm/tools` and `npm/libraries` name them, each with npm's lock file: every package's version
//! and digest, without hosts. After a change of a `package.json`, remake its lock file in that
//! folder:
//!
//! ```sh
//! npm install --package-lock-only --omit-lockfile-registry-resolved
//! ```

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

use crate::run::{Result, show, target};

/// Packages installed together, with all their dependencies.
#[derive(Debug)]
pub(crate) struct Packages {
    /// Below the target directory.
    folder: &'static str,
    manifest: &'static str,
    lock: &'static str,
}

/// The packages for `cargo xtask test`. The browser harness (`bins/harness/src/npm.rs`) looks there, too.
pub(crate) const TOOLS: Packages = Packages {
    folder: "e2e/npm",
    manifest: include_str!("../npm/tools/package.json"),
    lock: include_str!("../npm/tools/package-lock.json"),
};

/// The libraries that `cargo xtask bench bridge` and `bench page` measure beside the product
/// (`bins/e2e/benches`).
pub(crate) const LIBRARIES: Packages = Packages {
    folder: "e2e/bridge-npm",
    manifest: include_str!("../npm/libraries/package.json"),
    lock: include_str!("../npm/libraries/package-lock.json"),
};

impl Packages {
    fn folder(&self) -> Result<PathBuf> {
        Ok(target()?.join(self.folder))
    }

    /// The folder of the installed packages, or an error that says how to install them.
    pub(crate) fn modules(&self) -> Result<PathBuf> {
        if !self.are_there()? {
            let why = "npm packages are missing: run `cargo xtask test --only tools`";
            return Err(why.into());
        }
        Ok(self.folder()?.join("node_modules"))
    }

    /// Whether all packages are installed, by npm's own record.
    pub(crate) fn are_there(&self) -> Result<bool> {
        let noted = fs::read(self.folder()?.join("node_modules/.package-lock.json"));
        let noted = noted.ok().and_then(|text| serde_json::from_slice(&text).ok());
        let wanted = self.wanted()?;
        Ok(noted.is_some_and(|noted: Value| has_all(&wanted, &noted)))
    }

    /// Installs all of them at once: npm removes packages that the lock file does not name, and
    /// rejects other digests.
    pub(crate) fn install(&self) -> Result<()> {
        let folder = self.folder()?;
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("package.json"), self.manifest)?;
        fs::write(folder.join("package-lock.json"), self.lock)?;
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
        show(npm.stdin(Stdio::null()))?;
        let there = self.are_there()?;
        if there { Ok(()) } else { Err("npm has other packages under these versions".into()) }
    }

    /// The lock file's packages, by path.
    fn wanted(&self) -> Result<Map<String, Value>> {
        let lock: Value = serde_json::from_str(self.lock)?;
        let packages = lock["packages"].as_object().ok_or("a lock without packages")?;
        // The first is the manifest.
        Ok(packages.clone().into_iter().filter(|(path, _)| !path.is_empty()).collect())
    }
}

/// Whether npm recorded each wanted package with the same version and digest. It installs no
/// optional package for another kind of machine.
fn has_all(wanted: &Map<String, Value>, noted: &Value) -> bool {
    wanted.iter().all(|(path, package)| {
        let installed = &noted["packages"][path];
        let same = |key| installed[key] == package[key];
        same("version") && same("integrity") || installed.is_null() && package["optional"] == true
    })
}

/// The TypeScript compiler.
pub(crate) fn tsc() -> Result<Command> {
    let mut tsc = Command::new("node");
    tsc.arg(TOOLS.modules()?.join("typescript/bin/tsc")).stdin(Stdio::null());
    Ok(tsc)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_package_under_the_same_version_is_not_taken() {
        let wanted = TOOLS.wanted().expect("a lock");
        let mut noted = json!({"packages": wanted});
        assert!(has_all(&wanted, &noted));
        noted["packages"]["node_modules/typescript"]["integrity"] = json!("sha512-");
        assert!(!has_all(&wanted, &noted));
        assert!(!has_all(&wanted, &json!({})));
    }

    #[test]
    fn the_program_of_another_machine_may_be_missing() {
        let wanted = TOOLS.wanted().expect("a lock");
        let mut noted = json!({"packages": wanted});
        let packages = noted["packages"].as_object_mut().expect("packages");
        assert!(packages.remove("node_modules/@esbuild/win32-x64").is_some());
        assert!(has_all(&wanted, &noted));
    }

    #[test]
    fn every_package_has_its_digest_and_none_names_a_host() {
        for packages in [TOOLS, LIBRARIES] {
            for (path, package) in packages.wanted().expect("a lock") {
                let digest = package["integrity"].as_str().unwrap_or_default();
                assert!(digest.starts_with("sha512-"), "{path}: {package}");
                assert!(package["resolved"].is_null(), "{path}: {package}");
            }
        }
    }
}

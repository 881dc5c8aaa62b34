//! Packages from npm, which tests run: installed under the target directory and never committed.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Result, show, target};

/// Packages that are installed together.
#[derive(Debug)]
pub(crate) struct Packages {
    /// Below the target directory.
    folder: &'static str,
    /// Each package, its version, and the digest of what was looked at when this was written.
    list: &'static [(&'static str, &'static str, &'static str)],
}

/// What `cargo xtask test` runs. The browser harness (`bins/e2e/src/axe.rs`) looks there, too.
pub(crate) const TOOLS: Packages = Packages {
    folder: "e2e/npm",
    list: &[
        (
            "axe-core",
            "4.14.1",
            "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        ),
        (
            "typescript",
            "6.0.3",
            "sha512-y2TvuxSZPDyQakkFRPZHKFm+KKVqIisdg9/CZwm9ftvKXLP8NRWj38/ODjNbr43SsoXqNuAisEf1GdCxqWcdBw==",
        ),
    ],
};

/// What `cargo xtask bench bridge` measures beside the bridge (`bins/e2e/benches/bridge`).
pub(crate) const LIBRARIES: Packages = Packages {
    folder: "e2e/bridge-npm",
    list: &[
        (
            "@jetbrains/websandbox",
            "1.4.2",
            "sha512-YyRcWcYwdOywRBhQtHCyeyV81bS8ov4F7NBi4MFGDyLX2UhvexLWOaFe/kfgbHurGLUbFoeXXg9mG78/u3y73w==",
        ),
        (
            "comlink",
            "4.4.2",
            "sha512-OxGdvBmJuNKSCMO4NTl1L47VRp6xn2wG4F/2hYzB6tiCb709otOxtEYCSvK80PtjODfXXZu8ds+Nw5kVCjqd2g==",
        ),
        (
            "penpal",
            "7.0.6",
            "sha512-iZ70OhtiZ959V57j7vSKBuv1UEXwCEu7C+TK7YxAkrB1JahB4pElHs1S1ThzMuGYNQ+SbExOXmvqrEeGwX/A8g==",
        ),
        (
            "post-robot",
            "10.0.46",
            "sha512-EgVJiuvI4iRWDZvzObWes0X/n8olWBEJWxlSw79zmhpgkigX8UsVL4VOBhVtoJKwf0Y9qP9g2zOONw1rv80QbA==",
        ),
    ],
};

impl Packages {
    fn folder(&self) -> Result<PathBuf> {
        Ok(target()?.join(self.folder))
    }

    /// Whether all packages are there, as npm noted what it installed.
    pub(crate) fn are_there(&self) -> Result<bool> {
        let lock = fs::read(self.folder()?.join("node_modules/.package-lock.json"));
        let lock = lock.ok().and_then(|text| serde_json::from_slice(&text).ok());
        Ok(lock.is_some_and(|lock: Value| self.has_all(&lock)))
    }

    fn has_all(&self, lock: &Value) -> bool {
        self.list.iter().all(|(name, version, integrity)| {
            let installed = &lock["packages"][format!("node_modules/{name}")];
            installed["version"] == *version && installed["integrity"] == *integrity
        })
    }

    /// Installs all of them at once: npm takes away what it is not asked for.
    pub(crate) fn install(&self) -> Result<()> {
        let folder = self.folder()?;
        fs::create_dir_all(&folder)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund"]);
        npm.arg("--prefix").arg(folder);
        npm.args(self.list.iter().map(|(name, version, _)| format!("{name}@{version}")));
        show(npm.stdin(Stdio::null()))?;
        let there = self.are_there()?;
        if there { Ok(()) } else { Err("npm has other packages under these versions".into()) }
    }
}

/// The TypeScript compiler.
pub(crate) fn tsc() -> Result<Command> {
    if !TOOLS.are_there()? {
        return Err("TypeScript is missing: run `cargo xtask test --only tools`".into());
    }
    let mut tsc = Command::new("node");
    tsc.arg(TOOLS.folder()?.join("node_modules/typescript/bin/tsc")).stdin(Stdio::null());
    Ok(tsc)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_package_under_the_same_version_is_not_taken() {
        let entry = |(name, version, integrity): &(&str, &str, &str)| {
            let package = json!({"version": version, "integrity": integrity});
            (format!("node_modules/{name}"), package)
        };
        let packages: serde_json::Map<_, _> = TOOLS.list.iter().map(entry).collect();
        let mut lock = json!({"packages": packages});
        assert!(TOOLS.has_all(&lock));
        lock["packages"]["node_modules/typescript"]["integrity"] = json!("sha512-");
        assert!(!TOOLS.has_all(&lock));
        assert!(!TOOLS.has_all(&json!({})));
    }
}

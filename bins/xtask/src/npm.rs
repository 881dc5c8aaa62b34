//! Packages from npm, which tests run: installed under the target directory and never committed.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Result, show, target};

/// Each package, its version, and the digest of what was looked at when this was written.
const PACKAGES: &[(&str, &str, &str)] = &[
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
];

/// Where the browser harness (`bins/e2e/src/axe.rs`) looks, too.
fn folder() -> Result<PathBuf> {
    Ok(target()?.join("e2e/npm"))
}

/// Whether all packages are there, as npm noted what it installed.
pub(crate) fn is_there() -> Result<bool> {
    let lock = fs::read(folder()?.join("node_modules/.package-lock.json"));
    let lock = lock.ok().and_then(|text| serde_json::from_slice(&text).ok());
    Ok(lock.is_some_and(|lock: Value| has_all(&lock)))
}

fn has_all(lock: &Value) -> bool {
    PACKAGES.iter().all(|(name, version, integrity)| {
        let installed = &lock["packages"][format!("node_modules/{name}")];
        installed["version"] == *version && installed["integrity"] == *integrity
    })
}

/// Installs all of them at once: npm takes away what it is not asked for.
pub(crate) fn install() -> Result<()> {
    let folder = folder()?;
    fs::create_dir_all(&folder)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--prefix"]);
    npm.arg(folder).args(PACKAGES.iter().map(|(name, version, _)| format!("{name}@{version}")));
    show(npm.stdin(Stdio::null()))?;
    if is_there()? { Ok(()) } else { Err("npm has other packages under these versions".into()) }
}

/// The TypeScript compiler.
pub(crate) fn tsc() -> Result<Command> {
    if !is_there()? {
        return Err("TypeScript is missing: run `cargo xtask test --only tools`".into());
    }
    let mut tsc = Command::new("node");
    tsc.arg(folder()?.join("node_modules/typescript/bin/tsc")).stdin(Stdio::null());
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
        let packages: serde_json::Map<_, _> = PACKAGES.iter().map(entry).collect();
        let mut lock = json!({"packages": packages});
        assert!(has_all(&lock));
        lock["packages"]["node_modules/typescript"]["integrity"] = json!("sha512-");
        assert!(!has_all(&lock));
        assert!(!has_all(&json!({})));
    }
}

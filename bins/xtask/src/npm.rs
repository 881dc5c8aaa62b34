//! Packages from npm, which tests run: installed under the target directory and never committed.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use crate::run::{Result, show, target};

/// A package, its version, and the digest of what was looked at when this was written.
type Package = (&'static str, &'static str, &'static str);

/// Packages that are installed together, without what they depend on.
#[derive(Debug)]
pub(crate) struct Packages {
    /// Below the target directory.
    folder: &'static str,
    list: &'static [Package],
}

/// What `cargo xtask test` runs, and all that this imports. The browser harness
/// (`bins/e2e/src/npm.rs`) looks there, too.
pub(crate) const TOOLS: Packages = Packages {
    folder: "e2e/npm",
    list: &[
        (
            "@amplitude/analytics-browser",
            "2.48.1",
            "sha512-KEavyfKaPze3nXxtnOwAh4PCm5saJelzST3vatccs3GuE65uhS9ev/YEFR2r6szi6byZBUKWB0cHjlZ0fMqv2A==",
        ),
        (
            "axe-core",
            "4.14.1",
            "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        ),
        ESBUILD,
        (
            "mixpanel-browser",
            "2.83.0",
            "sha512-TuAh1+6iLv5BB4v9D9qS/QAGeDVOv2r78vFNi36Uy/RAYanOXw2ncXDmvq1BKHdV0vtw3K3YgJJ1i03V3U3qkg==",
        ),
        (
            "plausible-tracker",
            "0.3.9",
            "sha512-hMhneYm3GCPyQon88SZrVJx+LlqhM1kZFQbuAgXPoh/Az2YvO1B6bitT9qlhpiTdJlsT5lsr3gPmzoVjb5CDXA==",
        ),
        (
            "posthog-js",
            "1.449.2",
            "sha512-vji+h92IHaLlFSEnRH1hwe8uLWGOdDUImmPXexj/+V7Xm7HTxIQisYE/Kom7Aaw4DRpzfdhQxiyAN1YVYR4G8Q==",
        ),
        (
            "@sentry/browser",
            "11.12.0",
            "sha512-oiSs0ZZQGVLVLASxTk/Z+MW4cGOHhC65IKc3B//M54eaZEa4p6JqP2DM++ta4IqDQx8+lSD6+TglAIsHBdSyVQ==",
        ),
        (
            "@sentry/browser-utils",
            "11.12.0",
            "sha512-OttAHqf557R1gfLQRqb/dpGUK1UQd21qkeeN0KA/ThuymYXTNY+qTpJIOqmzgpk6fOmE922mTT6xmnMEiGYZBQ==",
        ),
        (
            "@sentry/conventions",
            "0.32.0",
            "sha512-WkSQcDhUUsz1SwxR23LpmyPKba+dgxxiH0DWV4VSM9yaAvhhl87ppW2Ts3g4piIKCVflc31aJeWy+biUbYfsMQ==",
        ),
        (
            "@sentry/core",
            "11.12.0",
            "sha512-HKER7EcRpPPgC8mLRe5BzP6njfRYFZ53BFLZxVp1whWbY6lp/b2mvTBk4q6+rKsUFhLhRDsd6jL8y/8ddEWv6A==",
        ),
        (
            "@sentry/feedback",
            "11.12.0",
            "sha512-vYOIeby3tVoKZ/q70D1NJ48D4APMVcojyvCjlaZkFOQR6DIEsOjF/uC9MkhnCP3cpa4oADdMatsIpkhlPM+qng==",
        ),
        (
            "@sentry/replay",
            "11.12.0",
            "sha512-SF1064TKmOvIQTKo8WelVB34IZWtYtrflInsydPeB9jMTpy2iE3LqKRizDJr3YivjMUPDgIGn67b+0kaxiwQ4g==",
        ),
        (
            "@sentry/replay-canvas",
            "11.12.0",
            "sha512-kx9Q3TY8pMp0b12fpcR0tziGoEW7Z8PpFKncmzD9XYWE3YzMt//B+cjkR+vmmZSUVxOuQATYDFp9c1jRTnbrug==",
        ),
        (
            "typescript",
            "6.0.3",
            "sha512-y2TvuxSZPDyQakkFRPZHKFm+KKVqIisdg9/CZwm9ftvKXLP8NRWj38/ODjNbr43SsoXqNuAisEf1GdCxqWcdBw==",
        ),
        (
            "web-vitals",
            "6.2.3",
            "sha512-Dmy+vdO1UPMqXiAtZSNayhl4f794Bxfd94W4HIj2HlYtczEQfEOon969memlcpcHrTuOKLa5baFjX7WbgmOq+A==",
        ),
    ],
};

/// The bundler for packages that have no file for browsers: the program for this machine. (Its build
/// for all machines, in WebAssembly, dies now and then.)
const ESBUILD: Package = if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
    (
        "@esbuild/darwin-arm64",
        "0.28.2",
        "sha512-n4KqkOQrraxHJcgjM1RvwbigfQKIKJVpM7xp+KsxiyUSrRdIXnt73VhrPAx0fV44hgfmIVKjxMN9J1t5jySVkw==",
    )
} else if cfg!(target_os = "macos") {
    (
        "@esbuild/darwin-x64",
        "0.28.2",
        "sha512-uq6suIWYP37qzGddBKPw5QEQPi6HiLGsO7UmkpfyaYNQ3D+rN6w6WfwH+nuqcGXWvawGwxOEroO4YGnFh95azw==",
    )
} else if cfg!(target_arch = "aarch64") {
    (
        "@esbuild/linux-arm64",
        "0.28.2",
        "sha512-pW4AC0P3it8c7do9MVM4p51FzHzdM/TZrerurgRcHJ2WTa1VQ1CIq18xncfpBJw4ojkiZZrKW2yIBWBP92j6Ug==",
    )
} else {
    (
        "@esbuild/linux-x64",
        "0.28.2",
        "sha512-4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ==",
    )
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
        fs::write(folder.join("package.json"), self.wanted().to_string())?;
        fs::write(folder.join("package-lock.json"), self.locked().to_string())?;
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
        show(npm.stdin(Stdio::null()))?;
        let there = self.are_there()?;
        if there { Ok(()) } else { Err("npm has other packages under these versions".into()) }
    }

    fn wanted(&self) -> Value {
        let versions =
            self.list.iter().map(|&(name, version, _)| (name.to_owned(), json!(version)));
        json!({"private": true, "dependencies": versions.collect::<Map<_, _>>()})
    }

    /// What npm believes: it checks the digests, and as no package in here needs another one, it
    /// fetches no other.
    fn locked(&self) -> Value {
        let entries = self.list.iter().map(|&(name, version, integrity)| {
            (format!("node_modules/{name}"), json!({"version": version, "integrity": integrity}))
        });
        let mut packages: Map<_, _> = entries.collect();
        packages.insert(String::new(), self.wanted());
        json!({"lockfileVersion": 3, "packages": packages})
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
    use super::*;

    #[test]
    fn another_package_under_the_same_version_is_not_taken() {
        let mut lock = TOOLS.locked();
        assert!(TOOLS.has_all(&lock));
        lock["packages"]["node_modules/typescript"]["integrity"] = json!("sha512-");
        assert!(!TOOLS.has_all(&lock));
        assert!(!TOOLS.has_all(&json!({})));
    }
}

//! The programs of an installed server.
//!
//! Debian keeps each version in its own folder, outside of `PATH`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::account::Account;
use crate::error::{Error, Result};

/// The folder of Debian's packages, with a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The programs that this crate runs.
const NEEDED: [&str; 3] = ["initdb", "postgres", "psql"];

/// The folder of the programs.
#[derive(Debug, Clone)]
pub(crate) struct Programs(PathBuf);

impl Programs {
    /// Finds the newest version of Debian's packages, else the one of `pg_config` or `PATH`.
    pub(crate) fn find() -> Result<Self> {
        let debian = newest(Path::new(DEBIAN));
        let configured = || {
            let output = Command::new("pg_config").arg("--bindir").output().ok()?;
            Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
                .filter(|bin| complete(bin))
        };
        let in_path =
            || env::split_paths(&env::var_os("PATH").unwrap_or_default()).find(|bin| complete(bin));
        debian.or_else(configured).or_else(in_path).map(Self).ok_or_else(|| {
            Error::new(
                "there is no PostgreSQL server: run `cargo xtask test --only tools`, or install \
                 Debian's package `postgresql`",
            )
        })
    }

    /// A program of the server, which runs under `account`.
    pub(crate) fn of_server(&self, name: &str, account: Account) -> Command {
        undisturbed(account.command(&self.0.join(name)))
    }

    /// A program that connects to a server.
    pub(crate) fn of_client(&self, name: &str) -> Command {
        undisturbed(Command::new(self.0.join(name)))
    }
}

/// The programs of the newest version below `folder`, which has a folder for each.
fn newest(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let versions = entries.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    versions.filter(|(_, bin)| complete(bin)).max().map(|(_, bin)| bin)
}

/// Whether all programs are in the folder. A client's package has only some of them.
fn complete(bin: &Path) -> bool {
    NEEDED.iter().all(|name| bin.join(name).is_file())
}

/// Removes variables like `PGHOST` and `PGOPTIONS`, which are meant for another server.
fn undisturbed(mut command: Command) -> Command {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_complete_version_is_chosen() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        for (version, programs) in
            [("9", &NEEDED[..]), ("15", &NEEDED), ("17", &["psql"]), ("old", &NEEDED)]
        {
            let bin = folder.path().join(version).join("bin");
            fs::create_dir_all(&bin)?;
            for name in programs {
                fs::write(bin.join(name), "")?;
            }
        }
        assert_eq!(newest(folder.path()), Some(folder.path().join("15/bin")));
        assert_eq!(newest(&folder.path().join("missing")), None);
        Ok(())
    }
}

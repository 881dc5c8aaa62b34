//! Backups: `c2c-server backup` while servers run, and `c2c-server restore` while none does.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use c2c_store::{BackupError, Copied};
use clap::Subcommand;

use crate::run::{StartError, database};
use crate::settings::Settings;

/// Work on the whole database instead of serving.
#[derive(Clone, Debug, Subcommand)]
pub enum Backup {
    /// Copy the SQLite database into a new file, while servers use it
    ///
    /// The file is complete, checked, and readable by the present user only. For PostgreSQL, the command
    /// prints the one of PostgreSQL to run.
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Put a backup in the place of the SQLite database, while no server uses it
    ///
    /// The backup is checked first. The present database, if there is one, is kept beside the
    /// new one as c2c.db.before-restore.
    Restore {
        /// The backup
        file: PathBuf,
    },
}

/// A backup that was not made or put back. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackUpError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database was not copied.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// PostgreSQL's own command does it.
    #[error("the database is PostgreSQL, whose own tools do this; run:\n{0}")]
    Command(String),
}

/// Makes or puts back a backup, and gives a sentence about it.
pub async fn back_up(settings: &Settings, work: &Backup) -> Result<String, BackUpError> {
    let database = database(settings).map_err(StartError::data_directory(settings))?;
    if let Some(url) = database.url_for_commands() {
        let url = quoted(&url);
        return Err(BackUpError::Command(match work {
            Backup::Backup { file } => {
                format!("  pg_dump --format=custom --file={} --dbname={url}", quoted_path(file))
            }
            Backup::Restore { file } => format!(
                "  pg_restore --exit-on-error --single-transaction --no-owner --dbname={url} {}\n\
                 The database must exist and be empty; stop the servers that used the one before.",
                quoted_path(file)
            ),
        }));
    }
    Ok(match work {
        Backup::Backup { file } => said("backed up to", file, &database.back_up(file).await?),
        Backup::Restore { file } => said("restored from", file, &database.put_back(file).await?),
    })
}

fn said(done: &str, file: &Path, copied: &Copied) -> String {
    let Copied { apps, bytes, schema, aside, .. } = copied;
    let kib = bytes.div_ceil(1024);
    let file = file.display();
    let mut said = format!("{done} {file}: {apps} apps, {kib} KiB, schema version {schema}");
    if let Some(aside) = aside {
        let _ = write!(said, "; the database before is {}", aside.display());
    }
    said
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

//! Apps as files: `c2c-server export` and `import`, also from one database to another.

use c2c_access::Scope;
use std::path::{Path, PathBuf};

use c2c_names::AppId;
use c2c_store::{ArchiveError, Store, StoreError};
use clap::Subcommand;

use crate::run::{StartError, open_store};
use crate::settings::Settings;

/// Apps that are read from a list at once.
const APPS: u32 = 100;

/// Work on the database instead of serving.
#[derive(Clone, Debug, Subcommand)]
pub enum Transfer {
    /// Write apps to files: settings, draft, every revision, audit log
    ///
    /// Each app gets a new folder with its id.
    #[command(after_help = "\
To move all apps from SQLite to PostgreSQL, stop the server, and:

  c2c-server export apps
  c2c-server --database postgres://c2c@db.internal.example/c2c import apps")]
    Export {
        /// Only this app (may be given several times)
        #[arg(long = "app", value_name = "ID")]
        apps: Vec<AppId>,
        /// The folder; created if missing
        folder: PathBuf,
    },
    /// Read apps from files that an export wrote; an app that exists is not replaced
    Import {
        /// The folder of an export, with a folder for each app
        folder: PathBuf,
    },
}

/// Apps that were not exported or imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The list of apps cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An app failed. Those before it were exported or imported.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The folder cannot be read.
    #[error("{folder}: {source}", folder = folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Some apps were not imported, and `done` has named them.
    #[error("{failed} of {all} apps were not imported")]
    Incomplete {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
    },
}

/// Exports or imports apps, and names each one as it is done.
pub async fn transfer(
    settings: &Settings,
    transfer: &Transfer,
    done: impl FnMut(&str),
) -> Result<(), TransferError> {
    let (store, _) = open_store(settings).await?;
    let outcome = match transfer {
        Transfer::Export { apps, folder } => export(&store, apps, folder, done).await,
        Transfer::Import { folder } => import(&store, folder, done).await,
    };
    store.close().await;
    outcome
}

async fn export(
    store: &Store,
    chosen: &[AppId],
    folder: &Path,
    mut done: impl FnMut(&str),
) -> Result<(), TransferError> {
    for id in chosen {
        store.export(id, folder).await?;
        done(&format!("exported {id}"));
    }
    let mut last = None;
    while chosen.is_empty() {
        let apps = store.apps(&Scope::ALL, "", last.as_ref(), APPS).await?;
        let Some(app) = apps.last() else { break };
        last = Some(app.id.clone());
        for app in &apps {
            store.export(&app.id, folder).await?;
            done(&format!("exported {}", app.id));
        }
    }
    Ok(())
}

/// Tries each app: one that exists already is no reason to leave out the others.
async fn import(
    store: &Store,
    folder: &Path,
    mut done: impl FnMut(&str),
) -> Result<(), TransferError> {
    let by = "c2c-server import".parse().expect("an actor");
    let folders = folders(folder)
        .map_err(|source| TransferError::Folder { folder: folder.to_owned(), source })?;
    let mut failed = 0;
    for folder in &folders {
        match store.import(&by, folder).await {
            Ok(id) => done(&format!("imported {id}")),
            Err(error) => {
                failed += 1;
                done(&format!("not imported: {error}"));
            }
        }
    }
    if failed > 0 { Err(TransferError::Incomplete { failed, all: folders.len() }) } else { Ok(()) }
}

/// The folders in a folder, by name.
fn folders(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

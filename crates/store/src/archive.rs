//! Apps as files: to look at, to keep, and to move from one database to another.
//!
//! ```text
//! DIR/shop/app.toml                      settings, the draft's version, what is live, plans
//! DIR/shop/audit.jsonl                   the audit log, oldest first
//! DIR/shop/draft/head.html               and body-end.html
//! DIR/shop/revisions/7/revision.toml     author, note, time
//! DIR/shop/revisions/7/diagnostics.json  the checker's findings at publication
//! DIR/shop/revisions/7/head.html         and body-end.html
//! ```

mod export;
mod files;
mod import;

use std::path::PathBuf;

use c2c_names::AppId;

use crate::error::StoreError;

/// An app that was not exported or imported. Others before it were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file holds something else than an export writes.
    #[error("{path}: {reason}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The problem, with its line and column if it has one.
        reason: String,
    },
    /// The folder of the app exists already.
    #[error("{path} exists already: an export writes new folders only", path = .0.display())]
    FolderExists(PathBuf),
    /// The store failed, or has the app already.
    #[error("{app}: {source}")]
    Store {
        /// The app.
        app: AppId,
        /// The problem.
        source: StoreError,
    },
}

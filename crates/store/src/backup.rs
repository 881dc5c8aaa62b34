//! Backups of an SQLite database: one file, written while servers use the database, and put back while none
//! does. PostgreSQL has its own tools.
//!
//! A file only gets its name when it is complete, checked and on the disk. Nothing is ever overwritten.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, Connection as _, Executor as _, Row as _};

use crate::database::{Database, file_options};
use crate::error::{FailureKind, StoreError};

/// A complete copy of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// The version of its schema.
    pub schema: i64,
    /// The number of its apps.
    pub apps: i64,
    /// Its size.
    pub bytes: u64,
    /// Where the database is that was there before, if one was.
    pub aside: Option<PathBuf>,
}

/// A database that was not copied. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The database is no file.
    #[error("the database is PostgreSQL, which has its own tools for backups")]
    NotAFile,
    /// A file is where the copy would be.
    #[error("{0} exists, and is not overwritten: move it, or choose another name")]
    Exists(PathBuf),
    /// A server uses the database.
    #[error("the database {0} is in use: stop the server first")]
    InUse(PathBuf),
    /// The file is not what a backup wrote.
    #[error("{file} is not a sound database of this server: {reason}")]
    Unsound {
        /// The file.
        file: PathBuf,
        /// The first problem.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{file}: {source}")]
    File {
        /// The file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Database {
    /// Copies an SQLite database into a new file, which only the present user can read. Servers may use the
    /// database in the meantime: the copy has the state of one moment.
    pub async fn back_up(&self, to: &Path) -> Result<Copied, BackupError> {
        let source = self.path().ok_or(BackupError::NotAFile)?;
        refuse_existing(to)?;
        let partial = Partial::copy(source, to).await?;
        let copied = check(&partial.path).await?;
        partial.keep(to)?;
        Ok(copied)
    }

    /// Puts a backup in the place of an SQLite database that is not in use. The present database, if there is
    /// one, is kept beside it with `.before-restore` after its name.
    pub async fn put_back(&self, from: &Path) -> Result<Copied, BackupError> {
        let target = self.path().ok_or(BackupError::NotAFile)?;
        check(from).await?;
        let aside = with_suffix(target, ".before-restore");
        let is_there = exists(target)?;
        if is_there {
            refuse_existing(&aside)?;
            refuse_use(target).await?;
        }
        let partial = Partial::copy(from, target).await?;
        let copied = check(&partial.path).await?;
        // A second name first: there is a database under the first one at every moment.
        if is_there {
            fs::hard_link(target, &aside).map_err(of(&aside))?;
        }
        for suffix in ["-wal", "-shm", "-journal"] {
            let beside = with_suffix(target, suffix);
            if exists(&beside)? {
                fs::rename(&beside, with_suffix(&aside, suffix)).map_err(of(&beside))?;
            }
        }
        partial.keep(target)?;
        Ok(Copied { aside: is_there.then_some(aside), ..copied })
    }
}

/// A file that is not complete, and is removed unless it is kept.
struct Partial {
    path: PathBuf,
    is_kept: bool,
}

impl Partial {
    async fn copy(source: &Path, to: &Path) -> Result<Self, BackupError> {
        let path = with_suffix(to, ".partial");
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(path.clone()),
            _ => of(&path)(error),
        })?;
        let partial = Self { path, is_kept: false };
        let name = partial.path.to_str().ok_or_else(|| {
            of(&partial.path)(io::Error::new(io::ErrorKind::InvalidFilename, "is not UTF-8"))
        })?;
        let mut connection = connect(source, "mode=rw").await.map_err(StoreError::from)?;
        let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection).await;
        copied.map_err(StoreError::from)?;
        let _ = connection.close().await;
        Ok(partial)
    }

    /// Gives the file its name, after its content is on the disk.
    fn keep(mut self, to: &Path) -> Result<(), BackupError> {
        File::open(&self.path).and_then(|file| file.sync_all()).map_err(of(&self.path))?;
        fs::rename(&self.path, to).map_err(of(to))?;
        self.is_kept = true;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(of(folder))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Checks that a file is a whole database of this kind, and gives what is in it.
async fn check(file: &Path) -> Result<Copied, BackupError> {
    let bytes = fs::metadata(file).map_err(of(file))?.len();
    let unsound = |reason: &dyn ToString| BackupError::Unsound {
        file: file.to_owned(),
        reason: reason.to_string(),
    };
    let checked = async {
        let mut connection = connect(file, "mode=ro").await?;
        let sound = sqlx::query("PRAGMA integrity_check(1)").fetch_one(&mut connection).await?;
        let sound: String = sound.try_get(0)?;
        let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await?;
        let schema = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success";
        let schema = sqlx::query(schema).fetch_one(&mut connection).await?.try_get(0)?;
        let apps = sqlx::query("SELECT count(*) FROM app").fetch_one(&mut connection).await?;
        let apps = apps.try_get(0)?;
        let _ = connection.close().await;
        Ok::<_, sqlx::Error>((sound, orphans.len(), schema, apps))
    };
    let (sound, orphans, schema, apps) = checked.await.map_err(|error| unsound(&error))?;
    if sound != "ok" {
        return Err(unsound(&sound));
    }
    if orphans > 0 {
        return Err(unsound(&format!("{orphans} rows belong to nothing")));
    }
    Ok(Copied { schema, apps, bytes, aside: None })
}

/// SQLite leaves the mode of a write-ahead log only if no other connection is open. It then has all in one file.
async fn refuse_use(file: &Path) -> Result<(), BackupError> {
    let alone = async {
        let mut connection = connect(file, "mode=rw").await?;
        connection.execute("PRAGMA busy_timeout = 0").await?;
        connection.execute("PRAGMA journal_mode = DELETE").await?;
        connection.close().await
    };
    match alone.await.map_err(StoreError::from) {
        Err(StoreError::Failed { kind: FailureKind::Unavailable, .. }) => {
            Err(BackupError::InUse(file.to_owned()))
        }
        // A damaged one is a good reason for a restore.
        Ok(()) | Err(StoreError::Failed { kind: FailureKind::Corrupt, .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn connect(file: &Path, parameters: &str) -> Result<AnyConnection, sqlx::Error> {
    install_default_drivers();
    let options = file_options(file, parameters)?;
    let mut connection = AnyConnection::connect_with(&options).await?;
    connection.execute("PRAGMA busy_timeout = 5000").await?;
    Ok(connection)
}

fn refuse_existing(file: &Path) -> Result<(), BackupError> {
    if exists(file)? { Err(BackupError::Exists(file.to_owned())) } else { Ok(()) }
}

fn exists(file: &Path) -> Result<bool, BackupError> {
    fs::exists(file).map_err(of(file))
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    name.into()
}

fn of(file: &Path) -> impl Fn(io::Error) -> BackupError {
    move |source| BackupError::File { file: file.to_owned(), source }
}

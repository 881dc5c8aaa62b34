//! The keys that protect secrets of integrations in the database. A backup of the database does not have them.

use std::fs::{File, OpenOptions, hard_link, remove_file};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use c2c_delivery::{Keyring, KeyringError};

use crate::settings::Settings;

/// The name of the file in the data directory.
const FILE: &str = "secrets.key";
/// A file of keys is small.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// The keys, or the place where they will be.
#[derive(Debug)]
pub(crate) struct Keys {
    ring: Mutex<Option<Arc<Keyring>>>,
    /// Where a first key may be made.
    file: Option<PathBuf>,
}

/// There are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// None was set, and none may be made.
    #[error(
        "integrations keep secrets, and there is no key to protect them: make one with `c2c-server secrets new-key \
         FILE`, and give the file to each server with --secrets-key-file"
    )]
    Missing,
    /// The file cannot be read or made.
    #[error("{}: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// Others than its owner may read it.
    #[error("{} can be read by others than its owner: chmod 600 {}", .0.display(), .0.display())]
    Readable(PathBuf),
    /// The text is no keys.
    #[error("{place}: {error}")]
    Invalid {
        /// The file, or the setting.
        place: String,
        /// The fault.
        error: KeyringError,
    },
}

impl Keys {
    /// Reads the keys of the settings. Without any, the first is made when it is needed, if the database is a file
    /// beside it.
    pub(crate) fn open(settings: &Settings) -> Result<Self, KeysError> {
        let delivery = &settings.delivery;
        if let Some(text) = delivery.key_text() {
            let place = "C2C_SECRETS_KEY".to_owned();
            let ring = Keyring::parse(text).map_err(|error| KeysError::Invalid { place, error })?;
            return Ok(Self { ring: Mutex::new(Some(Arc::new(ring))), file: None });
        }
        if let Some(file) = &delivery.key_file {
            return Ok(Self { ring: Mutex::new(Some(Arc::new(read(file)?))), file: None });
        }
        if settings.database.is_some() {
            return Ok(Self { ring: Mutex::new(None), file: None });
        }
        let file = settings.data_dir.join(FILE);
        let ring = if file.exists() { Some(Arc::new(read(&file)?)) } else { None };
        Ok(Self { ring: Mutex::new(ring), file: Some(file) })
    }

    /// The keys, if there are any.
    pub(crate) fn ring(&self) -> Option<Arc<Keyring>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys. The first is made if that is allowed.
    pub(crate) fn ring_or_make(&self) -> Result<Arc<Keyring>, KeysError> {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ring) = &*ring {
            return Ok(Arc::clone(ring));
        }
        let file = self.file.as_deref().ok_or(KeysError::Missing)?;
        let made = Arc::new(make(file)?);
        *ring = Some(Arc::clone(&made));
        Ok(made)
    }
}

/// Reads a file of keys.
pub(crate) fn read(file: &Path) -> Result<Keyring, KeysError> {
    let failed = |error| KeysError::File { file: file.to_owned(), error };
    let opened = File::open(file).map_err(failed)?;
    if opened.metadata().map_err(failed)?.mode() & 0o077 != 0 {
        return Err(KeysError::Readable(file.to_owned()));
    }
    let mut text = String::new();
    opened.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    let place = file.display().to_string();
    Keyring::parse(&text).map_err(|error| KeysError::Invalid { place, error })
}

/// Makes a file with one key. If another server makes it at the same time, its key is taken: a file appears with its
/// content, or not at all.
fn make(file: &Path) -> Result<Keyring, KeysError> {
    let failed = |error| KeysError::File { file: file.to_owned(), error };
    let draft = file.with_extension(format!("{}.tmp", std::process::id()));
    let text = format!("{}\n", *Keyring::line(super::random()));
    let made = write_new(&draft, &text).and_then(|()| hard_link(&draft, file));
    // Whatever became of it.
    let _ = remove_file(&draft);
    match made {
        Ok(()) => tracing::info!(
            file = %file.display(),
            "made the key for secrets of integrations; keep a copy of it apart from the database's backups"
        ),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    read(file)
}

fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    made.write_all(text.as_bytes())?;
    made.sync_all()
}

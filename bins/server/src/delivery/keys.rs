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
///
/// The draft has a name that no other server takes. Servers in containers may share a data directory, and all have the same
/// process id.
fn make(file: &Path) -> Result<Keyring, KeysError> {
    let failed = |error| KeysError::File { file: file.to_owned(), error };
    let draft = file.with_extension(format!("{:032x}.tmp", u128::from_ne_bytes(super::random())));
    let text = format!("{}\n", *Keyring::line(super::random()));
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
    let made = write(opened.map_err(failed)?, &text).and_then(|()| hard_link(&draft, file));
    // Whatever became of it. It is this server's own.
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

fn write(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The names of the files in a folder, in order.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<_> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_draft_of_another_server_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(FILE);
        // Its process has the same id: in a container, each has 1.
        let other = file.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&other, "a draft").expect("it is written");
        make(&file).expect("a key");
        assert_eq!(fs::read_to_string(&other).expect("it is there"), "a draft");
        assert_eq!(fs::metadata(&file).expect("it is there").mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()).len(), 2, "{:?}", names(folder.path()));
    }

    #[test]
    fn the_key_of_another_server_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(FILE);
        make(&file).expect("a key");
        let first = fs::read_to_string(&file).expect("it is there");
        make(&file).expect("the same key");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), first);
        assert_eq!(names(folder.path()), [FILE]);
    }

    #[test]
    fn nothing_is_left_of_a_key_that_cannot_be_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(FILE);
        fs::create_dir(&file).expect("it is made");
        assert!(make(&file).is_err());
        assert_eq!(names(folder.path()), [FILE]);
    }
}

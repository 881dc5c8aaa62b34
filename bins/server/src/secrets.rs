//! `c2c-server secrets`: the keys that protect secrets of integrations in the database.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use c2c_delivery::{About, Keyring};
use c2c_store::{SealedPlace, SealedRow, Store};
use clap::Subcommand;
use zeroize::Zeroizing;

use crate::delivery::{Keys, KeysError, random, read_keys, sealed, stored_seal};
use crate::run::{StartError, database_error, open_store};
use crate::settings::Settings;

/// Rows that are read at once.
const ROWS: u32 = 500;

/// The keys that protect secrets of integrations in the database
///
/// To replace a key: `new-key` adds one to the file, in front of the others. Restart each server, so that all know it.
/// `rotate` encrypts everything with it. Then remove the old lines.
#[derive(Clone, Debug, Subcommand)]
pub enum Secrets {
    /// Add a key to a file, which is made if it is missing; from the next start on, it encrypts
    NewKey {
        /// The file; only its owner can read it
        file: PathBuf,
    },
    /// Encrypt everything with the first key. Servers may run meanwhile, if all of them know it
    Rotate,
    /// Show which keys are known, and how many places of the database need each
    Status,
}

/// A reason why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The file.
    #[error("{}: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// Some places cannot be decrypted with the known keys.
    #[error(
        "{done} were encrypted anew, and {left} were not: their keys are not known (see `c2c-server secrets status`)"
    )]
    Left {
        /// The number of places that were encrypted.
        done: u64,
        /// The number of those that were not.
        left: u64,
    },
}

/// Does it, and gives what to say.
pub async fn secrets(settings: &Settings, work: &Secrets) -> Result<String, SecretsError> {
    if let Secrets::NewKey { file } = work {
        return new_key(file);
    }
    let ring = Keys::open(settings)?.ring().ok_or(KeysError::Missing)?;
    let (store, _) = open_store(settings).await?;
    let said = match work {
        Secrets::Rotate => rotate(settings, &store, &ring).await,
        _ => status(settings, &store, &ring).await,
    };
    store.close().await;
    said
}

/// A file appears with its whole content, or not at all.
#[expect(clippy::result_large_err, reason = "it is made once, at the end")]
fn new_key(file: &Path) -> Result<String, SecretsError> {
    let failed = |error| SecretsError::File { file: file.to_owned(), error };
    let before = match fs::read_to_string(file) {
        Ok(text) => {
            read_keys(file)?;
            text
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let text = Zeroizing::new(format!("{}\n{before}", *Keyring::line(random())));
    // Before it is written: with a file that is no key ring, no server starts.
    let ring = Keyring::parse(&text)
        .map_err(|error| KeysError::Invalid { place: file.display().to_string(), error })?;
    let draft = file.with_extension(format!("{}.tmp", std::process::id()));
    let written = (|| {
        let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        made.write_all(text.as_bytes())?;
        made.sync_all()?;
        fs::rename(&draft, file)
    })();
    if let Err(error) = written {
        let _ = fs::remove_file(&draft);
        return Err(failed(error));
    }
    Ok(format!(
        "{} begins with the new key {}. Restart each server, and then run `c2c-server secrets rotate`",
        file.display(),
        ring.current()
    ))
}

async fn rotate(
    settings: &Settings,
    store: &Store,
    ring: &Keyring,
) -> Result<String, SecretsError> {
    let current = ring.current().to_string();
    let failed = |error| database_error(settings, error);
    let mut done = 0;
    loop {
        let rows = store.sealed_with_other_keys(&current, ROWS).await.map_err(failed)?;
        let mut progress = false;
        for row in &rows {
            let Some(new) = anew(ring, row) else { continue };
            if store.reseal(row, &new).await.map_err(failed)? {
                (done, progress) = (done + 1, true);
            }
        }
        if rows.is_empty() {
            return Ok(format!("{done} places were encrypted with the key {current}"));
        }
        if !progress {
            return Err(SecretsError::Left { done, left: rows.len() as u64 });
        }
    }
}

/// The same content with the first key, if the row can be opened.
fn anew(ring: &Keyring, row: &SealedRow) -> Option<c2c_store::Sealed> {
    let about = match &row.place {
        SealedPlace::Target { app, endpoint } => About::Target { app, endpoint: *endpoint },
        SealedPlace::Secret { app, endpoint, secret } => {
            About::Secret { app, endpoint: *endpoint, id: secret }
        }
    };
    let plain = ring.open(about, &sealed(&row.sealed).ok()?).ok()?;
    Some(stored_seal(ring.seal(random(), about, &plain)))
}

async fn status(
    settings: &Settings,
    store: &Store,
    ring: &Keyring,
) -> Result<String, SecretsError> {
    let used = store.sealing_keys().await.map_err(|error| database_error(settings, error))?;
    let mut said = String::new();
    let known: Vec<_> = ring.ids().map(|id| id.to_string()).collect();
    for (at, id) in known.iter().enumerate() {
        let places = used.get(id).copied().unwrap_or_default();
        let role = if at == 0 { "encrypts" } else { "opens only" };
        // Writing to a string cannot fail.
        let _ = writeln!(said, "key {id}: {role}, {places} places");
    }
    for (id, places) in used.iter().filter(|(id, _)| !known.contains(id)) {
        let _ = writeln!(said, "key {id}: NOT KNOWN, {places} places cannot be opened");
    }
    Ok(said.trim_end().to_owned())
}

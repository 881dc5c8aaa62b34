//! Shortcuts for tests.

use std::fs;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use c2c_names::AppId;
use c2c_store::{
    Actor, Database, Environment, FailureKind, Limits, Note, Publication, Restoration,
    RevisionNumber, Store, StoreError, Version,
};
use libtest_mimic::Failed;

/// Runs a test's asynchronous part.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(test)
}

pub(crate) async fn open(database: &str) -> Result<Store, StoreError> {
    let database: Database = database.parse().expect("a database's address");
    Store::open(&database, Limits::default()).await
}

/// The address of the SQLite file of a test.
pub(crate) fn sqlite(folder: &Path) -> String {
    format!("sqlite:{}", file(folder).display())
}

pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("c2c.db")
}

/// A file that SQLite keeps next to it: `-wal`, `-shm`.
pub(crate) fn beside(folder: &Path, suffix: &str) -> PathBuf {
    folder.join(format!("c2c.db{suffix}"))
}

pub(crate) fn app() -> AppId {
    "app".parse().expect("an id")
}

pub(crate) fn anna() -> Actor {
    "anna".parse().expect("an actor")
}

pub(crate) fn publication(draft: Version, replaces: Option<RevisionNumber>) -> Publication {
    Publication {
        draft,
        replaces,
        to: Environment::Live,
        note: Note::default(),
        catalogue: "1.0.0".to_owned(),
        diagnostics: "[]".to_owned(),
    }
}

pub(crate) fn restoration(to: RevisionNumber, replaces: Option<RevisionNumber>) -> Restoration {
    Restoration {
        to,
        replaces,
        note: Note::default(),
        catalogue: "1.0.0".to_owned(),
        diagnostics: "[]".to_owned(),
    }
}

pub(crate) fn kind(error: &StoreError) -> Option<FailureKind> {
    match error {
        StoreError::Failed { kind, .. } => Some(*kind),
        _ => None,
    }
}

/// Fails unless the use case failed in this way.
pub(crate) fn fails<T>(
    done: Result<T, StoreError>,
    expected: FailureKind,
    when: &str,
) -> Result<(), Failed> {
    match done {
        Ok(_) => Err(format!("{when}: it succeeded, without {expected:?}").into()),
        Err(error) if kind(&error) == Some(expected) => Ok(()),
        Err(error) => Err(format!("{when}: {error:?} instead of {expected:?}").into()),
    }
}

/// The environment variable, or its default.
pub(crate) fn count(name: &str, default: usize) -> usize {
    std::env::var(name)
        .map_or(default, |count| count.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

pub(crate) fn bytes(file: &Path) -> Result<Vec<u8>, Failed> {
    Ok(fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?)
}

/// The pause before another try.
const PAUSE: Duration = Duration::from_millis(20);

/// Tries until the database can be reached.
pub(crate) async fn patiently<T>(
    read: impl AsyncFn() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    loop {
        match read().await {
            Err(error) if kind(&error) == Some(FailureKind::Unavailable) => {
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

/// One write of a whole line, so that the parent never reads a part of one.
pub(crate) fn acknowledge(line: &str) -> Result<(), Failed> {
    let mut out = stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    Ok(out.flush()?)
}

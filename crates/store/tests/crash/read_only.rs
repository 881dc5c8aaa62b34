//! A disk that can only be read.

use c2c_access::Scope;
use std::fs;
use std::path::{Path, PathBuf};

use c2c_store::{FailureKind, NewApp, Snippets, Store};
use libtest_mimic::Failed;
use sqlx::AnyPool;

use crate::kill;
use crate::private::{self, make_read_only, make_writable};
use crate::support::{anna, app, beside, fails, open, publication, run, sqlite};
use crate::verify::Known;

pub(crate) fn disk() -> Result<(), Failed> {
    private::run("read-only", "32m")
}

/// A database whose writer was killed, with the writes that were acknowledged.
struct Killed {
    folder: PathBuf,
    writes: Vec<String>,
}

/// Runs with a disk of its own in `disk`.
pub(crate) fn child(disk: &Path) -> Result<(), Failed> {
    let (closed, killed) = (closed(disk)?, Killed::new(disk.join("killed"))?);
    let (without_index, old, empty) = (without_index(disk)?, old(disk)?, disk.join("empty"));
    fs::create_dir(&empty)?;
    if closed.beside("-wal").exists() || !killed.beside("-wal").exists() {
        return Err("the log is there after closing, or not after a kill".into());
    }
    make_read_only(disk)?;
    run(async {
        serves(&closed).await?;
        serves(&killed).await?;
        for folder in [&without_index.folder, &old.folder, &empty] {
            let when = format!("opening {}", folder.display());
            fails(open(&sqlite(folder)).await, FailureKind::ReadOnly, &when)?;
        }
        make_writable(disk)?;
        for Killed { folder, writes } in [&closed, &killed, &without_index] {
            Known::default().verify(&open(&sqlite(folder)).await?, writes).await?;
        }
        Ok(())
    })
}

impl Killed {
    fn new(folder: PathBuf) -> Result<Self, Failed> {
        fs::create_dir_all(&folder)?;
        let writes = kill::killed(&folder)?;
        Ok(Self { folder, writes })
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.folder, suffix)
    }
}

/// The last connection that closes puts the log into the file, and removes it.
fn closed(disk: &Path) -> Result<Killed, Failed> {
    let closed = Killed::new(disk.join("closed"))?;
    run(open_and_close(&closed.folder))?;
    Ok(closed)
}

/// The log cannot be read without its index, and the index not be made. Without the log, the file is a good
/// database, but without the writes.
fn without_index(disk: &Path) -> Result<Killed, Failed> {
    let folder = disk.join("without-index");
    fs::create_dir(&folder)?;
    run(open_and_close(&folder))?;
    let killed = Killed::new(folder)?;
    fs::remove_file(killed.beside("-shm"))?;
    Ok(killed)
}

/// A database that still needs a migration.
fn old(disk: &Path) -> Result<Killed, Failed> {
    let old = Killed::new(disk.join("old"))?;
    run(async {
        open_and_close(&old.folder).await?;
        let pool = AnyPool::connect(&sqlite(&old.folder)).await?;
        sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 3").execute(&pool).await?;
        pool.close().await;
        Ok(old)
    })
}

async fn open_and_close(folder: &Path) -> Result<(), Failed> {
    open(&sqlite(folder)).await?.close().await;
    Ok(())
}

/// Checks that all is read, and that nothing can be written.
async fn serves(database: &Killed) -> Result<(), Failed> {
    let mut known = Known::default();
    let store = open(&sqlite(&database.folder)).await?;
    known.verify(&store, &database.writes).await?;
    cannot_write(&store).await?;
    known.verify(&store, &[]).await?;
    if store.apps(&Scope::ALL, "", None, 10).await?.len() != 1 {
        return Err("the app is not listed".into());
    }
    store.close().await;
    Ok(())
}

async fn cannot_write(store: &Store) -> Result<(), Failed> {
    let (by, draft) = (anna(), store.draft(&app()).await?.version);
    let live = store.app(&app()).await?.live;
    let other = "other".parse()?;
    let done = store.create(&by, &other, &NewApp::default()).await;
    fails(done, FailureKind::ReadOnly, "create")?;
    let done = store.save_draft(&by, &app(), draft, &Snippets::default()).await;
    fails(done, FailureKind::ReadOnly, "save")?;
    let done = store.publish(&by, &app(), &publication(draft, live)).await;
    fails(done, FailureKind::ReadOnly, "publish")?;
    fails(store.delete(&by, &app()).await, FailureKind::ReadOnly, "delete")
}

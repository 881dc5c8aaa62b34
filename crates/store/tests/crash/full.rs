//! No space left on the disk.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use c2c_store::{FailureKind, NewApp, Note, Store, StoreError};
use libtest_mimic::Failed;

use crate::content::content;
use crate::support::{anna, app, bytes, fails, file, open, publication, run, sqlite};
use crate::verify::Known;
use crate::{private, step};

/// Space that an operator can make.
const RESERVE: usize = 600_000;
/// More small writes than there is room for in the log's file.
const SMALL_WRITES_MAX: usize = 100;

pub(crate) fn disk() -> Result<(), Failed> {
    private::run("full", "2m")
}

/// Runs with a small disk in `folder`.
pub(crate) fn child(folder: &Path) -> Result<(), Failed> {
    let (reserve, filler) = (folder.join("reserve"), folder.join("filler"));
    run(async {
        let store = open(&sqlite(folder)).await?;
        store.create(&anna(), &app(), &NewApp::default()).await?;
        let mut known = Known::default();
        known.verify(&store, &["created".to_owned()]).await?;
        fs::write(&reserve, vec![1; RESERVE])?;
        writes_until_full(&store, &mut known).await?;
        fill(&filler)?;
        writes_fail(&store, &mut known).await?;

        fs::remove_file(&reserve)?;
        fs::remove_file(&filler)?;
        let writes = write(&store).await?;
        known.verify(&store, &writes).await?;

        fill(&filler)?;
        writes_fail(&store, &mut known).await?;
        store.close().await;
        // The log could not be put into the file, so it is still there.
        let store = open(&sqlite(folder)).await?;
        writes_fail(&store, &mut known).await?;

        fs::remove_file(&filler)?;
        store.close().await;
        fill(&filler)?;
        let before = bytes(&file(folder))?;
        fails(open(&sqlite(folder)).await, FailureKind::Full, "opening on the full disk")?;
        if bytes(&file(folder))? != before {
            return Err("opening on the full disk changed the file".into());
        }

        fs::remove_file(&filler)?;
        let store = open(&sqlite(folder)).await?;
        known.verify(&store, &[]).await?;
        let writes = write(&store).await?;
        known.verify(&store, &writes).await
    })
}

/// The store itself fills the disk, so that it is full in the middle of a write.
async fn writes_until_full(store: &Store, known: &mut Known) -> Result<(), Failed> {
    let mut acknowledged = Vec::new();
    let error = loop {
        match write(store).await {
            Ok(writes) => acknowledged.extend(writes),
            Err(error) => break error,
        }
    };
    fails::<()>(Err(error), FailureKind::Full, "the write that fills the disk")?;
    known.verify(store, &acknowledged).await
}

async fn writes_fail(store: &Store, known: &mut Known) -> Result<(), Failed> {
    // A large write that failed may have left room in the log's file, which small ones take.
    let mut acknowledged = Vec::new();
    fails(write(store).await, FailureKind::Full, "a large write")?;
    while let Ok(done) = small_write(store).await {
        acknowledged.push(done);
        if acknowledged.len() > SMALL_WRITES_MAX {
            return Err("small writes go on, on a full disk".into());
        }
    }
    for _ in 0..3 {
        fails(write(store).await, FailureKind::Full, "a large write")?;
        fails(small_write(store).await, FailureKind::Full, "a small write")?;
    }
    known.verify(store, &acknowledged).await
}

/// Switches the app off, or on again.
async fn small_write(store: &Store) -> Result<String, StoreError> {
    let (by, app, note) = (anna(), store.app(&app()).await?, Note::default());
    if app.off.is_none() {
        store.switch_off(&by, &app.id, &note).await?;
        return Ok(step::OFF.to_owned());
    }
    store.switch_on(&by, &app.id, &note).await?;
    Ok(step::ON.to_owned())
}

/// Saves the draft and publishes it.
async fn write(store: &Store) -> Result<[String; 2], StoreError> {
    let (app, edited) = (store.app(&app()).await?, store.draft(&app()).await?.version);
    let snippets = content(edited.get() + 1);
    let draft = store.save_draft(&anna(), &app.id, edited, &snippets).await?;
    let revision = store.publish(&anna(), &app.id, &publication(draft, app.live)).await?;
    Ok([step::saved(draft.get()), step::published(revision.get(), draft.get())])
}

/// Writes a file until nothing more can be written.
fn fill(filler: &Path) -> Result<(), Failed> {
    let mut file = File::create(filler)?;
    loop {
        match file.write(&[1; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

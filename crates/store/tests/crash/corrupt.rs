//! Damaged files.
//!
//! SQLite's pages have no checksums. It notices damage of its own structures, but not of the text in them:
//! such text is read as if it had been written so. Damage of a page's list of rows may make a row disappear.
//! The test reports how often nothing was noticed.

use c2c_access::Scope;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::panic;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use c2c_store::{FailureKind, NewApp, Store, StoreError};
use libtest_mimic::Failed;

use crate::content::content;
use crate::random::{Random, seed};
use crate::support::{
    anna, bytes, count, fails, file, kind, open, publication, restoration, run, sqlite,
};

const APPS: usize = 6;
/// The size of an SQLite page.
const PAGE: usize = 4096;

/// Two bytes that say how the file is journalled. Damaged, they can say that it is not in WAL mode, and then
/// opening it changes the mode, as in any file that is not.
const JOURNAL_MODE: Range<usize> = 18..20;

/// Everything that a store gives: for each question, the answer or an error.
type Answers = BTreeMap<String, Result<String, StoreError>>;

/// The numbers of damaged files with each outcome.
#[derive(Default, Debug)]
struct Outcomes {
    rejected_at_opening: usize,
    rejected_at_reading: usize,
    unharmed: usize,
    /// Something else was read, without an error.
    unnoticed: usize,
}

pub(crate) fn flipped_bytes() -> Result<(), Failed> {
    // The same files each time, unless a seed is given.
    let seed = seed().unwrap_or(1);
    let mut random = Random::new(seed);
    let (good, expected) = run(sample())?;
    let mut outcomes = Outcomes::default();
    for round in 0..count("C2C_CRASH_DAMAGES", 80) {
        let mut damaged = good.clone();
        flip(&mut damaged, &mut random);
        check(&damaged, &expected, &mut outcomes)
            .map_err(|error| format!("{round} of C2C_CRASH_SEED={seed}: {}", message(&error)))?;
    }
    println!("files with flipped bytes: {outcomes:?}");
    Ok(())
}

/// Changes up to eight bytes of a page: half of the time in its first part, which describes the rest.
fn flip(file: &mut [u8], random: &mut Random) {
    let page = random.below(file.len() / PAGE) * PAGE;
    let end = [100, PAGE][random.below(2)];
    for _ in 0..=random.below(8) {
        let flips = u8::try_from(1 + random.below(255)).expect("a byte");
        let place = page + random.below(end);
        if !JOURNAL_MODE.contains(&place) {
            file[place] ^= flips;
        }
    }
}

pub(crate) fn truncated() -> Result<(), Failed> {
    let (good, expected) = run(sample())?;
    let mut outcomes = Outcomes::default();
    for length in [2, 50, 99, 100, 511, 512, 4095, 4096, 4097, good.len() / 2, good.len() - 1] {
        check(&good[..length], &expected, &mut outcomes)
            .map_err(|error| format!("{length} bytes: {}", message(&error)))?;
    }
    println!("truncated files: {outcomes:?}");
    if outcomes.unnoticed > 0 || outcomes.unharmed > 0 {
        return Err("a truncated file was not noticed".into());
    }
    Ok(())
}

/// Except for a file of one byte, which SQLite takes for an empty one, and overwrites.
pub(crate) fn no_database() -> Result<(), Failed> {
    for text in [&b"no"[..], b"Dear diary,\n", &[0; 8192], &[b'x'; 8192]] {
        let folder = tempfile::tempdir()?;
        let file = file(folder.path());
        fs::write(&file, text)?;
        let opened = run(open(&sqlite(folder.path())));
        fails(opened, FailureKind::Corrupt, &format!("{} bytes of text", text.len()))?;
        if bytes(&file)? != text || fs::read_dir(folder.path())?.count() != 1 {
            return Err(format!("opening changed a file of {} bytes", text.len()).into());
        }
    }
    Ok(())
}

/// The schema is not the one that this version made.
pub(crate) fn changed_migration() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    run(async {
        open(&sqlite(folder.path())).await?.close().await;
        let pool = sqlx::AnyPool::connect(&sqlite(folder.path())).await?;
        sqlx::query("UPDATE _sqlx_migrations SET checksum = X'00' WHERE version = 2")
            .execute(&pool)
            .await?;
        pool.close().await;
        fails(open(&sqlite(folder.path())).await, FailureKind::Corrupt, "a changed migration")
    })
}

/// A closed file with some apps, and all that is in it.
async fn sample() -> Result<(Vec<u8>, Answers), Failed> {
    let folder = tempfile::tempdir()?;
    let store = open(&sqlite(folder.path())).await?;
    for number in 0..APPS {
        let id = format!("app-{number}").parse()?;
        store.create(&anna(), &id, &NewApp::default()).await?;
        let mut live = None;
        for save in 2..6 {
            let draft = store.draft(&id).await?.version;
            let snippets = content(i64::try_from(number * 10 + save)?);
            let draft = store.save_draft(&anna(), &id, draft, &snippets).await?;
            live = Some(store.publish(&anna(), &id, &publication(draft, live)).await?);
        }
        let to = c2c_store::RevisionNumber::new(1);
        store.roll_back(&anna(), &id, &restoration(to, live)).await?;
    }
    let answers = ask(&store).await;
    store.close().await;
    if let Some((question, Err(error))) = answers.iter().find(|(_, answer)| answer.is_err()) {
        return Err(format!("{question}: {error}").into());
    }
    Ok((bytes(&file(folder.path()))?, answers))
}

async fn ask(store: &Store) -> Answers {
    fn text<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> Result<String, StoreError> {
        answer.map(|answer| format!("{answer:?}"))
    }
    let mut answers = Answers::new();
    answers.insert("apps".to_owned(), text(store.apps(&Scope::ALL, "", None, 100).await));
    answers.insert("changes".to_owned(), text(store.changes_since(0, 1000).await));
    answers.insert("next due".to_owned(), text(store.next_due().await));
    for number in 0..APPS {
        let id = format!("app-{number}").parse().expect("an id");
        let mut answer = |what: &str, answer| answers.insert(format!("{id} {what}"), answer);
        answer("app", text(store.app(&id).await));
        answer("draft", text(store.draft(&id).await));
        answer("history", text(store.history(&id, None, 100).await));
        answer("audit", text(store.audit(&id, None, 1000).await));
        answer("plans", text(store.plans(&id).await));
        for revision in 1..=5 {
            let number = c2c_store::RevisionNumber::new(revision);
            answer(&format!("revision {revision}"), text(store.revision(&id, number).await));
        }
    }
    answers
}

/// The panics of this process. One in a thread of the driver looks to the store like a row that is missing.
static PANICS: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn count_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        report(info);
    }));
}

/// Opens and reads a damaged file. A panic anywhere, an untyped error or a changed file is a failure.
fn check(damaged: &[u8], expected: &Answers, outcomes: &mut Outcomes) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = file(folder.path());
    fs::write(&file, damaged)?;
    let address = sqlite(folder.path());
    let panics = PANICS.load(Ordering::SeqCst);
    let read = run(async { tokio::spawn(async move { read(&address).await }).await });
    if PANICS.load(Ordering::SeqCst) != panics {
        return Err("a thread panicked".into());
    }
    let answers = read?;
    unchanged(&file, damaged)?;
    match answers {
        Err(error) => {
            is_typed(&error)?;
            outcomes.rejected_at_opening += 1;
        }
        Ok(answers) => sort(&answers, expected, outcomes)?,
    }
    Ok(())
}

async fn read(address: &str) -> Result<Answers, StoreError> {
    let store = open(address).await?;
    let answers = ask(&store).await;
    store.close().await;
    Ok(answers)
}

fn sort(answers: &Answers, expected: &Answers, outcomes: &mut Outcomes) -> Result<(), Failed> {
    let (mut errors, mut differences) = (0, 0);
    for (question, answer) in answers {
        match answer {
            Ok(found) => {
                differences += usize::from(expected[question].as_ref().ok() != Some(found));
            }
            // The row is gone, without a trace.
            Err(StoreError::NoSuchApp(_) | StoreError::NoSuchRevision { .. }) => differences += 1,
            Err(error) => {
                is_typed(error).map_err(|error| format!("{question}: {}", message(&error)))?;
                errors += 1;
            }
        }
    }
    match (errors, differences) {
        (0, 0) => outcomes.unharmed += 1,
        (0, _) => outcomes.unnoticed += 1,
        _ => outcomes.rejected_at_reading += 1,
    }
    Ok(())
}

fn is_typed(error: &StoreError) -> Result<(), Failed> {
    match error {
        StoreError::Unreadable { .. } => Ok(()),
        error if kind(error) == Some(FailureKind::Corrupt) => Ok(()),
        error => Err(format!("{error:?} instead of Corrupt or Unreadable").into()),
    }
}

fn unchanged(file: &Path, before: &[u8]) -> Result<(), Failed> {
    let after = bytes(file)?;
    if after == before {
        return Ok(());
    }
    let mut pairs = after.iter().zip(before);
    let first = pairs.position(|(after, before)| after != before);
    let sizes = (before.len(), after.len());
    Err(format!("opening and reading changed the file, at {first:?}; its sizes: {sizes:?}").into())
}

fn message(error: &Failed) -> &str {
    error.message().unwrap_or("failed")
}

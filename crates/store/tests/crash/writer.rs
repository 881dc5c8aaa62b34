//! The process that is killed: it writes as fast as it can, and prints a line for each write that the
//! store acknowledged.
//!
//! If the database cannot be reached, it tries again. A write whose commit was under way when the
//! connection broke may have happened; the audit log tells.

use c2c_store::{App, FailureKind, NewApp, Note, RevisionNumber, Store, StoreError};
use libtest_mimic::Failed;

use crate::content::content;
use crate::random::Random;
use crate::step::{self, OFF, ON};
use crate::support::{
    acknowledge, anna, app, kind, open, patiently, publication, restoration, run as run_async,
};

pub(crate) fn run(database: &str, seed: &str) -> Result<(), Failed> {
    let mut random = Random::new(seed.parse()?);
    run_async(async {
        let store = patiently(async || open(database).await).await?;
        loop {
            step(&store, &mut random).await?;
        }
    })
}

/// One write, after which either it or nothing has happened, and the parent knows if it has.
async fn step(store: &Store, random: &mut Random) -> Result<(), Failed> {
    let before = patiently(async || last(store).await).await?.map_or(0, |(seq, _)| seq);
    match write(store, random).await {
        Ok(line) => acknowledge(&line),
        Err(error) if kind(&error) == Some(FailureKind::Unavailable) => {
            match patiently(async || last(store).await).await? {
                Some((seq, line)) if seq > before => acknowledge(&line),
                _ => Ok(()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

async fn write(store: &Store, random: &mut Random) -> Result<String, StoreError> {
    let app = match store.app(&app()).await {
        Err(StoreError::NoSuchApp(id)) => {
            store.create(&anna(), &id, &NewApp::default()).await?;
            return Ok("created".to_owned());
        }
        app => app?,
    };
    match (random.below(10), app.newest) {
        (0..4, _) => save(store, &app).await,
        (4..6, Some(newest)) => {
            let newest = usize::try_from(newest.get()).expect("a positive number");
            let number = i64::try_from(1 + random.below(newest)).expect("a small number");
            let to = RevisionNumber::new(number);
            let done = store.roll_back(&anna(), &app.id, &restoration(to, app.live)).await?;
            Ok(step::rolled_back(done.get(), number))
        }
        (6, _) if app.off.is_some() => {
            store.switch_on(&anna(), &app.id, &Note::default()).await?;
            Ok(ON.to_owned())
        }
        (6, _) => {
            store.switch_off(&anna(), &app.id, &Note::default()).await?;
            Ok(OFF.to_owned())
        }
        _ => {
            let draft = store.draft(&app.id).await?.version;
            let done = store.publish(&anna(), &app.id, &publication(draft, app.live)).await?;
            Ok(step::published(done.get(), draft.get()))
        }
    }
}

async fn save(store: &Store, app: &App) -> Result<String, StoreError> {
    let edited = store.draft(&app.id).await?.version;
    let snippets = content(edited.get() + 1);
    let version = store.save_draft(&anna(), &app.id, edited, &snippets).await?;
    Ok(step::saved(version.get()))
}

/// The last write of all.
async fn last(store: &Store) -> Result<Option<(i64, String)>, StoreError> {
    let entries = store.audit(&app(), None, 1).await?;
    Ok(entries.first().map(|entry| (entry.seq, step::line(&entry.action))))
}

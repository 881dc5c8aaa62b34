//! A PostgreSQL server that is down, does not answer, or goes away in the middle of a use case.

use std::time::{Duration, Instant};

use c2c_cluster::Cluster;
use c2c_store::{FailureKind, NewApp, Note, Store, StoreError};
use libtest_mimic::Failed;

use crate::support::{anna, app, fails, open, run};

/// The longest time that a use case takes: 5 s for a connection, and some for a loaded machine. Two waits, one after
/// the other, would take longer.
const LONGEST: Duration = Duration::from_secs(7);

/// Nothing works while the server is stopped, and all does after its start, with the same store.
pub(crate) fn stopped() -> Result<(), Failed> {
    let mut cluster = Cluster::start()?;
    let database = cluster.database("c2c")?;
    run(async {
        let store = open(&database).await?;
        store.create(&anna(), &app(), &NewApp::default()).await?;
        for end in [Cluster::stop, Cluster::kill] {
            end(&mut cluster)?;
            nothing_works(&database, &store).await?;
            cluster.resume()?;
            works(&store).await?;
        }
        Ok(())
    })
}

/// The server accepts connections and answers nothing.
pub(crate) fn not_answering() -> Result<(), Failed> {
    let cluster = Cluster::start()?;
    let database = cluster.database("c2c")?;
    run(async {
        let store = open(&database).await?;
        store.create(&anna(), &app(), &NewApp::default()).await?;
        let paused = cluster.pause()?;
        nothing_works(&database, &store).await?;
        drop(paused);
        works(&store).await
    })
}

/// The server goes away while a use case waits for it.
pub(crate) fn breaks_in_a_use_case() -> Result<(), Failed> {
    let mut cluster = Cluster::start()?;
    let database = cluster.database("c2c")?;
    run(async {
        let store = open(&database).await?;
        store.create(&anna(), &app(), &NewApp::default()).await?;
        for end in [Cluster::stop, Cluster::kill] {
            // A lock on the row, so that the use case is still waiting.
            let pool = sqlx::AnyPool::connect(&database).await?;
            let mut lock = pool.begin().await?;
            sqlx::query("SELECT id FROM app FOR UPDATE").execute(&mut *lock).await?;
            let waiting = tokio::spawn({
                let store = store.clone();
                async move { store.switch_off(&anna(), &app(), &Note::default()).await }
            });
            while cluster.psql("c2c", "SELECT count(*) FROM pg_locks WHERE NOT granted")? == "0" {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            end(&mut cluster)?;
            fails(waiting.await?, FailureKind::Unavailable, "a use case whose server went away")?;
            drop(lock);
            cluster.resume()?;
            works(&store).await?;
        }
        Ok(())
    })
}

async fn nothing_works(database: &str, store: &Store) -> Result<(), Failed> {
    let (by, app, reason) = (anna(), app(), Note::default());
    let (opened, read, written) = tokio::join!(
        timed(open(database)),
        timed(store.app(&app)),
        timed(store.switch_off(&by, &app, &reason)),
    );
    unavailable(opened, "opening")?;
    unavailable(read, "reading")?;
    unavailable(written, "writing")
}

async fn works(store: &Store) -> Result<(), Failed> {
    let (by, reason) = (anna(), Note::default());
    store.switch_off(&by, &app(), &reason).await?;
    store.switch_on(&by, &app(), &reason).await?;
    if store.app(&app()).await?.off.is_some() {
        return Err("the app is still off".into());
    }
    Ok(())
}

async fn timed<T>(
    done: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Option<StoreError>> {
    let start = Instant::now();
    match tokio::time::timeout(2 * LONGEST, done).await {
        Ok(Err(error)) if start.elapsed() < LONGEST => Err(Some(error)),
        Ok(Ok(done)) => Ok(done),
        _ => Err(None),
    }
}

fn unavailable<T>(done: Result<T, Option<StoreError>>, when: &str) -> Result<(), Failed> {
    match done {
        Ok(done) => fails(Ok(done), FailureKind::Unavailable, when),
        Err(Some(error)) => fails::<T>(Err(error), FailureKind::Unavailable, when),
        Err(None) => Err(format!("{when}: it took longer than {LONGEST:?}").into()),
    }
}

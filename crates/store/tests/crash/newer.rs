//! A database that a newer server has migrated: older ones go on with it, and can be started again.

use c2c_access::Scope;
use c2c_cluster::Cluster;
use c2c_store::{NewApp, Store};
use libtest_mimic::Failed;
use sqlx::{AnyPool, Executor as _};

use crate::content::content;
use crate::step;
use crate::support::{anna, app, open, publication, restoration, run, sqlite as address};
use crate::verify::Known;

/// A newer version adds tables, and columns with a default.
const NEWER: &str = "ALTER TABLE app ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';
    ALTER TABLE draft ADD COLUMN lines INT NOT NULL DEFAULT 0;
    ALTER TABLE revision ADD COLUMN lines INT NOT NULL DEFAULT 0;
    ALTER TABLE audit ADD COLUMN reason TEXT;
    ALTER TABLE plan ADD COLUMN reason TEXT;
    CREATE TABLE invitation (id TEXT PRIMARY KEY, app_id TEXT REFERENCES app (id));
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (999, 'newer', TRUE, '', 0)";

pub(crate) fn sqlite() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    run(opens(&address(folder.path())))
}

pub(crate) fn postgres() -> Result<(), Failed> {
    let cluster = Cluster::start()?;
    run(opens(&cluster.database("c2c")?))
}

pub(crate) fn sqlite_while_open() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    run(goes_on(&address(folder.path())))
}

pub(crate) fn postgres_while_open() -> Result<(), Failed> {
    let cluster = Cluster::start()?;
    run(goes_on(&cluster.database("c2c")?))
}

/// A server of this version starts after a newer one.
async fn opens(database: &str) -> Result<(), Failed> {
    let mut known = Known::default();
    let store = open(database).await?;
    use_it(&store, &mut known).await?;
    store.close().await;
    migrate(database).await?;
    let store = open(database).await?;
    use_it(&store, &mut known).await
}

/// A server of this version goes on while a newer one starts.
async fn goes_on(database: &str) -> Result<(), Failed> {
    let mut known = Known::default();
    let store = open(database).await?;
    use_it(&store, &mut known).await?;
    migrate(database).await?;
    use_it(&store, &mut known).await
}

async fn migrate(database: &str) -> Result<(), Failed> {
    let pool = AnyPool::connect(database).await?;
    pool.execute(NEWER).await?;
    pool.close().await;
    Ok(())
}

/// Uses each table.
async fn use_it(store: &Store, known: &mut Known) -> Result<(), Failed> {
    let (by, id) = (anna(), app());
    let mut writes = Vec::new();
    if known.writes.is_empty() {
        store.create(&by, &id, &NewApp::default()).await?;
        writes.push("created".to_owned());
    }
    let edited = store.draft(&id).await?.version;
    let draft = store.save_draft(&by, &id, edited, &content(edited.get() + 1)).await?;
    writes.push(step::saved(draft.get()));
    let live = store.app(&id).await?.live;
    let live = store.publish(&by, &id, &publication(draft, live)).await?;
    writes.push(step::published(live.get(), draft.get()));
    let copy = store.roll_back(&by, &id, &restoration(live, Some(live))).await?;
    writes.push(step::rolled_back(copy.get(), live.get()));
    known.verify(store, &writes).await?;
    if store.apps(&Scope::ALL, "", None, 10).await?.len() != 1
        || !store.plans(&id).await?.is_empty()
    {
        return Err("there is another app, or a plan".into());
    }
    Ok(())
}

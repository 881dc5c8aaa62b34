//! The app in a fresh database, so that there is something to see.

use c2c_names::AppId;

use crate::apps::{Apps, CreateError, SaveError};
use crate::store::{App, Jar, Revision, StoreError};

/// The demo app's id, in the addresses that the server prints.
pub(crate) fn id() -> AppId {
    "demo".parse().expect("an app id")
}

const HEAD: &str = r"<script>
  // This runs in every visitor's browser, in a sandbox. Open the browser's console to see it.
  console.log('Hello from custom code. Order:', c2c.context.orderId);

  c2c.on('call_started', () => console.log('A call started.'));
  c2c.on('call_ended', (event) => {
    console.log(`The call took ${event.duration} s and was ended by ${event.reason}.`);
    // The parent page hears this as custom:call_counted.
    c2c.emit('call_counted', { seconds: Math.round(event.duration) });
  });
</script>
";

/// A demo app that was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// It was not created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// Its code was not saved.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the demo app, unless there is any app already.
pub(crate) async fn seed(apps: &Apps) -> Result<(), SeedError> {
    if !apps.list().await?.is_empty() {
        return Ok(());
    }
    let id = id();
    let name = "Demo shop".to_owned();
    apps.create(App { id: id.clone(), name, parent_origins: Vec::new(), jar: Jar::default() })
        .await?;
    let revision = Revision { number: 1, head: HEAD.to_owned(), body_end: String::new() };
    apps.save(&id, revision).await?;
    Ok(())
}

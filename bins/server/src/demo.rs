//! The app in a fresh database, so that there is something to see.

use c2c_names::AppId;
use c2c_store::{Environment, NewApp, Note, Snippets, StoreError};

use crate::apps::{Apps, Wish};
use crate::error::AppError;

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

/// Makes the demo app, unless there is any app already.
pub(crate) async fn seed(apps: &Apps) -> Result<(), AppError> {
    if apps.store().last_seq().await? > 0 {
        return Ok(());
    }
    let (by, id) = ("c2c-server".parse().expect("an actor"), id());
    let name = "Demo shop".parse().expect("a name");
    match apps.create(&by, &id, &NewApp { name, ..NewApp::default() }).await {
        // Another server does the same.
        Err(AppError::Store(StoreError::AppExists(_))) => return Ok(()),
        made => made?,
    }
    let code = Snippets { head: HEAD.to_owned(), body_end: String::new() };
    let first = apps.store().draft(&id).await?.version;
    let draft = apps.save_draft(&by, &id, first, code).await?.version;
    let note = Note::default();
    let wish = Wish { draft, replaces: None, to: Environment::Live, note, at: None };
    apps.publish(&by, &id, wish).await?;
    Ok(())
}

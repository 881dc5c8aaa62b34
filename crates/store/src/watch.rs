//! Waiting for changes by other servers.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::time::{Instant, sleep_until, timeout_at};
use url::Url;

use crate::database::Store;

/// The channel of PostgreSQL on which each visible change is announced.
pub(crate) const CHANNEL: &str = "c2c_change";

/// The channel on which new deliveries are announced.
pub(crate) const DELIVERIES: &str = "c2c_delivery";

/// Waits for changes: with PostgreSQL until a server announces one
/// ([LISTEN](https://www.postgresql.org/docs/current/sql-listen.html)), and otherwise for some time.
#[derive(Debug)]
pub struct Watch {
    server: Option<Url>,
    channel: &'static str,
    listener: Option<PgListener>,
    patience: Duration,
}

impl Store {
    /// Begins to wait for changes. An announcement can be lost with its connection, so each wait ends after
    /// `patience` in any case.
    pub fn watch(&self, patience: Duration) -> Watch {
        self.watch_channel(CHANNEL, patience)
    }

    /// Begins to wait for deliveries that other servers take in, as [`Self::watch`] does for changes.
    pub fn watch_deliveries(&self, patience: Duration) -> Watch {
        self.watch_channel(DELIVERIES, patience)
    }

    fn watch_channel(&self, channel: &'static str, patience: Duration) -> Watch {
        Watch { server: self.server.clone(), channel, listener: None, patience }
    }
}

impl Watch {
    /// Waits until there may be a change. Read [`Store::changes_since`] after each wait, and once before the
    /// first.
    pub async fn changed(&mut self) {
        let end = Instant::now() + self.patience;
        if let Some(url) = &self.server
            && self.listener.is_none()
        {
            match timeout_at(end, listen(url, self.channel)).await {
                // There may have been changes before.
                Ok(Ok(listener)) => return self.listener = Some(listener),
                Ok(Err(error)) => tracing::debug!(%error, "cannot listen for changes"),
                Err(_) => {}
            }
        }
        let Some(listener) = &mut self.listener else { return sleep_until(end).await };
        match timeout_at(end, listener.try_recv()).await {
            // Several announcements need one look.
            Ok(Ok(Some(_))) => while listener.next_buffered().is_some() {},
            // The connection is lost.
            Ok(_) => {
                self.listener = None;
                sleep_until(end).await;
            }
            Err(_) => {}
        }
    }
}

async fn listen(url: &Url, channel: &str) -> Result<PgListener, sqlx::Error> {
    let options: PgConnectOptions = url.as_str().parse()?;
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.ignore_pool_close_event(true);
    listener.eager_reconnect(false);
    listener.listen(channel).await?;
    Ok(listener)
}

//! One write: a transaction that ends with its entry of the audit log.

use c2c_names::AppId;
use sqlx::any::Any;
use sqlx::{Row as _, Transaction};

use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::engine::Engine;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::watch::CHANNEL;

/// A transaction in progress. Dropped, it changes nothing.
pub(crate) struct Write<'a> {
    pub(crate) tx: Transaction<'static, Any>,
    pub(crate) engine: Engine,
    pub(crate) by: &'a Actor,
    pub(crate) at: Timestamp,
}

/// An entry of the audit log before it has a number.
pub(crate) struct Written {
    pub(crate) app: AppId,
    pub(crate) at: Timestamp,
    pub(crate) by: Actor,
    pub(crate) action: Action,
}

impl Store {
    /// Begins a transaction. Dropped, it changes nothing.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.write.begin_with(self.engine.locking("BEGIN IMMEDIATE", "BEGIN")).await?)
    }

    pub(crate) async fn write<'a>(&self, by: &'a Actor) -> Result<Write<'a>, StoreError> {
        let tx = self.begin().await?;
        Ok(Write { tx, engine: self.engine, by, at: Timestamp::now() })
    }
}

impl Write<'_> {
    /// Adds the audit entry and commits.
    pub(crate) async fn finish(self, id: &AppId, action: &Action) -> Result<(), StoreError> {
        let done = self.entry(id, action);
        self.finish_with(&[done]).await
    }

    /// An entry of this transaction.
    pub(crate) fn entry(&self, id: &AppId, action: &Action) -> Written {
        Written { app: id.clone(), at: self.at, by: self.by.clone(), action: action.clone() }
    }

    /// Adds audit entries and commits. The clock's row is locked from here to the end of the commit only.
    pub(crate) async fn finish_with(mut self, done: &[Written]) -> Result<(), StoreError> {
        for Written { app, at, by, action } in done {
            let row = sqlx::query("UPDATE clock SET seq = seq + 1 RETURNING seq")
                .fetch_one(&mut *self.tx)
                .await?;
            let seq: i64 = row.try_get("seq")?;
            sqlx::query(
                "INSERT INTO audit (seq, app_id, at, actor, visible, action, credential, address)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(seq)
            .bind(app.as_str())
            .bind(at.0)
            .bind(by.as_str())
            .bind(i64::from(action.is_visible()))
            .bind(serde_json::to_string(action).expect("an action is JSON"))
            .bind(by.credential.map(|credential| credential.to_string()))
            .bind(by.address.map(|address| address.to_string()))
            .execute(&mut *self.tx)
            .await?;
        }
        if self.engine == Engine::Postgres && done.iter().any(|entry| entry.action.is_visible()) {
            sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut *self.tx).await?;
        }
        self.tx.commit().await?;
        Ok(())
    }
}

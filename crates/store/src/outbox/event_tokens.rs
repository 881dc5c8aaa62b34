//! Event tokens: secrets with which backends send events, and do nothing else.

use std::time::Duration;

use c2c_access::{CredentialId, Secret};
use c2c_names::AppId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rows::{app, text, time, time_if_any};
use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::text::ActorName;
use crate::token::{TOKEN_LIFETIME_MAX, USE_KNOWN_TO, forgive};

/// The most event tokens of an app at a time.
pub const EVENT_TOKENS_MAX: usize = 20;

/// An event token that has not ended, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventToken {
    /// The id.
    pub id: CredentialId,
    /// The app that takes the events.
    pub app: AppId,
    /// The name of the backend.
    pub name: ActorName,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who made it.
    pub made_by: Actor,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
}

impl Store {
    /// Makes an event token. Its secret cannot be read again.
    ///
    /// # Errors
    ///
    /// [`StoreError::AccessLifetime`], [`StoreError::TooManyEventTokens`].
    pub async fn make_event_token(
        &self,
        by: &Actor,
        app: &AppId,
        name: &ActorName,
        lifetime: Duration,
    ) -> Result<(EventToken, Secret), StoreError> {
        if lifetime.is_zero() || lifetime > TOKEN_LIFETIME_MAX {
            return Err(StoreError::AccessLifetime { max: TOKEN_LIFETIME_MAX });
        }
        let mut write = self.write(by).await?;
        let locked = write.lock(app).await?;
        write.collect(&locked).await?;
        let row = sqlx::query(
            "SELECT COUNT(*) AS tokens FROM event_token WHERE app_id = $1 AND expires_at > $2",
        )
        .bind(app.as_str())
        .bind(write.at.0)
        .fetch_one(&mut *write.tx)
        .await?;
        if usize::try_from(row.try_get::<i64, _>("tokens")?).is_ok_and(|n| n >= EVENT_TOKENS_MAX) {
            let app = app.clone();
            return Err(StoreError::TooManyEventTokens { app, max: EVENT_TOKENS_MAX });
        }
        let secret = Secret::random();
        let token = EventToken {
            id: CredentialId::random(),
            app: app.clone(),
            name: name.clone(),
            made_at: write.at,
            made_by: by.name.clone().into(),
            expires_at: write.at.after(lifetime),
            used_at: None,
        };
        sqlx::query(
            "INSERT INTO event_token (id, secret_hash, app_id, name, made_at, made_by, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(token.id.to_string())
        .bind(secret.hash())
        .bind(app.as_str())
        .bind(name.as_str())
        .bind(token.made_at.0)
        .bind(by.as_str())
        .bind(token.expires_at.0)
        .execute(&mut *write.tx)
        .await?;
        let (name, expires) = (name.clone(), token.expires_at);
        write.finish(app, &Action::EventTokenMade { token: token.id, name, expires }).await?;
        Ok((token, secret))
    }

    /// The event tokens of an app that have not ended at `now`, the newest first.
    pub async fn event_tokens(
        &self,
        app: &AppId,
        now: Timestamp,
    ) -> Result<Vec<EventToken>, StoreError> {
        self.app(app).await?;
        let rows = sqlx::query(
            "SELECT id, app_id, name, made_at, made_by, expires_at, used_at FROM event_token
             WHERE app_id = $1 AND expires_at > $2 ORDER BY made_at DESC, id",
        )
        .bind(app.as_str())
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(read_token).collect()
    }

    /// Ends an event token at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchToken`].
    pub async fn revoke_event_token(
        &self,
        by: &Actor,
        app: &AppId,
        token: CredentialId,
    ) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        let done = sqlx::query(
            "DELETE FROM event_token WHERE id = $1 AND app_id = $2 AND expires_at > $3",
        )
        .bind(token.to_string())
        .bind(app.as_str())
        .bind(write.at.0)
        .execute(&mut *write.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NoSuchToken);
        }
        write.finish(app, &Action::EventTokenRevoked { token }).await
    }

    /// The event token with a secret, if it has not ended at `now`, and notes the use. Its app may be deleted.
    pub async fn use_event_token(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<EventToken>, StoreError> {
        let row = sqlx::query(
            "SELECT id, event_token.app_id AS app_id, name, made_at, made_by, expires_at, used_at
             FROM event_token JOIN collect ON collect.app_id = event_token.app_id
                 JOIN (SELECT id AS app_id, created_at FROM app) AS app
                     ON app.app_id = event_token.app_id AND created_at = born
             WHERE secret_hash = $1 AND expires_at > $2",
        )
        .bind(secret.hash())
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let token = read_token(&row)?;
        if token.used_at.is_none_or(|used| used.after(USE_KNOWN_TO) < now) {
            let used = sqlx::query("UPDATE event_token SET used_at = $1 WHERE id = $2")
                .bind(now.0)
                .bind(token.id.to_string())
                .execute(&self.write)
                .await;
            forgive(used, "when an event token was used")?;
        }
        Ok(Some(token))
    }
}

fn read_token(row: &AnyRow) -> Result<EventToken, StoreError> {
    Ok(EventToken {
        id: text(row, "id")?,
        app: app(row)?,
        name: text(row, "name")?,
        made_at: time(row, "made_at")?,
        made_by: text(row, "made_by")?,
        expires_at: time(row, "expires_at")?,
        used_at: time_if_any(row, "used_at")?,
    })
}

//! The secrets of endpoints.

use c2c_delivery::EndpointId;
use c2c_names::AppId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::endpoint::{EndpointSecret, NewSecret, SECRETS_MAX, Sealed};
use super::rows::{time, time_if_any};
use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::write::Write;

const COLUMNS: &str =
    "SELECT id, scheme, sealed, sealed_key, public, made_at, ends_at FROM endpoint_secret
     WHERE endpoint_id = $1 AND (ends_at IS NULL OR ends_at > $2) ORDER BY made_at DESC, id";

impl Store {
    /// The secrets of an endpoint that have not ended at `now`, the newest first.
    pub async fn endpoint_secrets(
        &self,
        id: EndpointId,
        now: Timestamp,
    ) -> Result<Vec<EndpointSecret>, StoreError> {
        let rows =
            sqlx::query(COLUMNS).bind(id.to_string()).bind(now.0).fetch_all(&self.read).await?;
        rows.iter().map(read_secret).collect()
    }

    /// Adds a secret. The others of its scheme end at `others_end_at`, unless they end before that.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchEndpoint`], [`StoreError::TooManySecrets`].
    pub async fn add_secret(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        secret: &NewSecret,
        others_end_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        write.present_endpoint(app, id).await?;
        let at = write.at;
        sqlx::query("DELETE FROM endpoint_secret WHERE endpoint_id = $1 AND ends_at <= $2")
            .bind(id.to_string())
            .bind(at.0)
            .execute(&mut *write.tx)
            .await?;
        if write.secrets(id).await?.len() >= SECRETS_MAX {
            return Err(StoreError::TooManySecrets { max: SECRETS_MAX });
        }
        sqlx::query(
            "UPDATE endpoint_secret SET ends_at = $3
             WHERE endpoint_id = $1 AND scheme = $2 AND (ends_at IS NULL OR ends_at > $3)",
        )
        .bind(id.to_string())
        .bind(&secret.scheme[..])
        .bind(others_end_at.0)
        .execute(&mut *write.tx)
        .await?;
        write.insert_secret(id, secret).await?;
        write.touch_endpoint(id).await?;
        let (scheme, secret) = (secret.scheme.clone(), secret.id.clone());
        write.finish(app, &Action::EndpointSecretAdded { endpoint: id, secret, scheme }).await
    }

    /// Removes a secret at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchEndpoint`], [`StoreError::NoSuchSecret`] also for the last current one.
    pub async fn remove_secret(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        secret: &str,
    ) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        write.present_endpoint(app, id).await?;
        let secrets = write.secrets(id).await?;
        let stays = secrets.iter().any(|other| other.id != secret && other.ends_at.is_none());
        if !stays || !secrets.iter().any(|other| other.id == secret) {
            return Err(StoreError::NoSuchSecret);
        }
        sqlx::query("DELETE FROM endpoint_secret WHERE endpoint_id = $1 AND id = $2")
            .bind(id.to_string())
            .bind(secret)
            .execute(&mut *write.tx)
            .await?;
        write.touch_endpoint(id).await?;
        let secret = secret.to_owned();
        write.finish(app, &Action::EndpointSecretRemoved { endpoint: id, secret }).await
    }
}

impl Write<'_> {
    async fn secrets(&mut self, id: EndpointId) -> Result<Vec<EndpointSecret>, StoreError> {
        let rows = sqlx::query(COLUMNS)
            .bind(id.to_string())
            .bind(self.at.0)
            .fetch_all(&mut *self.tx)
            .await?;
        rows.iter().map(read_secret).collect()
    }

    pub(super) async fn insert_secret(
        &mut self,
        id: EndpointId,
        secret: &NewSecret,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO endpoint_secret (endpoint_id, id, scheme, sealed, sealed_key, public, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id.to_string())
        .bind(&secret.id[..])
        .bind(&secret.scheme[..])
        .bind(&secret.sealed.bytes[..])
        .bind(&secret.sealed.key[..])
        .bind(secret.public.as_deref())
        .bind(self.at.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    pub(super) async fn remove_secrets(&mut self, id: EndpointId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM endpoint_secret WHERE endpoint_id = $1")
            .bind(id.to_string())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

fn read_secret(row: &AnyRow) -> Result<EndpointSecret, StoreError> {
    Ok(EndpointSecret {
        id: row.try_get("id")?,
        scheme: row.try_get("scheme")?,
        sealed: Sealed { bytes: row.try_get("sealed")?, key: row.try_get("sealed_key")? },
        public: row.try_get("public")?,
        made_at: time(row, "made_at")?,
        ends_at: time_if_any(row, "ends_at")?,
    })
}

//! All sealed bytes, for a change of the key.

use std::collections::BTreeMap;

use c2c_delivery::EndpointId;
use c2c_names::AppId;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::endpoint::Sealed;
use super::rows::{app, text};
use crate::database::Store;
use crate::error::StoreError;

/// Where sealed bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealedPlace {
    /// The target of an endpoint.
    Target {
        /// Its app.
        app: AppId,
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// A secret of an endpoint.
    Secret {
        /// Its app.
        app: AppId,
        /// The endpoint.
        endpoint: EndpointId,
        /// The secret.
        secret: String,
    },
}

/// Sealed bytes with their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// Where they are.
    pub place: SealedPlace,
    /// The bytes.
    pub sealed: Sealed,
}

const TARGETS: &str =
    "SELECT id AS endpoint_id, app_id, '' AS secret, target AS sealed, target_key AS sealed_key
     FROM endpoint WHERE state <> 'removed'";
const SECRETS: &str = "SELECT endpoint_id, app_id, endpoint_secret.id AS secret, sealed, sealed_key
     FROM endpoint_secret JOIN endpoint ON endpoint.id = endpoint_id";

impl Store {
    /// Sealed bytes that were not sealed with the key `current`, at most `limit`.
    pub async fn sealed_with_other_keys(
        &self,
        current: &str,
        limit: u32,
    ) -> Result<Vec<SealedRow>, StoreError> {
        let sql = format!(
            "SELECT endpoint_id, app_id, secret, sealed, sealed_key FROM ({TARGETS} UNION ALL {SECRETS}) AS rows
             WHERE sealed_key <> $1 ORDER BY endpoint_id, secret LIMIT $2"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(current)
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(read_sealed).collect()
    }

    /// Replaces sealed bytes by others with the same content. Gives whether they were still there.
    pub async fn reseal(&self, row: &SealedRow, new: &Sealed) -> Result<bool, StoreError> {
        let (sql, endpoint, secret) = match &row.place {
            SealedPlace::Target { endpoint, .. } => (
                "UPDATE endpoint SET target = $3, target_key = $4
                 WHERE id = $1 AND $2 = '' AND target = $5 AND target_key = $6",
                endpoint,
                "",
            ),
            SealedPlace::Secret { endpoint, secret, .. } => (
                "UPDATE endpoint_secret SET sealed = $3, sealed_key = $4
                 WHERE endpoint_id = $1 AND id = $2 AND sealed = $5 AND sealed_key = $6",
                endpoint,
                &secret[..],
            ),
        };
        let done = sqlx::query(sql)
            .bind(endpoint.to_string())
            .bind(secret)
            .bind(&new.bytes[..])
            .bind(&new.key[..])
            .bind(&row.sealed.bytes[..])
            .bind(&row.sealed.key[..])
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The ids of the keys that were used, each with the number of places.
    pub async fn sealing_keys(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        sealing_keys(&self.read).await
    }
}

pub(crate) async fn sealing_keys<'a>(
    executor: impl Executor<'a, Database = Any>,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let sql = format!(
        "SELECT sealed_key, COUNT(*) AS number FROM ({TARGETS} UNION ALL {SECRETS}) AS rows GROUP BY sealed_key"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(executor).await?;
    rows.iter().map(|row| Ok((row.try_get("sealed_key")?, row.try_get("number")?))).collect()
}

fn read_sealed(row: &AnyRow) -> Result<SealedRow, StoreError> {
    let (app, endpoint) = (app(row)?, text(row, "endpoint_id")?);
    let secret: String = row.try_get("secret")?;
    let place = if secret.is_empty() {
        SealedPlace::Target { app, endpoint }
    } else {
        SealedPlace::Secret { app, endpoint, secret }
    };
    let sealed = Sealed { bytes: row.try_get("sealed")?, key: row.try_get("sealed_key")? };
    Ok(SealedRow { place, sealed })
}

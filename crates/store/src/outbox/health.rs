//! Writing how an endpoint fares.

use c2c_delivery::{EndpointId, Reason};
use sqlx::AssertSqlSafe;

use super::endpoint::EndpointHealth;
use super::endpoint_rows::{health_columns, read_health};
use crate::error::StoreError;
use crate::write::Write;

impl Write<'_> {
    /// How an endpoint fares. It stays so until the end of the transaction. `None` if there is no such endpoint.
    pub(super) async fn lock_health(
        &mut self,
        id: EndpointId,
    ) -> Result<Option<EndpointHealth>, StoreError> {
        let lock = self.engine.locking("", " FOR UPDATE");
        let sql = format!(
            concat!("SELECT ", health_columns!(), " FROM endpoint_health WHERE endpoint_id = $1{}"),
            lock
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(id.to_string())
            .fetch_optional(&mut *self.tx)
            .await?;
        row.as_ref().map(read_health).transpose()
    }

    pub(super) async fn write_health(
        &mut self,
        id: EndpointId,
        health: &EndpointHealth,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE endpoint_health SET failures = $2, failing_since = $3, blocked_until = $4, succeeded_at = $5,
                 failed_at = $6, last_result = $7
             WHERE endpoint_id = $1",
        )
        .bind(id.to_string())
        .bind(i64::from(health.failures))
        .bind(health.failing_since.map(|at| at.0))
        .bind(health.blocked_until.0)
        .bind(health.succeeded_at.map(|at| at.0))
        .bind(health.failed_at.map(|at| at.0))
        .bind(health.last.map(Reason::word))
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// As if nothing had failed yet.
    pub(super) async fn reset_health(
        &mut self,
        id: EndpointId,
    ) -> Result<EndpointHealth, StoreError> {
        let before = self.lock_health(id).await?.unwrap_or_default();
        let health =
            EndpointHealth { succeeded_at: before.succeeded_at, ..EndpointHealth::default() };
        self.write_health(id, &health).await?;
        Ok(health)
    }
}

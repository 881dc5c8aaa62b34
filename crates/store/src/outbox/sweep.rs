//! The end of events: in steps, so that no step keeps others waiting.

use std::time::Duration;

use c2c_delivery::{EndpointId, EndpointState, Outcome, Reason};
use c2c_names::AppId;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::rows::{app, count, text};
use super::sql::{pieces, places};
use super::tally::{TABLES, day};
use crate::actor::Actor;
use crate::database::Store;
use crate::error::StoreError;
use crate::lifetime::GRACE;
use crate::numbers::Timestamp;
use crate::write::Write;

/// Counts are kept day by day for this long.
const DAYS_KEPT: Duration = Duration::from_hours(400 * 24);

const DAY: Duration = Duration::from_hours(24);

/// An app that has something to remove. `is_over` is 1 if it is to be purged, and `is_gone` if an older server has done
/// so.
const WITH_OLD: &str = "SELECT app_id, body_days, meta_days, is_over, is_gone FROM
         (SELECT app_id, body_days, meta_days, CASE WHEN deleted_at <= $2 THEN 1 ELSE 0 END AS is_over,
              CASE WHEN app.created_at = born THEN 0 ELSE 1 END AS is_gone
          FROM collect LEFT JOIN app ON app.id = app_id) AS apps
     WHERE is_gone = 1
         OR EXISTS (SELECT 1 FROM event WHERE event.app_id = apps.app_id AND received_at < $1 - body_days * 86400000
                    AND body IS NOT NULL)
         OR EXISTS (SELECT 1 FROM event WHERE event.app_id = apps.app_id AND received_at < $1 - meta_days * 86400000)
         OR (is_over = 1 AND EXISTS (SELECT 1 FROM event WHERE event.app_id = apps.app_id))
     ORDER BY app_id LIMIT 1";

struct Old {
    app: AppId,
    body_before: Timestamp,
    meta_before: Timestamp,
    is_gone: bool,
}

impl Store {
    /// Removes what is too old, and what belongs to endpoints and apps that are gone: one step, about `limit` rows at
    /// most. Gives their number. Call it until that is 0.
    ///
    /// Bodies go after their days, and with them all that was derived from them; deliveries that are still open end. The
    /// rest goes after its own days, except for the counts.
    pub async fn sweep(
        &self,
        server: &Actor,
        now: Timestamp,
        limit: u32,
    ) -> Result<u32, StoreError> {
        let removed = self.sweep_removed(server, now, limit).await?;
        if removed > 0 {
            return Ok(removed);
        }
        let old = sqlx::query(WITH_OLD)
            .bind(now.0)
            .bind(now.before(GRACE).0)
            .fetch_optional(&self.read)
            .await?;
        match old {
            Some(row) => self.sweep_app(server, now, &read_old(&row, now)?, limit).await,
            None => self.fold_counts(server, now).await,
        }
    }

    /// Ends what waits for endpoints that were removed.
    async fn sweep_removed(
        &self,
        server: &Actor,
        now: Timestamp,
        limit: u32,
    ) -> Result<u32, StoreError> {
        let row = sqlx::query(
            "SELECT id, app_id FROM endpoint WHERE state = 'removed'
                 AND EXISTS (SELECT 1 FROM outbox WHERE endpoint_id = endpoint.id) LIMIT 1",
        )
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(0) };
        let (app, endpoint) = (app(&row)?, text(&row, "id")?);
        let mut write = self.write(server).await?;
        write.at = now;
        let end = (Outcome::Refused, Reason::EndpointRemoved);
        let ended = write.end_endpoint(&app, endpoint, limit, end).await?;
        write.finish_with(&[]).await?;
        Ok(ended)
    }

    async fn sweep_app(
        &self,
        server: &Actor,
        now: Timestamp,
        old: &Old,
        limit: u32,
    ) -> Result<u32, StoreError> {
        let mut write = self.write(server).await?;
        write.at = now;
        let endpoints = write.endpoints_by_end(&old.app).await?;
        let mut swept = write.expire_bodies(old, &endpoints, limit).await?;
        if swept == 0 {
            swept = write.remove_events(old, &endpoints, limit).await?;
        }
        if swept == 0 && old.is_gone {
            swept = write.remove_leftover(old).await?;
        }
        write.finish_with(&[]).await?;
        Ok(swept)
    }

    /// Adds the counts of old days up.
    async fn fold_counts(&self, server: &Actor, now: Timestamp) -> Result<u32, StoreError> {
        let last = day(now.before(DAYS_KEPT));
        let mut write = self.write(server).await?;
        let mut folded = 0;
        for table in TABLES {
            let add = format!(
                "INSERT INTO {table} (app_id, endpoint_id, day, outcome, reason, number)
                 SELECT app_id, endpoint_id, 0, outcome, reason, CAST(SUM(number) AS BIGINT) FROM {table}
                 WHERE day > 0 AND day < $1 GROUP BY app_id, endpoint_id, outcome, reason
                 ON CONFLICT (app_id, endpoint_id, day, outcome, reason)
                 DO UPDATE SET number = {table}.number + excluded.number"
            );
            let delete = format!("DELETE FROM {table} WHERE day > 0 AND day < $1");
            sqlx::query(AssertSqlSafe(add)).bind(last).execute(&mut *write.tx).await?;
            let done =
                sqlx::query(AssertSqlSafe(delete)).bind(last).execute(&mut *write.tx).await?;
            folded += done.rows_affected();
        }
        write.finish_with(&[]).await?;
        Ok(u32::try_from(folded).unwrap_or(u32::MAX))
    }
}

impl Write<'_> {
    /// The endpoints of an app, with the reason for which their open deliveries end.
    async fn endpoints_by_end(
        &mut self,
        app: &AppId,
    ) -> Result<Vec<(EndpointId, Reason)>, StoreError> {
        let rows = sqlx::query("SELECT id, state FROM endpoint WHERE app_id = $1 ORDER BY id")
            .bind(app.as_str())
            .fetch_all(&mut *self.tx)
            .await?;
        let read = |row: &AnyRow| {
            let reason = match text(row, "state")? {
                EndpointState::Paused => Reason::Paused,
                EndpointState::Disabled => Reason::Disabled,
                EndpointState::Removed => Reason::EndpointRemoved,
                EndpointState::Active | EndpointState::Asked => Reason::Retention,
            };
            Ok((text(row, "id")?, reason))
        };
        rows.iter().map(read).collect()
    }

    async fn expire_bodies(
        &mut self,
        old: &Old,
        endpoints: &[(EndpointId, Reason)],
        limit: u32,
    ) -> Result<u32, StoreError> {
        let seqs = self
            .old_events(
                "SELECT seq FROM event WHERE app_id = $1 AND received_at < $2 AND body IS NOT NULL
                 ORDER BY received_at LIMIT $3",
                (&old.app, old.body_before),
                limit,
            )
            .await?;
        self.end_old(&old.app, endpoints, &seqs).await?;
        let ids: Vec<_> = endpoints.iter().map(|&(id, _)| id).collect();
        self.remove_content(&ids, &seqs).await?;
        Ok(u32::try_from(seqs.len()).unwrap_or(u32::MAX))
    }

    async fn remove_events(
        &mut self,
        old: &Old,
        endpoints: &[(EndpointId, Reason)],
        limit: u32,
    ) -> Result<u32, StoreError> {
        let seqs = self
            .old_events(
                "SELECT seq FROM event WHERE app_id = $1 AND received_at < $2 ORDER BY received_at LIMIT $3",
                (&old.app, old.meta_before),
                limit,
            )
            .await?;
        self.end_old(&old.app, endpoints, &seqs).await?;
        for piece in pieces(&seqs) {
            for table in ["ended", "attempt"] {
                for (endpoint, _) in endpoints {
                    let sql = format!(
                        "DELETE FROM {table} WHERE endpoint_id = $1 AND seq IN {}",
                        places(2, 1, piece.len())
                    );
                    let query = sqlx::query(AssertSqlSafe(sql)).bind(endpoint.to_string());
                    let query = piece.iter().fold(query, |query, &seq| query.bind(seq));
                    query.execute(&mut *self.tx).await?;
                }
            }
            let sql = format!("DELETE FROM event WHERE seq IN {}", places(1, 1, piece.len()));
            let query = sqlx::query(AssertSqlSafe(sql));
            let query = piece.iter().fold(query, |query, &seq| query.bind(seq));
            query.execute(&mut *self.tx).await?;
        }
        Ok(u32::try_from(seqs.len()).unwrap_or(u32::MAX))
    }

    async fn old_events(
        &mut self,
        sql: &'static str,
        (app, before): (&AppId, Timestamp),
        limit: u32,
    ) -> Result<Vec<i64>, StoreError> {
        let rows = sqlx::query(sql)
            .bind(app.as_str())
            .bind(before.0)
            .bind(i64::from(limit))
            .fetch_all(&mut *self.tx)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("seq")?)).collect()
    }

    async fn end_old(
        &mut self,
        app: &AppId,
        endpoints: &[(EndpointId, Reason)],
        seqs: &[i64],
    ) -> Result<(), StoreError> {
        for &(endpoint, reason) in endpoints {
            let end = match reason {
                Reason::EndpointRemoved => (Outcome::Refused, reason),
                _ => (Outcome::Expired, reason),
            };
            self.end_events(app, &[endpoint], seqs, end).await?;
        }
        Ok(())
    }

    /// Removes the rest of an app that an older server has purged.
    async fn remove_leftover(&mut self, old: &Old) -> Result<u32, StoreError> {
        let there = sqlx::query(
            "SELECT app.id FROM app JOIN collect ON app_id = app.id AND born = created_at WHERE app.id = $1",
        )
        .bind(old.app.as_str())
        .fetch_optional(&mut *self.tx)
        .await?;
        if there.is_some() {
            return Ok(0);
        }
        self.remove_outbox(&old.app).await?;
        Ok(1)
    }
}

fn read_old(row: &AnyRow, now: Timestamp) -> Result<Old, StoreError> {
    let (body, meta): (u32, u32) = (count(row, "body_days")?, count(row, "meta_days")?);
    let flag = |column| Ok::<_, StoreError>(row.try_get::<i64, _>(column)? != 0);
    let (is_over, is_gone) = (flag("is_over")?, flag("is_gone")?);
    let before =
        |days: u32| if is_over || is_gone { Timestamp(i64::MAX) } else { now.before(DAY * days) };
    Ok(Old { app: app(row)?, body_before: before(body), meta_before: before(meta), is_gone })
}

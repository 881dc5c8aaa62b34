//! Ending open deliveries without an attempt.

use std::collections::BTreeSet;

use c2c_delivery::{EndpointId, Outcome, Reason};
use c2c_names::AppId;
use sqlx::{AssertSqlSafe, Row as _};

use super::rows::{count, text};
use super::settle::INSERT_ENDED;
use super::sql::{pieces, places, statement};
use super::tally::Tally;
use crate::error::StoreError;
use crate::write::Write;

/// A delivery that was open.
struct Open {
    endpoint: EndpointId,
    seq: i64,
    attempt: i64,
    round: i64,
}

impl Write<'_> {
    /// Ends the open deliveries of events at endpoints of their app, and gives their number. A result that comes later
    /// changes nothing.
    pub(super) async fn end_events(
        &mut self,
        app: &AppId,
        endpoints: &[EndpointId],
        seqs: &[i64],
        end: (Outcome, Reason),
    ) -> Result<u32, StoreError> {
        let mut ended = 0;
        for &endpoint in endpoints {
            let mut open = Vec::new();
            for piece in pieces(seqs) {
                let sql = format!(
                    "DELETE FROM outbox WHERE endpoint_id = $1 AND seq IN {} RETURNING endpoint_id, seq, attempt, round",
                    places(2, 1, piece.len())
                );
                let query = sqlx::query(AssertSqlSafe(sql)).bind(endpoint.to_string());
                let query = piece.iter().fold(query, |query, &seq| query.bind(seq));
                for row in &query.fetch_all(&mut *self.tx).await? {
                    open.push(read_open(row)?);
                }
            }
            ended += self.record(app, &open, end).await?;
        }
        Ok(ended)
    }

    /// Ends open deliveries of an endpoint, at most `limit`, and gives their number.
    pub(super) async fn end_endpoint(
        &mut self,
        app: &AppId,
        endpoint: EndpointId,
        limit: u32,
        end: (Outcome, Reason),
    ) -> Result<u32, StoreError> {
        let rows = sqlx::query(
            "DELETE FROM outbox WHERE endpoint_id = $1 AND seq IN
                 (SELECT seq FROM outbox WHERE endpoint_id = $1 ORDER BY seq LIMIT $2)
             RETURNING endpoint_id, seq, attempt, round",
        )
        .bind(endpoint.to_string())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.tx)
        .await?;
        let open = rows.iter().map(read_open).collect::<Result<Vec<_>, _>>()?;
        self.record(app, &open, end).await
    }

    async fn record(
        &mut self,
        app: &AppId,
        open: &[Open],
        (outcome, reason): (Outcome, Reason),
    ) -> Result<u32, StoreError> {
        let mut tally = Tally::default();
        for piece in pieces(open) {
            let sql = format!("{INSERT_ENDED} {}", places(1, piece.len(), 9));
            let mut query = sqlx::query(statement(self.engine, sql));
            for Open { endpoint, seq, attempt, round } in piece {
                query = query.bind(endpoint.to_string()).bind(*seq).bind(self.at.0);
                query = query.bind(*attempt).bind(*round).bind(outcome.word()).bind(reason.word());
                query = query.bind(None::<i64>).bind(None::<i64>);
                tally.ended(app, *endpoint, self.at, (outcome, reason), 1);
            }
            query.execute(&mut *self.tx).await?;
        }
        tally.write(&mut self.tx, self.engine).await?;
        Ok(u32::try_from(open.len()).unwrap_or(u32::MAX))
    }

    /// All endpoints that an app ever had.
    pub(super) async fn endpoint_ids(
        &mut self,
        app: &AppId,
    ) -> Result<Vec<EndpointId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM endpoint WHERE app_id = $1 ORDER BY id")
            .bind(app.as_str())
            .fetch_all(&mut *self.tx)
            .await?;
        let ids: Result<BTreeSet<_>, StoreError> = rows.iter().map(|row| text(row, "id")).collect();
        Ok(ids?.into_iter().collect())
    }
}

fn read_open(row: &sqlx::any::AnyRow) -> Result<Open, StoreError> {
    Ok(Open {
        endpoint: text(row, "endpoint_id")?,
        seq: row.try_get("seq")?,
        attempt: count(row, "attempt")?,
        round: count(row, "round")?,
    })
}

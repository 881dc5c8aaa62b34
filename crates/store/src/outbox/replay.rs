//! Replays: deliveries that have ended are open again.

use c2c_delivery::{EndpointId, Outcome, Reason};
use c2c_names::AppId;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Row as _};

use super::rows::{text, time};
use super::sql::{pieces, places};
use super::tally::Tally;
use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::write::Write;

/// The deliveries to replay: those of an endpoint that have ended, of events that came in within a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// How they ended; `None` for all.
    pub outcome: Option<Outcome>,
    /// Their event came in then, or later.
    pub from: Timestamp,
    /// Their event came in before.
    pub to: Timestamp,
}

/// One step of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayStep {
    /// The number of deliveries that are open again.
    pub replayed: u32,
    /// The event after which the next step goes on; `None` if this was the last.
    pub next: Option<i64>,
}

impl Store {
    /// Replays one delivery.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchEndpoint`] also for one that was removed, [`StoreError::NoSuchDelivery`],
    /// [`StoreError::StillPending`], [`StoreError::BodyGone`].
    pub async fn replay_one(
        &self,
        by: &Actor,
        app: &AppId,
        endpoint: EndpointId,
        seq: i64,
    ) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        write.present_endpoint(app, endpoint).await?;
        let pending = sqlx::query("SELECT seq FROM outbox WHERE endpoint_id = $1 AND seq = $2")
            .bind(endpoint.to_string())
            .bind(seq)
            .fetch_optional(&mut *write.tx)
            .await?;
        if pending.is_some() {
            return Err(StoreError::StillPending);
        }
        let ended = sqlx::query(
            "SELECT CASE WHEN body IS NULL THEN 0 ELSE 1 END AS has_body FROM ended JOIN event ON event.seq = ended.seq
             WHERE endpoint_id = $1 AND ended.seq = $2",
        )
        .bind(endpoint.to_string())
        .bind(seq)
        .fetch_optional(&mut *write.tx)
        .await?;
        let ended = ended.ok_or(StoreError::NoSuchDelivery)?;
        if ended.try_get::<i64, _>("has_body")? == 0 {
            return Err(StoreError::BodyGone);
        }
        write.reopen(app, endpoint, &[seq]).await?;
        write.finish(app, &Action::Replayed { endpoint, deliveries: 1 }).await
    }

    /// The number of deliveries that a replay would open.
    pub async fn count_replay(&self, replay: &Replay) -> Result<i64, StoreError> {
        let sql = format!("SELECT COUNT(*) AS number {}", self.range(replay));
        let query = self.bind_range(sqlx::query(AssertSqlSafe(sql)), replay, 0).await?;
        let row = query.fetch_one(&self.read).await?;
        Ok(row.try_get("number")?)
    }

    /// Begins a replay: the entry of the audit log, with the number of deliveries, which it gives. They are opened by
    /// [`Store::replay_step`].
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchEndpoint`] also for one that was removed.
    pub async fn start_replay(
        &self,
        by: &Actor,
        app: &AppId,
        replay: &Replay,
    ) -> Result<i64, StoreError> {
        let deliveries = self.count_replay(replay).await?;
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        write.present_endpoint(app, replay.endpoint).await?;
        write.finish(app, &Action::Replayed { endpoint: replay.endpoint, deliveries }).await?;
        Ok(deliveries)
    }

    /// Opens at most `limit` deliveries of a replay, those of events after the number `after`.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchEndpoint`] also for one that was removed.
    pub async fn replay_step(
        &self,
        by: &Actor,
        app: &AppId,
        replay: &Replay,
        after: i64,
        limit: u32,
    ) -> Result<ReplayStep, StoreError> {
        let sql =
            format!("SELECT ended.seq AS seq {} ORDER BY ended.seq LIMIT $7", self.range(replay));
        let query = self.bind_range(sqlx::query(AssertSqlSafe(sql)), replay, after).await?;
        let mut write = self.write(by).await?;
        write.present_endpoint(app, replay.endpoint).await?;
        let rows = query.bind(i64::from(limit)).fetch_all(&mut *write.tx).await?;
        let seqs = rows
            .iter()
            .map(|row| Ok(row.try_get("seq")?))
            .collect::<Result<Vec<i64>, StoreError>>()?;
        let replayed = write.reopen(app, replay.endpoint, &seqs).await?;
        write.finish_with(&[]).await?;
        let is_last = u32::try_from(seqs.len()).is_ok_and(|number| number < limit);
        Ok(ReplayStep { replayed, next: seqs.last().copied().filter(|_| !is_last) })
    }

    /// The deliveries of a replay, without those whose event has no body any more.
    fn range(&self, replay: &Replay) -> String {
        let (from, only) = match replay.outcome {
            None => ("FROM ended", "$6 = ''"),
            // SQLite would read all deliveries of the endpoint.
            Some(_) => (
                self.engine.locking("FROM ended INDEXED BY ended_by_outcome", "FROM ended"),
                "outcome = $6",
            ),
        };
        format!(
            "{from} JOIN event ON event.seq = ended.seq
             WHERE endpoint_id = $1 AND ended.seq > $2 AND ended.seq <= $3
                 AND received_at >= $4 AND received_at < $5 AND {only} AND body IS NOT NULL"
        )
    }

    async fn bind_range<'q>(
        &self,
        query: Query<'q, Any, AnyArguments>,
        replay: &Replay,
        after: i64,
    ) -> Result<Query<'q, Any, AnyArguments>, StoreError> {
        let &Replay { endpoint, outcome, from, to } = replay;
        let (first, last) = self.seqs_between(endpoint, from, to).await?;
        // The first is one before those in question, or the first of all.
        let query = query.bind(endpoint.to_string()).bind(after.max(first - 1)).bind(last);
        Ok(query.bind(from.0).bind(to.0).bind(outcome.map_or("", Outcome::word)))
    }
}

/// A delivery that had ended.
struct Was {
    seq: i64,
    attempt: i64,
    round: i64,
    at: Timestamp,
    end: (Outcome, Reason),
}

impl Write<'_> {
    /// Opens deliveries that have ended. They count as pending again. Gives their number.
    async fn reopen(
        &mut self,
        app: &AppId,
        endpoint: EndpointId,
        seqs: &[i64],
    ) -> Result<u32, StoreError> {
        let (mut tally, mut replayed) = (Tally::default(), 0);
        for piece in pieces(seqs) {
            let ended = self.take_ended(endpoint, piece).await?;
            for Was { at, end, .. } in &ended {
                tally.ended(app, endpoint, *at, *end, -1);
            }
            for piece in pieces(&ended) {
                self.insert_open(endpoint, piece).await?;
                replayed += u32::try_from(piece.len()).unwrap_or(u32::MAX);
            }
        }
        tally.write(&mut self.tx, self.engine).await?;
        Ok(replayed)
    }

    async fn take_ended(
        &mut self,
        endpoint: EndpointId,
        seqs: &[i64],
    ) -> Result<Vec<Was>, StoreError> {
        let sql = format!(
            "DELETE FROM ended WHERE endpoint_id = $1 AND seq IN {}
             RETURNING seq, attempt, round, at, outcome, reason",
            places(2, 1, seqs.len())
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(endpoint.to_string());
        let query = seqs.iter().fold(query, |query, &seq| query.bind(seq));
        query.fetch_all(&mut *self.tx).await?.iter().map(read_was).collect()
    }

    async fn insert_open(&mut self, endpoint: EndpointId, was: &[Was]) -> Result<(), StoreError> {
        let rows = (0..was.len()).map(|row| {
            let first = 3 + 3 * row;
            format!("($1,${first},$2,${},0,${},$2)", first + 1, first + 2)
        });
        let sql = format!(
            "INSERT INTO outbox (endpoint_id, seq, at, attempt, tries, round, since) VALUES {}",
            rows.collect::<Vec<_>>().join(",")
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(endpoint.to_string()).bind(self.at.0);
        let query = was
            .iter()
            .fold(query, |query, was| query.bind(was.seq).bind(was.attempt).bind(was.round + 1));
        query.execute(&mut *self.tx).await?;
        Ok(())
    }
}

fn read_was(row: &AnyRow) -> Result<Was, StoreError> {
    Ok(Was {
        seq: row.try_get("seq")?,
        attempt: row.try_get("attempt")?,
        round: row.try_get("round")?,
        at: time(row, "at")?,
        end: (text(row, "outcome")?, text(row, "reason")?),
    })
}

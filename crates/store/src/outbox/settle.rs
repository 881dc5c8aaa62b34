//! Results of deliveries. One counts only for the last claim, so a server that comes late changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use c2c_delivery::{DisableReason, EndpointId, Outcome, Reason};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::claim::{Claimer, Lease};
use super::endpoint::EndpointHealth;
use super::rows::{count, text};
use super::sql::{any_of, pieces, places, statement};
use super::tally::Tally;
use crate::actor::Actor;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::write::Write;

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The number of the claim.
    pub attempt: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// The result.
    pub result: Reason,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The address that was called.
    pub address: Option<String>,
    /// The begin of the answer's body.
    pub answer: Vec<u8>,
}

/// The fate of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It has ended.
    Ended {
        /// How.
        outcome: Outcome,
        /// Why.
        reason: Reason,
    },
    /// It is tried again.
    Again {
        /// When.
        at: Timestamp,
        /// Its place in the schedule then.
        tries: u32,
    },
}

/// The result of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The claim.
    pub lease: Lease,
    /// The fate of the delivery.
    pub to: Settlement,
    /// The attempt, unless nothing was sent.
    pub attempt: Option<Attempt>,
    /// Whether the attempt is kept. The status and the time of the last one are kept in any case.
    pub keep: bool,
}

/// The consequence of results for an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How it fares now.
    pub health: EndpointHealth,
    /// Why it is disabled, if it is.
    pub disable: Option<DisableReason>,
}

impl Store {
    /// Settles results, all of them in one transaction, and gives the number of those that came too late: another
    /// server has claimed the delivery since, or it has ended. They change nothing.
    ///
    /// `judge` gets each endpoint's state as it is, and those of its results that count. `server` is the actor of the
    /// audit entry if an endpoint is disabled.
    pub async fn settle(
        &self,
        claimer: &Claimer,
        server: &Actor,
        now: Timestamp,
        settled: &[Settled],
        mut judge: impl FnMut(EndpointId, EndpointHealth, &[&Settled]) -> Verdict + Send,
    ) -> Result<u32, StoreError> {
        let mut write = self.write(server).await?;
        write.at = now;
        let mut settled: Vec<_> = settled.iter().collect();
        settled.sort_by_key(|settled| (settled.lease.endpoint, settled.lease.seq));
        let rounds = write.close(claimer, &settled).await?;
        let again = write.postpone(claimer, &settled).await?;
        let counting: Vec<_> = settled
            .iter()
            .filter(|settled| match settled.to {
                Settlement::Ended { .. } => rounds.contains_key(&key(settled)),
                Settlement::Again { .. } => again.contains(&key(settled)),
            })
            .copied()
            .collect();
        write.insert_ended(&counting, &rounds).await?;
        write.insert_attempts(&counting).await?;
        let mut entries = Vec::new();
        for results in counting.chunk_by(|one, other| one.lease.endpoint == other.lease.endpoint) {
            let lease = &results[0].lease;
            let Some(health) = write.lock_health(lease.endpoint).await? else { continue };
            let verdict = judge(lease.endpoint, health, results);
            write.write_health(lease.endpoint, &verdict.health).await?;
            if let Some(reason) = verdict.disable
                && let Some(action) = write.disable(lease.endpoint, reason).await?
            {
                entries.push(write.entry(&lease.app, &action));
            }
        }
        write.count_results(&counting).await?;
        let stale = settled.len() - counting.len();
        write.finish_with(&entries).await?;
        Ok(u32::try_from(stale).unwrap_or(u32::MAX))
    }
}

/// The endpoint, the event and the claim: after a jump of the clock, there may be results of two claims of a delivery.
type Key = (EndpointId, i64, u32);

fn key(settled: &Settled) -> Key {
    let Lease { endpoint, seq, attempt, .. } = settled.lease;
    (endpoint, seq, attempt)
}

fn read_key(row: &AnyRow) -> Result<Key, StoreError> {
    Ok((text(row, "endpoint_id")?, row.try_get("seq")?, count(row, "attempt")?))
}

impl Write<'_> {
    /// Takes the deliveries that have ended out of the outbox, and gives the round of each that was there.
    async fn close(
        &mut self,
        claimer: &Claimer,
        settled: &[&Settled],
    ) -> Result<BTreeMap<Key, i64>, StoreError> {
        let is_ended = |settled: &&&Settled| matches!(settled.to, Settlement::Ended { .. });
        let ended: Vec<_> = settled.iter().filter(is_ended).map(|ended| &ended.lease).collect();
        let mut rounds = BTreeMap::new();
        for piece in pieces(&ended) {
            let sql = format!(
                "DELETE FROM outbox WHERE holder = $1 AND {} RETURNING endpoint_id, seq, attempt, round",
                any_of(self.engine, 2, piece.len(), &["endpoint_id", "seq", "attempt"])
            );
            let query = sqlx::query(statement(self.engine, sql)).bind(&claimer.holder[..]);
            let query = piece.iter().fold(query, |query, lease| {
                query
                    .bind(lease.endpoint.to_string())
                    .bind(lease.seq)
                    .bind(i64::from(lease.attempt))
            });
            for row in &query.fetch_all(&mut *self.tx).await? {
                rounds.insert(read_key(row)?, count(row, "round")?);
            }
        }
        Ok(rounds)
    }

    /// Sets the next time of the deliveries that have one, and gives those that were there.
    async fn postpone(
        &mut self,
        claimer: &Claimer,
        settled: &[&Settled],
    ) -> Result<BTreeSet<Key>, StoreError> {
        let again = settled.iter().filter_map(|settled| match settled.to {
            Settlement::Again { at, tries } => Some((&settled.lease, at, tries)),
            Settlement::Ended { .. } => None,
        });
        let again: Vec<_> = again.collect();
        let mut done = BTreeSet::new();
        for piece in pieces(&again) {
            let sql = format!(
                "UPDATE outbox SET at = next.column4, tries = next.column5, holder = NULL
                 FROM (VALUES {}) AS next
                 WHERE endpoint_id = next.column1 AND seq = next.column2 AND attempt = next.column3 AND holder = ${}
                 RETURNING endpoint_id, seq, attempt",
                places(1, piece.len(), 5),
                5 * piece.len() + 1
            );
            let query = sqlx::query(statement(self.engine, sql));
            let query = piece.iter().fold(query, |query, (lease, at, tries)| {
                let query = query.bind(lease.endpoint.to_string()).bind(lease.seq);
                query.bind(i64::from(lease.attempt)).bind(at.0).bind(i64::from(*tries))
            });
            let query = query.bind(&claimer.holder[..]);
            for row in &query.fetch_all(&mut *self.tx).await? {
                done.insert(read_key(row)?);
            }
        }
        Ok(done)
    }

    async fn insert_ended(
        &mut self,
        counting: &[&Settled],
        rounds: &BTreeMap<Key, i64>,
    ) -> Result<(), StoreError> {
        let ended = counting.iter().filter_map(|settled| match settled.to {
            Settlement::Ended { outcome, reason } => Some((*settled, outcome, reason)),
            Settlement::Again { .. } => None,
        });
        let ended: Vec<_> = ended.collect();
        for piece in pieces(&ended) {
            let sql = format!("{INSERT_ENDED} {}", places(1, piece.len(), 9));
            let mut query = sqlx::query(statement(self.engine, sql));
            for (settled, outcome, reason) in piece {
                let Settled { lease, attempt, .. } = settled;
                query = query.bind(lease.endpoint.to_string()).bind(lease.seq).bind(self.at.0);
                query = query.bind(i64::from(lease.attempt)).bind(rounds[&key(settled)]);
                query = query.bind(outcome.word()).bind(reason.word());
                query = query.bind(attempt.as_ref().and_then(|tried| tried.status.map(i64::from)));
                query = query.bind(attempt.as_ref().map(|tried| i64::from(tried.took_ms)));
            }
            query.execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    async fn insert_attempts(&mut self, counting: &[&Settled]) -> Result<(), StoreError> {
        let kept: Vec<_> = counting
            .iter()
            .filter(|settled| settled.keep)
            .filter_map(|settled| Some((&settled.lease, settled.attempt.as_ref()?)))
            .collect();
        for piece in pieces(&kept) {
            let sql = format!(
                "INSERT INTO attempt (endpoint_id, seq, attempt, at, took_ms, result, status, address, answer)
                 VALUES {}",
                places(1, piece.len(), 9)
            );
            let mut query = sqlx::query(statement(self.engine, sql));
            for (lease, attempt) in piece {
                query = query.bind(lease.endpoint.to_string()).bind(lease.seq);
                query = query.bind(i64::from(lease.attempt)).bind(attempt.at.0);
                query = query.bind(i64::from(attempt.took_ms)).bind(attempt.result.word());
                query = query.bind(attempt.status.map(i64::from)).bind(attempt.address.as_deref());
                query = query.bind(&attempt.answer[..]);
            }
            query.execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    async fn count_results(&mut self, counting: &[&Settled]) -> Result<(), StoreError> {
        let mut tally = Tally::default();
        for settled in counting {
            let Lease { app, endpoint, .. } = &settled.lease;
            if let Settlement::Ended { outcome, reason } = settled.to {
                tally.ended(app, *endpoint, self.at, (outcome, reason), 1);
            }
            let failed = settled.attempt.iter().filter(|tried| tried.result != Reason::Success);
            for attempt in failed {
                tally.failed(app, *endpoint, self.at, attempt.result);
            }
        }
        tally.write(&mut self.tx, self.engine).await
    }
}

/// A delivery is never in both tables: one that is replayed leaves this one.
pub(super) const INSERT_ENDED: &str = "INSERT INTO ended (endpoint_id, seq, at, attempt, round, outcome, reason, status, took_ms) VALUES";

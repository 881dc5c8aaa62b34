//! Deleting the content of events on request.

use std::collections::BTreeSet;

use c2c_delivery::{EndpointId, EventId, Outcome, Reason};
use c2c_names::AppId;
use sqlx::{AssertSqlSafe, Row as _};

use super::rows::text;
use super::sql::{pieces, places};
use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::write::Write;

/// The most events that are forgotten in one transaction.
const EVENTS_MAX: usize = 1_000;

/// The events to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// Those of an envelope.
    Event(EventId),
    /// Those with a value in their context.
    Key {
        /// The key of the context.
        key: String,
        /// The digest of the value, under each key that has been used for digests.
        digests: Vec<Vec<u8>>,
    },
    /// Those with these numbers.
    Seqs(Vec<i64>),
}

/// The extent of one deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// The number of events whose content was deleted. It does not count those whose content was gone before.
    pub events: u32,
    /// The number of deliveries that will not take place.
    pub pending: u32,
    /// The endpoints that have got some of the events, or may have: a request is under way, or one has failed.
    pub sent_to: BTreeSet<EndpointId>,
    /// Whether there are more: the same call forgets them.
    pub more: bool,
}

impl Store {
    /// Deletes the content of events, and all that was derived from it. That there was an event of this id and name
    /// stays known for its time. At most 1,000 events are forgotten at once.
    ///
    /// The entry of the audit log has the receivers, too. For [`Forget::Event`], they are named even if the content was gone
    /// before: the answer to an earlier deletion may be lost, and receivers may keep the content for longer than the store.
    pub async fn forget(
        &self,
        by: &Actor,
        app: &AppId,
        forget: &Forget,
    ) -> Result<Forgotten, StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        let mut seqs = write.find_events(app, forget).await?;
        let more = seqs.len() > EVENTS_MAX;
        seqs.truncate(EVENTS_MAX);
        let endpoints = write.endpoint_ids(app).await?;
        let end = (Outcome::Refused, Reason::Forgotten);
        let pending = write.end_events(app, &endpoints, &seqs, end).await?;
        let known = match forget {
            Forget::Event(id) => write.events_of(app, *id).await?,
            Forget::Key { .. } | Forget::Seqs(_) => seqs.clone(),
        };
        let sent_to = write.sent_to(&endpoints, &known).await?;
        write.remove_content(&endpoints, &seqs).await?;
        let events = u32::try_from(seqs.len()).unwrap_or(u32::MAX);
        if events > 0 {
            let key = match forget {
                Forget::Key { key, .. } => Some(key.clone()),
                _ => None,
            };
            let sent_to = sent_to.clone();
            write.finish(app, &Action::EventsForgotten { key, events, pending, sent_to }).await?;
        }
        Ok(Forgotten { events, pending, sent_to, more })
    }
}

impl Write<'_> {
    /// The numbers of events with a body, one more than are forgotten at once at most.
    async fn find_events(&mut self, app: &AppId, forget: &Forget) -> Result<Vec<i64>, StoreError> {
        let limit = i64::try_from(EVENTS_MAX + 1).unwrap_or(i64::MAX);
        let mut found = BTreeSet::new();
        match forget {
            Forget::Event(id) => {
                let sql =
                    "SELECT seq FROM event WHERE app_id = $1 AND id = $2 AND body IS NOT NULL";
                let query = sqlx::query(sql).bind(app.as_str()).bind(id.to_string());
                for row in &query.fetch_all(&mut *self.tx).await? {
                    found.insert(row.try_get("seq")?);
                }
            }
            Forget::Key { key, digests } => {
                for digest in digests {
                    let sql =
                        "SELECT seq FROM event_key WHERE app_id = $1 AND key = $2 AND digest = $3
                               ORDER BY seq LIMIT $4";
                    let query = sqlx::query(sql).bind(app.as_str()).bind(&key[..]);
                    let query = query.bind(&digest[..]).bind(limit);
                    for row in &query.fetch_all(&mut *self.tx).await? {
                        found.insert(row.try_get("seq")?);
                    }
                }
            }
            Forget::Seqs(seqs) => {
                for piece in pieces(seqs) {
                    let sql = format!(
                        "SELECT seq FROM event WHERE app_id = $1 AND body IS NOT NULL AND seq IN {}",
                        places(2, 1, piece.len())
                    );
                    let query = sqlx::query(AssertSqlSafe(sql)).bind(app.as_str());
                    let query = piece.iter().fold(query, |query, &seq| query.bind(seq));
                    for row in &query.fetch_all(&mut *self.tx).await? {
                        found.insert(row.try_get("seq")?);
                    }
                }
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The numbers of the events of an envelope, with a body or without.
    async fn events_of(&mut self, app: &AppId, id: EventId) -> Result<Vec<i64>, StoreError> {
        let rows = sqlx::query("SELECT seq FROM event WHERE app_id = $1 AND id = $2")
            .bind(app.as_str())
            .bind(id.to_string())
            .fetch_all(&mut *self.tx)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("seq")?)).collect()
    }

    /// The endpoints of which a delivery of these events was claimed, after the open ones have ended.
    async fn sent_to(
        &mut self,
        endpoints: &[EndpointId],
        seqs: &[i64],
    ) -> Result<BTreeSet<EndpointId>, StoreError> {
        let mut sent_to = BTreeSet::new();
        for &endpoint in endpoints {
            for piece in pieces(seqs) {
                let sql = format!(
                    "SELECT endpoint_id FROM ended WHERE endpoint_id = $1 AND attempt > 0 AND seq IN {} LIMIT 1",
                    places(2, 1, piece.len())
                );
                let query = sqlx::query(AssertSqlSafe(sql)).bind(endpoint.to_string());
                let query = piece.iter().fold(query, |query, &seq| query.bind(seq));
                if let Some(row) = query.fetch_optional(&mut *self.tx).await? {
                    sent_to.insert(text(&row, "endpoint_id")?);
                }
            }
        }
        Ok(sent_to)
    }

    /// Removes the content of events: bodies, the client's data, digests, and answers, which may repeat it.
    pub(super) async fn remove_content(
        &mut self,
        endpoints: &[EndpointId],
        seqs: &[i64],
    ) -> Result<(), StoreError> {
        for piece in pieces(seqs) {
            let places_of_seqs = places(1, 1, piece.len());
            for sql in [
                "UPDATE event SET body = NULL, hit = NULL, marks = NULL WHERE seq IN",
                "DELETE FROM event_key WHERE seq IN",
            ] {
                let query = sqlx::query(AssertSqlSafe(format!("{sql} {places_of_seqs}")));
                let query = piece.iter().fold(query, |query, &seq| query.bind(seq));
                query.execute(&mut *self.tx).await?;
            }
            for endpoint in endpoints {
                let sql = format!(
                    "UPDATE attempt SET answer = NULL WHERE endpoint_id = $1 AND seq IN {}",
                    places(2, 1, piece.len())
                );
                let query = sqlx::query(AssertSqlSafe(sql)).bind(endpoint.to_string());
                let query = piece.iter().fold(query, |query, &seq| query.bind(seq));
                query.execute(&mut *self.tx).await?;
            }
        }
        Ok(())
    }
}

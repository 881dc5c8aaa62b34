//! Looking at deliveries and events.

use c2c_delivery::{EndpointId, EventId, Outcome, Reason};
use c2c_names::AppId;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Row as _};

use super::event::{StoredEvent, event_columns, read_event};
use super::rows::{count, count_if_any, text, time};
use super::settle::Attempt;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It has not ended.
    Pending,
    /// It ended in this way.
    Ended(Outcome),
}

/// Which deliveries to look at: those for which all of these hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// They are this endpoint's.
    pub endpoint: Option<EndpointId>,
    /// They are so far.
    pub stage: Option<Stage>,
    /// Their event has this name.
    pub name: Option<String>,
    /// Their event came in then, or later.
    pub from: Option<Timestamp>,
    /// Their event came in before.
    pub to: Option<Timestamp>,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The event's number.
    pub seq: i64,
    /// The id of its envelope.
    pub event: EventId,
    /// Whether a backend has sent it.
    pub verified: bool,
    /// Its name.
    pub name: String,
    /// When it came in.
    pub received_at: Timestamp,
    /// The number of times that it was claimed.
    pub attempt: u32,
    /// How often it was replayed.
    pub round: u32,
    /// How far it is.
    pub progress: Progress,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It has not ended.
    Pending {
        /// When it is tried, or when the present claim ends.
        at: Timestamp,
        /// Whether a server has claimed it.
        leased: bool,
        /// Its place in the schedule.
        tries: u32,
    },
    /// It has ended.
    Ended {
        /// When.
        at: Timestamp,
        /// How.
        outcome: Outcome,
        /// Why.
        reason: Reason,
        /// The status of the last answer, if there was one.
        status: Option<u16>,
        /// How long the last attempt took.
        took_ms: Option<u32>,
    },
}

/// A delivery with the attempts that are kept, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TracedDelivery {
    /// The delivery.
    pub delivery: Delivery,
    /// The attempts.
    pub attempts: Vec<Attempt>,
}

/// An event with its deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TracedEvent {
    /// The event.
    pub event: StoredEvent,
    /// Its deliveries.
    pub deliveries: Vec<TracedDelivery>,
}

/// Both kinds of rows have the same columns.
const PENDING: &str = "SELECT endpoint_id, outbox.seq AS seq, event.id AS id, verified, name, received_at, attempt, round,
         outbox.at AS at, tries, holder, NULL AS outcome, NULL AS reason, NULL AS status, NULL AS took_ms
     FROM outbox JOIN event ON event.seq = outbox.seq WHERE endpoint_id = $1";
const ENDED: &str = "SELECT endpoint_id, ended.seq AS seq, event.id AS id, verified, name, received_at, attempt, round,
         ended.at AS at, 0 AS tries, NULL AS holder, outcome, reason, status, took_ms
     FROM ended JOIN event ON event.seq = ended.seq WHERE endpoint_id = $1";

impl Store {
    /// Deliveries of an app, those of the newest events first, at most `limit`, after the one with the number and the
    /// endpoint `before`.
    pub async fn deliveries(
        &self,
        app: &AppId,
        filter: &DeliveryFilter,
        before: Option<(i64, EndpointId)>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut found = Vec::new();
        for endpoint in self.endpoint_ids(app).await? {
            if filter.endpoint.is_some_and(|only| only != endpoint) {
                continue;
            }
            // Those of one event are in the order of the endpoints' ids.
            let seq_max = match before {
                Some((seq, last)) if endpoint > last => seq,
                Some((seq, _)) => seq.saturating_sub(1),
                None => i64::MAX,
            };
            found.extend(self.deliveries_of(endpoint, filter, seq_max, limit).await?);
        }
        found.sort_by_key(|delivery| (std::cmp::Reverse(delivery.seq), delivery.endpoint));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn deliveries_of(
        &self,
        endpoint: EndpointId,
        filter: &DeliveryFilter,
        seq_max: i64,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let from = filter.from.unwrap_or(Timestamp(i64::MIN));
        let to = filter.to.unwrap_or(Timestamp(i64::MAX));
        let (first, last) = self.seqs_between(endpoint, from, to).await?;
        let mut found = Vec::new();
        for (select, table, only) in self.sources(filter.stage) {
            let sql = format!(
                "{select} AND {table}.seq >= $2 AND {table}.seq <= $3 AND received_at >= $4 AND received_at < $5
                     AND ($6 = '' OR name = $6){only} ORDER BY {table}.seq DESC LIMIT $7"
            );
            let query = sqlx::query(AssertSqlSafe(sql))
                .bind(endpoint.to_string())
                .bind(first)
                .bind(last.min(seq_max))
                .bind(from.0)
                .bind(to.0)
                .bind(filter.name.clone().unwrap_or_default())
                .bind(i64::from(limit));
            let query = match filter.stage {
                Some(Stage::Ended(outcome)) => query.bind(outcome.word()),
                _ => query,
            };
            found.extend(self.read_deliveries(query).await?);
        }
        Ok(found)
    }

    /// The tables to look at, each with its name and with one more condition.
    fn sources(&self, stage: Option<Stage>) -> Vec<(String, &'static str, &'static str)> {
        let pending = (PENDING.to_owned(), "outbox", "");
        match stage {
            None => vec![pending, (ENDED.to_owned(), "ended", "")],
            Some(Stage::Pending) => vec![pending],
            // SQLite would read all deliveries of the endpoint.
            Some(Stage::Ended(_)) => {
                let by_outcome =
                    self.engine.locking("FROM ended INDEXED BY ended_by_outcome", "FROM ended");
                vec![(ENDED.replace("FROM ended", by_outcome), "ended", " AND outcome = $8")]
            }
        }
    }

    /// A delivery, by its endpoint and its event's number.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchDelivery`].
    pub async fn delivery(
        &self,
        app: &AppId,
        endpoint: EndpointId,
        seq: i64,
    ) -> Result<TracedDelivery, StoreError> {
        if !self.endpoint_ids(app).await?.contains(&endpoint) {
            return Err(StoreError::NoSuchDelivery);
        }
        self.trace(endpoint, seq).await?.ok_or(StoreError::NoSuchDelivery)
    }

    /// All that is known of an event: of the one of a page, and of the one of a backend with the same id.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchEvent`].
    pub async fn event(&self, app: &AppId, id: EventId) -> Result<Vec<TracedEvent>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            event_columns!(),
            " FROM event WHERE app_id = $1 AND id = $2 ORDER BY verified"
        ))
        .bind(app.as_str())
        .bind(id.to_string())
        .fetch_all(&self.read)
        .await?;
        let endpoints = self.endpoint_ids(app).await?;
        let mut traced = Vec::with_capacity(rows.len());
        for row in &rows {
            let event = read_event(row)?;
            let mut deliveries = Vec::new();
            for &endpoint in &endpoints {
                deliveries.extend(self.trace(endpoint, event.seq).await?);
            }
            traced.push(TracedEvent { event, deliveries });
        }
        if traced.is_empty() { Err(StoreError::NoSuchEvent) } else { Ok(traced) }
    }

    /// The events of an app that have a body, in the order of their numbers, at most `limit`, after the number `after`.
    pub async fn events_with_body(
        &self,
        app: &AppId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            event_columns!(),
            " FROM event WHERE app_id = $1 AND seq > $2 AND body IS NOT NULL ORDER BY seq LIMIT $3"
        ))
        .bind(app.as_str())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(read_event).collect()
    }

    async fn trace(
        &self,
        endpoint: EndpointId,
        seq: i64,
    ) -> Result<Option<TracedDelivery>, StoreError> {
        // It may move from one table to the other in between, so the one where it ends is read last.
        let mut found = None;
        for (select, table) in [(PENDING, "outbox"), (ENDED, "ended"), (PENDING, "outbox")] {
            let sql = format!("{select} AND {table}.seq = $2");
            let query = sqlx::query(AssertSqlSafe(sql)).bind(endpoint.to_string()).bind(seq);
            found = self.read_deliveries(query).await?.pop();
            if found.is_some() {
                break;
            }
        }
        let Some(delivery) = found else { return Ok(None) };
        let rows = sqlx::query(
            "SELECT attempt, at, took_ms, result, status, address, answer FROM attempt
             WHERE endpoint_id = $1 AND seq = $2 ORDER BY attempt",
        )
        .bind(endpoint.to_string())
        .bind(seq)
        .fetch_all(&self.read)
        .await?;
        let attempts = rows.iter().map(read_attempt).collect::<Result<_, _>>()?;
        Ok(Some(TracedDelivery { delivery, attempts }))
    }

    async fn read_deliveries(
        &self,
        query: Query<'_, Any, AnyArguments>,
    ) -> Result<Vec<Delivery>, StoreError> {
        query.fetch_all(&self.read).await?.iter().map(read_delivery).collect()
    }

    /// All endpoints that an app ever had.
    async fn endpoint_ids(&self, app: &AppId) -> Result<Vec<EndpointId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM endpoint WHERE app_id = $1 ORDER BY id")
            .bind(app.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(|row| text(row, "id")).collect()
    }
}

fn read_delivery(row: &AnyRow) -> Result<Delivery, StoreError> {
    let at = time(row, "at")?;
    let outcome: Option<&str> = row.try_get("outcome")?;
    let progress = match outcome {
        None => Progress::Pending {
            at,
            leased: row.try_get::<Option<&str>, _>("holder")?.is_some(),
            tries: count(row, "tries")?,
        },
        Some(_) => Progress::Ended {
            at,
            outcome: text(row, "outcome")?,
            reason: text(row, "reason")?,
            status: count_if_any(row, "status")?,
            took_ms: count_if_any(row, "took_ms")?,
        },
    };
    Ok(Delivery {
        endpoint: text(row, "endpoint_id")?,
        seq: row.try_get("seq")?,
        event: text(row, "id")?,
        verified: row.try_get::<i64, _>("verified")? != 0,
        name: row.try_get("name")?,
        received_at: time(row, "received_at")?,
        attempt: count(row, "attempt")?,
        round: count(row, "round")?,
        progress,
    })
}

fn read_attempt(row: &AnyRow) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        attempt: count(row, "attempt")?,
        at: time(row, "at")?,
        took_ms: count(row, "took_ms")?,
        result: text(row, "result")?,
        status: count_if_any(row, "status")?,
        address: row.try_get("address")?,
        answer: row.try_get::<Option<Vec<u8>>, _>("answer")?.unwrap_or_default(),
    })
}

//! How many events came to what: exact, since each change is counted in its transaction.

use std::collections::BTreeMap;

use c2c_delivery::{EndpointId, EndpointState, Outcome, Reason};
use c2c_names::AppId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rows::{count_if_any, text, time_if_any};
use super::tally::{ACCEPTED, KNOWN, day};
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;

/// The accounts of an app, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accounts {
    /// The events that came in.
    pub intake: Intake,
    /// The deliveries, for each endpoint that ever got an event.
    pub endpoints: BTreeMap<EndpointId, EndpointAccount>,
}

/// The events that an app heard: all of these together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Intake {
    /// Those that were kept.
    pub accepted: i64,
    /// Those that were kept before.
    pub known: i64,
    /// Those that were refused, by the reason.
    pub refused: BTreeMap<String, i64>,
}

/// The account of an endpoint: `accepted` = `pending` and all in `ended` together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointAccount {
    /// The events that were accepted while it was there.
    pub accepted: i64,
    /// The deliveries that have not ended.
    pub pending: i64,
    /// Those that have, by how and why. Without those that are pending again.
    pub ended: BTreeMap<(Outcome, Reason), i64>,
}

impl EndpointAccount {
    /// Whether nothing is missing, and nothing is too much.
    pub fn is_balanced(&self) -> bool {
        self.accepted == self.pending + self.ended.values().sum::<i64>()
    }
}

/// The open deliveries of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backlog {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Their number.
    pub pending: i64,
    /// When the oldest event among them came in.
    pub oldest: Option<Timestamp>,
}

/// The open deliveries of all apps, for metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutboxState {
    /// Their number.
    pub pending: i64,
    /// When the oldest event among those of active endpoints came in.
    pub oldest: Option<Timestamp>,
    /// The number of endpoints in each state, without those that were removed.
    pub endpoints: BTreeMap<EndpointState, i64>,
}

impl Store {
    /// The accounts of an app.
    pub async fn accounts(&self, app: &AppId) -> Result<Accounts, StoreError> {
        // One statement, so that all numbers are of one moment.
        let rows = sqlx::query(
            "SELECT endpoint_id, outcome, reason, CAST(SUM(number) AS BIGINT) AS number FROM tally
             WHERE app_id = $1 GROUP BY endpoint_id, outcome, reason
             UNION ALL
             SELECT id, 'pending', '', (SELECT COUNT(*) FROM outbox WHERE endpoint_id = id) FROM endpoint
             WHERE app_id = $1",
        )
        .bind(app.as_str())
        .fetch_all(&self.read)
        .await?;
        let mut accounts = Accounts::default();
        for row in &rows {
            accounts.add(row)?;
        }
        accounts.endpoints.retain(|_, account| *account != EndpointAccount::default());
        Ok(accounts)
    }

    /// The number of events of an app that were accepted on a day.
    pub async fn accepted_on(&self, app: &AppId, at: Timestamp) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "SELECT COALESCE((SELECT number FROM tally WHERE app_id = $1 AND endpoint_id = '' AND day = $2
                 AND outcome = $3 AND reason = ''), 0) AS number",
        )
        .bind(app.as_str())
        .bind(day(at))
        .bind(ACCEPTED)
        .fetch_one(&self.read)
        .await?;
        Ok(row.try_get("number")?)
    }

    /// The open deliveries of an app's endpoints.
    pub async fn backlogs(&self, app: &AppId) -> Result<Vec<Backlog>, StoreError> {
        let rows = sqlx::query(
            "SELECT endpoint.id AS id, pending, received_at FROM
                 (SELECT id, (SELECT COUNT(*) FROM outbox WHERE endpoint_id = id) AS pending,
                      (SELECT MIN(seq) FROM outbox WHERE endpoint_id = id) AS first
                  FROM endpoint WHERE app_id = $1) AS endpoint
             LEFT JOIN event ON seq = first ORDER BY endpoint.id",
        )
        .bind(app.as_str())
        .fetch_all(&self.read)
        .await?;
        let read = |row: &AnyRow| {
            Ok(Backlog {
                endpoint: text(row, "id")?,
                pending: row.try_get("pending")?,
                oldest: time_if_any(row, "received_at")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// The open deliveries of all apps.
    pub async fn outbox_state(&self) -> Result<OutboxState, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM outbox) AS pending, MIN(received_at) AS oldest FROM
                 (SELECT (SELECT MIN(seq) FROM outbox WHERE endpoint_id = id) AS first
                  FROM endpoint WHERE state = 'active') AS active
             JOIN event ON seq = first",
        )
        .fetch_one(&self.read)
        .await?;
        let states = sqlx::query(
            "SELECT state, COUNT(*) AS number FROM endpoint WHERE state <> 'removed' GROUP BY state",
        )
        .fetch_all(&self.read)
        .await?;
        let endpoints = states.iter().map(|row| Ok((text(row, "state")?, row.try_get("number")?)));
        Ok(OutboxState {
            pending: row.try_get("pending")?,
            oldest: time_if_any(&row, "oldest")?,
            endpoints: endpoints.collect::<Result<_, StoreError>>()?,
        })
    }
}

impl Accounts {
    fn add(&mut self, row: &AnyRow) -> Result<(), StoreError> {
        let (endpoint, outcome): (&str, &str) =
            (row.try_get("endpoint_id")?, row.try_get("outcome")?);
        let number = count_if_any::<i64>(row, "number")?.unwrap_or_default();
        if endpoint.is_empty() {
            match outcome {
                ACCEPTED => self.intake.accepted = number,
                KNOWN => self.intake.known = number,
                _ => drop(self.intake.refused.insert(row.try_get("reason")?, number)),
            }
            return Ok(());
        }
        let account = self.endpoints.entry(text(row, "endpoint_id")?).or_default();
        match outcome {
            ACCEPTED => account.accepted = number,
            "pending" => account.pending = number,
            // Zero if the last of them was replayed.
            _ if number == 0 => {}
            _ => drop(account.ended.insert((text(row, "outcome")?, text(row, "reason")?), number)),
        }
        Ok(())
    }
}

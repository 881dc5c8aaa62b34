//! How many events came to what: exact, since each change is counted in its transaction.

use std::collections::BTreeMap;

use c2c_delivery::{EndpointId, EndpointState, Outcome, Reason};
use c2c_names::AppId;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::rows::{app, count_if_any, text, time_if_any};
use super::tally::{ACCEPTED, FAILED, KNOWN, day};
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
    /// When the oldest event among them came in.
    pub oldest: Option<Timestamp>,
    /// Those that have, by how and why. Without those that are pending again.
    pub ended: BTreeMap<(Outcome, Reason), i64>,
    /// The attempts that failed, by why. For [`Reason::Settings`], nothing was sent.
    pub failed: BTreeMap<Reason, i64>,
}

impl EndpointAccount {
    /// Whether nothing is missing, and nothing is too much.
    pub fn is_balanced(&self) -> bool {
        self.accepted == self.pending + self.ended.values().sum::<i64>()
    }
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
        let rows = sqlx::query(accounts_where("app_id = $1"))
            .bind(app.as_str())
            .fetch_all(&self.read)
            .await?;
        Ok(read_accounts(&rows)?.remove(app).unwrap_or_default())
    }

    /// The accounts of each app that has any, as of one moment.
    pub async fn all_accounts(&self) -> Result<BTreeMap<AppId, Accounts>, StoreError> {
        read_accounts(&sqlx::query(accounts_where("TRUE")).fetch_all(&self.read).await?)
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

/// One statement, so that all numbers are of one moment. A server of version 8 that purges an app leaves what it does not
/// know.
fn accounts_where(condition: &'static str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "SELECT app_id, endpoint_id, outcome, reason, CAST(SUM(number) AS BIGINT) AS number,
             CAST(NULL AS BIGINT) AS oldest
         FROM (SELECT app_id, endpoint_id, outcome, reason, number FROM tally WHERE {condition}
               UNION ALL
               SELECT app_id, endpoint_id, outcome, reason, number FROM later_tally WHERE {condition}
                   AND endpoint_id IN (SELECT id FROM endpoint)) AS counts
         GROUP BY app_id, endpoint_id, outcome, reason
         UNION ALL
         SELECT app_id, id, 'pending', '', (SELECT COUNT(*) FROM outbox WHERE endpoint_id = id),
             (SELECT received_at FROM event WHERE seq = (SELECT MIN(seq) FROM outbox WHERE endpoint_id = endpoint.id))
         FROM endpoint WHERE {condition}"
    ))
}

fn read_accounts(rows: &[AnyRow]) -> Result<BTreeMap<AppId, Accounts>, StoreError> {
    let mut apps = BTreeMap::<_, Accounts>::new();
    for row in rows {
        apps.entry(app(row)?).or_default().add(row)?;
    }
    for accounts in apps.values_mut() {
        accounts.endpoints.retain(|_, account| *account != EndpointAccount::default());
    }
    Ok(apps)
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
            "pending" => (account.pending, account.oldest) = (number, time_if_any(row, "oldest")?),
            FAILED => {
                if let Ok(reason) = text(row, "reason") {
                    account.failed.insert(reason, number);
                }
            }
            // Zero if the last of them was replayed.
            _ if number == 0 => {}
            _ => {
                // A server of a newer version may have more words.
                if let (Ok(outcome), Ok(reason)) = (text(row, "outcome"), text(row, "reason")) {
                    account.ended.insert((outcome, reason), number);
                }
            }
        }
        Ok(())
    }
}

//! Counting in the transaction that changes something.

use std::collections::BTreeMap;

use c2c_delivery::{EndpointId, Outcome, Reason};
use c2c_names::AppId;
use sqlx::AnyConnection;

use super::sql::{pieces, places, statement};
use crate::engine::Engine;
use crate::error::StoreError;
use crate::numbers::Timestamp;

pub(super) const ACCEPTED: &str = "accepted";
pub(super) const KNOWN: &str = "known";
pub(super) const REFUSED: &str = "refused";
pub(super) const FAILED: &str = "failed";

const FIRST: &str = "tally";
const LATER: &str = "later_tally";
/// The tables of counts.
pub(super) const TABLES: [&str; 2] = [FIRST, LATER];

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Changes of counts. They are written in the order of their keys, so that no two transactions wait for each other.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<Key, i64>);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// `later_tally` has the words that a server of an older version could not read.
    table: &'static str,
    app: AppId,
    endpoint: String,
    day: i64,
    outcome: &'static str,
    reason: &'static str,
}

/// The day, since the epoch.
pub(super) fn day(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY_MS)
}

impl Tally {
    /// Events of an app that came in: accepted, known before, or refused for a reason.
    pub(super) fn heard(
        &mut self,
        app: &AppId,
        at: Timestamp,
        outcome: &'static str,
        reason: &'static str,
        number: i64,
    ) {
        self.add(app, String::new(), day(at), outcome, reason, number);
    }

    /// Events that were accepted while an endpoint was there.
    pub(super) fn offered(
        &mut self,
        app: &AppId,
        endpoint: EndpointId,
        at: Timestamp,
        number: i64,
    ) {
        self.add(app, endpoint.to_string(), day(at), ACCEPTED, "", number);
    }

    /// Deliveries that ended at a time; a negative number if they are open again.
    pub(super) fn ended(
        &mut self,
        app: &AppId,
        endpoint: EndpointId,
        at: Timestamp,
        (outcome, reason): (Outcome, Reason),
        number: i64,
    ) {
        let (outcome, reason) = (outcome.word(), reason.word());
        self.add(app, endpoint.to_string(), day(at), outcome, reason, number);
    }

    /// An attempt that failed. The delivery may have ended with it or not.
    pub(super) fn failed(
        &mut self,
        app: &AppId,
        endpoint: EndpointId,
        at: Timestamp,
        reason: Reason,
    ) {
        self.add_later(app, endpoint, at, FAILED, reason.word());
    }

    /// An event that was accepted while an endpoint was there that had not agreed.
    pub(super) fn not_agreed(&mut self, app: &AppId, endpoint: EndpointId, at: Timestamp) {
        let (outcome, reason) = (Outcome::Suppressed.word(), Reason::NotAgreed.word());
        self.add_later(app, endpoint, at, ACCEPTED, "");
        self.add_later(app, endpoint, at, outcome, reason);
    }

    fn add_later(
        &mut self,
        app: &AppId,
        endpoint: EndpointId,
        at: Timestamp,
        outcome: &'static str,
        reason: &'static str,
    ) {
        let (app, endpoint, day) = (app.clone(), endpoint.to_string(), day(at));
        let key = Key { table: LATER, app, endpoint, day, outcome, reason };
        *self.0.entry(key).or_default() += 1;
    }

    fn add(
        &mut self,
        app: &AppId,
        endpoint: String,
        day: i64,
        outcome: &'static str,
        reason: &'static str,
        number: i64,
    ) {
        let key = Key { table: FIRST, app: app.clone(), endpoint, day, outcome, reason };
        *self.0.entry(key).or_default() += number;
    }

    pub(super) async fn write(
        self,
        connection: &mut AnyConnection,
        engine: Engine,
    ) -> Result<(), StoreError> {
        let counts: Vec<_> = self.0.into_iter().filter(|&(_, number)| number != 0).collect();
        let of_tables = counts.chunk_by(|(one, _), (other, _)| one.table == other.table);
        for piece in of_tables.flat_map(pieces) {
            let table = piece[0].0.table;
            let sql = format!(
                "INSERT INTO {table} (app_id, endpoint_id, day, outcome, reason, number) VALUES {}
                 ON CONFLICT (app_id, endpoint_id, day, outcome, reason)
                 DO UPDATE SET number = {table}.number + excluded.number",
                places(1, piece.len(), 6)
            );
            let mut query = sqlx::query(statement(engine, sql));
            for (key, number) in piece {
                query = query.bind(key.app.as_str()).bind(&key.endpoint[..]).bind(key.day);
                query = query.bind(key.outcome).bind(key.reason).bind(*number);
            }
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

//! Events as they come in, and as they are kept.

use std::fmt;

use c2c_delivery::{Consent, EventId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::rows::{text, time};
use super::sql::{pieces, places};
use crate::error::StoreError;
use crate::numbers::Timestamp;

/// An event that was checked.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The id of its envelope.
    pub id: EventId,
    /// Its name, with `custom:` before that of custom code.
    pub name: String,
    /// When it happened, by the sender's clock.
    pub happened_at: Timestamp,
    /// The visitor's decision.
    pub consent: Consent,
    /// The catalogue's findings, as JSON, if there are any.
    pub marks: Option<String>,
    /// The envelope.
    pub body: Vec<u8>,
    /// The values by which it can be found to be deleted.
    pub keys: Vec<EventKey>,
}

/// A value of an event's context, as a digest under a key that is not in the database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventKey {
    /// The key of the context.
    pub key: String,
    /// The digest of its value.
    pub digest: Vec<u8>,
}

/// An event that is kept.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEvent {
    /// Its number.
    pub seq: i64,
    /// The id of its envelope.
    pub id: EventId,
    /// Whether a backend has sent it.
    pub verified: bool,
    /// Its name.
    pub name: String,
    /// When it happened, by the sender's clock.
    pub happened_at: Timestamp,
    /// When it came in.
    pub received_at: Timestamp,
    /// The visitor's decision.
    pub consent: Consent,
    /// The catalogue's findings, as JSON.
    pub marks: Option<String>,
    /// The envelope; `None` once it is too old, or was deleted on request.
    pub body: Option<Vec<u8>>,
    /// The client's address, program and page, if they are kept.
    pub hit: Option<Vec<u8>>,
}

/// Without what a visitor has said.
impl fmt::Debug for NewEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, name, consent, .. } = self;
        let mut debug = formatter.debug_struct("NewEvent");
        debug.field("id", id).field("name", name).field("consent", consent);
        debug.finish_non_exhaustive()
    }
}

/// Without what a visitor has said.
impl fmt::Debug for StoredEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, id, name, received_at, .. } = self;
        let mut debug = formatter.debug_struct("StoredEvent");
        debug
            .field("seq", seq)
            .field("id", id)
            .field("name", name)
            .field("received_at", received_at);
        debug.finish_non_exhaustive()
    }
}

macro_rules! event_columns {
    () => {
        "event.seq, event.id, verified, name, happened_at, received_at, consent, marks, body, hit"
    };
}
pub(super) use event_columns;

pub(super) fn read_event(row: &AnyRow) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        seq: row.try_get("seq")?,
        id: text(row, "id")?,
        verified: row.try_get::<i64, _>("verified")? != 0,
        name: row.try_get("name")?,
        happened_at: time(row, "happened_at")?,
        received_at: time(row, "received_at")?,
        consent: text(row, "consent")?,
        marks: row.try_get("marks")?,
        body: row.try_get("body")?,
        hit: row.try_get("hit")?,
    })
}

/// The events with these numbers, in any order.
pub(super) async fn events(
    connection: &mut AnyConnection,
    seqs: &[i64],
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut events = Vec::with_capacity(seqs.len());
    for piece in pieces(seqs) {
        let sql = format!(
            concat!("SELECT ", event_columns!(), " FROM event WHERE seq IN {}"),
            places(1, 1, piece.len())
        );
        let query = sqlx::query(AssertSqlSafe(sql));
        let query = piece.iter().fold(query, |query, &seq| query.bind(seq));
        for row in &query.fetch_all(&mut *connection).await? {
            events.push(read_event(row)?);
        }
    }
    Ok(events)
}

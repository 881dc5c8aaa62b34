//! Events of a time, by their numbers: an index finds these without reading all events.

use std::time::Duration;

use c2c_delivery::EndpointId;
use sqlx::Row as _;

use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;

/// More than the clocks of servers differ, and a transaction takes: an event that came in so much later than another has a
/// greater number.
const APART: Duration = Duration::from_hours(1);

impl Store {
    /// Numbers of an endpoint's events: all that came in within a time are from the first to the last of these.
    pub(super) async fn seqs_between(
        &self,
        endpoint: EndpointId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(i64, i64), StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT seq FROM event WHERE app_id = endpoint.app_id AND received_at < $2
                     ORDER BY received_at DESC LIMIT 1) AS before,
                 (SELECT seq FROM event WHERE app_id = endpoint.app_id AND received_at >= $3
                  ORDER BY received_at LIMIT 1) AS after
             FROM endpoint WHERE id = $1",
        )
        .bind(endpoint.to_string())
        .bind(from.before(APART).0)
        .bind(to.after(APART).0)
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok((0, 0)) };
        let (before, after): (Option<i64>, Option<i64>) =
            (row.try_get("before")?, row.try_get("after")?);
        Ok((before.unwrap_or(0), after.unwrap_or(i64::MAX)))
    }
}

//! Reading endpoints.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::endpoint::{Endpoint, EndpointHealth, EndpointSettings, Sealed};
use super::rows::{app, count, count_if_any, json, text, text_if_any, time, time_if_any};
use crate::error::StoreError;
use crate::numbers::Version;

macro_rules! health_columns {
    () => {
        "failures, failing_since, blocked_until, succeeded_at, failed_at, last_result"
    };
}
pub(super) use health_columns;

macro_rules! endpoint_columns {
    () => {
        concat!(
            "id, app_id, kind, name, host, target, target_key, format, filter, consents, mapping, in_flight_max, \
             rate_per_minute, version, state, state_at, state_reason, agreed, made_at, made_by, ",
            $crate::outbox::endpoint_rows::health_columns!()
        )
    };
}
pub(super) use endpoint_columns;

pub(super) fn read_endpoint(row: &AnyRow) -> Result<Endpoint, StoreError> {
    Ok(Endpoint {
        id: text(row, "id")?,
        app: app(row)?,
        kind: text(row, "kind")?,
        settings: EndpointSettings {
            name: text(row, "name")?,
            host: row.try_get("host")?,
            target: Sealed { bytes: row.try_get("target")?, key: row.try_get("target_key")? },
            format: text(row, "format")?,
            filter: json(row, "filter")?,
            consents: json(row, "consents")?,
            mapping: row.try_get("mapping")?,
            in_flight_max: count(row, "in_flight_max")?,
            rate_per_minute: count_if_any(row, "rate_per_minute")?,
        },
        version: Version(row.try_get("version")?),
        state: text(row, "state")?,
        state_at: time(row, "state_at")?,
        state_reason: row.try_get("state_reason")?,
        agreed: text(row, "agreed")?,
        made_at: time(row, "made_at")?,
        made_by: text(row, "made_by")?,
        health: read_health(row)?,
    })
}

pub(super) fn read_health(row: &AnyRow) -> Result<EndpointHealth, StoreError> {
    Ok(EndpointHealth {
        failures: count(row, "failures")?,
        failing_since: time_if_any(row, "failing_since")?,
        blocked_until: time(row, "blocked_until")?,
        succeeded_at: time_if_any(row, "succeeded_at")?,
        failed_at: time_if_any(row, "failed_at")?,
        last: text_if_any(row, "last_result")?,
    })
}

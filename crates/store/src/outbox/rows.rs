//! Reading the outbox's columns.

use std::str::FromStr;

use c2c_names::AppId;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::grant::unreadable;
use crate::numbers::Timestamp;

/// A value that is kept as its text.
pub(super) fn text<T>(row: &AnyRow, column: &str) -> Result<T, StoreError>
where
    T: FromStr<Err: ToString>,
{
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|error: T::Err| wrong(column, &error))
}

/// A value that may be missing.
pub(super) fn text_if_any<T>(row: &AnyRow, column: &str) -> Result<Option<T>, StoreError>
where
    T: FromStr<Err: ToString>,
{
    let text: Option<&str> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|error: T::Err| wrong(column, &error))).transpose()
}

/// A value that is kept as JSON.
pub(super) fn json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|error| wrong(column, &error))
}

/// A number that is never negative.
pub(super) fn count<T: TryFrom<i64, Error: ToString>>(
    row: &AnyRow,
    column: &str,
) -> Result<T, StoreError> {
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|error| wrong(column, &error))
}

/// A number that may be missing.
pub(super) fn count_if_any<T: TryFrom<i64, Error: ToString>>(
    row: &AnyRow,
    column: &str,
) -> Result<Option<T>, StoreError> {
    let number: Option<i64> = row.try_get(column)?;
    number.map(|number| T::try_from(number).map_err(|error| wrong(column, &error))).transpose()
}

pub(super) fn time(row: &AnyRow, column: &str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp(row.try_get(column)?))
}

pub(super) fn time_if_any(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp))
}

pub(super) fn app(row: &AnyRow) -> Result<AppId, StoreError> {
    text(row, "app_id")
}

fn wrong(column: &str, reason: &impl ToString) -> StoreError {
    unreadable(&format!("outbox, {column}"), reason)
}

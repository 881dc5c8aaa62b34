//! Reading rows. One that this version cannot have written is an error, never a guess.

use c2c_names::{AppId, AppIdError};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::app::{App, Jar, Off, Settings};
use crate::draft::Snippets;
use crate::error::StoreError;
use crate::numbers::{RevisionNumber, Timestamp, Version};

pub(crate) fn read_id(row: &AnyRow) -> Result<AppId, StoreError> {
    let id: &str = row.try_get("app_id")?;
    id.parse().map_err(|error: AppIdError| StoreError::Unreadable {
        app: id.to_owned(),
        reason: error.to_string(),
    })
}

pub(crate) fn read_app(row: &AnyRow) -> Result<App, StoreError> {
    let id: String = row.try_get("id")?;
    let unreadable = |reason: String| StoreError::Unreadable { app: id.clone(), reason };
    let origins: &str = row.try_get("parent_origins")?;
    let jar: &str = row.try_get("jar")?;
    let known = Jar::ALL.into_iter().find(|known| known.name() == jar);
    let text = |column: &str| row.try_get::<&str, _>(column);
    let number =
        |column: &str| row.try_get::<Option<i64>, _>(column).map(|n| n.map(RevisionNumber));
    let newest: i64 = row.try_get("newest")?;
    let off_at: Option<i64> = row.try_get("off_at")?;
    let off = match off_at {
        None => None,
        Some(at) => Some(Off {
            at: Timestamp(at),
            by: text("off_by")?.parse().map_err(|error| unreadable(format!("off_by {error}")))?,
            reason: text("off_reason")?
                .parse()
                .map_err(|error| unreadable(format!("off_reason {error}")))?,
        }),
    };
    Ok(App {
        id: id.parse().map_err(|error: AppIdError| unreadable(error.to_string()))?,
        settings: Settings {
            name: text("name")?.parse().map_err(|error| unreadable(format!("its name {error}")))?,
            parent_origins: serde_json::from_str(origins)
                .map_err(|error| unreadable(error.to_string()))?,
            jar: known.ok_or_else(|| unreadable(format!("jar {jar:?}")))?,
            staging: row.try_get::<i64, _>("staging")? != 0,
            approval: row.try_get::<i64, _>("approval")? != 0,
        },
        settings_version: Version(row.try_get("settings_version")?),
        newest: (newest > 0).then_some(RevisionNumber(newest)),
        live: number("live")?,
        staged: number("staged")?,
        off,
        created_at: Timestamp(row.try_get("created_at")?),
    })
}

pub(crate) fn read_snippets(row: &AnyRow, id: &AppId) -> Result<Snippets, StoreError> {
    let text = |column: &str| {
        let bytes: Vec<u8> = row.try_get(column)?;
        String::from_utf8(bytes).map_err(|error| StoreError::Unreadable {
            app: id.to_string(),
            reason: format!("{column}: {error}"),
        })
    };
    Ok(Snippets { head: text("head")?, body_end: text("body_end")? })
}

//! Changing how an app takes events.

use c2c_delivery::CollectMode;
use c2c_names::AppId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::collect_settings::{Collect, CollectSettings};
use super::rows::{app, count, json, text};
use crate::actor::Actor;
use crate::app::App;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Version;
use crate::write::Write;

impl Store {
    /// How an app takes events.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchApp`].
    pub async fn collect(&self, id: &AppId) -> Result<Collect, StoreError> {
        let app = self.app(id).await?;
        let row = sqlx::query(
            "SELECT app_id, mode, body_days, meta_days, search_keys, version FROM collect
             WHERE app_id = $1 AND born = $2",
        )
        .bind(id.as_str())
        .bind(app.created_at.0)
        .fetch_optional(&self.read)
        .await?;
        row.as_ref().map_or_else(|| Ok(none(id)), read_collect)
    }

    /// The apps that take events.
    pub async fn collecting(&self) -> Result<Vec<Collect>, StoreError> {
        let rows = sqlx::query(
            "SELECT app_id, mode, body_days, meta_days, search_keys, version
             FROM collect JOIN app ON app.id = app_id AND app.created_at = born
             WHERE deleted_at IS NULL AND mode <> $1 ORDER BY app_id",
        )
        .bind(CollectMode::Off.word())
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(read_collect).collect()
    }

    /// Changes the settings that had the version `edited`. Gives the new version.
    ///
    /// # Errors
    ///
    /// [`StoreError::CollectConflict`] with the current settings; [`StoreError::KeptTooShort`].
    pub async fn configure_collect(
        &self,
        by: &Actor,
        id: &AppId,
        edited: Version,
        settings: &CollectSettings,
    ) -> Result<Version, StoreError> {
        if settings.meta_days < settings.body_days {
            return Err(StoreError::KeptTooShort);
        }
        let mut write = self.write(by).await?;
        let app = write.lock(id).await?;
        let before = write.collect(&app).await?;
        if before.version != edited {
            return Err(StoreError::CollectConflict(Box::new(before)));
        }
        let version = Version(edited.0 + 1);
        sqlx::query(
            "UPDATE collect SET mode = $2, body_days = $3, meta_days = $4, search_keys = $5, version = $6
             WHERE app_id = $1",
        )
        .bind(id.as_str())
        .bind(settings.mode.word())
        .bind(i64::from(settings.body_days))
        .bind(i64::from(settings.meta_days))
        .bind(settings.keys_json())
        .bind(version.0)
        .execute(&mut *write.tx)
        .await?;
        let settings = settings.clone();
        write.finish(id, &Action::CollectConfigured { version, settings }).await?;
        Ok(version)
    }
}

impl CollectSettings {
    fn keys_json(&self) -> String {
        serde_json::to_string(&self.search_keys).expect("strings serialise")
    }
}

impl Write<'_> {
    /// The settings of an app that is locked, for a write that needs the row. It is made if it is missing.
    ///
    /// An older server may have removed an app with this id, without its events: they go now.
    pub(super) async fn collect(&mut self, app: &App) -> Result<Collect, StoreError> {
        let row = sqlx::query(
            "SELECT app_id, born, mode, body_days, meta_days, search_keys, version FROM collect WHERE app_id = $1",
        )
        .bind(app.id.as_str())
        .fetch_optional(&mut *self.tx)
        .await?;
        if let Some(row) = row {
            if row.try_get::<i64, _>("born")? == app.created_at.0 {
                return read_collect(&row);
            }
            self.remove_outbox(&app.id).await?;
        }
        let new = none(&app.id);
        sqlx::query(
            "INSERT INTO collect (app_id, born, mode, body_days, meta_days, search_keys, version)
             VALUES ($1, $2, $3, $4, $5, '[]', 0)",
        )
        .bind(app.id.as_str())
        .bind(app.created_at.0)
        .bind(new.settings.mode.word())
        .bind(i64::from(new.settings.body_days))
        .bind(i64::from(new.settings.meta_days))
        .execute(&mut *self.tx)
        .await?;
        Ok(new)
    }

    /// Removes everything about an app's events.
    pub(crate) async fn remove_outbox(&mut self, app: &AppId) -> Result<(), StoreError> {
        for query in REMOVE {
            sqlx::query(query).bind(app.as_str()).execute(&mut *self.tx).await?;
        }
        Ok(())
    }
}

/// The first keeps events away that are coming in.
const REMOVE: [&str; 12] = [
    "DELETE FROM collect WHERE app_id = $1",
    "DELETE FROM outbox WHERE endpoint_id IN (SELECT id FROM endpoint WHERE app_id = $1)",
    "DELETE FROM ended WHERE endpoint_id IN (SELECT id FROM endpoint WHERE app_id = $1)",
    "DELETE FROM attempt WHERE endpoint_id IN (SELECT id FROM endpoint WHERE app_id = $1)",
    "DELETE FROM endpoint_secret WHERE endpoint_id IN (SELECT id FROM endpoint WHERE app_id = $1)",
    "DELETE FROM endpoint_health WHERE endpoint_id IN (SELECT id FROM endpoint WHERE app_id = $1)",
    "DELETE FROM endpoint WHERE app_id = $1",
    "DELETE FROM event_key WHERE app_id = $1",
    "DELETE FROM event WHERE app_id = $1",
    "DELETE FROM tally WHERE app_id = $1",
    "DELETE FROM later_tally WHERE app_id = $1",
    "DELETE FROM event_token WHERE app_id = $1",
];

fn none(id: &AppId) -> Collect {
    Collect { app: id.clone(), settings: CollectSettings::default(), version: Version(0) }
}

fn read_collect(row: &AnyRow) -> Result<Collect, StoreError> {
    Ok(Collect {
        app: app(row)?,
        settings: CollectSettings {
            mode: text(row, "mode")?,
            body_days: count(row, "body_days")?,
            meta_days: count(row, "meta_days")?,
            search_keys: json(row, "search_keys")?,
        },
        version: Version(row.try_get("version")?),
    })
}

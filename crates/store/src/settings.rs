//! Apps: create one, list them, change their settings.

use c2c_access::Scope;
use c2c_names::AppId;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::actor::Actor;
use crate::app::{App, NewApp, Settings};
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::{Timestamp, Version};
use crate::rows::read_app;
use crate::text::Name;
use crate::write::Write;

/// The columns of an app, by name: a newer server may have added others.
macro_rules! columns {
    () => {
        "id, name, parent_origins, jar, staging, approval, settings_version, newest, live, staged, off_at, off_by, \
         off_reason, created_at, deleted_at"
    };
}
pub(crate) use columns;

impl Store {
    /// An app.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchApp`] also for a deleted one.
    pub async fn app(&self, id: &AppId) -> Result<App, StoreError> {
        let mut connection = self.read.acquire().await?;
        find(&mut connection, id, concat!("SELECT ", columns!(), " FROM app WHERE id = $1")).await
    }

    /// Apps of a scope by name and id, at most `limit`, after the app `after`; those with `search` in their
    /// name or id. Upper and lower case of A to Z are the same.
    pub async fn apps(
        &self,
        scope: &Scope,
        search: &str,
        after: Option<&AppId>,
        limit: u32,
    ) -> Result<Vec<App>, StoreError> {
        // No app has such a text, and the engines fail, or find every app.
        if search.contains('\0') || search.chars().count() > Name::CHARS_MAX {
            return Ok(Vec::new());
        }
        let apps: Vec<_> = scope.named().into_iter().flatten().collect();
        let sql = concat!(
            "SELECT ",
            columns!(),
            r" FROM app
              WHERE deleted_at IS NULL
                AND (lower(name) LIKE $1 ESCAPE '\' OR id LIKE $1 ESCAPE '\')"
        );
        // Numbers of parameters only.
        let places: Vec<_> = (4..4 + apps.len()).map(|number| format!("${number}")).collect();
        let within = if scope.is_all() {
            String::new()
        } else {
            format!("AND id IN ({})", places.join(", "))
        };
        // The place of an app outside of the scope tells nothing of it.
        let sql = AssertSqlSafe(format!(
            "{sql} {within}
             AND (name, id) > (COALESCE((SELECT name FROM app WHERE id = $2 {within}), ''), $2)
             ORDER BY name, id LIMIT $3"
        ));
        let query = sqlx::query(sql)
            .bind(like(search))
            .bind(after.map_or("", AppId::as_str))
            .bind(i64::from(limit));
        let query = apps.iter().fold(query, |query, app| query.bind(app.as_str()));
        let rows = query.fetch_all(&self.read).await?;
        rows.iter().map(read_app).collect()
    }

    /// Creates an app without code. If an app with this id was purged, access that names the id ends: it was for that
    /// app.
    ///
    /// # Errors
    ///
    /// [`StoreError::AppExists`] also if the app was deleted and may still come back.
    pub async fn create(&self, by: &Actor, id: &AppId, new: &NewApp) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        let done = sqlx::query(
            "INSERT INTO app
                 (id, name, parent_origins, jar, staging, settings_version, newest, created_at, approval)
             VALUES ($1, $2, $3, $4, $5, 1, 0, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(id.as_str())
        .bind(new.name.as_str())
        .bind(new.origins_json())
        .bind(new.jar.name())
        .bind(i64::from(new.staging))
        .bind(write.at.0)
        .bind(i64::from(new.approval))
        .execute(&mut *write.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::AppExists(id.clone()));
        }
        write.remove_former(id).await?;
        sqlx::query(
            "INSERT INTO draft (app_id, version, saved_at, saved_by, head, body_end)
             VALUES ($1, 1, $2, $3, $4, $4)",
        )
        .bind(id.as_str())
        .bind(write.at.0)
        .bind(by.as_str())
        .bind(&[][..])
        .execute(&mut *write.tx)
        .await?;
        write.finish(id, &Action::Created { settings: new.clone() }).await
    }

    /// Changes the settings that had the version `edited`. Gives the new version.
    ///
    /// Without a staging environment, nothing is staged any more.
    ///
    /// # Errors
    ///
    /// [`StoreError::SettingsConflict`] with the current state.
    pub async fn configure(
        &self,
        by: &Actor,
        id: &AppId,
        edited: Version,
        settings: &Settings,
    ) -> Result<Version, StoreError> {
        let mut write = self.write(by).await?;
        let app = write.lock(id).await?;
        if app.settings_version != edited {
            return Err(StoreError::SettingsConflict(Box::new(app)));
        }
        let version = Version(edited.0 + 1);
        sqlx::query(
            "UPDATE app SET name = $2, parent_origins = $3, jar = $4, staging = $5, settings_version = $6,
                 approval = $7, staged = CASE WHEN $5 = 1 THEN staged END
             WHERE id = $1",
        )
        .bind(id.as_str())
        .bind(settings.name.as_str())
        .bind(settings.origins_json())
        .bind(settings.jar.name())
        .bind(i64::from(settings.staging))
        .bind(version.0)
        .bind(i64::from(settings.approval))
        .execute(&mut *write.tx)
        .await?;
        write.finish(id, &Action::Configured { version, settings: settings.clone() }).await?;
        Ok(version)
    }
}

impl Write<'_> {
    /// Reads an app, and keeps other writes away from it until the end of the transaction.
    pub(crate) async fn lock(&mut self, id: &AppId) -> Result<App, StoreError> {
        let query = self.engine.locking(
            concat!("SELECT ", columns!(), " FROM app WHERE id = $1"),
            concat!("SELECT ", columns!(), " FROM app WHERE id = $1 FOR UPDATE"),
        );
        let app = find(&mut self.tx, id, query).await?;
        // It may have waited for others, whose entries come before.
        self.at = Timestamp::now();
        Ok(app)
    }
}

async fn find(
    connection: &mut AnyConnection,
    id: &AppId,
    query: &'static str,
) -> Result<App, StoreError> {
    let row = sqlx::query(query).bind(id.as_str()).fetch_optional(connection).await?;
    let no_such_app = || StoreError::NoSuchApp(id.clone());
    let row = row.ok_or_else(no_such_app)?;
    let deleted: Option<i64> = row.try_get("deleted_at")?;
    if deleted.is_some() { Err(no_such_app()) } else { read_app(&row) }
}

/// A pattern that finds texts with `part` in them.
fn like(part: &str) -> String {
    let escaped = part.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{}%", escaped.to_ascii_lowercase())
}

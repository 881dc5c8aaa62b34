//! Access to an app ends with the app, whose id another may get.

use c2c_access::CredentialId;
use c2c_names::AppId;
use sqlx::{AssertSqlSafe, Row as _};

use crate::access_log::AccessAction;
use crate::error::StoreError;
use crate::grant::known;
use crate::session::read_id;
use crate::write::Write;

impl Write<'_> {
    /// Takes an app out of all access that names it. Access to no other app ends.
    pub(crate) async fn end_access_to(&mut self, app: &AppId) -> Result<(), StoreError> {
        for token in self.take_out("token", app).await? {
            self.log_access(&AccessAction::TokenRevoked { token }).await?;
        }
        // Before the sessions: this waits for a link that is being spent, whose session is then found.
        for link in self.take_out("sign_in_link", app).await? {
            self.log_access(&AccessAction::LinkRevoked { link }).await?;
        }
        let sessions = self.take_out("session", app).await?;
        if !sessions.is_empty() {
            self.log_access(&AccessAction::SignedOut { sessions }).await?;
        }
        Ok(())
    }

    /// Takes an app out of a table's access, and gives the ids of what has ended.
    async fn take_out(
        &mut self,
        table: &'static str,
        app: &AppId,
    ) -> Result<Vec<CredentialId>, StoreError> {
        // As in the JSON array. No id has a wildcard of LIKE.
        let named = format!("%\"{app}\"%");
        let lock = self.engine.locking("", "FOR UPDATE");
        let sql = format!("SELECT id, apps FROM {table} WHERE apps LIKE $1 ORDER BY id {lock}");
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(named).fetch_all(&mut *self.tx).await?;
        let mut ended = Vec::new();
        for row in &rows {
            let (id, apps): (&str, &str) = (row.try_get("id")?, row.try_get("apps")?);
            if let Some(others) = without(apps, app) {
                let sql = format!("UPDATE {table} SET apps = $2 WHERE id = $1");
                sqlx::query(AssertSqlSafe(sql))
                    .bind(id)
                    .bind(others)
                    .execute(&mut *self.tx)
                    .await?;
            } else {
                let sql = format!("DELETE FROM {table} WHERE id = $1");
                sqlx::query(AssertSqlSafe(sql)).bind(id).execute(&mut *self.tx).await?;
                ended.extend(known(read_id(row)));
            }
        }
        Ok(ended)
    }
}

/// The other apps of a JSON array, if there are any. An array that this version cannot read has none: its access ends.
fn without(apps: &str, app: &AppId) -> Option<String> {
    let mut apps: Vec<String> = serde_json::from_str(apps).ok()?;
    apps.retain(|other| other != app.as_str());
    (!apps.is_empty()).then(|| serde_json::to_string(&apps).expect("texts serialise"))
}

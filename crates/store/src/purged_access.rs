//! Access to an app ends with the app, whose id another may get.
//!
//! A purge ends the access that it sees. A request that is under way meanwhile can give access afterwards, and a server of
//! an older version ends none. So access ends once more when another app gets the id.

use std::slice::from_ref;

use c2c_access::CredentialId;
use c2c_names::AppId;
use sqlx::{AssertSqlSafe, Row as _};

use crate::access_log::AccessAction;
use crate::audit::Action;
use crate::error::StoreError;
use crate::grant::known;
use crate::session::read_id;
use crate::write::Write;

impl Write<'_> {
    /// Takes apps out of all access that names them. Access to no other app ends.
    ///
    /// Each table is locked once, in the order of its ids: with one app after the other, two of these transactions could
    /// wait for each other.
    pub(crate) async fn end_access_to(&mut self, apps: &[AppId]) -> Result<(), StoreError> {
        if apps.is_empty() {
            return Ok(());
        }
        for token in self.take_out("token", apps).await? {
            self.log_access(&AccessAction::TokenRevoked { token }).await?;
        }
        // Before the sessions: this waits for a link that is being spent, whose session is then found.
        for link in self.take_out("sign_in_link", apps).await? {
            self.log_access(&AccessAction::LinkRevoked { link }).await?;
        }
        let sessions = self.take_out("session", apps).await?;
        if !sessions.is_empty() {
            self.log_access(&AccessAction::SignedOut { sessions }).await?;
        }
        Ok(())
    }

    /// Ends access that was given for an earlier app with this id, if one was purged.
    pub(crate) async fn end_access_to_former(&mut self, app: &AppId) -> Result<(), StoreError> {
        let sql = "SELECT seq FROM audit WHERE app_id = $1 AND action = $2 LIMIT 1";
        let purged = sqlx::query(sql)
            .bind(app.as_str())
            .bind(serde_json::to_string(&Action::Purged).expect("an action is JSON"))
            .fetch_optional(&mut *self.tx)
            .await?;
        if purged.is_some() { self.end_access_to(from_ref(app)).await } else { Ok(()) }
    }

    /// Takes apps out of a table's access, and gives the ids of what has ended.
    async fn take_out(
        &mut self,
        table: &'static str,
        apps: &[AppId],
    ) -> Result<Vec<CredentialId>, StoreError> {
        let naming: Vec<_> = (1..=apps.len()).map(|place| format!("apps LIKE ${place}")).collect();
        let (naming, lock) = (naming.join(" OR "), self.engine.locking("", "FOR UPDATE"));
        let sql = format!("SELECT id, apps FROM {table} WHERE {naming} ORDER BY id {lock}");
        // As in the JSON array. No id has a wildcard of LIKE.
        let query = sqlx::query(AssertSqlSafe(sql));
        let query = apps.iter().fold(query, |query, app| query.bind(format!("%\"{app}\"%")));
        let rows = query.fetch_all(&mut *self.tx).await?;
        let mut ended = Vec::new();
        for row in &rows {
            let (id, named): (&str, &str) = (row.try_get("id")?, row.try_get("apps")?);
            if let Some(others) = without(named, apps) {
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
fn without(named: &str, apps: &[AppId]) -> Option<String> {
    let mut named: Vec<String> = serde_json::from_str(named).ok()?;
    named.retain(|other| apps.iter().all(|app| app.as_str() != other));
    (!named.is_empty()).then(|| serde_json::to_string(&named).expect("texts serialise"))
}

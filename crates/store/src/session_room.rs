//! Limits on the number of sessions, so that one who can begin them without end does not fill the database.
//!
//! A sign-in is never refused for these: the session that was used longest ago ends in its place. So that no customer's
//! people end another's, only sessions with exactly the same apps are counted together. And so that one person does not
//! end those of others, each has a lower limit of their own.

use c2c_access::CredentialId;
use sqlx::Row as _;

use crate::access_log::AccessAction;
use crate::error::StoreError;
use crate::grant::{Grant, known, read_grant};
use crate::session::read_id;
use crate::subject::Subject;
use crate::write::Write;

/// The most sessions of one person with the same apps.
pub const SESSIONS_OF_ONE_MAX: usize = 100;

/// The most sessions with the same apps.
pub const SESSIONS_MAX: usize = 10_000;

impl Write<'_> {
    /// Makes room for a session.
    pub(crate) async fn make_room(&mut self, grant: &Grant) -> Result<(), StoreError> {
        let mut ended = self.beyond_own(grant).await?;
        if ended.is_empty() {
            ended = self.beyond_all(grant).await?;
        }
        for session in &ended {
            sqlx::query("DELETE FROM session WHERE id = $1")
                .bind(session.to_string())
                .execute(&mut *self.tx)
                .await?;
        }
        if !ended.is_empty() {
            self.log_access(&AccessAction::SignedOut { sessions: ended }).await?;
        }
        Ok(())
    }

    /// The person's sessions that have to end.
    async fn beyond_own(&mut self, grant: &Grant) -> Result<Vec<CredentialId>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, role, apps, subject FROM session
             WHERE (name = $1 OR subject = $2) AND COALESCE(apps, '') = $3
                 AND expires_at > $4 AND used_at + idle_ms > $4
             ORDER BY used_at, began_at, id",
        )
        .bind(grant.name.as_str())
        .bind(grant.subject.as_ref().map(Subject::to_text))
        .bind(grant.apps().unwrap_or_default())
        .bind(self.at.0)
        .fetch_all(&mut *self.tx)
        .await?;
        let mut own = Vec::new();
        for row in &rows {
            if known(read_grant(row)).is_some_and(|other| grant.may_be_of(&other)) {
                own.push(read_id(row)?);
            }
        }
        own.truncate((own.len() + 1).saturating_sub(SESSIONS_OF_ONE_MAX));
        Ok(own)
    }

    /// The sessions with the same apps that have to end, whosever they are.
    async fn beyond_all(&mut self, grant: &Grant) -> Result<Vec<CredentialId>, StoreError> {
        let apps = grant.apps().unwrap_or_default();
        let row = sqlx::query(
            "SELECT COUNT(*) AS sessions FROM session
             WHERE COALESCE(apps, '') = $1 AND expires_at > $2 AND used_at + idle_ms > $2",
        )
        .bind(&apps)
        .bind(self.at.0)
        .fetch_one(&mut *self.tx)
        .await?;
        let sessions: i64 = row.try_get("sessions")?;
        let beyond = sessions + 1 - i64::try_from(SESSIONS_MAX).unwrap_or(i64::MAX);
        if beyond <= 0 {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "SELECT id FROM session
             WHERE COALESCE(apps, '') = $1 AND expires_at > $2 AND used_at + idle_ms > $2
             ORDER BY used_at, began_at, id LIMIT $3",
        )
        .bind(&apps)
        .bind(self.at.0)
        .bind(beyond)
        .fetch_all(&mut *self.tx)
        .await?;
        rows.iter().map(read_id).collect()
    }
}

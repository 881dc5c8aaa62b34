//! Approval: in an app that requires it, a second person publishes what another wrote.
//!
//! It concerns the way of new code to visitors. To restore old code or to switch code off, one person is enough.

use c2c_names::AppId;
use sqlx::Row as _;

use crate::app::App;
use crate::error::StoreError;
use crate::write::Write;

impl Write<'_> {
    /// Notes that the actor has changed the draft. Also without the requirement, which may come later.
    pub(crate) async fn note_author(&mut self, app: &AppId) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO draft_author (app_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(app.as_str())
        .bind(self.by.as_str())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Lets the actor publish the draft, which has no authors from then on.
    pub(crate) async fn approve(&mut self, app: &App) -> Result<(), StoreError> {
        let row =
            sqlx::query("SELECT COUNT(*) AS own FROM draft_author WHERE app_id = $1 AND name = $2")
                .bind(app.id.as_str())
                .bind(self.by.as_str())
                .fetch_one(&mut *self.tx)
                .await?;
        let own: i64 = row.try_get("own")?;
        if app.settings.approval && own > 0 {
            return Err(StoreError::NeedsApproval(app.id.clone()));
        }
        sqlx::query("DELETE FROM draft_author WHERE app_id = $1")
            .bind(app.id.as_str())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

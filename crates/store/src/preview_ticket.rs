//! Preview tickets: the one-use addresses of a draft's document.
//!
//! A ticket is for one load by one frame. The database has it, and not a server's memory, since the next
//! request may reach another server. Making and taking one changes no app, so the audit log has no entry of
//! either; each is one statement, and so one transaction.

use std::time::Duration;

use c2c_names::AppId;

use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::rows::read_id;
use c2c_access::Secret;

/// The lifetime of a ticket: a page loads its frame at once, also on a slow network.
pub const PREVIEW_TICKET_LIFETIME: Duration = Duration::from_mins(1);

/// About the most tickets of a link at a time: a holder who reloads a page in haste makes fewer, and a loop
/// does not fill the database.
pub const PREVIEW_TICKETS_MAX: usize = 60;

impl Store {
    /// Makes a ticket for the holder of a link, and gives it with the app.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchPreviewLink`], [`StoreError::TooManyPreviewTickets`].
    pub async fn make_preview_ticket(
        &self,
        link: &Secret,
        now: Timestamp,
    ) -> Result<(AppId, Secret), StoreError> {
        let found = self.preview_link(link, now).await?;
        let ticket = Secret::random();
        let done = sqlx::query(
            "INSERT INTO preview_ticket (secret_hash, link_id, app_id, expires_at)
             SELECT $1, id, app_id, $2 FROM preview_link
             WHERE id = $3
             AND (SELECT COUNT(*) FROM preview_ticket WHERE link_id = $3 AND expires_at > $4) < $5",
        )
        .bind(ticket.hash())
        .bind(now.after(PREVIEW_TICKET_LIFETIME).0)
        .bind(found.id.to_string())
        .bind(now.0)
        .bind(i64::try_from(PREVIEW_TICKETS_MAX).unwrap_or(i64::MAX))
        .execute(&self.write)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::TooManyPreviewTickets);
        }
        Ok((found.app, ticket))
    }

    /// Takes a ticket, which then is gone, and gives the app whose draft it shows. `None` if there is no such
    /// ticket, or its time is over, or its link has ended.
    ///
    /// However many ask for it at once, on however many servers, one gets it.
    pub async fn take_preview_ticket(
        &self,
        ticket: &Secret,
        now: Timestamp,
    ) -> Result<Option<AppId>, StoreError> {
        let row = sqlx::query(
            "DELETE FROM preview_ticket WHERE secret_hash = $1 AND expires_at > $2
             AND EXISTS (SELECT 1 FROM preview_link WHERE id = link_id AND preview_link.expires_at > $2)
             RETURNING app_id",
        )
        .bind(ticket.hash())
        .bind(now.0)
        .fetch_optional(&self.write)
        .await?;
        row.as_ref().map(read_id).transpose()
    }
}

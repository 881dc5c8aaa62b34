//! Preview links: each shows the present draft of its app to its holder, until it expires or is revoked.
//!
//! Many people may get a link, so it is stored as a hash and ends by itself. Its holder does not get the draft
//! under the link's own secret, which scripts in the draft could read from their address, but under a ticket
//! for one load of the document ([`Store::make_preview_ticket`]).

use std::time::Duration;

use c2c_names::AppId;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::actor::Actor;
use crate::audit::Action;
use crate::database::Store;
use crate::error::StoreError;
use crate::numbers::Timestamp;
use crate::preview_id::PreviewLinkId;
use crate::rows::read_id;
use crate::write::Write;
use c2c_access::Secret;

/// The longest lifetime of a link: a forgotten one does not show drafts for ever.
pub const PREVIEW_LIFETIME_MAX: Duration = Duration::from_hours(7 * 24);

/// The most links of an app at a time: more than a team needs, and few enough to look through.
pub const PREVIEW_LINKS_MAX: usize = 20;

/// A link that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PreviewLink {
    /// The id.
    pub id: PreviewLinkId,
    /// The app whose draft it shows.
    pub app: AppId,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who made it.
    pub made_by: Actor,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A new link with its secret, which cannot be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewPreviewLink {
    /// The link.
    pub link: PreviewLink,
    /// Its secret.
    pub secret: Secret,
}

impl Store {
    /// Makes a link that shows the draft of an app.
    ///
    /// # Errors
    ///
    /// [`StoreError::PreviewLifetime`], [`StoreError::TooManyPreviewLinks`].
    pub async fn make_preview_link(
        &self,
        by: &Actor,
        app: &AppId,
        lifetime: Duration,
    ) -> Result<NewPreviewLink, StoreError> {
        if lifetime.is_zero() || lifetime > PREVIEW_LIFETIME_MAX {
            return Err(StoreError::PreviewLifetime);
        }
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        let row = sqlx::query(
            "SELECT COUNT(*) AS links FROM preview_link WHERE app_id = $1 AND expires_at > $2",
        )
        .bind(app.as_str())
        .bind(write.at.0)
        .fetch_one(&mut *write.tx)
        .await?;
        let links: i64 = row.try_get("links")?;
        if usize::try_from(links).is_ok_and(|links| links >= PREVIEW_LINKS_MAX) {
            let max = PREVIEW_LINKS_MAX;
            return Err(StoreError::TooManyPreviewLinks { app: app.clone(), max });
        }
        let secret = Secret::random();
        let link = PreviewLink {
            id: PreviewLinkId::random(),
            app: app.clone(),
            made_at: write.at,
            made_by: by.clone(),
            expires_at: write.at.after(lifetime),
        };
        sqlx::query(
            "INSERT INTO preview_link (id, app_id, secret_hash, made_at, made_by, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(link.id.to_string())
        .bind(app.as_str())
        .bind(secret.hash())
        .bind(link.made_at.0)
        .bind(by.as_str())
        .bind(link.expires_at.0)
        .execute(&mut *write.tx)
        .await?;
        let made = Action::PreviewLinkMade { link: link.id, expires: link.expires_at };
        write.finish(app, &made).await?;
        Ok(NewPreviewLink { link, secret })
    }

    /// The links of an app that have not ended at `now`, the newest first.
    pub async fn preview_links(
        &self,
        app: &AppId,
        now: Timestamp,
    ) -> Result<Vec<PreviewLink>, StoreError> {
        self.app(app).await?;
        let rows = sqlx::query(
            "SELECT id, app_id, made_at, made_by, expires_at FROM preview_link
             WHERE app_id = $1 AND expires_at > $2 ORDER BY made_at DESC, id",
        )
        .bind(app.as_str())
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(read_link).collect()
    }

    /// Ends a link, and what was opened with it but not loaded yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchPreviewLink`].
    pub async fn revoke_preview_link(
        &self,
        by: &Actor,
        app: &AppId,
        link: PreviewLinkId,
    ) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        write.lock(app).await?;
        let done = sqlx::query(
            "DELETE FROM preview_link WHERE app_id = $1 AND id = $2 AND expires_at > $3",
        )
        .bind(app.as_str())
        .bind(link.to_string())
        .bind(write.at.0)
        .execute(&mut *write.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NoSuchPreviewLink);
        }
        sqlx::query("DELETE FROM preview_ticket WHERE link_id = $1")
            .bind(link.to_string())
            .execute(&mut *write.tx)
            .await?;
        write.finish(app, &Action::PreviewLinkRevoked { link }).await
    }

    /// The link with a secret, if it has not ended at `now`.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchPreviewLink`], also for a link of a deleted app.
    pub async fn preview_link(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<PreviewLink, StoreError> {
        let row = sqlx::query(
            "SELECT preview_link.id, app_id, made_at, made_by, expires_at
             FROM preview_link JOIN app ON app.id = app_id
             WHERE secret_hash = $1 AND expires_at > $2 AND deleted_at IS NULL",
        )
        .bind(secret.hash())
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        read_link(&row.ok_or(StoreError::NoSuchPreviewLink)?)
    }

    /// Removes the links and tickets that have ended at `now`. Nothing that can be seen changes, so the
    /// audit log gets no entry.
    pub async fn purge_previews(&self, now: Timestamp) -> Result<(), StoreError> {
        for query in [
            "DELETE FROM preview_ticket WHERE expires_at <= $1",
            "DELETE FROM preview_link WHERE expires_at <= $1",
        ] {
            sqlx::query(query).bind(now.0).execute(&self.write).await?;
        }
        Ok(())
    }
}

impl Write<'_> {
    /// Ends all preview links of an app.
    pub(crate) async fn end_preview_links(&mut self, app: &AppId) -> Result<(), StoreError> {
        for query in [
            "DELETE FROM preview_ticket WHERE app_id = $1",
            "DELETE FROM preview_link WHERE app_id = $1",
        ] {
            sqlx::query(query).bind(app.as_str()).execute(&mut *self.tx).await?;
        }
        Ok(())
    }
}

fn read_link(row: &AnyRow) -> Result<PreviewLink, StoreError> {
    let app = read_id(row)?;
    let unreadable = |reason: String| StoreError::Unreadable { app: app.to_string(), reason };
    let (id, by): (&str, &str) = (row.try_get("id")?, row.try_get("made_by")?);
    Ok(PreviewLink {
        id: id.parse().map_err(|_| unreadable(format!("preview link {id:?}")))?,
        made_at: Timestamp(row.try_get("made_at")?),
        made_by: by.parse().map_err(|error| unreadable(format!("made_by {error}")))?,
        expires_at: Timestamp(row.try_get("expires_at")?),
        app,
    })
}

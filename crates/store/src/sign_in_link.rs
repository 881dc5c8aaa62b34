//! Sign-in links: each begins one session, once.

use std::time::Duration;

use c2c_access::{CredentialId, Secret};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::access_log::{Access, AccessAction};
use crate::actor::Actor;
use crate::database::Store;
use crate::error::StoreError;
use crate::grant::{Grant, known, read_grant, unreadable};
use crate::numbers::Timestamp;
use crate::subject::Subject;

/// The longest lifetime of a link: it travels by mail and chat.
pub const SIGN_IN_LIFETIME_MAX: Duration = Duration::from_hours(7 * 24);

/// The most links at a time that name an app and were not spent, and the most for all apps.
pub const SIGN_IN_LINKS_MAX: usize = 10_000;

/// A link that was not spent and has not ended, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInLink {
    /// The id.
    pub id: CredentialId,
    /// The access that it gives.
    pub grant: Grant,
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
pub struct NewSignInLink {
    /// The link.
    pub link: SignInLink,
    /// Its secret.
    pub secret: Secret,
}

impl Store {
    /// Makes a link.
    ///
    /// # Errors
    ///
    /// [`StoreError::AccessLifetime`], [`StoreError::TooManyLinks`].
    pub async fn make_sign_in_link(
        &self,
        by: &Actor,
        grant: Grant,
        lifetime: Duration,
    ) -> Result<NewSignInLink, StoreError> {
        if lifetime.is_zero() || lifetime > SIGN_IN_LIFETIME_MAX {
            return Err(StoreError::AccessLifetime { max: SIGN_IN_LIFETIME_MAX });
        }
        let mut write = self.write(by).await?;
        if write.are_many("sign_in_link", &grant, SIGN_IN_LINKS_MAX).await? {
            return Err(StoreError::TooManyLinks { max: SIGN_IN_LINKS_MAX });
        }
        let secret = Secret::random();
        let link = SignInLink {
            id: CredentialId::random(),
            grant,
            made_at: write.at,
            made_by: by.name.clone().into(),
            expires_at: write.at.after(lifetime),
        };
        sqlx::query(
            "INSERT INTO sign_in_link (id, secret_hash, name, role, apps, made_at, made_by, expires_at, subject)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(link.id.to_string())
        .bind(secret.hash())
        .bind(link.grant.name.as_str())
        .bind(link.grant.principal.role.name())
        .bind(link.grant.apps())
        .bind(link.made_at.0)
        .bind(by.as_str())
        .bind(link.expires_at.0)
        .bind(link.grant.subject.as_ref().map(Subject::to_text))
        .execute(&mut *write.tx)
        .await?;
        let (access, expires) = (Access::from(&link.grant), link.expires_at);
        write.finish_access(&AccessAction::LinkMade { link: link.id, access, expires }).await?;
        Ok(NewSignInLink { link, secret })
    }

    /// The links that were neither spent nor have ended at `now`, the newest first.
    pub async fn sign_in_links(&self, now: Timestamp) -> Result<Vec<SignInLink>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, role, apps, subject, made_at, made_by, expires_at FROM sign_in_link
             WHERE expires_at > $1 ORDER BY made_at DESC, id",
        )
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().filter_map(|row| known(read_link(row))).collect())
    }

    /// The link with a secret. Looking does not spend it.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchLink`] if there is none, or it was spent or has ended at `now`.
    pub async fn sign_in_link(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<SignInLink, StoreError> {
        let row = sqlx::query(
            "SELECT id, name, role, apps, subject, made_at, made_by, expires_at FROM sign_in_link
             WHERE secret_hash = $1 AND expires_at > $2",
        )
        .bind(secret.hash())
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        read_link(&row.ok_or(StoreError::NoSuchLink)?)
    }

    /// Ends a link before it is spent.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchLink`].
    pub async fn revoke_sign_in_link(
        &self,
        by: &Actor,
        link: CredentialId,
    ) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        let done = sqlx::query("DELETE FROM sign_in_link WHERE id = $1 AND expires_at > $2")
            .bind(link.to_string())
            .bind(write.at.0)
            .execute(&mut *write.tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NoSuchLink);
        }
        write.finish_access(&AccessAction::LinkRevoked { link }).await
    }
}

pub(crate) fn read_link(row: &AnyRow) -> Result<SignInLink, StoreError> {
    let (id, by): (&str, &str) = (row.try_get("id")?, row.try_get("made_by")?);
    Ok(SignInLink {
        id: id.parse().map_err(|error| unreadable("sign-in link", &error))?,
        grant: read_grant(row)?,
        made_at: Timestamp(row.try_get("made_at")?),
        made_by: by.parse().map_err(|error| unreadable("sign-in link", &error))?,
        expires_at: Timestamp(row.try_get("expires_at")?),
    })
}

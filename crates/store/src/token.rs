//! API tokens: access for programs, until they expire or are revoked.

use std::time::Duration;

use c2c_access::{CredentialId, Secret, Token};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::access_log::{Access, AccessAction};
use crate::actor::Actor;
use crate::database::Store;
use crate::error::StoreError;
use crate::grant::{Grant, known, read_grant, unreadable};
use crate::numbers::Timestamp;
use crate::subject::Subject;

/// The longest lifetime of a token: a forgotten one ends by itself.
pub const TOKEN_LIFETIME_MAX: Duration = Duration::from_hours(366 * 24);

/// The most tokens at a time that name an app, and the most for all apps. So the owner of one app can keep
/// no other owner from making any. A provider's backend needs one, and makes links for its users.
pub const TOKENS_MAX: usize = 1_000;

/// How exactly the store knows the last use of a token or a session.
pub(crate) const USE_KNOWN_TO: Duration = Duration::from_mins(1);

/// A token that has not ended, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiToken {
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
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
}

/// A new token, whose text cannot be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewApiToken {
    /// The token.
    pub token: ApiToken,
    /// Its text.
    pub text: Token,
}

impl Store {
    /// Makes a token.
    ///
    /// # Errors
    ///
    /// [`StoreError::AccessLifetime`], [`StoreError::TooManyTokens`].
    pub async fn make_token(
        &self,
        by: &Actor,
        grant: Grant,
        lifetime: Duration,
    ) -> Result<NewApiToken, StoreError> {
        if lifetime.is_zero() || lifetime > TOKEN_LIFETIME_MAX {
            return Err(StoreError::AccessLifetime { max: TOKEN_LIFETIME_MAX });
        }
        let mut write = self.write(by).await?;
        if write.are_many("token", &grant, TOKENS_MAX).await? {
            return Err(StoreError::TooManyTokens { max: TOKENS_MAX });
        }
        let text = Token::new(Secret::random());
        let token = ApiToken {
            id: CredentialId::random(),
            grant,
            made_at: write.at,
            made_by: by.name.clone().into(),
            expires_at: write.at.after(lifetime),
            used_at: None,
        };
        sqlx::query(
            "INSERT INTO token (id, secret_hash, name, role, apps, made_at, made_by, expires_at, subject)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(token.id.to_string())
        .bind(text.secret().hash())
        .bind(token.grant.name.as_str())
        .bind(token.grant.principal.role.name())
        .bind(token.grant.apps())
        .bind(token.made_at.0)
        .bind(by.as_str())
        .bind(token.expires_at.0)
        .bind(token.grant.subject.as_ref().map(Subject::to_text))
        .execute(&mut *write.tx)
        .await?;
        let (access, expires) = (Access::from(&token.grant), token.expires_at);
        write.finish_access(&AccessAction::TokenMade { token: token.id, access, expires }).await?;
        Ok(NewApiToken { token, text })
    }

    /// The tokens that have not ended at `now`, the newest first.
    pub async fn tokens(&self, now: Timestamp) -> Result<Vec<ApiToken>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, role, apps, subject, made_at, made_by, expires_at, used_at FROM token
             WHERE expires_at > $1 ORDER BY made_at DESC, id",
        )
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().filter_map(|row| known(read_token(row))).collect())
    }

    /// Ends a token at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchToken`].
    pub async fn revoke_token(&self, by: &Actor, token: CredentialId) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        let done = sqlx::query("DELETE FROM token WHERE id = $1 AND expires_at > $2")
            .bind(token.to_string())
            .bind(write.at.0)
            .execute(&mut *write.tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NoSuchToken);
        }
        write.finish_access(&AccessAction::TokenRevoked { token }).await
    }

    /// The token with a secret, if it has not ended at `now`, and notes the use.
    pub async fn use_token(
        &self,
        token: &Token,
        now: Timestamp,
    ) -> Result<Option<ApiToken>, StoreError> {
        let row = sqlx::query(
            "SELECT id, name, role, apps, subject, made_at, made_by, expires_at, used_at FROM token
             WHERE secret_hash = $1 AND expires_at > $2",
        )
        .bind(token.secret().hash())
        .bind(now.0)
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let token = read_token(&row)?;
        if token.used_at.is_none_or(|used| used.after(USE_KNOWN_TO) < now) {
            let used = sqlx::query("UPDATE token SET used_at = $1 WHERE id = $2")
                .bind(now.0)
                .bind(token.id.to_string())
                .execute(&self.write)
                .await;
            forgive(used, "when a token was used")?;
        }
        Ok(Some(token))
    }
}

/// A database that cannot be written still gives access to read: the use is not noted then.
pub(crate) fn forgive<T>(done: Result<T, sqlx::Error>, what: &str) -> Result<(), StoreError> {
    use crate::error::FailureKind::{Full, ReadOnly};
    match done.map_err(StoreError::from) {
        Err(StoreError::Failed { kind: kind @ (Full | ReadOnly), .. }) => {
            tracing::warn!("{kind}; it is not noted {what}");
            Ok(())
        }
        done => done.map(drop),
    }
}

fn read_token(row: &AnyRow) -> Result<ApiToken, StoreError> {
    let (id, by): (&str, &str) = (row.try_get("id")?, row.try_get("made_by")?);
    let used_at: Option<i64> = row.try_get("used_at")?;
    Ok(ApiToken {
        id: id.parse().map_err(|error| unreadable("token", &error))?,
        grant: read_grant(row)?,
        made_at: Timestamp(row.try_get("made_at")?),
        made_by: by.parse().map_err(|error| unreadable("token", &error))?,
        expires_at: Timestamp(row.try_get("expires_at")?),
        used_at: used_at.map(Timestamp),
    })
}

//! Sessions: access for a person in one browser, until it ends by itself or is ended.

use std::net::IpAddr;
use std::time::Duration;

use c2c_access::{Credential, CredentialId, Secret};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::access_log::{Access, AccessAction};
use crate::actor::Actor;
use crate::database::Store;
use crate::error::StoreError;
use crate::grant::{Grant, known, read_grant, unreadable};
use crate::numbers::Timestamp;
use crate::sign_in_link::read_link;
use crate::subject::Subject;
use crate::token::{USE_KNOWN_TO, forgive};
use crate::write::Write;

/// When sessions end by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// After this long without use. Not less than two minutes, since the last use is known to the minute.
    pub idle: Duration,
    /// After this long in any case.
    pub lifetime: Duration,
}

impl Default for SessionLimits {
    /// A day without use, two weeks in any case.
    fn default() -> Self {
        Self { idle: Duration::from_hours(24), lifetime: Duration::from_hours(14 * 24) }
    }
}

/// A session that has not ended, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The id.
    pub id: CredentialId,
    /// The access that it gives.
    pub grant: Grant,
    /// When it began.
    pub began_at: Timestamp,
    /// Where, if that is known.
    pub address: Option<IpAddr>,
    /// When it was last used, to the minute.
    pub used_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
}

/// A new session with its secret, which cannot be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// Its secret.
    pub secret: Secret,
}

const COLUMNS_OF_VALID: &str =
    "SELECT id, name, role, apps, subject, began_at, address, used_at, expires_at FROM session
     WHERE expires_at > $1 AND used_at + idle_ms > $1";

impl Store {
    /// Spends a sign-in link: it is gone, and a session has begun. `before` is the session that the browser
    /// had until now, which ends.
    ///
    /// However many spend a link at once, on however many servers, one gets a session.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchLink`].
    pub async fn sign_in(
        &self,
        link: &Secret,
        address: Option<IpAddr>,
        limits: SessionLimits,
        before: Option<&Secret>,
    ) -> Result<NewSession, StoreError> {
        let now = Timestamp::now();
        // Before the transaction, since it says who writes. The transaction finds out whether it is still there.
        let found = self.sign_in_link(link, now).await?;
        let by = Actor { address, ..found.grant.actor() };
        let mut write = self.write(&by).await?;
        let row = sqlx::query(
            "DELETE FROM sign_in_link WHERE secret_hash = $1 AND expires_at > $2
             RETURNING id, name, role, apps, subject, made_at, made_by, expires_at",
        )
        .bind(link.hash())
        .bind(write.at.0)
        .fetch_optional(&mut *write.tx)
        .await?;
        let link = read_link(&row.ok_or(StoreError::NoSuchLink)?)?;
        write.begin_session(link.grant, Some(link.id), limits, before).await
    }

    /// Begins a session for a person whom another system has identified. `before` is the session that the
    /// browser had until now, which ends.
    pub async fn begin_session(
        &self,
        grant: Grant,
        address: Option<IpAddr>,
        limits: SessionLimits,
        before: Option<&Secret>,
    ) -> Result<NewSession, StoreError> {
        let by = Actor { address, ..grant.actor() };
        self.write(&by).await?.begin_session(grant, None, limits, before).await
    }

    /// The session with a secret, if it has not ended at `now`, and notes the use.
    pub async fn use_session(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let query = format!("{COLUMNS_OF_VALID} AND secret_hash = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(now.0)
            .bind(secret.hash())
            .fetch_optional(&self.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let session = read_session(&row)?;
        if session.used_at.after(USE_KNOWN_TO) < now {
            let used = sqlx::query("UPDATE session SET used_at = $1 WHERE id = $2")
                .bind(now.0)
                .bind(session.id.to_string())
                .execute(&self.write)
                .await;
            forgive(used, "when a session was used")?;
        }
        Ok(Some(session))
    }

    /// The sessions that have not ended at `now`, the newest first.
    pub async fn sessions(&self, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let query = format!("{COLUMNS_OF_VALID} ORDER BY began_at DESC, id");
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(query)).bind(now.0).fetch_all(&self.read).await?;
        Ok(rows.iter().filter_map(|row| known(read_session(row))).collect())
    }

    /// Ends a session at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchSession`].
    pub async fn end_session(&self, by: &Actor, session: CredentialId) -> Result<(), StoreError> {
        let mut write = self.write(by).await?;
        let done = sqlx::query("DELETE FROM session WHERE id = $1")
            .bind(session.to_string())
            .execute(&mut *write.tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NoSuchSession);
        }
        write.finish_access(&AccessAction::SignedOut { sessions: vec![session] }).await
    }

    /// Ends all sessions of a person, in all browsers, and gives their number: those that may be the person's and give
    /// no more access than `grant` does. Another customer's person may have the same name.
    pub async fn end_sessions_of(&self, by: &Actor, grant: &Grant) -> Result<usize, StoreError> {
        let mut write = self.write(by).await?;
        let rows = sqlx::query(
            "SELECT id, name, role, apps, subject FROM session WHERE name = $1 OR subject = $2",
        )
        .bind(grant.name.as_str())
        .bind(grant.subject.as_ref().map(Subject::to_text))
        .fetch_all(&mut *write.tx)
        .await?;
        let mut sessions = Vec::new();
        for row in &rows {
            let Some(other) = known(read_grant(row)) else { continue };
            if grant.may_be_of(&other) && grant.principal.covers(&other.principal) {
                sessions.push(read_id(row)?);
            }
        }
        for session in &sessions {
            sqlx::query("DELETE FROM session WHERE id = $1")
                .bind(session.to_string())
                .execute(&mut *write.tx)
                .await?;
        }
        let ended = sessions.len();
        if ended > 0 {
            write.finish_access(&AccessAction::SignedOut { sessions }).await?;
        }
        Ok(ended)
    }

    /// Whether an owner of all apps has ever signed in, or has got a token.
    pub async fn had_owner(&self) -> Result<bool, StoreError> {
        // As `AccessAction` is written. In a name, the quotes would have backslashes before them.
        let row = sqlx::query(
            r#"SELECT COUNT(*) AS owners FROM access_log
               WHERE (action LIKE '{"action":"signedIn"%' OR action LIKE '{"action":"tokenMade"%')
                 AND action LIKE '%"role":"owner","apps":null%'"#,
        )
        .fetch_one(&self.read)
        .await?;
        Ok(row.try_get::<i64, _>("owners")? > 0)
    }

    /// Whether an owner of all apps has access at `now`, by a token or a session.
    pub async fn has_owner(&self, now: Timestamp) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM token WHERE role = 'owner' AND apps IS NULL AND expires_at > $1)
             + (SELECT COUNT(*) FROM session WHERE role = 'owner' AND apps IS NULL AND expires_at > $1
                AND used_at + idle_ms > $1) AS owners",
        )
        .bind(now.0)
        .fetch_one(&self.read)
        .await?;
        Ok(row.try_get::<i64, _>("owners")? > 0)
    }

    /// Removes tokens, links and sessions that have ended at `now`, and assertions that are too old to be used. Nothing that can be seen changes, so
    /// the log gets no entry.
    pub async fn purge_access(&self, now: Timestamp) -> Result<(), StoreError> {
        for query in [
            "DELETE FROM token WHERE expires_at <= $1",
            "DELETE FROM sign_in_link WHERE expires_at <= $1",
            "DELETE FROM session WHERE expires_at <= $1 OR used_at + idle_ms <= $1",
            "DELETE FROM used_assertion WHERE kept_until <= $1",
        ] {
            sqlx::query(query).bind(now.0).execute(&self.write).await?;
        }
        Ok(())
    }
}

impl Write<'_> {
    pub(crate) async fn begin_session(
        mut self,
        grant: Grant,
        link: Option<CredentialId>,
        limits: SessionLimits,
        before: Option<&Secret>,
    ) -> Result<NewSession, StoreError> {
        if let Some(before) = before {
            self.end_session_with(before).await?;
        }
        self.make_room(&grant).await?;
        let secret = Secret::random();
        let session = Session {
            id: CredentialId::random(),
            grant,
            began_at: self.at,
            address: self.by.address,
            used_at: self.at,
            expires_at: self.at.after(limits.lifetime),
        };
        sqlx::query(
            "INSERT INTO session (id, secret_hash, name, role, apps, began_at, address, used_at, idle_ms, expires_at, subject)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(session.id.to_string())
        .bind(secret.hash())
        .bind(session.grant.name.as_str())
        .bind(session.grant.principal.role.name())
        .bind(session.grant.apps())
        .bind(session.began_at.0)
        .bind(session.address.map(|address| address.to_string()))
        .bind(session.used_at.0)
        .bind(i64::try_from(limits.idle.as_millis()).unwrap_or(i64::MAX / 2))
        .bind(session.expires_at.0)
        .bind(session.grant.subject.as_ref().map(Subject::to_text))
        .execute(&mut *self.tx)
        .await?;
        let access = Access::from(&session.grant);
        self.finish_access(&AccessAction::SignedIn { session: session.id, link, access }).await?;
        Ok(NewSession { session, secret })
    }

    async fn end_session_with(&mut self, secret: &Secret) -> Result<(), StoreError> {
        let row = sqlx::query("DELETE FROM session WHERE secret_hash = $1 RETURNING id")
            .bind(secret.hash())
            .fetch_optional(&mut *self.tx)
            .await?;
        let Some(row) = row else { return Ok(()) };
        let sessions = vec![read_id(&row)?];
        self.log_access(&AccessAction::SignedOut { sessions }).await
    }
}

impl Session {
    /// The credential of its holder.
    pub fn credential(&self) -> Credential {
        Credential::Session(self.id)
    }
}

pub(crate) fn read_id(row: &AnyRow) -> Result<CredentialId, StoreError> {
    let id: &str = row.try_get("id")?;
    id.parse().map_err(|error| unreadable("session", &error))
}

fn read_session(row: &AnyRow) -> Result<Session, StoreError> {
    let address: Option<&str> = row.try_get("address")?;
    Ok(Session {
        id: read_id(row)?,
        grant: read_grant(row)?,
        began_at: Timestamp(row.try_get("began_at")?),
        address: address.and_then(|address| address.parse().ok()),
        used_at: Timestamp(row.try_get("used_at")?),
        expires_at: Timestamp(row.try_get("expires_at")?),
    })
}

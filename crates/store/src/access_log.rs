//! The log of all changes of access. The audit log of an app has the changes of that app.

use c2c_access::{CredentialId, Role, Scope};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::actor::{Actor, read_actor};
use crate::database::Store;
use crate::error::StoreError;
use crate::grant::{Grant, unreadable};
use crate::numbers::Timestamp;
use crate::subject::Subject;
use crate::text::ActorName;
use crate::write::Write;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessEntry {
    /// Its number; later ones are greater.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Did what.
    pub action: AccessAction,
}

/// A change of access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum AccessAction {
    /// A token was made.
    TokenMade {
        /// The token.
        token: CredentialId,
        /// For whom.
        #[serde(flatten)]
        access: Access,
        /// When it ends.
        expires: Timestamp,
    },
    /// A token was revoked.
    TokenRevoked {
        /// The token.
        token: CredentialId,
    },
    /// A sign-in link was made.
    LinkMade {
        /// The link.
        link: CredentialId,
        /// For whom.
        #[serde(flatten)]
        access: Access,
        /// When it ends.
        expires: Timestamp,
    },
    /// A sign-in link was revoked before it was spent.
    LinkRevoked {
        /// The link.
        link: CredentialId,
    },
    /// A session began.
    SignedIn {
        /// The session.
        session: CredentialId,
        /// The link that was spent; `None` if another system vouched for the person.
        link: Option<CredentialId>,
        /// Whose.
        #[serde(flatten)]
        access: Access,
    },
    /// Sessions were ended before their time.
    SignedOut {
        /// The sessions.
        sessions: Vec<CredentialId>,
    },
    /// An action of a newer version, which has used this database.
    #[serde(untagged)]
    Unknown(serde_json::Map<String, serde_json::Value>),
}

/// A [`Grant`], as the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Who.
    pub name: ActorName,
    /// The role.
    pub role: Role,
    /// The apps; null for all.
    pub apps: Scope,
    /// The person, with the issuer that vouched for them, if more than the name is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
}

impl From<&Grant> for Access {
    fn from(Grant { name, subject, principal }: &Grant) -> Self {
        let (role, apps) = (principal.role, principal.scope.clone());
        Self { name: name.clone(), role, apps, subject: subject.clone() }
    }
}

impl Store {
    /// The log of changes of access, newest first: at most `limit` entries before the entry `before`.
    pub async fn access_log(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AccessEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, at, actor, credential, address, action FROM access_log
             WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|row| {
                let action: &str = row.try_get("action")?;
                Ok(AccessEntry {
                    seq: row.try_get("seq")?,
                    at: Timestamp(row.try_get("at")?),
                    actor: read_actor(row).map_err(|error| unreadable("access log", &error))?,
                    action: serde_json::from_str(action)
                        .map_err(|error| unreadable("access log", &error))?,
                })
            })
            .collect()
    }
}

impl Write<'_> {
    /// Adds an entry to the log of changes of access, and commits.
    pub(crate) async fn finish_access(mut self, action: &AccessAction) -> Result<(), StoreError> {
        self.log_access(action).await?;
        self.tx.commit().await?;
        Ok(())
    }

    /// Adds an entry to the log of changes of access.
    pub(crate) async fn log_access(&mut self, action: &AccessAction) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO access_log (at, actor, credential, address, action) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(self.at.0)
        .bind(self.by.as_str())
        .bind(self.by.credential.map(|credential| credential.to_string()))
        .bind(self.by.address.map(|address| address.to_string()))
        .bind(serde_json::to_string(action).expect("an action is JSON"))
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

//! Access for one person or program: who, a role, and the apps for which it holds.

use c2c_access::{Principal, Scope};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use crate::actor::Actor;
use crate::error::StoreError;
use crate::subject::{Subject, may_be_one};
use crate::text::ActorName;
use crate::write::Write;

/// Access for one person or program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who: the name that history shows.
    pub name: ActorName,
    /// The person, if more than the name is known.
    pub subject: Option<Subject>,
    /// May do what.
    pub principal: Principal,
}

impl Grant {
    /// Access of one of whom only the name is known.
    pub fn new(name: ActorName, principal: Principal) -> Self {
        Self { name, subject: None, principal }
    }

    /// Whether its holder and another's may be one person.
    pub(crate) fn may_be_of(&self, other: &Self) -> bool {
        may_be_one((&self.name, self.subject.as_ref()), (&other.name, other.subject.as_ref()))
    }

    /// Who it is, without an address.
    pub(crate) fn actor(&self) -> Actor {
        Actor { subject: self.subject.clone(), ..self.name.clone().into() }
    }

    /// The apps, as the database has them.
    pub(crate) fn apps(&self) -> Option<String> {
        let apps = self.principal.scope.named();
        apps.map(|apps| serde_json::to_string(apps).expect("ids serialise"))
    }
}

/// A row that this version cannot have written gives no access.
pub(crate) fn unreadable(what: &str, reason: &impl ToString) -> StoreError {
    StoreError::Unreadable { app: what.to_owned(), reason: reason.to_string() }
}

/// An entry of a list. One that this version cannot read, since a newer one has written it, is left out: the
/// others can still be looked at and ended.
pub(crate) fn known<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|error| tracing::warn!(%error, "left out of a list")).ok()
}

pub(crate) fn read_grant(row: &AnyRow) -> Result<Grant, StoreError> {
    let (name, role): (&str, &str) = (row.try_get("name")?, row.try_get("role")?);
    let apps: Option<&str> = row.try_get("apps")?;
    let subject: Option<&str> = row.try_get("subject")?;
    let apps: Scope = serde_json::from_str(apps.unwrap_or("null"))
        .map_err(|error| unreadable("access", &error))?;
    Ok(Grant {
        name: name.parse().map_err(|error| unreadable("access", &error))?,
        subject: subject
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error| unreadable("access", &error))?,
        principal: Principal {
            role: role.parse().map_err(|error| unreadable("access", &error))?,
            scope: apps,
        },
    })
}

impl Write<'_> {
    /// Whether a table has as much access as it can have, for one of the apps that a grant names, or for all.
    pub(crate) async fn are_many(
        &mut self,
        table: &'static str,
        grant: &Grant,
        max: usize,
    ) -> Result<bool, StoreError> {
        let Some(apps) = grant.principal.scope.named() else {
            return self.count(table, "apps IS NULL", "", max).await;
        };
        for app in apps {
            // As in the JSON array. No id has a wildcard of LIKE.
            let named = format!("%\"{app}\"%");
            if self.count(table, "apps LIKE $2", &named, max).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn count(
        &mut self,
        table: &'static str,
        condition: &'static str,
        value: &str,
        max: usize,
    ) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT COUNT(*) AS entries FROM {table} WHERE expires_at > $1 AND {condition}"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(self.at.0);
        let query = if value.is_empty() { query } else { query.bind(value) };
        let row = query.fetch_one(&mut *self.tx).await?;
        let entries: i64 = row.try_get("entries")?;
        Ok(usize::try_from(entries).is_ok_and(|entries| entries >= max))
    }
}

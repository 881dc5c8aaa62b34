//! Access for one person or program: a name, a role, and the apps for which it holds.

use c2c_access::{Principal, Scope};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::text::ActorName;

/// Access for one person or program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who: the name that history shows.
    pub name: ActorName,
    /// May do what.
    pub principal: Principal,
}

impl Grant {
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

pub(crate) fn read_grant(row: &AnyRow) -> Result<Grant, StoreError> {
    let (name, role): (&str, &str) = (row.try_get("name")?, row.try_get("role")?);
    let apps: Option<&str> = row.try_get("apps")?;
    let apps: Scope = serde_json::from_str(apps.unwrap_or("null"))
        .map_err(|error| unreadable("access", &error))?;
    Ok(Grant {
        name: name.parse().map_err(|error| unreadable("access", &error))?,
        principal: Principal {
            role: role.parse().map_err(|error| unreadable("access", &error))?,
            scope: apps,
        },
    })
}

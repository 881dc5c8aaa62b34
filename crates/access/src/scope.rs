//! The apps for which a principal has its role.

use std::collections::BTreeSet;

use c2c_names::AppId;
use serde::{Deserialize, Serialize};

/// The most apps that a scope names. One who has more gets all, or several tokens.
pub const APPS_MAX: usize = 100;

/// All apps, or some. As JSON: null, or an array of ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Option<BTreeSet<AppId>>", into = "Option<BTreeSet<AppId>>")]
pub struct Scope(Option<BTreeSet<AppId>>);

/// A list of apps that is no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must name 1 to {APPS_MAX} apps")]
pub struct ScopeError;

impl Scope {
    /// All apps, also those that do not exist yet.
    pub const ALL: Self = Self(None);

    /// These apps: 1 to [`APPS_MAX`].
    pub fn apps(apps: impl IntoIterator<Item = AppId>) -> Result<Self, ScopeError> {
        let apps: BTreeSet<_> = apps.into_iter().collect();
        if apps.is_empty() || apps.len() > APPS_MAX {
            return Err(ScopeError);
        }
        Ok(Self(Some(apps)))
    }

    /// The apps, if it names them; `None` for all.
    pub fn named(&self) -> Option<&BTreeSet<AppId>> {
        self.0.as_ref()
    }

    /// Whether it is all apps.
    pub fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether an app is among them.
    pub fn has(&self, app: &AppId) -> bool {
        self.0.as_ref().is_none_or(|apps| apps.contains(app))
    }

    /// Whether all apps of another scope are among them.
    pub fn covers(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(ours), Some(theirs)) => theirs.is_subset(ours),
        }
    }
}

impl TryFrom<Option<BTreeSet<AppId>>> for Scope {
    type Error = ScopeError;

    fn try_from(apps: Option<BTreeSet<AppId>>) -> Result<Self, ScopeError> {
        apps.map_or(Ok(Self::ALL), Self::apps)
    }
}

impl From<Scope> for Option<BTreeSet<AppId>> {
    fn from(scope: Scope) -> Self {
        scope.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(json: &str) -> Scope {
        serde_json::from_str(json).expect("a scope")
    }

    #[test]
    fn a_scope_is_read_as_it_is_written() {
        for json in ["null", r#"["shop"]"#, r#"["blog","shop"]"#] {
            assert_eq!(serde_json::to_string(&scope(json)).expect("JSON"), json);
        }
        let many: Vec<_> = (0..=APPS_MAX).map(|number| format!("app{number}")).collect();
        let many = serde_json::to_string(&many).expect("JSON");
        // No apps are not all apps.
        for wrong in ["[]", "\"shop\"", r#"["not an id"]"#, &many] {
            assert!(serde_json::from_str::<Scope>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn scopes_cover_their_parts() {
        let (all, shop, both) = (Scope::ALL, scope(r#"["shop"]"#), scope(r#"["blog","shop"]"#));
        for (wide, narrow) in [(&all, &both), (&all, &shop), (&both, &shop)] {
            assert!(wide.covers(narrow) && wide.covers(wide) && !narrow.covers(wide));
        }
        let blog = "blog".parse().expect("an id");
        assert!(all.has(&blog) && both.has(&blog) && !shop.has(&blog));
    }
}

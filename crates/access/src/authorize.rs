//! The decision.

use c2c_names::AppId;

use crate::permission::{Permission, Reach};
use crate::role::Role;
use crate::scope::Scope;

/// One who acts: a role, for some apps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The role.
    pub role: Role,
    /// The apps for which it holds.
    pub scope: Scope,
}

/// A reason why a principal may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The app is not in the principal's scope, so the answer must be the one for an app that does not exist.
    #[error("there is no such app")]
    Hidden,
    /// The role is too small.
    #[error("this needs the role {needed}, and yours is {has}")]
    Role {
        /// The least role that may do it.
        needed: Role,
        /// The principal's role.
        has: Role,
    },
    /// It needs access to all apps.
    #[error("this needs access to all apps, and yours is to some")]
    Scope,
}

/// Whether a principal may do something that needs a permission, with an app if it is about one.
///
/// An app outside of the scope is hidden whatever the role is. A permission that needs an app is denied
/// without one.
///
/// # Errors
///
/// [`Denied`] says why not.
pub fn authorize(
    principal: &Principal,
    permission: Permission,
    app: Option<&AppId>,
) -> Result<(), Denied> {
    let (needed, reach) = permission.needs();
    match (reach, app) {
        (Reach::App, None) => return Err(Denied::Hidden),
        (_, Some(app)) if !principal.scope.has(app) => return Err(Denied::Hidden),
        _ => {}
    }
    if principal.role < needed {
        return Err(Denied::Role { needed, has: principal.role });
    }
    if reach == Reach::All && !principal.scope.is_all() {
        return Err(Denied::Scope);
    }
    Ok(())
}

impl Principal {
    /// An owner of all apps, who may do everything.
    pub fn owner() -> Self {
        Self { role: Role::Owner, scope: Scope::ALL }
    }

    /// Whether it has all that another has: only then it may give that to others, or take it away.
    pub fn covers(&self, other: &Self) -> bool {
        self.role >= other.role && self.scope.covers(&other.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table once more, as a person would write it down. Columns: all apps, the app, another app.
    const TABLE: &[(Permission, Role, [&str; 3])] = {
        use Permission as P;
        use Role::{Editor as E, Owner as O, Publisher as U, Viewer as V};
        const APP: [&str; 3] = ["yes", "yes", "hidden"];
        const LOW: [&str; 3] = ["role", "role", "hidden"];
        const ANY: [&str; 3] = ["yes", "yes", "yes"];
        const NOT: [&str; 3] = ["role", "role", "role"];
        const ALL: [&str; 3] = ["yes", "scope", "scope"];
        &[
            (P::Read, V, APP),
            (P::Read, E, APP),
            (P::Read, U, APP),
            (P::Read, O, APP),
            (P::Edit, V, LOW),
            (P::Edit, E, APP),
            (P::Edit, U, APP),
            (P::Edit, O, APP),
            (P::Publish, V, LOW),
            (P::Publish, E, LOW),
            (P::Publish, U, APP),
            (P::Publish, O, APP),
            (P::ReadEvents, V, LOW),
            (P::ReadEvents, E, LOW),
            (P::ReadEvents, U, APP),
            (P::ReadEvents, O, APP),
            (P::Integrate, V, LOW),
            (P::Integrate, E, LOW),
            (P::Integrate, U, APP),
            (P::Integrate, O, APP),
            (P::ControlEvents, V, LOW),
            (P::ControlEvents, E, LOW),
            (P::ControlEvents, U, LOW),
            (P::ControlEvents, O, APP),
            (P::Configure, V, LOW),
            (P::Configure, E, LOW),
            (P::Configure, U, LOW),
            (P::Configure, O, APP),
            (P::ListApps, V, ANY),
            (P::ListApps, E, ANY),
            (P::ListApps, U, ANY),
            (P::ListApps, O, ANY),
            (P::Check, V, ANY),
            (P::Check, E, ANY),
            (P::Check, U, ANY),
            (P::Check, O, ANY),
            (P::CreateApp, V, NOT),
            (P::CreateApp, E, NOT),
            (P::CreateApp, U, NOT),
            (P::CreateApp, O, ALL),
            (P::ManageAccess, V, NOT),
            (P::ManageAccess, E, NOT),
            (P::ManageAccess, U, NOT),
            (P::ManageAccess, O, ANY),
            (P::ReadAccessLog, V, NOT),
            (P::ReadAccessLog, E, NOT),
            (P::ReadAccessLog, U, NOT),
            (P::ReadAccessLog, O, ALL),
        ]
    };

    fn outcome(role: Role, scope: &Scope, permission: Permission) -> &'static str {
        let principal = Principal { role, scope: scope.clone() };
        let app: AppId = "shop".parse().expect("an id");
        let (_, reach) = permission.needs();
        let app = (reach == Reach::App).then_some(&app);
        match authorize(&principal, permission, app) {
            Ok(()) => "yes",
            Err(Denied::Hidden) => "hidden",
            Err(Denied::Role { has, needed }) => {
                assert!(has == role && needed > has);
                "role"
            }
            Err(Denied::Scope) => "scope",
        }
    }

    #[test]
    fn the_table_holds() {
        let some = |id: &str| Scope::apps([id.parse().expect("an id")]).expect("a scope");
        let scopes = [Scope::ALL, some("shop"), some("blog")];
        assert_eq!(TABLE.len(), Permission::ALL.len() * Role::ALL.len());
        for (permission, role, expected) in TABLE {
            let outcomes = scopes.each_ref().map(|scope| outcome(*role, scope, *permission));
            assert_eq!(outcomes, *expected, "{permission:?}, {role}");
        }
    }

    #[test]
    fn a_permission_for_an_app_is_denied_without_one() {
        for permission in Permission::ALL {
            let denied = authorize(&Principal::owner(), permission, None).is_err();
            assert_eq!(denied, permission.needs().1 == Reach::App, "{permission:?}");
        }
    }

    #[test]
    fn an_app_outside_of_the_scope_is_hidden_for_each_permission() {
        let scope = Scope::apps(["blog".parse().expect("an id")]).expect("a scope");
        let shop = "shop".parse().expect("an id");
        for (permission, role) in
            Permission::ALL.into_iter().flat_map(|p| Role::ALL.map(|r| (p, r)))
        {
            let principal = Principal { role, scope: scope.clone() };
            assert_eq!(authorize(&principal, permission, Some(&shop)), Err(Denied::Hidden));
        }
    }

    #[test]
    fn none_gives_more_than_it_has() {
        let principal = |role, scope: &Scope| Principal { role, scope: scope.clone() };
        let some = Scope::apps(["shop".parse().expect("an id")]).expect("a scope");
        let owner = principal(Role::Owner, &some);
        assert!(Principal::owner().covers(&owner) && owner.covers(&owner));
        assert!(owner.covers(&principal(Role::Editor, &some)));
        assert!(!owner.covers(&principal(Role::Viewer, &Scope::ALL)));
        assert!(!principal(Role::Editor, &Scope::ALL).covers(&principal(Role::Publisher, &some)));
    }
}

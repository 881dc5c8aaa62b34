//! Permissions: what a use case needs.

use crate::role::Role;

/// The right that a use case needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// Look at an app: settings, draft, history, audit log.
    Read,
    /// Change an app's draft, and show it to others by preview links.
    Edit,
    /// Decide what an app's visitors get: publish, restore, plan, switch off and on.
    Publish,
    /// Decide where an app's events go: its endpoints, their keys, what is sent again.
    Integrate,
    /// Read what visitors' events hold, and what endpoints answered.
    ReadEvents,
    /// Decide which events an app takes, which backends send them, which are deleted, and whether an endpoint gets them
    /// that was not asked.
    ControlEvents,
    /// Change an app's settings, delete it, bring it back.
    Configure,
    /// List the apps of the principal's scope.
    ListApps,
    /// Check code that belongs to no app yet.
    Check,
    /// Create an app.
    CreateApp,
    /// Make and revoke tokens and sign-in links for others, and end their sessions. None has more than its
    /// maker.
    ManageAccess,
    /// Read the log of all changes of access.
    ReadAccessLog,
}

/// For which apps a permission needs the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reach {
    /// For the app that the request is about.
    App,
    /// For some app: the outcome is limited to the principal's scope.
    Any,
    /// For all apps.
    All,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 12] = [
        Self::Read,
        Self::Edit,
        Self::Publish,
        Self::Integrate,
        Self::ReadEvents,
        Self::ControlEvents,
        Self::Configure,
        Self::ListApps,
        Self::Check,
        Self::CreateApp,
        Self::ManageAccess,
        Self::ReadAccessLog,
    ];

    /// The table: the least role that has the permission, and for which apps it needs that role.
    pub fn needs(self) -> (Role, Reach) {
        match self {
            Self::Read => (Role::Viewer, Reach::App),
            Self::Edit => (Role::Editor, Reach::App),
            Self::Publish | Self::Integrate | Self::ReadEvents => (Role::Publisher, Reach::App),
            Self::ControlEvents | Self::Configure => (Role::Owner, Reach::App),
            Self::ListApps | Self::Check => (Role::Viewer, Reach::Any),
            Self::CreateApp | Self::ReadAccessLog => (Role::Owner, Reach::All),
            Self::ManageAccess => (Role::Owner, Reach::Any),
        }
    }
}

//! The table of all routes: what each answers to whom. The documentation has it, and a test asks for each cell.

use std::fmt::Write as _;

use c2c_access::{Denied, Principal, Reach, Role, Scope, authorize};
use c2c_names::AppId;

use super::guard::{Guarded, Need};

/// The columns after the route: none, one with a token or session that has expired or was revoked or with a link that was
/// used, one whom the provider of single sign-on knows and who has no group with a role, the
/// four roles for all apps, an owner of this app, one of another.
const HEAD: &str = "\
| Route | Not signed in | Expired, revoked or used | Single sign-on, no group | Viewer | Editor | Publisher | Owner | Owner of this app | Owner of another app |
|---|---|---|---|---|---|---|---|---|---|
";

/// The table in Markdown. A cell is the status of a request that the guard answers, or ✓ if it passes.
pub fn access_table() -> String {
    let mut table = HEAD.to_owned();
    for route in &super::routes().split().1 {
        let Guarded { method, path, need } = route;
        let anonymous = if *need == Need::Nothing { "✓" } else { "401" };
        // Ended access is none, and without a role there is no session.
        let (ended, without_group) = (anonymous, anonymous);
        let cells = principals().map(|principal| cell(*need, &principal));
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| `{method} {path}` | {anonymous} | {ended} | {without_group} | {} |",
            cells.join(" | ")
        );
    }
    table
}

fn principals() -> [Principal; 6] {
    let of = |app: AppId| Scope::apps([app]).expect("one app");
    let all = Role::ALL.map(|role| Principal { role, scope: Scope::ALL });
    let [viewer, editor, publisher, owner] = all;
    let this = Principal { role: Role::Owner, scope: of(this_app()) };
    let other = Principal { role: Role::Owner, scope: of("other".parse().expect("an app id")) };
    [viewer, editor, publisher, owner, this, other]
}

fn this_app() -> AppId {
    "this".parse().expect("an app id")
}

fn cell(need: Need, principal: &Principal) -> &'static str {
    let permission = match need {
        Need::Nothing | Need::Caller => return "✓",
        // Whatever their role is.
        Need::EventToken => return "401",
        Need::Permission(permission) => permission,
    };
    let this = this_app();
    let app = (permission.needs().1 == Reach::App).then_some(&this);
    match authorize(principal, permission, app) {
        Ok(()) => "✓",
        Err(Denied::Hidden) => "404",
        Err(_) => "403",
    }
}

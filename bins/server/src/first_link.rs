//! The sign-in link that the first start prints.

use std::time::Duration;

use c2c_access::Principal;
use c2c_names::Origin;
use c2c_store::{Actor, ActorName, FailureKind, Grant, Store, StoreError, Timestamp};

use crate::paths::sign_in_url;

/// How long the first link can be opened. The next start makes another.
const FIRST_LIFETIME: Duration = Duration::from_hours(1);

/// A link for the first owner, unless one has access already, or has had it and the console is not on this
/// machine (`is_local`). An earlier link that was not used ends, since its address is in the output of an
/// earlier start.
pub(crate) async fn first_link(
    store: &Store,
    console: &Origin,
    is_local: bool,
) -> Result<Option<String>, StoreError> {
    let (by, now) = (server(), Timestamp::now());
    // The output of later starts, which others may read, has no link, unless the console is on this machine.
    if store.has_owner(now).await? || (!is_local && store.had_owner().await?) {
        return Ok(None);
    }
    let name: ActorName = "first owner".parse().expect("a name");
    for link in store.sign_in_links(now).await? {
        if link.made_by == by && link.grant.name == name {
            match store.revoke_sign_in_link(&by, link.id).await {
                Ok(())
                | Err(
                    StoreError::NoSuchLink
                    | StoreError::Failed { kind: FailureKind::Full | FailureKind::ReadOnly, .. },
                ) => {}
                Err(error) => return Err(error),
            }
        }
    }
    let grant = Grant::new(name, Principal::owner());
    match store.make_sign_in_link(&by, grant, FIRST_LIFETIME).await {
        Ok(made) => Ok(Some(sign_in_url(console, &made.secret))),
        // Visitors are served without it.
        Err(StoreError::Failed {
            kind: kind @ (FailureKind::Full | FailureKind::ReadOnly),
            ..
        }) => {
            tracing::warn!("{kind}; there is no sign-in link for an owner");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The server itself, as the log of access has it.
pub(crate) fn server() -> Actor {
    "c2c-server".parse().expect("an actor")
}

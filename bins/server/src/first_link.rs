//! The sign-in link that the first start prints.

use std::time::Duration;

use c2c_access::Principal;
use c2c_names::Origin;
use c2c_store::{Actor, ActorName, Grant, Store, StoreError, Timestamp};

use crate::paths::sign_in_url;

/// How long the first link can be opened. The next start makes another.
const FIRST_LIFETIME: Duration = Duration::from_hours(1);

/// A link for the first owner, unless one has access already. An earlier one that was not used ends, since
/// its address is in the output of an earlier start.
pub(crate) async fn first_link(
    store: &Store,
    console: &Origin,
) -> Result<Option<String>, StoreError> {
    let (by, now) = (server(), Timestamp::now());
    if store.has_owner(now).await? {
        return Ok(None);
    }
    let name: ActorName = "first owner".parse().expect("a name");
    for link in store.sign_in_links(now).await? {
        if link.made_by == by && link.grant.name == name {
            match store.revoke_sign_in_link(&by, link.id).await {
                Ok(()) | Err(StoreError::NoSuchLink) => {}
                Err(error) => return Err(error),
            }
        }
    }
    let grant = Grant { name, principal: Principal::owner() };
    let made = store.make_sign_in_link(&by, grant, FIRST_LIFETIME).await?;
    Ok(Some(sign_in_url(console, &made.secret)))
}

/// The server itself, as the log of access has it.
pub(crate) fn server() -> Actor {
    "c2c-server".parse().expect("an actor")
}

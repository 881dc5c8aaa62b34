//! Sign-in links that the server makes itself: the first one, and those of `c2c-server link`.

use std::time::Duration;

use c2c_access::{Principal, Role, Scope};
use c2c_names::{AppId, Origin};
use c2c_store::{Actor, ActorName, Grant, Store, StoreError, Timestamp};
use clap::Args;

use crate::paths::sign_in_url;
use crate::run::{StartError, database_error, open_store};
use crate::settings::Settings;
use crate::sites::Sites;

/// How long the first link can be opened. The next start makes another.
const FIRST_LIFETIME: Duration = Duration::from_hours(1);

/// Make a link that signs one person in to the console, once
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The link is for the console's origin, so give --console-origin as the server has it:

  c2c-server --console-origin https://console.example link --role editor --app shop --name ben@shop.example

The server may run meanwhile.")]
pub struct NewLink {
    /// viewer, editor, publisher or owner
    #[arg(long)]
    role: Role,
    /// The name that history will show
    #[arg(long, default_value = "operator")]
    name: ActorName,
    /// Only this app (may be given several times) [default: all apps]
    #[arg(long = "app", value_name = "ID")]
    apps: Vec<AppId>,
    /// How long the link can be opened, in minutes; at most 7 days
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=7 * 24 * 60))]
    minutes: u32,
}

/// Makes a link, and gives its address.
pub async fn make_link(settings: &Settings, wish: &NewLink) -> Result<String, StartError> {
    let sites = Sites::new(settings, settings.console_listen.port(), 0)?;
    let scope = match &wish.apps[..] {
        [] => Scope::ALL,
        apps => Scope::apps(apps.iter().cloned()).map_err(StartError::Apps)?,
    };
    let grant = Grant { name: wish.name.clone(), principal: Principal { role: wish.role, scope } };
    let (store, _) = open_store(settings).await?;
    let lifetime = Duration::from_mins(wish.minutes.into());
    let made = store.make_sign_in_link(&server(), grant, lifetime).await;
    let made = made.map_err(|source| database_error(settings, source));
    store.close().await;
    Ok(sign_in_url(&sites.console.origin, &made?.secret))
}

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

fn server() -> Actor {
    "c2c-server".parse().expect("an actor")
}

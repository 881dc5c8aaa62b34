//! `c2c-server link` and `c2c-server token`: access that an operator gives on the server's machine.

use std::time::Duration;

use c2c_access::{Principal, Role, Scope};
use c2c_names::AppId;
use c2c_store::{ActorName, Grant};
use clap::Args;

use crate::first_link::server;
use crate::paths::sign_in_url;
use crate::run::{StartError, database_error, open_store};
use crate::settings::Settings;
use crate::sites::Sites;

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
    let console = Sites::console(settings, settings.console_listen.port())?;
    let grant = grant(&wish.name, wish.role, &wish.apps)?;
    let (store, _) = open_store(settings).await?;
    let lifetime = Duration::from_mins(wish.minutes.into());
    let made = store.make_sign_in_link(&server(), grant, lifetime).await;
    let made = made.map_err(|source| database_error(settings, source));
    store.close().await;
    Ok(sign_in_url(&console.origin, &made?.secret))
}

/// Make an API token for a program
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The token is printed once. The program sends it as `Authorization: Bearer c2c_…`. The server may run meanwhile.")]
pub struct NewToken {
    /// viewer, editor, publisher or owner
    #[arg(long)]
    role: Role,
    /// The name that history will show
    #[arg(long)]
    name: ActorName,
    /// Only this app (may be given several times) [default: all apps]
    #[arg(long = "app", value_name = "ID")]
    apps: Vec<AppId>,
    /// How long it lasts, in days
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
}

/// Makes a token, and gives its text.
pub async fn make_token(settings: &Settings, wish: &NewToken) -> Result<String, StartError> {
    let grant = grant(&wish.name, wish.role, &wish.apps)?;
    let lifetime = Duration::from_hours(24 * u64::from(wish.days));
    let (store, _) = open_store(settings).await?;
    let made = store.make_token(&server(), grant, lifetime).await;
    store.close().await;
    let made = made.map_err(|source| database_error(settings, source))?;
    Ok(made.text.reveal().to_string())
}

#[expect(clippy::result_large_err, reason = "it is made once, at the start")]
fn grant(name: &ActorName, role: Role, apps: &[AppId]) -> Result<Grant, StartError> {
    let scope = match apps {
        [] => Scope::ALL,
        apps => Scope::apps(apps.iter().cloned()).map_err(StartError::Apps)?,
    };
    Ok(Grant::new(name.clone(), Principal { role, scope }))
}

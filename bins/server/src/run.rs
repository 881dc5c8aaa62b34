//! The server's start from its settings, and its end.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use c2c_names::BridgeLimits;
use c2c_store::{Database, Environment, Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::apps::Apps;
use crate::compile::Compiler;
use crate::demo;
use crate::descriptors::{Bounds, TooFew};
use crate::documents::{Documents, keep};
use crate::error::AppError;
use crate::follow::follow;
use crate::forwarded::Proxies;
use crate::listeners::{Door, ListenError, bind, serve};
use crate::live::Live;
use crate::pages::snippet_limits;
use crate::paths::Paths;
use crate::places::Places;
use crate::preview_links::PreviewLinks;
use crate::purge::{Hook, purge};
use crate::renew::renew;
use crate::routes::Api;
use crate::server::Server;
use crate::settings::{Limits, Settings};
use crate::sites::console::Console;
use crate::sites::{Sites, SitesError};
use crate::sites::{parent, widget};

/// A reason why the server did not start, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data directory cannot be created or written.
    #[error("cannot use the data directory {directory}: {source} (--data-dir sets another)", directory = directory.display())]
    DataDirectory {
        /// The directory.
        directory: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The database cannot be opened or read.
    #[error("cannot use the database {database}: {source}")]
    Database {
        /// The database.
        database: Database,
        /// The problem.
        source: StoreError,
    },
    /// The demo app cannot be created.
    #[error("cannot make the demo app: {0}")]
    Demo(#[source] AppError),
    /// The server cannot listen on an address.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The settings would open the console to other machines.
    #[error(
        "--console-listen {0}: the console has no login, so it listens on loopback addresses only; \
         put a proxy with a login in front of it"
    )]
    ConsoleNotLoopback(SocketAddr),
    /// The system lets the process open too few files.
    #[error(
        "cannot serve with a limit of {limit} open files: the least is {least} (`ulimit -Hn`, or \
         LimitNOFILE= of a systemd unit, raises it)"
    )]
    Descriptors {
        /// The number of files that the process may open.
        limit: usize,
        /// The smallest sufficient number.
        least: usize,
    },
    /// The origins do not work together.
    #[error(transparent)]
    Sites(#[from] SitesError),
}

impl From<TooFew> for StartError {
    fn from(TooFew { limit, least }: TooFew) -> Self {
        Self::Descriptors { limit, least }
    }
}

/// A running server.
#[derive(Debug)]
pub struct Running {
    server: Arc<Server>,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    store: Store,
}

/// Opens the database and listens.
pub async fn start(settings: &Settings, limits: Limits) -> Result<Running, StartError> {
    if !settings.console_listen.ip().is_loopback() {
        return Err(StartError::ConsoleNotLoopback(settings.console_listen));
    }
    let bounds = Bounds::provide(limits.connections_max)?;
    let console = bind(&[settings.console_listen], "--console-listen")?;
    let pages = bind(&settings.pages_listen, "--pages-listen")?;
    let sites = Arc::new(Sites::new(settings, console.port, pages.port)?);

    let (store, seq) = open_store(settings).await?;
    let mut bridge = BridgeLimits::default();
    bridge.hold_ms_max = settings.hold_ms;
    let compiler = Arc::new(Compiler::new(Arc::clone(&sites), bridge));
    let version = compiler.version();
    let (documents, waiting) = Documents::new(store.clone(), Arc::clone(&compiler));
    let documents = Arc::new(documents);
    let live = Arc::new(Live::new(
        Arc::clone(&sites),
        store.clone(),
        Arc::clone(&documents),
        u64::from(settings.cache_mib) * 1024 * 1024,
        settings.cdn_seconds.map(|seconds| Duration::from_secs(seconds.into())),
        &limits,
    ));
    let apps =
        Arc::new(Apps::new(store.clone(), compiler, Arc::clone(&documents), Arc::clone(&live)));
    demo::seed(&apps).await.map_err(StartError::Demo)?;

    let server = Arc::new(Server {
        console: Console::new(&sites),
        preview_links: PreviewLinks::new(Arc::clone(&apps), Arc::clone(&sites), limits),
        api: Api::new(apps, Arc::clone(&sites), limits),
        sites,
        limits,
        proxies: Proxies::new(&settings.proxies, settings.client_address_header),
        live,
        parent_files: parent::files(),
        widget_files: widget::files(),
    });
    let (stop, stopped) = watch::channel(false);
    let mut listeners = JoinSet::new();
    listeners.spawn(keep(store.clone(), waiting, stopped.clone()));
    listeners.spawn(renew(store.clone(), documents, version, stopped.clone()));
    if let Some(url) = settings.purge_url.clone() {
        let hook = Hook::new(url, settings.purge_authorization.clone());
        listeners.spawn(purge(store.clone(), hook, stopped.clone()));
    }
    listeners.spawn(follow(
        store.clone(),
        Arc::clone(&server.live),
        seq,
        limits.look_timeout,
        stopped.clone(),
    ));
    for (door, bound, connections_max) in
        [(Door::Console, console, bounds.console), (Door::Pages, pages, bounds.pages)]
    {
        let per_client_max = limits.connections_per_client_max;
        let places = Places::new(connections_max, per_client_max, &settings.proxies);
        let places = Arc::new(places);
        for listener in bound.listeners {
            let (server, places) = (Arc::clone(&server), Arc::clone(&places));
            listeners.spawn(serve(server, door, listener, places, stopped.clone()));
        }
    }
    Ok(Running { server, stop, listeners, store })
}

impl Running {
    /// The addresses to open, one per line, as the server prints them.
    pub fn addresses(&self) -> String {
        let Sites { console, parent, widget, sandbox } = &*self.server.sites;
        let paths = Paths::of_app(&demo::id(), Environment::Live);
        let query = "?orderId=A-1&customerTier=gold";
        [
            format!("  console   {}/\n", console.origin),
            format!("  parent    {}{}{query}\n", parent.origin, paths.parent),
            format!("  widget    {}{}{query}\n", widget.origin, paths.widget),
            format!("  sandbox   {}{}\n", sandbox.origin, paths.sandbox),
        ]
        .concat()
    }

    /// The four origins.
    pub fn sites(&self) -> &Sites {
        &self.server.sites
    }

    /// Stops listening, lets the responses in flight finish and closes the database.
    pub async fn stop(mut self) {
        // The send fails only if every listener has already ended.
        let _ = self.stop.send(true);
        while self.listeners.join_next().await.is_some() {}
        self.store.close().await;
    }
}

/// Opens the database, and gives it with the number of its last audit entry.
pub(crate) async fn open_store(settings: &Settings) -> Result<(Store, i64), StartError> {
    let database = if let Some(database) = &settings.database {
        database.clone()
    } else {
        let directory = &settings.data_dir;
        std::fs::create_dir_all(directory)
            .map_err(|source| StartError::DataDirectory { directory: directory.clone(), source })?;
        Database::file(&directory.join("c2c.db"))
    };
    let opened = async {
        let limits = c2c_store::Limits { snippet_bytes_max: snippet_limits().snippet_bytes_max() };
        let store = Store::open(&database, limits).await?;
        let seq = store.last_seq().await?;
        Ok((store, seq))
    };
    opened.await.map_err(|source| StartError::Database { database, source })
}

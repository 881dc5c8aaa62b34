//! The server's start from its settings, and its end.

use std::fs::DirBuilder;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use c2c_access::ScopeError;
use c2c_names::{BridgeLimits, Origin};
use c2c_store::{Database, Environment, Store, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::admin::{self, Admin, is_private};
use crate::apps::Apps;
use crate::assertion::Assertions;
use crate::catalogue::{self, CatalogueFileError};
use crate::collect::{Collect, write};
use crate::compile::Compiler;
use crate::delivery::{Integrations, KeysError, Sender, announce, deliver, let_go};
use crate::demo;
use crate::descriptors::{Bounds, TooFew};
use crate::documents::{Documents, keep};
use crate::error::AppError;
use crate::first_link::first_link;
use crate::follow::follow;
use crate::forwarded::Proxies;
use crate::listeners::{Door, ListenError, bind, serve};
use crate::live::Live;
use crate::oidc::Oidc;
use crate::pages::snippet_limits;
use crate::paths::Paths;
use crate::places::Places;
use crate::preview_links::PreviewLinks;
use crate::purge::{Hook, purge};
use crate::renew::renew;
use crate::routes::{Api, SignIn};
use crate::server::Server;
use crate::settings::{Access, Limits, Settings};
use crate::sites::console::Console;
use crate::sites::{Sites, SitesError, is_loopback, parent, widget};
use crate::sweep::sweep;
use crate::traces::Traces;

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
    /// The settings would give the console to all who reach it, from other machines.
    #[error(
        "--access open: all who reach the console may do everything, so --console-listen and \
         --console-origin must be loopback addresses, and {0} is not"
    )]
    OpenToOthers(String),
    /// Some of the settings for single sign-on are there, and some are not.
    #[error("single sign-on needs {0}, too")]
    SingleSignOn(&'static str),
    /// One of the settings for assertions is there, and the other is not.
    #[error("sign-in by assertions needs {0}, too")]
    Assertions(&'static str),
    /// A sign-in link for too many apps.
    #[error("--app: {0}")]
    Apps(#[source] ScopeError),
    /// Cookies and code would pass a network in the clear.
    #[error(
        "--console-origin {0}: the console needs https, unless its host is a loopback address; put a \
         proxy with TLS in front of it"
    )]
    ConsoleNotSecure(Origin),
    /// A setting needs the hook of a content delivery network.
    #[error("{0} needs --purge-url <URL>: without it, changes would not be served at once")]
    NoHook(&'static str),
    /// An authorization for no collector of traces.
    #[error("--otlp-authorization needs --otlp-endpoint <URL>")]
    NoCollector,
    /// The settings would open the metrics to other networks.
    #[error(
        "--admin-listen {0}: it has no login, so it listens on a loopback address or on one address of a \
         private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7) only"
    )]
    AdminNotPrivate(SocketAddr),
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
    /// The keys for secrets of integrations cannot be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The events of the widget cannot be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueFileError),
    /// The origins do not work together.
    #[error(transparent)]
    Sites(#[from] SitesError),
}

impl StartError {
    /// For [`database`].
    pub(crate) fn data_directory(settings: &Settings) -> impl Fn(io::Error) -> Self {
        |source| Self::DataDirectory { directory: settings.data_dir.clone(), source }
    }
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
    /// Writes events for the listeners, so it ends after them.
    writer: JoinHandle<()>,
    store: Store,
    first_link: Option<String>,
    /// The address of the admin listener.
    admin: Option<SocketAddr>,
}

/// Opens the database and listens.
pub async fn start(settings: &Settings, limits: Limits) -> Result<Running, StartError> {
    check(settings)?;
    let catalogue = catalogue::read(settings.catalogue.as_deref())?;
    let bounds = Bounds::provide(limits.connections_max)?;
    let console = bind(&[settings.console_listen], "--console-listen")?;
    let pages = bind(&settings.pages_listen, "--pages-listen")?;
    let admin = bind(settings.admin_listen.as_slice(), "--admin-listen")?;
    let admin_listen =
        settings.admin_listen.map(|address| SocketAddr::new(address.ip(), admin.port));
    let sites = Arc::new(Sites::new(settings, console.port, pages.port)?);
    check_access(settings, &sites.console.origin)?;

    let (store, seq) = open_store(settings).await?;
    let mut bridge = BridgeLimits::default();
    bridge.hold_ms_max = settings.hold_ms;
    let compiler = Arc::new(Compiler::new(Arc::clone(&sites), Arc::clone(&catalogue), bridge));
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
    let first_link = link_for_owner(settings, &store, &sites.console.origin).await;
    let first_link = first_link.map_err(|source| database_error(settings, source))?;

    let oidc = Oidc::new(&settings.oidc, &sites.console.origin, limits.issuer_timeout);
    let assertions =
        Assertions::new(&settings.assertion, &sites.console.origin, limits.issuer_timeout);
    let places = |connections_max| {
        let per_client_max = limits.connections_per_client_max;
        Arc::new(Places::new(connections_max, per_client_max, &settings.proxies))
    };
    let doors = [
        (Door::Console, console, places(bounds.console)),
        (Door::Pages, pages, places(bounds.pages)),
        (Door::Admin, admin, places(admin::CONNECTIONS_MAX)),
    ];
    let places_of = |(door, _, places): &(Door, _, _)| (door.name(), Arc::clone(places));
    let shared = Arc::clone(&catalogue);
    let integrations = Integrations::new(settings, &sites, store.clone(), shared, &limits.delivery);
    let integrations = Arc::new(integrations?);
    let (collect, jobs) = Collect::new(&sites, &live, &integrations, &catalogue, &limits);
    let collect = Arc::new(collect);
    let server = Arc::new(Server {
        admin: Admin::new(store.clone(), Arc::clone(&live), doors.iter().map(places_of).collect()),
        console: Console::new(&sites, &catalogue, settings.oidc.issuer_host()),
        collect: Arc::clone(&collect),
        preview_links: PreviewLinks::new(Arc::clone(&apps), Arc::clone(&sites), &limits),
        api: Api::new(
            apps,
            Arc::clone(&sites),
            Arc::clone(&integrations),
            Arc::clone(&collect),
            SignIn { access: settings.access, oidc, assertions },
            &limits,
        ),
        sites,
        limits,
        proxies: Proxies::new(&settings.proxies, settings.client_address_header),
        live,
        parent_files: parent::files(),
        widget_files: widget::files(&catalogue),
        traces: Traces::new(settings),
    });
    let (stop, stopped) = watch::channel(false);
    let mut listeners = JoinSet::new();
    let due = Arc::new(Notify::new());
    let writer = write(store.clone(), jobs, limits.database_timeout, Arc::clone(&due));
    let writer = tokio::spawn(writer);
    integrate(&mut listeners, due, &integrations, collect, (&store, limits), &stopped);
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
    for (door, bound, places) in doors {
        for listener in bound.listeners {
            let (server, places) = (Arc::clone(&server), Arc::clone(&places));
            listeners.spawn(serve(server, door, listener, places, stopped.clone()));
        }
    }
    Ok(Running { server, stop, listeners, writer, store, first_link, admin: admin_listen })
}

/// A sign-in link for an owner, if there is none yet who can make one.
async fn link_for_owner(
    settings: &Settings,
    store: &Store,
    console: &Origin,
) -> Result<Option<String>, StoreError> {
    match settings.access {
        Access::SignIn => first_link(store, console, is_loopback(console)).await,
        Access::Open => Ok(None),
    }
}

/// Checks settings that belong together.
#[expect(clippy::result_large_err, reason = "it is made once, at the start")]
fn check(settings: &Settings) -> Result<(), StartError> {
    if let Some(address) = settings.admin_listen.filter(|&address| !is_private(address)) {
        return Err(StartError::AdminNotPrivate(address));
    }
    if let Some(setting) = settings.without_hook() {
        return Err(StartError::NoHook(setting));
    }
    if settings.without_collector() {
        return Err(StartError::NoCollector);
    }
    if let Some(missing) = settings.oidc.missing() {
        return Err(StartError::SingleSignOn(missing));
    }
    if let Some(missing) = settings.assertion.missing() {
        return Err(StartError::Assertions(missing));
    }
    Ok(())
}

/// Begins to deliver what is `due`, and to remove what is old.
fn integrate(
    tasks: &mut JoinSet<()>,
    due: Arc<Notify>,
    integrations: &Arc<Integrations>,
    collect: Arc<Collect>,
    (store, limits): (&Store, Limits),
    stopped: &watch::Receiver<bool>,
) {
    let look = limits.delivery.look;
    tasks.spawn(announce(store.clone(), Arc::clone(&due), look, stopped.clone()));
    let opened_max = limits.delivery.opened_max;
    let sender = Sender::new(Arc::clone(integrations), opened_max, limits.database_timeout);
    let sender = Arc::new(sender);
    tasks.spawn(let_go(Arc::clone(&sender), stopped.clone()));
    tasks.spawn(deliver(sender, due, Box::new(limits), stopped.clone()));
    let removed = integrations.removed();
    tasks.spawn(sweep(store.clone(), limits.look_timeout, removed, stopped.clone()));
    let stopped = stopped.clone();
    tasks.spawn(async move { collect.note_turned_away(stopped).await });
}

impl Running {
    /// The addresses to open, one per line, as the server prints them.
    pub fn addresses(&self) -> String {
        let sites @ Sites { console, parent, widget, .. } = &*self.server.sites;
        let sandbox = sites.sandbox.origin_for(&demo::id()).into_owned();
        let paths = Paths::of_app(&demo::id(), Environment::Live);
        let query = "?orderId=A-1&customerTier=gold";
        let admin = self.admin.map(|address| format!("  admin     http://{address}/metrics\n"));
        [
            format!("  console   {}/\n", console.origin),
            format!("  parent    {}{}{query}\n", parent.origin, paths.parent),
            format!("  widget    {}{}{query}\n", widget.origin, paths.widget),
            format!("  sandbox   {sandbox}{}\n", paths.sandbox),
            admin.unwrap_or_default(),
        ]
        .concat()
    }

    /// The address of a sign-in link for an owner, if there was none yet who could make one.
    pub fn first_link(&self) -> Option<&str> {
        self.first_link.as_deref()
    }

    /// The four origins.
    pub fn sites(&self) -> &Sites {
        &self.server.sites
    }

    /// Says that it is not ready any more, and goes on serving: a load balancer has time to notice.
    pub fn leave(&self) {
        self.server.admin.leave();
    }

    /// Stops listening, lets the responses in flight finish and closes the database.
    pub async fn stop(mut self) {
        // The send fails only if every listener has already ended.
        let _ = self.stop.send(true);
        while self.listeners.join_next().await.is_some() {}
        self.writer.abort();
        if let Some(traces) = &self.server.traces {
            traces.stop().await;
        }
        self.store.close().await;
    }
}

/// Whether the console may be had in this way at this address.
#[expect(clippy::result_large_err, reason = "it is made once, at the start")]
fn check_access(settings: &Settings, console: &Origin) -> Result<(), StartError> {
    let is_local = is_loopback(console);
    let listens = settings.console_listen;
    match settings.access {
        Access::Open if !listens.ip().is_loopback() => {
            Err(StartError::OpenToOthers(listens.to_string()))
        }
        Access::Open if !is_local => Err(StartError::OpenToOthers(console.to_string())),
        _ if !is_local && !console.is_https() => Err(StartError::ConsoleNotSecure(console.clone())),
        _ => Ok(()),
    }
}

/// The database of the settings. Its folder exists.
pub(crate) fn database(settings: &Settings) -> io::Result<Database> {
    if settings.database.is_none() {
        // Other users of the machine read neither drafts nor names.
        DirBuilder::new().recursive(true).mode(0o700).create(&settings.data_dir)?;
    }
    Ok(named_database(settings))
}

/// The same, without a look at the folder.
pub(crate) fn named_database(settings: &Settings) -> Database {
    let file = || Database::file(&settings.data_dir.join("c2c.db"));
    settings.database.clone().unwrap_or_else(file)
}

/// Opens the database, and gives it with the number of its last audit entry.
pub(crate) async fn open_store(settings: &Settings) -> Result<(Store, i64), StartError> {
    let database = database(settings).map_err(StartError::data_directory(settings))?;
    let opened = async {
        let limits = c2c_store::Limits { snippet_bytes_max: snippet_limits().snippet_bytes_max() };
        let store = Store::open(&database, limits).await?;
        let seq = store.last_seq().await?;
        Ok((store, seq))
    };
    opened.await.map_err(|source| database_error(settings, source))
}

pub(crate) fn database_error(settings: &Settings, source: StoreError) -> StartError {
    StartError::Database { database: named_database(settings), source }
}

//! From settings to a running server, and its end.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use c2c_bridge::BridgeLimits;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::apps::{Apps, SaveError};
use crate::console::Console;
use crate::descriptors::{Bounds, TooFew};
use crate::places::Places;
use crate::previews::Previews;
use crate::serve::{Door, Server, serve};
use crate::settings::{Limits, Settings};
use crate::sites::{Sites, SitesError};
use crate::store::{Store, StoreError};
use crate::{demo, parent, widget};

/// Why the server did not start, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data directory cannot be made or written.
    #[error("cannot use the data directory {directory}: {source} (--data-dir sets another)", directory = directory.display())]
    DataDirectory {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database file cannot be opened or read.
    #[error("cannot use the database {file}: {source}", file = file.display())]
    Database {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: StoreError,
    },
    /// The demo app cannot be made.
    #[error("cannot make the demo app: {0}")]
    Demo(#[source] SaveError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source} ({setting} sets another)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
        /// The setting that names the address.
        setting: &'static str,
    },
    /// The console was to be open to other machines.
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
        /// How many files the process may have open.
        limit: usize,
        /// The fewest that are enough.
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

/// A server that answers.
#[derive(Debug)]
pub struct Running {
    server: Arc<Server>,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    store: Store,
}

/// Opens the database, publishes the apps and listens.
pub async fn start(settings: &Settings, limits: Limits) -> Result<Running, StartError> {
    if !settings.console_listen.ip().is_loopback() {
        return Err(StartError::ConsoleNotLoopback(settings.console_listen));
    }
    let bounds = Bounds::provide(limits.connections_max)?;
    let console = bind(&[settings.console_listen], "--console-listen")?;
    let pages = bind(&settings.pages_listen, "--pages-listen")?;
    let sites = Sites::new(settings, console.port, pages.port)?;

    let store = open_store(settings).await?;
    let unreadable = |source| StartError::Database { file: database(settings), source };
    let previews = Previews::new(limits.previews_max);
    let bridge = BridgeLimits { hold_ms_max: settings.hold_ms, ..BridgeLimits::default() };
    let apps =
        Apps::load(store.clone(), sites.clone(), bridge, previews).await.map_err(unreadable)?;
    demo::seed(&apps).await.map_err(StartError::Demo)?;

    let server = Arc::new(Server {
        console: Console::new(&sites),
        sites,
        limits,
        apps,
        parent_files: parent::files(),
        widget_files: widget::files(),
    });
    let (stop, stopped) = watch::channel(false);
    let mut listeners = JoinSet::new();
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
    /// The addresses to open, a line each, as the server prints them.
    pub fn addresses(&self) -> String {
        let Sites { console, parent, widget, sandbox } = &self.server.sites;
        let id = demo::ID;
        let query = "?orderId=A-1&customerTier=gold";
        format!(
            "  console   {}/\n  parent    {}/p/{id}{query}\n  widget    {}/w/{id}{query}\n  sandbox   {}/s/{id}\n",
            console.origin, parent.origin, widget.origin, sandbox.origin,
        )
    }

    /// The four origins.
    pub fn sites(&self) -> &Sites {
        &self.server.sites
    }

    /// Stops listening, lets the responses in flight finish and closes the database.
    pub async fn stop(mut self) {
        // Nobody listens only if every listener has ended already.
        let _ = self.stop.send(true);
        while self.listeners.join_next().await.is_some() {}
        self.store.close().await;
    }
}

async fn open_store(settings: &Settings) -> Result<Store, StartError> {
    let directory = &settings.data_dir;
    std::fs::create_dir_all(directory)
        .map_err(|source| StartError::DataDirectory { directory: directory.clone(), source })?;
    let file = database(settings);
    Store::open(&file).await.map_err(|source| StartError::Database { file, source })
}

fn database(settings: &Settings) -> PathBuf {
    settings.data_dir.join("c2c.db")
}

/// How many connections may wait to be accepted. A system drops those beyond, and a client tries
/// again only after a second: a burst in front of a visitor must not fill the queue.
const QUEUE: u32 = 1024;

struct Bound {
    port: u16,
    listeners: Vec<TcpListener>,
}

/// Listens on all addresses. Those with port 0 get one free port together, since one origin stands
/// for all of them.
fn bind(addresses: &[SocketAddr], setting: &'static str) -> Result<Bound, StartError> {
    let mut bound = Bound { port: 0, listeners: Vec::new() };
    for &address in addresses {
        let mut wanted = address;
        if wanted.port() == 0 {
            wanted.set_port(bound.port);
        }
        match listen(wanted) {
            Ok(listener) => {
                if bound.port == 0 {
                    bound.port = listener.local_addr().map_or(wanted.port(), |addr| addr.port());
                }
                bound.listeners.push(listener);
            }
            // A machine without IPv6 can do without the second of the default addresses.
            Err(source)
                if source.kind() == io::ErrorKind::AddrNotAvailable
                    && address.is_ipv6()
                    && !bound.listeners.is_empty() =>
            {
                tracing::warn!(%address, "this machine has no such address; going on without it");
            }
            Err(source) => return Err(StartError::Listen { address: wanted, source, setting }),
        }
    }
    Ok(bound)
}

/// Listens as [`TcpListener::bind`] does, with a longer queue.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that starts again takes the address of the one before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

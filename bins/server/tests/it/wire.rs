//! The wire between a server and its PostgreSQL, which a test can cut in the middle of a statement.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The longest text of a cut, in bytes.
const TEXT_BYTES_MAX: usize = 64;

/// Carries the connections of servers to PostgreSQL.
pub(crate) struct Wire {
    address: SocketAddr,
    cuts: Arc<watch::Sender<Cuts>>,
    /// Ends with the wire, and its connections with it.
    _carriers: JoinSet<()>,
}

#[derive(Clone, Copy, Default)]
struct Cuts {
    /// A connection is cut once a statement with this text has passed: no answer to it arrives.
    at: Option<&'static str>,
    /// The number of connections that were cut.
    count: usize,
    /// The number of repairs.
    repairs: usize,
}

impl Wire {
    pub(crate) async fn to(postgres: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let cuts = Arc::<watch::Sender<Cuts>>::default();
        let mut carriers = JoinSet::new();
        carriers.spawn(accept(listener, postgres, Arc::clone(&cuts)));
        Self { address, cuts, _carriers: carriers }
    }

    /// The address of a database at the other end. Each statement passes as text: by default the driver
    /// sends only the name of one that it has sent before.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}?statement-cache-capacity=0", self.address)
    }

    /// From now on, cuts each connection when a statement with this text passes.
    pub(crate) fn cut_at(&self, text: &'static str) {
        assert!(text.len() <= TEXT_BYTES_MAX, "{text:?} is too long");
        self.cuts.send_modify(|cuts| (cuts.at, cuts.count) = (Some(text), 0));
    }

    /// Waits until so many connections were cut. From then on cuts no more, and leaves these as they are.
    pub(crate) async fn cut(&self, count: usize) {
        self.cuts.subscribe().wait_for(|cuts| cuts.count >= count).await.expect("it is there");
        self.cuts.send_modify(|cuts| cuts.at = None);
    }

    /// Repairs all connections, and returns how many were cut.
    pub(crate) fn repair(&self) -> usize {
        self.cuts.send_modify(|cuts| (cuts.at, cuts.repairs) = (None, cuts.repairs + 1));
        self.cuts.borrow().count
    }
}

async fn accept(listener: TcpListener, postgres: SocketAddr, cuts: Arc<watch::Sender<Cuts>>) {
    let mut connections = JoinSet::new();
    loop {
        let (server, _) = listener.accept().await.expect("a connection");
        let cuts = Arc::clone(&cuts);
        // Its end, by either side, is the end of the other.
        connections.spawn(async move {
            let _ = carry(server, postgres, &cuts).await;
        });
    }
}

async fn carry(
    mut server: TcpStream,
    postgres: SocketAddr,
    cuts: &watch::Sender<Cuts>,
) -> std::io::Result<()> {
    let mut postgres = TcpStream::connect(postgres).await?;
    let (mut from_server, mut to_server) = server.split();
    let (mut from_postgres, mut to_postgres) = postgres.split();
    let (mut questions, mut answers) = (vec![0; 8192], vec![0; 8192]);
    let mut news = cuts.subscribe();
    // A text may arrive in two parts.
    let mut last = Vec::new();
    // The number of repairs at the time of the cut.
    let mut cut = None;
    loop {
        tokio::select! {
            read = from_server.read(&mut questions) => {
                let read = &questions[..read?];
                if read.is_empty() {
                    return Ok(());
                }
                last.extend_from_slice(read);
                let Cuts { at, repairs, .. } = *cuts.borrow();
                if cut.is_none() && at.is_some_and(|text| contains(&last, text)) {
                    cut = Some(repairs);
                    cuts.send_modify(|cuts| cuts.count += 1);
                }
                last.drain(..last.len().saturating_sub(TEXT_BYTES_MAX));
                to_postgres.write_all(read).await?;
            }
            read = from_postgres.read(&mut answers), if cut.is_none() => {
                let read = &answers[..read?];
                if read.is_empty() {
                    return Ok(());
                }
                to_server.write_all(read).await?;
            }
            changed = news.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let repairs = news.borrow_and_update().repairs;
                cut = cut.filter(|&before| before == repairs);
            }
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

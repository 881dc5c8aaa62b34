//! Servers that record what a proxy sends: one that answers by itself, and one in front of the real one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::client::statuses;

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\
    content-security-policy: sandbox\r\nx-content-type-options: nosniff\r\n\
    content-length: 2\r\n\r\nok";

/// Answers each request without a body, or none at all.
pub(crate) struct Recorder {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    /// Ends with the recorder.
    _listens: JoinSet<()>,
}

impl Recorder {
    pub(crate) async fn start() -> Self {
        Self::answering(true).await
    }

    /// A server that takes requests and answers none.
    pub(crate) async fn silent() -> Self {
        Self::answering(false).await
    }

    async fn answering(answers: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let mut listens = JoinSet::new();
        let record = Arc::clone(&heads);
        listens.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&record), answers));
            }
        });
        Self { address, heads, _listens: listens }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no panic").clone()
    }
}

/// Carries the connections of a proxy to the server, and records the statuses of all answers.
pub(crate) struct Relay {
    address: SocketAddr,
    answers: Arc<Mutex<Vec<u8>>>,
    /// Ends with the relay.
    _listens: JoinSet<()>,
}

impl Relay {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let answers = Arc::<Mutex<Vec<u8>>>::default();
        let mut listens = JoinSet::new();
        let record = Arc::clone(&answers);
        listens.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let record = Arc::clone(&record);
                connections.spawn(async move {
                    let _ended = carry(stream, server, &record).await;
                });
            }
        });
        Self { address, answers, _listens: listens }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The statuses of the server's answers since the last call.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        statuses(&std::mem::take(&mut *self.answers.lock().expect("no panic")))
    }
}

async fn carry(
    mut proxy: TcpStream,
    server: SocketAddr,
    record: &Mutex<Vec<u8>>,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut from_proxy, mut to_proxy) = proxy.split();
    let (mut from_server, mut to_server) = server.split();
    let (mut requests, mut answers) = (vec![0; 8192], vec![0; 8192]);
    loop {
        tokio::select! {
            read = from_proxy.read(&mut requests) => match read? {
                0 => return Ok(()),
                count => to_server.write_all(&requests[..count]).await?,
            },
            read = from_server.read(&mut answers) => match read? {
                0 => return Ok(()),
                count => {
                    record.lock().expect("no panic").extend_from_slice(&answers[..count]);
                    to_proxy.write_all(&answers[..count]).await?;
                }
            },
        }
    }
}

async fn serve(mut stream: TcpStream, heads: Arc<Mutex<Vec<String>>>, answers: bool) {
    let mut bytes = Vec::new();
    loop {
        while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head: Vec<u8> = bytes.drain(..end + 4).collect();
            heads.lock().expect("no panic").push(String::from_utf8_lossy(&head).into_owned());
            if answers && stream.write_all(ANSWER.as_bytes()).await.is_err() {
                return;
            }
        }
        if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
            return;
        }
    }
}

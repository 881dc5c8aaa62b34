//! A server that records the requests of a proxy as they arrive.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

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

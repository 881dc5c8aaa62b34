//! A customer's server by https that takes everything, and counts.

use std::convert::Infallible;
use std::io::BufRead as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bytes::Bytes;
use c2c_receivers::Authority;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::program::Program;

/// The receiver, in its own process.
pub(crate) struct Receiver {
    program: Program,
    pub(crate) address: SocketAddr,
    /// The certificate of its authority.
    pub(crate) authority: PathBuf,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let (program, line) = Program::peer(&["--receiver"], &[]);
        let (address, authority) = line.split_once(' ').expect("an address and a file");
        let (address, authority) = (address.parse().expect("an address"), authority.into());
        Self { program, address, authority }
    }

    /// The requests that it has answered.
    pub(crate) fn count(&mut self) -> u64 {
        use std::io::Write as _;
        let stdin = self.program.child.stdin.as_mut().expect("piped");
        stdin.write_all(b"\n").expect("it reads");
        self.program.line().parse().expect("a number")
    }

    /// Requests that it answers in a second, over a time.
    pub(crate) fn rate(&mut self, window: Duration) -> f64 {
        let (before, start) = (self.count(), Instant::now());
        std::thread::sleep(window);
        let number = self.count() - before;
        f64::from(u32::try_from(number).expect("small")) / start.elapsed().as_secs_f64()
    }
}

/// It ends by itself, so that it removes the certificate's file.
impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.program.child.stdin.take());
        let _ = self.program.child.wait();
    }
}

/// Serves on a free port, which it prints with the file of its authority. Then it prints the number of requests for each
/// line that it reads, and ends with its input.
pub(crate) fn serve() {
    let authority = Authority::new();
    let count = Arc::new(AtomicU64::new(0));
    let runtime = Runtime::new().expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(accept(listener, authority.tls("127.0.0.1", false), Arc::clone(&count)));
    println!("{address} {}", authority.file().display());
    for _line in std::io::stdin().lock().lines() {
        println!("{}", count.load(Relaxed));
    }
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, count: Arc<AtomicU64>) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a TCP socket");
        tokio::spawn(answer(stream, tls.clone(), Arc::clone(&count)));
    }
}

async fn answer(stream: TcpStream, tls: TlsAcceptor, count: Arc<AtomicU64>) {
    let Ok(stream) = tls.accept(stream).await else { return };
    let service = service_fn(|request: Request<Incoming>| async {
        // One that is not whole is not counted.
        if request.into_body().collect().await.is_ok() {
            count.fetch_add(1, Relaxed);
        }
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        Ok::<_, Infallible>(response)
    });
    // The client may leave.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

//! The time that a client makes the server wait for a request's head.
//!
//! hyper has a timeout for this, but sets and clears a timer for each request and polls the
//! connection once more for it: a twentieth of the cost of a small response. Here a request only
//! sets flags, and a separate task checks them from time to time.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most bytes of a refused request that are read, so that its client can read the refusal.
const LINGER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The state of one connection. Bytes of a request's head do not change it, so a client gains
/// nothing by sending them one by one.
#[derive(Debug)]
pub(crate) struct Activity {
    /// The server is answering a request or reading its body. That has its own timeouts.
    answering: AtomicBool,
    /// The client does not read what was written. The system has a timeout for that.
    blocked: AtomicBool,
    /// The last request has a body, and the server may not have read it.
    has_body: AtomicBool,
    /// The last time that one of the two ended, in nanoseconds after `began`.
    ceased: AtomicU64,
    began: Instant,
}

impl Activity {
    /// A fresh connection: the server begins to wait.
    pub(crate) fn new() -> Self {
        Self {
            answering: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            has_body: AtomicBool::new(false),
            ceased: AtomicU64::new(0),
            began: Instant::now(),
        }
    }

    /// Marks the connection as answering a request until the guard is dropped.
    pub(crate) fn answering(&self, has_body: bool) -> Answering<'_> {
        self.has_body.store(has_body, Relaxed);
        self.answering.store(true, Relaxed);
        Answering(self)
    }

    /// The time since which the server has waited for nothing but a request's head, if it is waiting.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        if self.answering.load(Acquire) || self.blocked.load(Acquire) {
            return None;
        }
        Some(self.began + Duration::from_nanos(self.ceased.load(Relaxed)))
    }

    /// Resolves when the server has waited for nothing but a request's head for `timeout`.
    pub(crate) async fn ceased(&self, timeout: Duration) {
        let waited = || self.waiting_since().map_or(Duration::ZERO, |since| since.elapsed());
        while let Some(rest) = timeout.checked_sub(waited()) {
            tokio::time::sleep(rest).await;
        }
    }

    /// Stores the time before it clears the flag, so that no reader combines the old time with the
    /// new state.
    fn clear(&self, trace: &AtomicBool) {
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.ceased.store(now, Relaxed);
        trace.store(false, Release);
    }

    fn wrote<T>(&self, written: Poll<T>) -> Poll<T> {
        if written.is_pending() {
            self.blocked.store(true, Relaxed);
        } else if self.blocked.load(Relaxed) {
            self.clear(&self.blocked);
        }
        written
    }
}

/// A guard: a request is being answered.
#[derive(Debug)]
pub(crate) struct Answering<'a>(&'a Activity);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.clear(&self.0.answering);
    }
}

/// A connection's stream that records blocked writes, and ends without the loss of a response.
///
/// If bytes arrive at a closed socket, the system resets the connection, and the client may lose a
/// response that it has not read. That happens if a request is refused while its body is on its way:
/// a proxy then tells its client 502. So the server reads on after such a response, until the client
/// closes the connection (RFC 9112, section 9.6). Meanwhile the connection counts as one that waits for
/// a request's head: it has the same timeout, and gives way to others.
#[derive(Debug)]
pub(crate) struct Traced {
    stream: TcpStream,
    activity: Arc<Activity>,
    /// Whether the client has been told that no more is written.
    shut: bool,
    /// The number of bytes that were read since.
    lingered: usize,
}

impl Traced {
    pub(crate) fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        Self { stream, activity, shut: false, lingered: 0 }
    }

    /// Reads until the client closes the connection, or has sent too much.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 8192];
        while self.lingered <= LINGER_BYTES_MAX {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            let count = buffer.filled().len();
            if read.is_err() || count == 0 {
                break;
            }
            self.lingered += count;
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Traced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Traced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.activity.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.activity.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.shut = true;
        }
        if self.activity.has_body.load(Relaxed) {
            ready!(self.poll_linger(context));
        }
        Poll::Ready(Ok(()))
    }
}

//! Whether a client lets the server wait for a request's head.
//!
//! hyper has a timeout for that. It sets and clears a timer for each request, and polls the
//! connection once more for it: a twentieth of all that a small response costs. Here a request only
//! leaves its traces, and a task beside the connection looks at them now and then.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How often a connection is looked at per timeout. It may last longer than the timeout by the time
/// between two looks.
const LOOKS: u32 = 16;

/// The traces of what happens on one connection. Bytes of a request's head leave none: a client
/// gains nothing by sending them one by one.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    /// A request is being answered, and its body read. That has timeouts of its own.
    answering: AtomicBool,
    /// The client does not take in what was written. The system has a timeout for that.
    blocked: AtomicBool,
    /// How many writes there were.
    writes: AtomicU64,
}

impl Activity {
    /// Leaves the trace of a request that is being answered, until it is dropped.
    pub(crate) fn answering(&self) -> Answering<'_> {
        self.answering.store(true, Relaxed);
        Answering(self)
    }

    /// Ends when the server has waited for nothing but a request's head for `timeout`.
    pub(crate) async fn ceased(&self, timeout: Duration) {
        let mut seen = 0;
        let mut since = Instant::now();
        while since.elapsed() < timeout {
            tokio::time::sleep(timeout / LOOKS).await;
            let writes = self.writes.load(Relaxed);
            if writes != seen || self.answering.load(Relaxed) || self.blocked.load(Relaxed) {
                seen = writes;
                since = Instant::now();
            }
        }
    }

    fn wrote<T>(&self, written: Poll<T>) -> Poll<T> {
        self.blocked.store(written.is_pending(), Relaxed);
        if written.is_ready() {
            self.writes.fetch_add(1, Relaxed);
        }
        written
    }
}

/// A request is being answered.
#[derive(Debug)]
pub(crate) struct Answering<'a>(&'a Activity);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.answering.store(false, Relaxed);
    }
}

/// A connection's stream whose writes leave traces.
#[derive(Debug)]
pub(crate) struct Traced {
    pub(crate) stream: TcpStream,
    pub(crate) activity: Arc<Activity>,
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
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

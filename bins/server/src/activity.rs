//! Whether a client lets the server wait for a request's head.
//!
//! hyper has a timeout for that. It sets and clears a timer for each request, and polls the
//! connection once more for it: a twentieth of all that a small response costs. Here a request only
//! leaves its traces, and a task beside the connection looks at them now and then.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The traces of what happens on one connection. Bytes of a request's head leave none: a client
/// gains nothing by sending them one by one.
#[derive(Debug)]
pub(crate) struct Activity {
    /// A request is being answered, and its body read. That has timeouts of its own.
    answering: AtomicBool,
    /// The client does not take in what was written. The system has a timeout for that.
    blocked: AtomicBool,
    /// When neither was so for the last time, in nanoseconds after `began`.
    ceased: AtomicU64,
    began: Instant,
}

impl Activity {
    /// No traces yet: the server begins to wait.
    pub(crate) fn new() -> Self {
        Self {
            answering: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            ceased: AtomicU64::new(0),
            began: Instant::now(),
        }
    }

    /// Leaves the trace of a request that is being answered, until it is dropped.
    pub(crate) fn answering(&self) -> Answering<'_> {
        self.answering.store(true, Relaxed);
        Answering(self)
    }

    /// Since when the server has waited for nothing but a request's head, if it does.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        if self.answering.load(Acquire) || self.blocked.load(Acquire) {
            return None;
        }
        Some(self.began + Duration::from_nanos(self.ceased.load(Relaxed)))
    }

    /// Ends when the server has waited for nothing but a request's head for `timeout`.
    pub(crate) async fn ceased(&self, timeout: Duration) {
        let waited = || self.waiting_since().map_or(Duration::ZERO, |since| since.elapsed());
        while let Some(rest) = timeout.checked_sub(waited()) {
            tokio::time::sleep(rest).await;
        }
    }

    /// The time is there before the trace is gone, so that no old time passes for it.
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

/// A request is being answered.
#[derive(Debug)]
pub(crate) struct Answering<'a>(&'a Activity);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.clear(&self.0.answering);
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

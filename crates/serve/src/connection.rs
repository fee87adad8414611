//! A connection with a timeout for answers. It adds a body to the HTTP library's own errors, and reads a moment longer if the client
//! may still be sending.
//!
//! The HTTP library has a timer of its own for a request's head. It creates a new one for each request, which took a twentieth
//! of a verification's time; this one is created once a connection, and moved once a period.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

use super::cores::CorePlace;
use super::faults;
use zonemint_http::{Activity, Open, READ_ON, Share};

/// After the signal to stop, a connection without traffic for this long (at most twice as long) ends. A packet that was lost twice
/// has been sent again by then.
const STALLED_WHEN_STOPPING: Duration = Duration::from_secs(2);
/// The bytes that HTTP/2 must send in a period for an answer to be under way. Frames that only keep the connection open (PING,
/// SETTINGS) stay below it.
const ANSWERING: usize = 16 << 10;

/// What keeps a connection open for another period, besides a request that is being answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alive {
    /// HTTP/1.1: any bytes that are sent. The slow arrival of a request's head does not count.
    Http1(Duration),
    /// HTTP/2: the begin or end of a request, and an answer that is sent. Frames without a request do not count.
    Http2(Duration),
}

/// Wraps a stream. Counts as one of `server.max_connections` until it is dropped.
pub(super) struct Connection<S> {
    stream: S,
    alive: Alive,
    deadline: Pin<Box<Sleep>>,
    /// Bytes that were sent since the deadline was set. Adding to a number costs less than moving a timer for each write. Therefore
    /// an idle connection ends after between one and two periods.
    written: usize,
    /// The count of requests when the deadline was set.
    counted: u64,
    activity: Arc<Activity>,
    stopping: Arc<AtomicBool>,
    /// The deadline is the one of a server that stops.
    hurried: bool,
    /// Everything is sent, and reading continues until this moment.
    lingering: Option<Pin<Box<Sleep>>>,
    replacement: Option<Replacement>,
    _permits: ConnectionPermits,
}

/// The permit of `server.max_connections`, the share of the address if it counts, the metric of open connections, and the count of the
/// core.
pub(super) type ConnectionPermits = (OwnedSemaphorePermit, Option<Share>, Open, CorePlace);

/// Bytes that are sent instead of others.
struct Replacement {
    bytes: Vec<u8>,
    written: usize,
    stands_for: usize,
}

impl Alive {
    fn period(self) -> Duration {
        match self {
            Self::Http1(period) | Self::Http2(period) => period,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "to bound how long a connection idles is the purpose")]
fn timer(period: Duration) -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(period))
}

impl<S> Connection<S> {
    /// `stopping` becomes true when the server stops.
    pub(super) fn new(
        stream: S,
        alive: Alive,
        activity: Arc<Activity>,
        stopping: Arc<AtomicBool>,
        place: ConnectionPermits,
    ) -> Self {
        Self {
            stream,
            alive,
            deadline: timer(alive.period()),
            written: 0,
            counted: 0,
            activity,
            stopping,
            hurried: false,
            lingering: None,
            replacement: None,
            _permits: place,
        }
    }

    /// Called whenever the stream is not ready, for reading or for writing.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if !self.hurried && self.stopping.load(Ordering::Relaxed) {
            self.hurried = true;
            self.was_active();
            self.set_deadline();
        }
        loop {
            ready!(self.deadline.as_mut().poll(cx));
            if !self.was_active() {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.set_deadline();
        }
    }

    fn set_deadline(&mut self) {
        let period = if self.hurried { STALLED_WHEN_STOPPING } else { self.alive.period() };
        #[expect(clippy::disallowed_methods, reason = "the timer's own clock")]
        let next = Instant::now() + period;
        self.deadline.as_mut().reset(next);
    }

    /// Whether the connection was used since the last call.
    fn was_active(&mut self) -> bool {
        let written = std::mem::take(&mut self.written);
        let counted = std::mem::replace(&mut self.counted, self.activity.count());
        self.activity.is_answering()
            || match self.alive {
                _ if self.hurried => written > 0,
                Alive::Http1(_) => written > 0,
                Alive::Http2(_) => counted != self.counted || written >= ANSWERING,
            }
    }
}

impl<S: AsyncWrite + Unpin> Connection<S> {
    /// Nothing is sent while the client does not read: the timeout applies.
    fn sent(&mut self, cx: &mut Context<'_>, sent: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match sent {
            Poll::Ready(Ok(bytes)) => self.written = self.written.saturating_add(bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => return self.poll_idle(cx).map(Err),
        }
        sent
    }

    fn poll_replacement(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while let Some(replacement) = &mut self.replacement {
            if replacement.written == replacement.bytes.len() {
                let stands_for = replacement.stands_for;
                self.replacement = None;
                return Poll::Ready(Ok(stands_for));
            }
            let rest = &replacement.bytes[replacement.written..];
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            replacement.written += written;
        }
        Poll::Ready(Ok(0))
    }

    fn replaces(&mut self, bytes: &[u8]) -> bool {
        if self.replacement.is_none()
            && let Some(replacement) = faults::with_body(bytes)
        {
            // A request that could not be parsed is not read to its end.
            self.activity.leave_unread();
            self.replacement = Some(Replacement { bytes: replacement, written: 0, stands_for: bytes.len() });
        }
        self.replacement.is_some()
    }
}

impl<S: AsyncRead + Unpin> Connection<S> {
    /// Reads and discards for [`READ_ON`] (RFC 9112 section 9.6). If a socket is closed with unread data, the system resets the
    /// connection, and then the client loses what it has not read yet: our answer.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let until = self.lingering.get_or_insert_with(|| timer(READ_ON));
        let mut bytes = [0; 8 << 10];
        loop {
            if until.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut rest = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut rest)) {
                Ok(()) if !rest.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(read) => Poll::Ready(read),
            Poll::Pending => self.poll_idle(cx).map(Err),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = if self.replaces(bytes) {
            self.poll_replacement(cx)
        } else {
            Pin::new(&mut self.stream).poll_write(cx, bytes)
        };
        self.sent(cx, sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = if slices.first().is_some_and(|first| self.replaces(first)) {
            self.poll_replacement(cx)
        } else {
            Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
        };
        self.sent(cx, sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(flushed) => Poll::Ready(flushed),
            Poll::Pending => self.poll_idle(cx).map(Err),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            match Pin::new(&mut self.stream).poll_shutdown(cx) {
                Poll::Ready(Ok(())) if self.activity.left_unread() => {}
                Poll::Ready(ended) => return Poll::Ready(ended),
                Poll::Pending => return self.poll_idle(cx).map(Err),
            }
        }
        self.poll_linger(cx).map(Ok)
    }
}

//! A connection that ends when nothing was answered on it for too long, and that gives the HTTP library's own errors a body.
//!
//! The HTTP library has a timer of its own for a request's head. It makes one anew for each request, which took a twentieth
//! of a verification's time; this one is made once a connection, and moved once a period.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

use super::faults;
use crate::http::Open;

/// What keeps a connection open for another period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alive {
    /// Something was written. For HTTP/1.1: a request's head that trickles in does not count.
    Written(Duration),
    /// Something was written or read. For HTTP/2, which has frames of its own to ask whether the other side is there.
    Carried(Duration),
}

/// Wraps a stream. Holds its place among `server.max_connections`.
pub(super) struct Connection<S> {
    stream: S,
    alive: Alive,
    deadline: Pin<Box<Sleep>>,
    /// Whether the connection was used since the deadline was set. Looking at a flag costs less than moving a timer for each
    /// read; the price is that an idle connection ends after between one and two periods.
    active: bool,
    replacement: Option<Replacement>,
    _place: Place,
}

/// A place among `server.max_connections`, and that it is taken being told.
pub(super) type Place = (OwnedSemaphorePermit, Open);

/// Bytes that go out in the place of others.
struct Replacement {
    bytes: Vec<u8>,
    written: usize,
    stands_for: usize,
}

impl Alive {
    fn period(self) -> Duration {
        match self {
            Self::Written(period) | Self::Carried(period) => period,
        }
    }
}

impl<S> Connection<S> {
    pub(super) fn new(stream: S, alive: Alive, place: Place) -> Self {
        #[expect(clippy::disallowed_methods, reason = "an idle period is the purpose")]
        let deadline = Box::pin(tokio::time::sleep(alive.period()));
        Self { stream, alive, deadline, active: false, replacement: None, _place: place }
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.deadline.as_mut().poll(cx));
            if !self.active {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.active = false;
            #[expect(clippy::disallowed_methods, reason = "the timer's own clock")]
            let next = Instant::now() + self.alive.period();
            self.deadline.as_mut().reset(next);
        }
    }
}

impl<S: AsyncWrite + Unpin> Connection<S> {
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
            self.replacement = Some(Replacement { bytes: replacement, written: 0, stands_for: bytes.len() });
        }
        self.replacement.is_some()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(read) => {
                self.active |= matches!(self.alive, Alive::Carried(_));
                Poll::Ready(read)
            }
            Poll::Pending => self.poll_idle(cx).map(Err),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.active = true;
        if self.replaces(bytes) {
            return self.poll_replacement(cx);
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.active = true;
        if slices.first().is_some_and(|first| self.replaces(first)) {
            return self.poll_replacement(cx);
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

//! A request's body, read as it arrives.
//!
//! It is read whether its handler wants it yet or not. What the HTTP library keeps for a handler that is not there yet has no
//! bound that we could set for all connections together, and each of its pieces keeps the buffer alive that it came in. Here
//! the bytes are copied together, and counted: see [`Budget`].
//!
//! A refusal may come before the body does: HTTP libraries send head and body apart. The library below us would close such a
//! connection of HTTP/1.1 without a word, and a client that uses it again finds it dead. So the rest is read, for a moment, or
//! the answer says that it is the last one (RFC 9112 section 9.6).

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::EXPECT;
use axum::http::{Request, Version};
use hyper::body::{Frame, SizeHint};

use super::budget::{Budget, Lease};
use super::inspect::head_memory;
use super::notes::Notes;

/// How long the rest is read before the answer goes out, and how long after it the connection is: together a second. A client that
/// sends its body without waiting for the answer has sent it within a round trip.
pub const READ_ON: Duration = Duration::from_millis(500);

/// A request of HTTP/1.1 whose head and body are known to be no longer, in bytes, takes no more than its connection itself, on which
/// it is the only one. Connections are counted already, so such a request takes no lock for its part of the memory.
const LITTLE: u64 = 4 << 10;

/// Why a body cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum BodyError {
    /// It breaks off.
    Broken,
    /// It is longer than `http.max_body`.
    TooLong,
    /// There is no memory for it now.
    NoMemory,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broken => "the body breaks off",
            Self::TooLong => "the body is too long",
            Self::NoMemory => "there is no memory for the body",
        })
    }
}

impl Error for BodyError {}

/// A body that two hold: the handler, as its request's body, and what surrounds it, which has it read.
#[derive(Clone)]
pub(super) struct RequestBody {
    reading: Arc<Mutex<Reading>>,
    version: Version,
}

struct Reading {
    body: Body,
    bytes: Vec<u8>,
    state: State,
    memory: Memory,
    limit: usize,
    /// The handler has asked. Nothing is read before, where the client waits to be asked for its body (RFC 9110 section
    /// 10.1.1): it must not be asked for one that nobody wants.
    asked: bool,
    waits_to_be_asked: bool,
    handler: Option<Waker>,
}

/// What the bytes take.
enum Memory {
    /// A part of the budget.
    Leased(Lease),
    /// At most [`LITTLE`].
    OfTheConnection,
    /// Nothing: there is none, or what came is thrown away.
    None,
}

impl Memory {
    fn grow(&mut self, bytes: usize) -> bool {
        match self {
            Self::Leased(lease) => lease.grow(bytes),
            Self::OfTheConnection => true,
            Self::None => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Arriving,
    There,
    Given,
    Failed(BodyError),
}

impl RequestBody {
    /// Takes the body out of a request, if it has one that is not there yet, and leaves one in its place that is read from this
    /// one.
    pub(super) fn take(
        request: &mut Request<Body>,
        budget: &Arc<Budget>,
        notes: &Arc<Notes>,
        limit: usize,
    ) -> Option<Self> {
        if request.body().is_end_stream() {
            return None;
        }
        let is_http1 = request.version() <= Version::HTTP_11;
        let (head, length) = (head_memory(request), request.body().size_hint().exact());
        let is_little = is_http1 && length.is_some_and(|length| length.saturating_add(head as u64) <= LITTLE);
        let memory = if is_little {
            Memory::OfTheConnection
        } else {
            budget.lease(notes, head).map_or(Memory::None, Memory::Leased)
        };
        let has_memory = !matches!(memory, Memory::None);
        let reading = Reading {
            bytes: Vec::new(),
            state: if has_memory { State::Arriving } else { State::Failed(BodyError::NoMemory) },
            memory,
            limit,
            asked: false,
            // Of HTTP/2, what is not read waits here, and not at the client.
            waits_to_be_asked: is_http1 && request.headers().contains_key(EXPECT),
            handler: None,
            body: std::mem::take(request.body_mut()),
        };
        let this = Self { reading: Arc::new(Mutex::new(reading)), version: request.version() };
        *request.body_mut() = Body::new(this.clone());
        Some(this)
    }

    /// Whether the request can be begun.
    pub(super) fn has_memory(&self) -> bool {
        self.reading().state != State::Failed(BodyError::NoMemory)
    }

    /// Has the body read while its request is being answered.
    pub(super) async fn read_during<T>(&self, answering: impl Future<Output = T>) -> T {
        let mut answering = std::pin::pin!(answering);
        poll_fn(|context| {
            let mut reading = self.reading();
            if reading.asked || !reading.waits_to_be_asked {
                reading.poll_read(context);
            }
            drop(reading);
            answering.as_mut().poll(context)
        })
        .await
    }

    /// Once the answer is there, reads the rest and throws it away, for a moment and not more than `http.max_body`. False when
    /// the end was not reached, so that the connection cannot go on. Of HTTP/2, a request's end is not the connection's.
    pub(super) async fn read_to_its_end(self) -> bool {
        let mut left = {
            let mut reading = self.reading();
            reading.throw_away();
            if self.version > Version::HTTP_11 || matches!(reading.state, State::There | State::Given) {
                return true;
            }
            // A body that says that it is too long is not read to see whether it is.
            let waits = reading.waits_to_be_asked && !reading.asked;
            let too_long = reading.body.size_hint().lower() > reading.limit as u64;
            if waits || too_long || reading.state == State::Failed(BodyError::Broken) {
                return false;
            }
            reading.limit
        };
        let read = poll_fn(|context| {
            let mut reading = self.reading();
            loop {
                match std::task::ready!(Pin::new(&mut reading.body).poll_frame(context)) {
                    None => return Poll::Ready(true),
                    Some(Err(_)) => return Poll::Ready(false),
                    Some(Ok(frame)) => match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                        None => return Poll::Ready(false),
                        Some(rest) => left = rest,
                    },
                }
            }
        });
        tokio::time::timeout(READ_ON, read).await.unwrap_or(false)
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    /// Reads what is there. Whoever polls it polls the handler next, or is the handler: in the same task it need not be woken,
    /// which would have the whole connection polled once more for nothing.
    fn poll_read(&mut self, context: &mut Context<'_>) {
        while self.state == State::Arriving {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Pending => return,
                Poll::Ready(None) => {
                    self.state = State::There;
                    if let Memory::Leased(lease) = &mut self.memory {
                        lease.finish();
                    }
                }
                Poll::Ready(Some(Err(_))) => self.fail(BodyError::Broken),
                Poll::Ready(Some(Ok(frame))) => {
                    if let Err(error) = frame.into_data().map_or(Ok(()), |data| self.append(&data)) {
                        self.fail(error);
                    }
                }
            }
        }
        if let Some(handler) = self.handler.take()
            && !handler.will_wake(context.waker())
        {
            handler.wake();
        }
    }

    fn append(&mut self, data: &[u8]) -> Result<(), BodyError> {
        let needed = self.bytes.len() + data.len();
        if needed > self.limit {
            return Err(BodyError::TooLong);
        }
        if needed > self.bytes.capacity() {
            let capacity = needed.max(2 * self.bytes.capacity()).min(self.limit);
            let more = capacity - self.bytes.capacity();
            if !self.memory.grow(more) {
                return Err(BodyError::NoMemory);
            }
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    fn fail(&mut self, error: BodyError) {
        self.state = State::Failed(error);
        self.throw_away();
    }

    fn throw_away(&mut self) {
        self.bytes = Vec::new();
        self.memory = Memory::None;
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut reading = self.reading();
        reading.asked = true;
        reading.poll_read(context);
        match reading.state {
            State::Arriving => {
                reading.handler = Some(context.waker().clone());
                Poll::Pending
            }
            State::Failed(error) => Poll::Ready(Some(Err(error))),
            State::Given => Poll::Ready(None),
            State::There => {
                reading.state = State::Given;
                let bytes = std::mem::take(&mut reading.bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes.into()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let reading = self.reading();
        reading.state == State::Given || reading.state == State::There && reading.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let reading = self.reading();
        match reading.state {
            State::Arriving => reading.body.size_hint(),
            State::There => SizeHint::with_exact(reading.bytes.len() as u64),
            State::Given | State::Failed(_) => SizeHint::default(),
        }
    }
}

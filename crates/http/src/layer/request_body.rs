//! A request's body, read as it arrives.
//!
//! It is read whether its handler wants it yet or not. What the HTTP library keeps for a handler that is not there yet has no
//! bound that we could set for all connections together, and each of its pieces keeps the buffer alive that it came in. Here
//! the bytes are copied together, and counted: see [`Budget`].
//!
//! A refusal may come before the body does: HTTP libraries send head and body apart. The library below us would close such a
//! connection of HTTP/1.1 without a word, and a client that uses it again finds it dead. So the rest is read, for a moment, or
//! the answer says that it is the last one (RFC 9112 section 9.6). Of HTTP/2, the library would reset the stream behind the
//! answer, which it may (RFC 9113 section 8.1), but curl 7.88 then shows an error in the place of the answer. So the rest is read,
//! for a moment before the answer and then after it, within the bounds that a body has that somebody waits for.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::EXPECT;
use axum::http::{Request, Version};
use futures_util::FutureExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::time::timeout;

use super::budget::{Budget, Lease};
use super::inspect::head_memory;
use super::notes::Notes;
use zonemint_telemetry::{Task, task};

/// How long the rest is read before the answer goes out, and how long after it the connection is: together a second. A client that
/// sends its body without waiting for the answer has sent it within a round trip.
pub const READ_ON: Duration = Duration::from_millis(500);
/// How much is read after an answer of HTTP/2 of a body that is too long, in bytes: several of the longest windows that are given
/// (`serve`). Who sends more than a window has read what was sent before the next one was given, and so the answer.
const READ_ON_BYTES: usize = 4 << 20;

/// A request of HTTP/1.1 whose head and body are known to be no longer, in bytes, takes no more than its connection itself, on which
/// it is the only one. Connections are counted already, so such a request takes no lock for its part of the memory.
const LITTLE: u64 = 4 << 10;

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// It ends too early.
    #[error("the body breaks off")]
    Broken,
    /// It is longer than `http.max_body`.
    #[error("the body is too long")]
    TooLong,
    /// There is not enough memory for it now.
    #[error("there is no memory for the body")]
    NoMemory,
}

/// A body with two owners: the handler, as its request's body, and the envelope, which reads it.
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

/// The memory of the bytes.
enum Memory {
    /// A part of the budget.
    Leased(Lease),
    /// At most [`LITTLE`].
    OfTheConnection,
    /// Nothing: there is none.
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

/// What is not read yet of a body that is not needed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Nothing.
    None,
    /// Nothing more can come.
    Broken,
    /// What may be within `http.max_body`.
    Coming,
    /// What the client sends when it is asked to.
    Awaited,
    /// More than `http.max_body`.
    TooLong,
}

impl RequestBody {
    /// Takes the body out of a request, if it is still arriving, and puts one in its place that reads from this one.
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

    /// Whether there is memory for the request.
    pub(super) fn has_memory(&self) -> bool {
        self.reading().state != State::Failed(BodyError::NoMemory)
    }

    /// Reads the body while its request is answered.
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

    /// Once the answer is there, has the rest read and thrown away: for a moment before the answer goes out, and of HTTP/2 after
    /// it, too. False when the end was not reached and the connection cannot go on, which it can with HTTP/2. `left` is how much
    /// longer the body may take to arrive; for one whose time is over, the answer does not wait.
    pub(super) async fn read_to_its_end(self, left: impl Fn() -> Duration) -> bool {
        let is_http1 = self.version <= Version::HTTP_11;
        let (rest, limit) = {
            let mut reading = self.reading();
            reading.throw_away();
            (reading.rest(), reading.limit)
        };
        match rest {
            Rest::None => true,
            Rest::Coming if is_http1 => timeout(READ_ON.min(left()), self.discard(limit)).await == Ok(Rest::None),
            Rest::Coming | Rest::TooLong if !is_http1 => {
                self.discard_around_the_answer(rest, left).await;
                true
            }
            // A body that says that it is too long is not read to see whether it is.
            Rest::Broken | Rest::Awaited | Rest::TooLong | Rest::Coming => !is_http1,
        }
    }

    /// Keeps a stream of HTTP/2 open until its body is there: no longer than bodies may take, and with the part of the memory
    /// that every unfinished request has. Without that part, only what has come already is read. curl 7.88 breaks a body off when
    /// it sees that it is refused, which is an error to the library below us; so the body is read before, if it comes at once.
    async fn discard_around_the_answer(self, rest: Rest, left: impl Fn() -> Duration) {
        let bytes = if rest == Rest::TooLong { READ_ON_BYTES } else { self.reading().limit };
        if !matches!(self.reading().memory, Memory::Leased(_)) {
            self.discard(bytes).now_or_never();
            return;
        }
        let rest = match timeout(READ_ON.min(left()), self.discard(bytes)).await {
            Ok(Rest::None | Rest::Broken) => return,
            Ok(found) => found,
            Err(_) => rest,
        };
        task::once(Task::RequestBody, self.discard_all(rest, left()));
    }

    /// Reads on for as long as the body may take, and at least until a client has seen the answer.
    async fn discard_all(self, rest: Rest, left: Duration) {
        let limit = self.reading().limit;
        if rest == Rest::TooLong || timeout(left.max(READ_ON), self.discard(limit)).await == Ok(Rest::TooLong) {
            // The stream ends in any case.
            let _ = timeout(READ_ON, self.discard(READ_ON_BYTES)).await;
        }
    }

    /// Reads and drops so many bytes, and returns what is left.
    async fn discard(&self, bytes: usize) -> Rest {
        let mut left = bytes;
        poll_fn(|context| {
            let mut reading = self.reading();
            loop {
                match std::task::ready!(Pin::new(&mut reading.body).poll_frame(context)) {
                    None => return Poll::Ready(Rest::None),
                    Some(Err(_)) => return Poll::Ready(Rest::Broken),
                    Some(Ok(frame)) => match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                        None => return Poll::Ready(Rest::TooLong),
                        Some(rest) => left = rest,
                    },
                }
            }
        })
        .await
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    /// Reads what has arrived. The caller polls the handler next, or is the handler. In the same task it needs no waking, which would
    /// poll the whole connection once more in vain.
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
        if let Memory::Leased(lease) = &mut self.memory {
            lease.keep_unfinished();
        }
    }

    fn rest(&self) -> Rest {
        match self.state {
            State::There | State::Given => Rest::None,
            State::Failed(BodyError::Broken) => Rest::Broken,
            _ if self.waits_to_be_asked && !self.asked => Rest::Awaited,
            _ if self.body.size_hint().lower() > self.limit as u64 => Rest::TooLong,
            State::Arriving | State::Failed(BodyError::TooLong | BodyError::NoMemory) => Rest::Coming,
        }
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

#[cfg(test)]
mod tests;

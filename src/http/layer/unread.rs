//! What is left of a request's body when its answer is there.
//!
//! A refusal may come before the body does: HTTP libraries send head and body apart. The library below us would close such a
//! connection without a word, and whoever uses it again finds it dead. So the rest is read, for a moment, or the answer says
//! that it is the last one (RFC 9112 section 9.6).

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::EXPECT;
use axum::http::{Request, Version};
use hyper::body::{Frame, SizeHint};

/// How long the rest is waited for. A client that does not wait for the answer before it sends the body has it here within a
/// round trip.
const PATIENCE: Duration = Duration::from_secs(1);

/// A body that two hold: who answers the request, and after it who sends the answer.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Body>>);

/// Keeps hold of a request's body, if there is one that could be left unread.
pub(super) fn hold(request: &mut Request<Body>) -> Option<Held> {
    // In HTTP/2 a request's end is not the connection's.
    if request.version() > Version::HTTP_11 || request.body().is_end_stream() {
        return None;
    }
    // Who waits to be asked for the body must not be asked for one that nobody wants.
    let may_ask = !request.headers().contains_key(EXPECT);
    let shared = Shared(Arc::new(Mutex::new(std::mem::take(request.body_mut()))));
    *request.body_mut() = Body::new(shared.clone());
    Some(Held { shared, may_ask })
}

/// The body of a request that is being answered.
pub(super) struct Held {
    shared: Shared,
    may_ask: bool,
}

impl Held {
    /// Reads the rest, of at most so many bytes. False when its end was not reached, and the connection cannot go on.
    pub(super) async fn read_to_its_end(self, limit: usize) -> bool {
        let Self { mut shared, may_ask } = self;
        if shared.is_end_stream() {
            return true;
        }
        // A body that says that it is too long is not read to see whether it is.
        if !may_ask || shared.size_hint().lower() > limit as u64 {
            return false;
        }
        let read = async {
            let mut left = limit;
            while let Some(frame) = poll_fn(|context| Pin::new(&mut shared).poll_frame(context)).await {
                let Ok(frame) = frame else { return false };
                let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return false };
                left = rest;
            }
            true
        };
        tokio::time::timeout(PATIENCE, read).await.unwrap_or(false)
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}

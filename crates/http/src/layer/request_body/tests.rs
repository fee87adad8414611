//! What becomes of the rest of a body of HTTP/2 whose request is answered already.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::*;

const LIMIT: usize = 1_024;
/// Each takes 8 KiB until it is there, and its head.
const TWO_REQUESTS: usize = 20 << 10;
const SOON: Duration = Duration::from_millis(1);
const LATE: Duration = Duration::from_hours(1);

/// A body that is sent piece by piece. It is dropped where the HTTP library resets the stream.
struct Sent {
    pieces: Receiver<usize>,
    length: Option<u64>,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.pieces.poll_recv(context).map(|piece| piece.map(|length| Ok(Frame::data(Bytes::from(vec![b' '; length])))))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn budget() -> Arc<Budget> {
    Budget::of(TWO_REQUESTS, TWO_REQUESTS)
}

/// Takes a body whose length the request says or not, and answers while none of it is there.
fn answering(
    budget: &Arc<Budget>,
    length: Option<u64>,
    left: Duration,
) -> (Sender<usize>, Pin<Box<impl Future<Output = bool>>>) {
    answering_in(Version::HTTP_2, budget, length, left)
}

fn answering_in(
    version: Version,
    budget: &Arc<Budget>,
    length: Option<u64>,
    left: Duration,
) -> (Sender<usize>, Pin<Box<impl Future<Output = bool>>>) {
    let (sender, pieces) = channel(8);
    let body = Body::new(Sent { pieces, length });
    let mut request = Request::builder().version(version).body(body).unwrap();
    let address = Ipv4Addr::LOCALHOST;
    let notes = Arc::new(Notes::of_first_request(SocketAddr::from((address, 1)), Some(address.into())));
    let taken = RequestBody::take(&mut request, budget, &notes, LIMIT).unwrap();
    drop(request);
    (sender, Box::pin(taken.read_to_its_end(move || left)))
}

async fn answered(budget: &Arc<Budget>, length: Option<u64>, left: Duration) -> Sender<usize> {
    let (sender, answering) = answering(budget, length, left);
    assert!(answering.await, "the connection goes on");
    sender
}

#[tokio::test]
async fn what_comes_at_once_is_read_before_the_answer() {
    let budget = budget();
    let (sender, mut answering) = answering(&budget, Some(2), LATE);
    assert!(answering.as_mut().now_or_never().is_none(), "the rest is awaited");
    drop(sender);
    assert_eq!(answering.as_mut().now_or_never(), Some(true));
}

#[tokio::test]
async fn it_is_awaited_within_the_time_that_bodies_have() {
    let sender = answered(&budget(), Some(2), LATE).await;
    sender.send(2).await.unwrap();
    timeout(READ_ON * 2, sender.closed()).await.expect_err("its end is awaited");
    answered(&budget(), Some(2), SOON).await.closed().await;
}

/// The answer of a late body does not wait for the rest. A stream of HTTP/2 is kept until its client has seen the answer.
#[tokio::test]
async fn the_answer_does_not_wait_for_a_body_whose_time_is_over() {
    for length in [Some(2), None, Some(u64::MAX)] {
        for (version, goes_on) in [(Version::HTTP_11, false), (Version::HTTP_2, true)] {
            let budget = budget();
            let (sender, answering) = answering_in(version, &budget, length, Duration::ZERO);
            assert_eq!(timeout(READ_ON / 2, answering).await, Ok(goes_on), "{version:?}, {length:?}");
            assert_eq!(timeout(READ_ON / 2, sender.closed()).await.is_err(), goes_on, "{version:?}, {length:?}");
            sender.closed().await;
        }
    }
}

#[tokio::test]
async fn what_is_too_long_is_read_for_a_moment_and_up_to_a_bound() {
    let sender = answered(&budget(), Some(u64::MAX), LATE).await;
    assert!(!sender.is_closed(), "the answer must be seen first");
    sender.closed().await;

    let sender = answered(&budget(), None, LATE).await;
    for piece in [LIMIT, 1, 1] {
        sender.send(piece).await.unwrap();
    }
    tokio::task::yield_now().await;
    assert!(!sender.is_closed(), "the answer must be seen first");
    sender.closed().await;

    let sender = answered(&budget(), Some(u64::MAX), LATE).await;
    sender.send(READ_ON_BYTES).await.unwrap();
    sender.send(1).await.unwrap();
    sender.closed().await;
}

#[tokio::test]
async fn it_is_counted_as_any_request_that_is_not_there_and_not_awaited_without_memory() {
    let budget = budget();
    let mut held = Vec::new();
    while let sender = answered(&budget, None, LATE).await
        && !sender.is_closed()
    {
        held.push(sender);
    }
    assert_eq!(held.len(), 2, "it has memory for two requests");
    drop(held);
    while answered(&budget, None, LATE).await.is_closed() {
        tokio::task::yield_now().await;
    }
}

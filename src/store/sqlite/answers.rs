//! What is told once a transaction has ended, and where it is waited for.

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::store::{Inserted, StoreError};

pub(super) type Deliver = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The runtime of whoever waits for an answer; none for one who waits outside of any.
pub(super) type Waiting = Option<Handle>;

/// An answer to one job, which is given when the transaction has ended.
pub(super) struct Answer {
    waiting: Waiting,
    content: Content,
}

enum Content {
    Minted(oneshot::Sender<Result<Inserted, StoreError>>, Result<Inserted, StoreError>),
    Other(Deliver),
}

impl Answer {
    /// Of a mint.
    pub(super) fn minted(
        (waiting, sender): (Waiting, oneshot::Sender<Result<Inserted, StoreError>>),
        inserted: Result<Inserted, StoreError>,
    ) -> Self {
        Self { waiting, content: Content::Minted(sender, inserted) }
    }

    /// Of any other job.
    pub(super) fn other(waiting: Waiting, deliver: Deliver) -> Self {
        Self { waiting, content: Content::Other(deliver) }
    }

    fn give(self, committed: Result<(), StoreError>) {
        match self.content {
            Content::Minted(sender, inserted) => {
                // The receiver is gone when its request was abandoned; the token is there all the same.
                let _ = sender.send(committed.and(inserted));
            }
            Content::Other(deliver) => deliver(committed),
        }
    }
}

/// Answers that are given when this is dropped: also if the runtime that is to do it is ending.
struct Delivery {
    answers: Vec<Answer>,
    committed: Result<(), StoreError>,
}

impl Drop for Delivery {
    fn drop(&mut self) {
        for answer in self.answers.drain(..) {
            answer.give(self.committed.clone());
        }
    }
}

/// Gives all answers. Each runtime is woken once, and wakes its own tasks: to wake one from another thread takes a system call.
pub(super) fn give_all(answers: Vec<Answer>, committed: &Result<(), StoreError>) {
    let mut deliveries: Vec<(Waiting, Delivery)> = Vec::new();
    for answer in answers {
        let of_same = |(waiting, _): &&mut (Waiting, _)| id(waiting) == id(&answer.waiting);
        match deliveries.iter_mut().find(of_same) {
            Some((_, delivery)) => delivery.answers.push(answer),
            None => {
                let waiting = answer.waiting.clone();
                deliveries.push((waiting, Delivery { answers: vec![answer], committed: committed.clone() }));
            }
        }
    }
    for (waiting, delivery) in deliveries {
        match waiting.filter(|_| delivery.answers.len() > 1) {
            Some(runtime) => drop(runtime.spawn(async move { drop(delivery) })),
            None => drop(delivery),
        }
    }
}

fn id(waiting: &Waiting) -> Option<tokio::runtime::Id> {
    waiting.as_ref().map(Handle::id)
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::runtime::{Builder, Runtime};

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    fn answer(of: &Runtime) -> (Answer, oneshot::Receiver<Result<Inserted, StoreError>>) {
        let (sender, receiver) = oneshot::channel();
        (Answer::minted((Some(of.handle().clone()), sender), Ok(Inserted::Stored)), receiver)
    }

    #[test]
    fn answers_are_given_on_the_runtime_that_waits() {
        let (one, other) = (runtime(), runtime());
        let (answers, mut receivers): (Vec<_>, Vec<_>) =
            [&one, &other, &one, &other, &other].map(answer).into_iter().unzip();
        give_all(answers, &Ok(()));
        assert!(receivers[0].try_recv().is_err(), "its runtime has not run yet");
        let receivers: Vec<_> = receivers.into_iter().zip([&one, &other, &one, &other, &other]).collect();
        for (receiver, runtime) in receivers {
            assert!(matches!(runtime.block_on(receiver), Ok(Ok(Inserted::Stored))));
        }
    }

    #[test]
    fn answers_are_given_although_the_runtime_has_ended() {
        let ended = runtime();
        let (answers, receivers): (Vec<_>, Vec<_>) = [&ended, &ended].map(answer).into_iter().unzip();
        drop(ended);
        give_all(answers, &Err(StoreError::Overloaded));
        for mut receiver in receivers {
            assert!(matches!(receiver.try_recv(), Ok(Err(StoreError::Overloaded))));
        }
    }
}

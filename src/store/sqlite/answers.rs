//! What is told once a transaction has ended, and where it is waited for.

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::store::command::Outcome;
use crate::store::{Inserted, StoreError};

type Told<T> = Result<T, StoreError>;

/// Who waits for the answer to one job.
pub(super) struct Asker<T> {
    /// Where; none for one who waits outside of any runtime.
    runtime: Option<Handle>,
    sender: oneshot::Sender<Told<T>>,
}

impl<T> Asker<T> {
    /// Somebody on the present runtime, and what to wait for.
    pub(super) fn here() -> (Self, oneshot::Receiver<Told<T>>) {
        let (sender, receiver) = oneshot::channel();
        (Self { runtime: Handle::try_current().ok(), sender }, receiver)
    }
}

/// An answer that is given when the transaction has ended.
pub(super) enum Answer {
    Mint(Asker<Inserted>, Told<Inserted>),
    Command(Asker<Outcome>, Told<Outcome>),
}

impl Answer {
    fn runtime(&self) -> Option<&Handle> {
        match self {
            Self::Mint(asker, _) => asker.runtime.as_ref(),
            Self::Command(asker, _) => asker.runtime.as_ref(),
        }
    }

    /// The receiver is gone when its request was abandoned; the work is done all the same.
    fn give(self, committed: Told<()>) {
        match self {
            Self::Mint(asker, told) => drop(asker.sender.send(committed.and(told))),
            Self::Command(asker, told) => drop(asker.sender.send(committed.and(told))),
        }
    }
}

/// Answers that are given when this is dropped: also if the runtime that is to do it is ending.
struct Delivery {
    answers: Vec<Answer>,
    committed: Told<()>,
}

impl Drop for Delivery {
    fn drop(&mut self) {
        for answer in self.answers.drain(..) {
            answer.give(self.committed.clone());
        }
    }
}

/// Gives all answers. Each runtime is woken once, and wakes its own tasks: to wake one from another thread takes a system call.
pub(super) fn give_all(answers: Vec<Answer>, committed: &Told<()>) {
    let mut deliveries: Vec<(Option<Handle>, Delivery)> = Vec::new();
    for answer in answers {
        let runtime = answer.runtime();
        let of_same = |(known, _): &&mut (Option<Handle>, _)| known.as_ref().map(Handle::id) == runtime.map(Handle::id);
        match deliveries.iter_mut().find(of_same) {
            Some((_, delivery)) => delivery.answers.push(answer),
            None => {
                let runtime = runtime.cloned();
                deliveries.push((runtime, Delivery { answers: vec![answer], committed: committed.clone() }));
            }
        }
    }
    for (runtime, delivery) in deliveries {
        match runtime.filter(|_| delivery.answers.len() > 1) {
            Some(runtime) => drop(runtime.spawn(async move { drop(delivery) })),
            None => drop(delivery),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::runtime::{Builder, Runtime};

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    fn answer(of: &Runtime) -> (Answer, oneshot::Receiver<Told<Inserted>>) {
        let _entered = of.enter();
        let (asker, receiver) = Asker::here();
        (Answer::Mint(asker, Ok(Inserted::Stored)), receiver)
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

//! The answers to writes, once their transaction has ended.

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::StoreError;
use super::command::Outcome;

/// The outcome of a write, or why there is none.
pub(super) type WriteResult = Result<Outcome, StoreError>;

/// Sends the outcome of a write to the caller that waits for it.
pub(super) struct Responder {
    /// The runtime that the caller waits on; none for one outside of any runtime.
    runtime: Option<Handle>,
    sender: oneshot::Sender<WriteResult>,
}

impl Responder {
    /// Makes one for the present runtime, and the receiver to wait on.
    pub(super) fn here() -> (Self, oneshot::Receiver<WriteResult>) {
        let (sender, receiver) = oneshot::channel();
        (Self { runtime: Handle::try_current().ok(), sender }, receiver)
    }
}

/// Answers that are sent when this is dropped, which also happens when the runtime ends.
struct Delivery(Vec<(Responder, WriteResult)>);

impl Drop for Delivery {
    fn drop(&mut self) {
        for (responder, told) in self.0.drain(..) {
            // An abandoned request has dropped its receiver. Its work is done nevertheless.
            let _ = responder.sender.send(told);
        }
    }
}

/// Sends all answers. Each runtime is woken once and wakes its own tasks: waking a task from another thread takes a system call.
pub(super) fn give_all(answers: impl IntoIterator<Item = (Responder, WriteResult)>) {
    let mut deliveries: Vec<(Option<Handle>, Delivery)> = Vec::new();
    for (responder, told) in answers {
        let id = responder.runtime.as_ref().map(Handle::id);
        match deliveries.iter_mut().find(|(runtime, _)| runtime.as_ref().map(Handle::id) == id) {
            Some((_, delivery)) => delivery.0.push((responder, told)),
            None => deliveries.push((responder.runtime.clone(), Delivery(vec![(responder, told)]))),
        }
    }
    for (runtime, delivery) in deliveries {
        match runtime.filter(|_| delivery.0.len() > 1) {
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

    fn responder(on: &Runtime) -> (Responder, oneshot::Receiver<WriteResult>) {
        let _entered = on.enter();
        Responder::here()
    }

    #[test]
    fn answers_are_given_on_the_runtime_that_waits() {
        let (one, other) = (runtime(), runtime());
        let on = [&one, &other, &one, &other, &other];
        let (responders, mut receivers): (Vec<_>, Vec<_>) = on.map(responder).into_iter().unzip();
        give_all(responders.into_iter().enumerate().map(|(number, responder)| (responder, Ok(Outcome::Count(number)))));
        assert!(receivers[0].try_recv().is_err(), "its runtime has not run yet");
        for (number, (receiver, runtime)) in receivers.into_iter().zip(on).enumerate() {
            let told = runtime.block_on(receiver);
            assert!(matches!(told, Ok(Ok(Outcome::Count(told))) if told == number), "{told:?}");
        }
    }

    #[test]
    fn answers_are_given_although_the_runtime_has_ended() {
        let ended = runtime();
        let (responders, receivers): (Vec<_>, Vec<_>) = [&ended, &ended].map(responder).into_iter().unzip();
        drop(ended);
        give_all(responders.into_iter().map(|responder| (responder, Err(StoreError::Overloaded))));
        for mut receiver in receivers {
            assert!(matches!(receiver.try_recv(), Ok(Err(StoreError::Overloaded))));
        }
    }
}

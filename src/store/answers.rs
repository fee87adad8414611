//! What is told once a transaction has ended, and where it is waited for.

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::StoreError;
use super::command::Outcome;

/// The outcome of a write, or why there is none.
pub(super) type Told = Result<Outcome, StoreError>;

/// Who waits for the outcome of a write.
pub(super) struct Asker {
    /// Where; none for one who waits outside of any runtime.
    runtime: Option<Handle>,
    sender: oneshot::Sender<Told>,
}

impl Asker {
    /// Somebody on the present runtime, and what to wait for.
    pub(super) fn here() -> (Self, oneshot::Receiver<Told>) {
        let (sender, receiver) = oneshot::channel();
        (Self { runtime: Handle::try_current().ok(), sender }, receiver)
    }
}

/// Answers that are given when this is dropped: also if the runtime that is to do it is ending.
struct Delivery(Vec<(Asker, Told)>);

impl Drop for Delivery {
    fn drop(&mut self) {
        for (asker, told) in self.0.drain(..) {
            // The receiver is gone when its request was abandoned; the work is done all the same.
            let _ = asker.sender.send(told);
        }
    }
}

/// Gives all answers. Each runtime is woken once, and wakes its own tasks: to wake one from another thread takes a system call.
pub(super) fn give_all(answers: impl IntoIterator<Item = (Asker, Told)>) {
    let mut deliveries: Vec<(Option<Handle>, Delivery)> = Vec::new();
    for (asker, told) in answers {
        let id = asker.runtime.as_ref().map(Handle::id);
        match deliveries.iter_mut().find(|(runtime, _)| runtime.as_ref().map(Handle::id) == id) {
            Some((_, delivery)) => delivery.0.push((asker, told)),
            None => deliveries.push((asker.runtime.clone(), Delivery(vec![(asker, told)]))),
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

    fn asker(on: &Runtime) -> (Asker, oneshot::Receiver<Told>) {
        let _entered = on.enter();
        Asker::here()
    }

    #[test]
    fn answers_are_given_on_the_runtime_that_waits() {
        let (one, other) = (runtime(), runtime());
        let on = [&one, &other, &one, &other, &other];
        let (askers, mut receivers): (Vec<_>, Vec<_>) = on.map(asker).into_iter().unzip();
        give_all(askers.into_iter().enumerate().map(|(number, asker)| (asker, Ok(Outcome::Count(number)))));
        assert!(receivers[0].try_recv().is_err(), "its runtime has not run yet");
        for (number, (receiver, runtime)) in receivers.into_iter().zip(on).enumerate() {
            let told = runtime.block_on(receiver);
            assert!(matches!(told, Ok(Ok(Outcome::Count(told))) if told == number), "{told:?}");
        }
    }

    #[test]
    fn answers_are_given_although_the_runtime_has_ended() {
        let ended = runtime();
        let (askers, receivers): (Vec<_>, Vec<_>) = [&ended, &ended].map(asker).into_iter().unzip();
        drop(ended);
        give_all(askers.into_iter().map(|asker| (asker, Err(StoreError::Overloaded))));
        for mut receiver in receivers {
            assert!(matches!(receiver.try_recv(), Ok(Err(StoreError::Overloaded))));
        }
    }
}

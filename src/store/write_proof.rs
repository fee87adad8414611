//! Whether a mint would be stored, for whoever decides where to send requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};

use super::{Store, StoreError};

/// What a look came to.
#[derive(Debug, Clone)]
pub enum Proven {
    /// A mint would be stored.
    Yes,
    /// It is not known yet. The look before, if there was one, said yes.
    Pending,
    /// A mint would not be stored, and why.
    No(StoreError),
}

/// Looks whether a mint would be stored, once for all who ask at the same time. What the last look came to holds until the next
/// one is over.
#[derive(Default)]
pub struct WriteProof(Mutex<State>);

#[derive(Default)]
struct State {
    under_way: Option<Shared<BoxFuture<'static, Result<(), StoreError>>>>,
    last: Option<StoreError>,
}

impl WriteProof {
    /// Waits for an answer for up to `within`. A look whose answer came later is waited for again by the next who asks.
    pub async fn look(&self, store: &Arc<dyn Store>, within: Duration) -> Proven {
        let look = self
            .state()
            .under_way
            .get_or_insert_with(|| {
                let store = Arc::clone(store);
                async move { store.prove().await }.boxed().shared()
            })
            .clone();
        let answer = tokio::time::timeout(within, look.clone()).await;
        let mut state = self.state();
        let Ok(answer) = answer else {
            return state.last.clone().map_or(Proven::Pending, Proven::No);
        };
        if state.under_way.as_ref().is_some_and(|under_way| under_way.ptr_eq(&look)) {
            state.under_way = None;
        }
        state.last = answer.as_ref().err().cloned();
        answer.map_or_else(Proven::No, |()| Proven::Yes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Hints that the change feed has news, by LISTEN and NOTIFY. They are only hints: they are lost with a connection, databases that
//! are not PostgreSQL may refuse them, and they do not arrive behind a pooler. The feed is read at intervals anyway.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::AsyncMessage;

use super::connect::Connector;
use super::fault::Fault;
use zonemint_base::clock::ticks;
use zonemint_telemetry::{Task, task};

/// Sent with what is committed.
pub(super) const NOTIFY: &str = "NOTIFY zonemint_changes; ";
const LISTEN: &str = "LISTEN zonemint_changes";

/// How soon a connection that was lost is made again.
const PACE: Duration = Duration::from_secs(1);

/// Listens in a task of its own.
pub(super) struct Listener {
    heard: Arc<Notify>,
    understood: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Listener {
    pub(super) fn start(connector: Connector) -> Self {
        let (heard, understood) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let task = task::keep(Task::StoreHints, {
            let (heard, understood) = (Arc::clone(&heard), Arc::clone(&understood));
            move || listen(connector.clone(), Arc::clone(&heard), Arc::clone(&understood))
        });
        Self { heard, understood, task }
    }

    /// Whether the database is known to understand NOTIFY.
    pub(super) fn understood(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.understood)
    }

    /// Ends when a hint has arrived since the last call.
    pub(super) async fn heard(&self) {
        self.heard.notified().await;
    }

    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn listen(connector: Connector, heard: Arc<Notify>, understood: Arc<AtomicBool>) {
    let mut pace = ticks(PACE);
    loop {
        pace.tick().await;
        if connector.is_pooled_by_transaction() {
            // A process of the server that listens would be given to others next.
            understood.store(false, Ordering::Relaxed);
            return;
        }
        match listen_once(&connector, &heard, &understood).await {
            Err(fault) if fault.is_answer() && !fault.is_lost() => {
                tracing::info!(
                    error = fault.describe(),
                    "the database gives no hints of changes; the feed is read at intervals"
                );
                return;
            }
            Ok(()) | Err(_) => {}
        }
        // Hints may have been lost in the meantime.
        heard.notify_one();
    }
}

/// Ends when the connection does, with a fault if LISTEN was refused or the connection failed. Other parts of the store report that
/// no connection can be made.
async fn listen_once(connector: &Connector, heard: &Notify, understood: &AtomicBool) -> Result<(), Fault> {
    let Ok((client, mut connection)) = connector.connect().await else { return Ok(()) };
    let mut listening = pin!(client.batch_execute(LISTEN));
    let mut asked = true;
    loop {
        let message = std::future::poll_fn(|context| connection.poll_message(context));
        tokio::select! {
            biased;
            outcome = &mut listening, if asked => {
                outcome?;
                asked = false;
                understood.store(true, Ordering::Relaxed);
            }
            message = message => match message {
                Some(Ok(AsyncMessage::Notification(_))) => heard.notify_one(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            },
        }
    }
}

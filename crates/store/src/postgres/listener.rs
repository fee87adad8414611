//! Hints that the change feed has news, by LISTEN and NOTIFY. They are only hints: they get lost with a connection, databases
//! that are not PostgreSQL may refuse them, and behind a pooler they do not arrive. The feed is read now and then anyway.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::AsyncMessage;

use super::connect::Connector;
use super::fault::Fault;
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

    /// Ends when something was heard since the last time.
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
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
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
        // What was sent in the meantime was not heard.
        heard.notify_one();
    }
}

/// Ends when the connection does, with a fault if LISTEN was refused or nothing could be heard any more. Where there is no
/// connection to be had, others feel and tell it.
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

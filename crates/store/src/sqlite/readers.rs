//! Connections that only read. Each read is a snapshot of its own, taken on a thread that may block.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::error::{ReadError, engine_error};
use crate::StoreError;
use zonemint_telemetry::{Task, task, traces};

/// Makes a connection.
type Open = dyn Fn() -> rusqlite::Result<Connection> + Send + Sync;

/// A bounded set of reading connections, opened when first needed.
pub(super) struct Readers {
    open: Arc<Open>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(
        open: impl Fn() -> rusqlite::Result<Connection> + Send + Sync + 'static,
        connections: usize,
    ) -> Self {
        Self { open: Arc::new(open), idle: Arc::default(), permits: Arc::new(Semaphore::new(connections)) }
    }

    /// Runs `read` on one of the connections.
    pub(super) async fn run<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    {
        let _span = traces::span("store.read");
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::closed())?;
        let idle = Arc::clone(&self.idle);
        let open = Arc::clone(&self.open);
        let work = task::blocking(Task::StoreReader, move || {
            // The permit belongs to the work: a request that is abandoned still counts until its read is over.
            let _permit = permit;
            let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match connection {
                Some(connection) => connection,
                None => open().map_err(ReadError::Engine)?,
            };
            let result = read(&connection);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        });
        work.await.map_err(|_| StoreError::unavailable("a read ended with a panic"))?.map_err(|error| match error {
            ReadError::Engine(error) => StoreError::Unavailable(engine_error(&error)),
            ReadError::Corrupt(what) => StoreError::Corrupt { what },
        })
    }

    /// Lets nobody read any more, and closes the connections once they are idle.
    pub(super) fn close(&self) {
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

//! Connections that only read. A read that loses its connection is asked once more: it can do no harm twice.

use std::time::Duration;

use deadpool::managed::{Object, Pool, PoolError, TimeoutType};
use tokio_postgres::Row;

use super::batch::{Parameters, timed};
use super::connect::Connector;
use super::fault::Fault;
use crate::telemetry::traces;

/// A bounded set of reading connections, opened when first needed.
pub(super) struct Readers {
    pool: Pool<Connector>,
    patience: Duration,
}

impl Readers {
    /// At most `size` of them.
    pub(super) fn new(connector: &Connector, size: usize) -> Result<Self, Fault> {
        Ok(Self { pool: connector.pool(size)?, patience: connector.patience() })
    }

    /// Reads rows.
    pub(super) async fn query(&self, sql: &str, parameters: &Parameters<'_>) -> Result<Vec<Row>, Fault> {
        let _span = traces::span("store.read");
        match self.query_once(sql, parameters).await {
            Err(fault) if fault.is_lost() => {
                // What broke one connection has most likely broken all that are idle, and may not have come to light yet.
                self.pool.retain(|_, _| false);
                self.query_once(sql, parameters).await
            }
            other => other,
        }
    }

    /// Reads one record, if it is there.
    pub(super) async fn first<T>(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
        read: fn(&Row) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.query(sql, parameters).await?.first().map(read).transpose()
    }

    /// Reads records.
    pub(super) async fn all<T>(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
        read: fn(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        self.query(sql, parameters).await?.iter().map(read).collect()
    }

    async fn query_once(&self, sql: &str, parameters: &Parameters<'_>) -> Result<Vec<Row>, Fault> {
        let client = self.client().await?;
        let rows = timed(self.patience, async {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, parameters).await
        })
        .await;
        if rows.as_ref().is_err_and(Fault::is_lost) {
            drop_connection(client);
        }
        rows
    }

    async fn client(&self) -> Result<Object<Connector>, Fault> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => Fault::Busy,
            PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => Fault::Silence,
            PoolError::Backend(fault) => fault,
            PoolError::Closed => Fault::Other("the store is closed".to_owned()),
            PoolError::NoRuntimeSpecified => Fault::Other("the pool has no clock".to_owned()),
            PoolError::PostCreateHook(_) => Fault::Other("the pool has no hook".to_owned()),
        })
    }

    /// Lets nobody read any more, and closes the connections once they are idle.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

/// Takes a connection out of the pool for good: it may be in the midst of an answer that nobody waits for.
fn drop_connection(client: Object<Connector>) {
    drop(Object::take(client));
}

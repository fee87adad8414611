//! Connections that only read. A read that loses its connection is asked once more, if there is time: it can do no harm twice.

use std::time::Duration;

use deadpool::managed::{Object, Pool, PoolError, TimeoutType};
use tokio_postgres::Row;

use super::connect::{Connecting, Connector, Pooled};
use super::fault::Fault;
use super::session::{Parameters, parameters};
use crate::row::Kind;
use crate::sql::Query;
use zonemint_telemetry::traces;

/// A bounded set of reading connections, opened when first needed.
pub(super) struct Readers {
    pool: Pool<Connecting>,
    timeout: Duration,
    /// How long the server works on a read.
    limit: Duration,
}

impl Readers {
    /// At most `size` of them. A read is waited for no longer than a statement may take.
    pub(super) fn new(connector: &Connector, size: usize) -> Result<Self, Fault> {
        let limit = connector.statement_timeout();
        Ok(Self { pool: connector.pool(size)?, timeout: limit, limit })
    }

    /// One, whose loss is costly: the server is given the time to say itself that a statement takes too long.
    pub(super) fn lasting(connector: &Connector) -> Result<Self, Fault> {
        Ok(Self { pool: connector.pool(1)?, timeout: connector.answer_timeout(), limit: connector.statement_timeout() })
    }

    /// How long a read is waited for.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Reads rows, or fails within the time that these connections give a statement.
    pub(super) async fn query(&self, sql: &str, parameters: &Parameters<'_>) -> Result<Vec<Row>, Fault> {
        Ok(self.query_numbered(sql, parameters).await?.0)
    }

    /// As [`Readers::query`], with the number of the pool's connection that read them; where a pooler changes what is behind a
    /// connection, with that of the server.
    pub(super) async fn query_numbered(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
    ) -> Result<(Vec<Row>, u64), Fault> {
        let _span = traces::span("store.read");
        let mut asked = None;
        let reading = self.query_again_if_lost(sql, parameters, &mut asked);
        if let Ok(rows) = tokio::time::timeout(self.timeout, reading).await {
            return rows;
        }
        self.give_up(asked);
        Err(Fault::Silence)
    }

    async fn query_again_if_lost(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
        asked: &mut Option<Object<Connecting>>,
    ) -> Result<(Vec<Row>, u64), Fault> {
        match self.query_once(sql, parameters, asked).await {
            Err(fault) if fault.is_lost() => {
                self.give_up(asked.take());
                self.query_once(sql, parameters, asked).await
            }
            other => other,
        }
    }

    /// Removes a connection from the pool: it may still receive an answer that nobody waits for. All idle connections are most likely
    /// broken, too, so they are closed.
    fn give_up(&self, asked: Option<Object<Connecting>>) {
        asked.map(Object::take);
        self.pool.retain(|_, _| false);
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

    /// Reads records by a statement that both engines run.
    pub(super) async fn fetch<T>(&self, query: &Query<'_, T>) -> Result<Vec<T>, Fault> {
        self.all_of(query.statement.sql, &parameters(&query.statement), query.kind).await
    }

    /// Reads records of a kind.
    pub(super) async fn all_of<T>(&self, sql: &str, values: &Parameters<'_>, kind: &Kind<T>) -> Result<Vec<T>, Fault> {
        self.query(sql, values).await?.iter().map(|row| Ok(kind.of(row)?)).collect()
    }

    /// The connection stays in `asked` while its answer is waited for, and if it is lost.
    async fn query_once(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
        asked: &mut Option<Object<Connecting>>,
    ) -> Result<(Vec<Row>, u64), Fault> {
        let Pooled { session, number } = &**asked.insert(self.client().await?);
        let rows = match session.read(sql, parameters, self.limit).await {
            Ok((rows, None)) => Ok((rows, *number)),
            Ok((rows, Some(server))) => self.pool.manager().admit(&server).map(|number| (rows, number)),
            Err(error) => Err(Fault::from(error)),
        };
        if !rows.as_ref().is_err_and(Fault::is_lost) {
            *asked = None;
        }
        rows
    }

    async fn client(&self) -> Result<Object<Connecting>, Fault> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => Fault::Busy,
            PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => Fault::Silence,
            PoolError::Backend(fault) => fault,
            PoolError::Closed => Fault::Other("the store is closed".to_owned()),
            PoolError::NoRuntimeSpecified => Fault::Other("the pool has no clock".to_owned()),
            PoolError::PostCreateHook(_) => Fault::Other("the pool has no hook".to_owned()),
        })
    }

    /// Uses none of the connections again that there are now: they may lead to a server that is not the primary any more. `server` is
    /// what another reader's [`Readers::query_numbered`] told of the primary.
    pub(super) fn retire(&self, server: u64) {
        self.pool.manager().retire(server);
        self.pool.retain(|_, _| false);
    }

    /// Lets nobody read any more, and closes the connections once they are idle.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

//! One connection to the database, and how statements are sent on it.
//!
//! A pooler with transaction pooling gives each transaction any free server process. Then a session keeps nothing: statements have no
//! names and say the types of their parameters, and limits are set in each transaction. Otherwise each statement is prepared once,
//! and limits are set once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use futures_util::TryStreamExt as _;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row, SimpleQueryMessage};

use super::fault::{Fault, is_of_another_session};
use crate::sql;

/// Another server has another identifier, and the same one another timeline once a standby became the primary.
pub(super) const SERVER: &str = "SELECT system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
                                 FROM pg_control_system()";

/// Poolers that spread reads over standbys take a statement for a read that asks only for settings. The first setting is
/// PostgreSQL 14's.
const STANDBY: &str = "SELECT coalesce(current_setting('in_hot_standby', true),
    CASE WHEN current_setting('transaction_read_only', true) = 'on'
              AND current_setting('default_transaction_read_only', true) = 'off' THEN 'on' ELSE 'off' END)";

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

const LIMITS: &str = "SELECT name, setting FROM pg_settings
                      WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')";

/// For how long a connection has one process of the server. Without a pooler: always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooling {
    Session,
    Transaction,
}

/// Whether a server follows another one, as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Primary,
    Standby,
}

impl Role {
    /// A standby has old data: it may not know yet that a token is revoked.
    pub(super) fn must_be_primary(self) -> Result<(), Fault> {
        match self {
            Self::Primary => Ok(()),
            Self::Standby => Err(Fault::Other(
                "the address leads to a standby, or a pooler spreads reads over standbys: let it lead to the primary alone \
                 (pgpool: load_balance_mode = off)"
                    .to_owned(),
            )),
        }
    }
}

/// What is known of the pooling, shared by all connections of a store: a pooler may be set otherwise while we run.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownPooling(Arc<AtomicBool>);

impl KnownPooling {
    pub(super) fn pooling(&self) -> Pooling {
        if self.0.load(Ordering::Relaxed) { Pooling::Transaction } else { Pooling::Session }
    }

    pub(super) fn set_transaction(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A parameter of a statement, which knows its type.
pub(super) trait Value: Sync {
    fn column(&self) -> Type;
    fn sql(&self) -> &(dyn ToSql + Sync);
}

macro_rules! values {
    ($($value:ty => $one:ident, $many:ident;)*) => { $(
        values!(one $value => $one; Option<$value> => $one; Vec<$value> => $many; Vec<Option<$value>> => $many);
    )* };
    (one $($value:ty => $column:ident);*) => { $(
        impl Value for $value {
            fn column(&self) -> Type {
                Type::$column
            }

            fn sql(&self) -> &(dyn ToSql + Sync) {
                self
            }
        }
    )* };
}

values! {
    bool => BOOL, BOOL_ARRAY;
    i16 => INT2, INT2_ARRAY;
    i32 => INT4, INT4_ARRAY;
    i64 => INT8, INT8_ARRAY;
    &str => TEXT, TEXT_ARRAY;
    String => TEXT, TEXT_ARRAY;
    &[u8] => BYTEA, BYTEA_ARRAY;
    Vec<u8> => BYTEA, BYTEA_ARRAY;
}

/// A value of a statement that both engines run.
impl Value for sql::Value<'_> {
    fn column(&self) -> Type {
        match self {
            Self::Bytes(_) | Self::Name(_) => Type::BYTEA,
            Self::Flag(_) => Type::BOOL,
            Self::Number(_) => Type::INT8,
            Self::Time(_) => Type::INT4,
            Self::Text(_) | Self::Owned(_) => Type::TEXT,
        }
    }

    fn sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Name(bytes) => bytes,
            Self::Flag(flag) => flag,
            Self::Number(number) => number,
            Self::Time(number) => number,
            Self::Text(text) => text,
            Self::Owned(text) => text,
        }
    }
}

/// Parameters of a statement.
pub(super) type Parameters<'a> = [&'a dyn Value];

/// Those of a statement that both engines run.
pub(super) fn parameters<'a>(statement: &'a sql::Statement<'_>) -> Vec<&'a dyn Value> {
    statement.values.iter().map(|value| -> &dyn Value { value }).collect()
}

/// A connection.
pub(super) struct Session {
    client: ClientWrapper,
    pooling: Pooling,
    known: KnownPooling,
    /// How long a statement waits for a lock at most.
    lock: Duration,
}

impl Session {
    /// Of a connection that was just made. `lock`: how long a statement waits for a lock at most; a transaction may be idle for
    /// twice as long.
    pub(super) fn new(client: ClientWrapper, known: KnownPooling, lock: Duration) -> Self {
        Self { client, pooling: known.pooling(), known, lock }
    }

    /// What lets a transaction wait for locks as long as for anything, after a part of it that was not to.
    pub(super) fn patient(&self) -> String {
        format!("SET LOCAL lock_timeout = {}", self.lock.as_millis())
    }

    /// Sets the limits of a connection of its own, looks whether they hold, and asks whether the server follows another one: all
    /// in one round trip. With transaction pooling each transaction sets them. `statement`: how long a statement may take, zero
    /// means no limit.
    pub(super) async fn set_up(&self, statement: Duration) -> Result<Role, Fault> {
        match self.pooling {
            Pooling::Session => {
                let (limited, role) = tokio::join!(biased; self.limit(statement), role(&self.client));
                limited?;
                role
            }
            Pooling::Transaction => role(&self.client).await,
        }
    }

    async fn limit(&self, statement: Duration) -> Result<(), Fault> {
        let wanted = [
            ("statement_timeout", statement.as_millis().to_string()),
            ("lock_timeout", self.lock.as_millis().to_string()),
            ("idle_in_transaction_session_timeout", (2 * self.lock).as_millis().to_string()),
        ];
        let set: Vec<_> = wanted.iter().map(|(name, value)| format!("SET {name} = {value}")).collect();
        let set = set.join("; ");
        let (done, found) = tokio::join!(biased; self.client.batch_execute(&set), self.client.simple_query(LIMITS));
        done?;
        let found = found?;
        for (name, value) in &wanted {
            let holds = |row: &SimpleQueryMessage| match row {
                SimpleQueryMessage::Row(row) => row.get(0) == Some(name) && row.get(1) == Some(value),
                _ => false,
            };
            if !found.iter().any(holds) {
                return Err(Fault::Other(format!(
                    "the database, or a pooler before it, does not keep {name}, which was set to {value} ms; let SET pass"
                )));
            }
        }
        Ok(())
    }

    /// What begins a transaction, whose statements may take as long as `statement`, of which they may wait for a lock as long
    /// as `lock`.
    pub(super) fn begin(&self, statement: Duration, lock: Duration) -> String {
        format!("{BEGIN}; {}", self.limits(statement, lock))
    }

    /// The limits of a transaction.
    fn limits(&self, statement: Duration, lock: Duration) -> String {
        let idle = match self.pooling {
            Pooling::Session => String::new(),
            Pooling::Transaction => {
                format!("; SET LOCAL idle_in_transaction_session_timeout = {}", 2 * self.lock.as_millis())
            }
        };
        format!(
            "SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}{idle}",
            statement.as_millis(),
            lock.as_millis()
        )
    }

    /// What is to be sent before the first statement of a transaction: all that begins it, or its limits only where it is begun now.
    pub(super) async fn start(&self, statement: Duration, lock: Duration) -> Result<String, Error> {
        match self.pooling {
            Pooling::Session => Ok(self.begin(statement, lock)),
            Pooling::Transaction => {
                self.client.batch_execute(BEGIN).await?;
                Ok(self.limits(statement, lock))
            }
        }
    }

    /// Has a statement ready, so that it is sent at once when [`Session::query`] or [`Session::execute`] is first polled.
    pub(super) async fn prepare(&self, sql: &str) -> Result<(), Error> {
        match self.pooling {
            Pooling::Session => self.seen(self.client.prepare_cached(sql).await).map(drop),
            Pooling::Transaction => Ok(()),
        }
    }

    /// Reads rows.
    pub(super) async fn query(&self, sql: &str, parameters: &Parameters<'_>) -> Result<Vec<Row>, Error> {
        let rows = async {
            match self.pooling {
                Pooling::Session => {
                    let statement = self.client.prepare_cached(sql).await?;
                    let values = parameters.iter().map(|value| value.sql());
                    self.client.query_raw(&statement, values).await?.try_collect().await
                }
                Pooling::Transaction => {
                    let values = parameters.iter().map(|value| (value.sql(), value.column()));
                    self.client.query_typed_raw(sql, values).await?.try_collect().await
                }
            }
        };
        self.seen(rows.await)
    }

    /// Writes, and says how many rows.
    pub(super) async fn execute(&self, sql: &str, parameters: &Parameters<'_>) -> Result<u64, Error> {
        let written = async {
            match self.pooling {
                Pooling::Session => {
                    let statement = self.client.prepare_cached(sql).await?;
                    self.client.execute_raw(&statement, parameters.iter().map(|value| value.sql())).await
                }
                Pooling::Transaction => {
                    let values: Vec<_> = parameters.iter().map(|value| (value.sql(), value.column())).collect();
                    self.client.execute_typed(sql, &values).await
                }
            }
        };
        self.seen(written.await)
    }

    /// Runs what gives no rows and takes no parameters.
    pub(super) async fn batch_execute(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await
    }

    /// Reads rows outside a transaction. Returns the server that they came from, too, where a pooler may change it. The server works on
    /// it no longer than `limit`, as [`Session::set_up`] says where the connection is its own.
    pub(super) async fn read(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
        limit: Duration,
    ) -> Result<(Vec<Row>, Option<String>), Error> {
        match self.pooling {
            Pooling::Session => Ok((self.query(sql, parameters).await?, None)),
            Pooling::Transaction => {
                let begin = self.begin(limit, limit);
                let all = Box::pin(async {
                    tokio::join!(
                        biased;
                        self.batch_execute(&begin),
                        self.query(SERVER, &[]),
                        self.query(sql, parameters),
                        self.batch_execute("COMMIT"),
                    )
                });
                let (first, server, rows, last) = all.await;
                first?;
                let server = server?.first().map(|row| row.try_get(0)).transpose()?;
                let rows = rows?;
                last?;
                Ok((rows, server))
            }
        }
    }

    /// Writes in a transaction of its own, and says how many rows. The server works on each statement no longer than `limit`.
    pub(super) async fn write_alone(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
        limit: Duration,
    ) -> Result<u64, Error> {
        self.prepare(sql).await?;
        let begin = self.begin(limit, limit);
        let all = Box::pin(async {
            tokio::join!(
                biased;
                self.batch_execute(&begin),
                self.execute(sql, parameters),
                self.batch_execute("COMMIT"),
            )
        });
        let (first, written, last) = all.await;
        first?;
        let written = written?;
        last?;
        Ok(written)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Notes when a statement that we have prepared is not known any more, or its name is taken by another process: a pooler was
    /// set to transaction pooling. Connections that are made from then on have unnamed statements.
    fn seen<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        let told = outcome.as_ref().err().and_then(Error::code);
        if told.is_some_and(is_of_another_session) {
            self.known.set_transaction();
        }
        outcome
    }
}

/// Whether the server follows another one. One that cannot be asked follows none.
pub(super) async fn role(client: &ClientWrapper) -> Result<Role, Fault> {
    match client.simple_query(STANDBY).await.map_err(Fault::from) {
        Ok(answer) if first_value(&answer) == Some("on") => Ok(Role::Standby),
        Ok(_) => Ok(Role::Primary),
        Err(fault) if fault.is_answer() && !fault.is_lost() => Ok(Role::Primary),
        Err(fault) => Err(fault),
    }
}

/// What the first column of the first row holds, of an answer in the simple protocol.
pub(super) fn first_value(answer: &[SimpleQueryMessage]) -> Option<&str> {
    answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    })
}

//! Looking at each host of an address by itself: a primary and its standbys, or what they have become.
//!
//! A caller of the store meets only the host that accepts writes; what is wrong with the others shows at the next failover.

use futures_util::future::join_all;
use tokio_postgres::types::FromSqlOwned;

use super::connect::Connector;
use super::fault::Fault;
use super::feed;
use super::session::Session;
use zonemint_base::clock::Clock;

pub(super) const IS_READ_ONLY: &str = "SELECT current_setting('transaction_read_only', true) = 'on'";
/// The fork of YugabyteDB calls itself PostgreSQL too, and accepts writes on every host.
const IS_POSTGRESQL: &str = "SELECT version() LIKE 'PostgreSQL %' AND version() NOT LIKE '%-YB-%'";
const IS_STANDBY: &str = "SELECT pg_is_in_recovery()";
const CLUSTER: &str = "SELECT system_identifier::text FROM pg_control_system()";
const STARTED_US: &str = "SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint";
const STANDBY_NAMES: &str = "SELECT current_setting('synchronous_standby_names', true)";
/// NULL if the role may not see the state of standbys, of which there is at least one then.
const SYNCHRONOUS: &str = "
    SELECT CASE WHEN bool_or(sync_state IS NULL) THEN NULL
        ELSE count(*) FILTER (WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')) END
    FROM pg_stat_replication";

/// One of several hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name and port in the address.
    pub name: String,
    /// What it is like, or why it cannot be used.
    pub state: Result<HostState, String>,
}

/// What a host is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostState {
    /// Whether a node would write there.
    pub accepts_writes: bool,
    /// How far its clock is ahead of ours, in milliseconds.
    pub clock_ahead_ms: i64,
    /// None where it is not PostgreSQL, but speaks its language: such a database may well accept writes on all of its hosts.
    pub replication: Option<Replication>,
}

/// How a PostgreSQL server is replicated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replication {
    /// Whether it follows another server.
    pub is_standby: bool,
    /// PostgreSQL's system identifier, which a primary and its standbys have in common. None where it is not to be seen.
    pub cluster: Option<String>,
    /// When it was started, by its own clock in microseconds since the Unix epoch: two names of one server show by this.
    pub started_us: Option<i64>,
    /// Its setting `synchronous_standby_names`.
    pub standby_names: String,
    /// How many standbys are connected for which a commit waits. None where that is not to be seen.
    pub synchronous: Option<u64>,
}

/// Looks at all hosts at the same time. Nothing when there is only one: it is looked at anyway.
pub(super) async fn each(connector: &Connector, clock: &Clock) -> Vec<Host> {
    if connector.hosts() < 2 {
        return Vec::new();
    }
    let connected = connector.connect_each().await;
    join_all(connected.into_iter().map(async |(name, client)| {
        let state = match client {
            Ok(client) => tokio::time::timeout(connector.answer_timeout(), look(&client, clock)).await,
            Err(fault) => Ok(Err(fault)),
        };
        Host { name, state: state.unwrap_or(Err(Fault::Silence)).map_err(|fault| fault.describe()) }
    }))
    .await
}

async fn look(client: &Session, clock: &Clock) -> Result<HostState, Fault> {
    let is_read_only = value(client, IS_READ_ONLY).await?.unwrap_or(false);
    let before = clock.now_ms();
    let theirs: i64 = value(client, feed::NOW_MS).await?.unwrap_or_default();
    let ours = u64::midpoint(before, clock.now_ms());
    let replication = match value(client, IS_POSTGRESQL).await? {
        Some(true) => Some(replication(client).await?),
        _ => None,
    };
    Ok(HostState { accepts_writes: !is_read_only, clock_ahead_ms: theirs.saturating_sub_unsigned(ours), replication })
}

async fn replication(client: &Session) -> Result<Replication, Fault> {
    let synchronous: Option<i64> = value(client, SYNCHRONOUS).await?;
    Ok(Replication {
        is_standby: value(client, IS_STANDBY).await?.unwrap_or(false),
        cluster: value(client, CLUSTER).await?,
        started_us: value(client, STARTED_US).await?,
        standby_names: value(client, STANDBY_NAMES).await?.unwrap_or_default(),
        synchronous: synchronous.and_then(|count| u64::try_from(count).ok()),
    })
}

/// One value; none where it is NULL, or the server refuses the query.
async fn value<T: FromSqlOwned>(client: &Session, sql: &str) -> Result<Option<T>, Fault> {
    match client.query(sql, &[]).await.map_err(Fault::from) {
        Ok(rows) => Ok(rows.first().map(|row| row.try_get(0)).transpose()?.flatten()),
        Err(fault) if fault.is_answer() && !fault.is_lost() => Ok(None),
        Err(fault) => Err(fault),
    }
}

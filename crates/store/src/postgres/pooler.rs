//! Whether a pooler stands before the database, such as PgBouncer, and for how long it gives a connection one process of the server.
//!
//! The protocol does not show it. So it is tried: two connections each have a transaction at the same time, and so two processes.
//! Once both have ended, a pooler with transaction pooling gives the first connection the process that became free last, or the
//! one that has been free for longest. Both are provoked, by ending the two in either order. What others do at the same time
//! only makes a change more likely.

use std::iter;
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use futures_util::future::try_join_all;

use super::connect::Connector;
use super::fault::Fault;
use super::limits::timed;
use super::session::{Pooling, Role, SERVER, first_value, role};
use crate::{Chain, Settings};
use zonemint_base::random::Random;

const PROCESS: &str = "SELECT pg_backend_pid()";

/// How long it is waited for one more transaction to open.
const WAIT: Duration = Duration::from_secs(1);
/// How long it is waited for an answer while somebody else may have to end first.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How often two transactions are begun together before that is given up.
const TRIES: usize = 3;

/// How often each of the first connections is asked whether it leads to a standby.
const LOTS: usize = 4;

/// How often both orders are tried.
const ROUNDS: usize = 2;

/// Reads the settings and the files that they name, and finds out how a pooler before the database works, if there is one.
pub(super) async fn connector(settings: &Settings, chain: &Chain) -> Result<Connector, Fault> {
    let connector = Connector::new(settings, chain)?;
    if inspect(&connector).await? == Pooling::Transaction {
        connector.known_pooling().set_transaction();
    }
    Ok(connector)
}

/// How the way to the database pools.
///
/// # Errors
/// [`Fault::Other`] when a pooler is set so that this program cannot work through it; it says what to set.
async fn inspect(connector: &Connector) -> Result<Pooling, Fault> {
    let connections = connections(connector).await?;
    refuse_standbys(connector, &connections).await?;
    let [first, second, ..] = &connections;
    if process(connector, first).await?.is_none() {
        // Another database, which knows no processes.
        return Ok(Pooling::Session);
    }
    for _ in 0..ROUNDS {
        for [sooner, later] in [[first, second], [second, first]] {
            let former = begin_both(connector, first, second).await?;
            run(connector, sooner, "COMMIT").await?;
            run(connector, later, "COMMIT").await?;
            if process(connector, first).await? != former {
                return transaction_pooling(connector, first).await;
            }
        }
    }
    Ok(Pooling::Session)
}

/// As many connections as a node cannot do without: two that write, one that follows the feed, and one that reads.
async fn connections(connector: &Connector) -> Result<[ClientWrapper; 4], Fault> {
    let first = connector.bare().await?;
    let more = async || connector.bare().await.map_err(too_few);
    Ok([first, more().await?, more().await?, more().await?])
}

/// A pooler that spreads reads over standbys (pgpool) chooses a server at random, for each connection or for each statement. Enough of
/// them are asked that they are unlikely to lead all to the primary.
async fn refuse_standbys(connector: &Connector, clients: &[ClientWrapper]) -> Result<(), Fault> {
    let asked = clients.iter().flat_map(|client| iter::repeat_n(client, LOTS)).map(role);
    let roles = timed(connector.answer_timeout(), try_join_all(asked)).await.map_err(too_few)?;
    roles.into_iter().try_for_each(Role::must_be_primary)
}

/// A first connection was made, and others are not answered.
fn too_few(fault: Fault) -> Fault {
    match fault {
        Fault::Silence => Fault::Other(
            "the database, or a pooler before it, gives one connection and lets the next ones wait: a node has up to store.pool + 4, \
             so allow more (PgBouncer: default_pool_size, max_db_connections)"
                .to_owned(),
        ),
        other => other,
    }
}

/// Begins a transaction on each of two connections. Returns which process the first one has.
async fn begin_both(
    connector: &Connector,
    first: &ClientWrapper,
    second: &ClientWrapper,
) -> Result<Option<String>, Fault> {
    let mut tries = 1;
    loop {
        begin(connector, first).await?;
        let former = process(connector, first).await?;
        match begin(connector, second).await {
            Ok(()) => return Ok(former),
            // Each of several that start at the same time may have one, and wait for a second.
            Err(Fault::Silence) if tries < TRIES => {
                run(connector, first, "COMMIT").await?;
                // It is answered now; how it was meant, it ends.
                run(connector, second, "ROLLBACK").await?;
                tokio::time::timeout(pause(), std::future::pending::<()>()).await.unwrap_or_default();
                tries += 1;
            }
            Err(Fault::Silence) => {
                return Err(Fault::Other(
                    "a pooler before the database gives no second transaction, and a node needs two at the same time: its pool is full \
                     or has one connection (PgBouncer: default_pool_size, max_db_connections)"
                        .to_owned(),
                ));
            }
            Err(other) => return Err(other),
        }
    }
}

/// A moment of random length, after which processes that began together do not do so again.
fn pause() -> Duration {
    let [byte] = Random::system().bytes();
    Duration::from_millis(50 + 2 * u64::from(byte))
}

/// How many transactions can be open at the same time, up to `most`. They are opened one after the other, and only as long as
/// each is answered at once.
pub(super) async fn at_once(connector: &Connector, most: usize) -> usize {
    let mut open = Vec::new();
    while open.len() < most {
        let opening = async {
            let client = connector.bare().await.ok()?;
            client.batch_execute("BEGIN").await.ok()?;
            Some(client)
        };
        match tokio::time::timeout(WAIT, opening).await {
            Ok(Some(client)) => open.push(client),
            _ => break,
        }
    }
    open.len()
}

/// What a node remembers is good for one server. So it must be able to ask which one answers.
async fn transaction_pooling(connector: &Connector, client: &ClientWrapper) -> Result<Pooling, Fault> {
    match timed(connector.answer_timeout(), client.simple_query(SERVER)).await {
        Ok(_) => Ok(Pooling::Transaction),
        // It is not in the state for that: a standby.
        Err(fault) if fault.is_of_standby() => {
            Err(Fault::Other("a pooler before the database leads to a standby: let it lead to the primary".to_owned()))
        }
        Err(fault) if fault.is_answer() && !fault.is_lost() => Err(Fault::Other(format!(
            "a pooler before the database changes the server process with each transaction, and the database does not show \
             which server answers ({}): use session pooling (PgBouncer: pool_mode = session), or let the role call \
             pg_control_system() \
             and pg_current_wal_lsn() on the primary",
            fault.describe()
        ))),
        Err(fault) => Err(fault),
    }
}

async fn begin(connector: &Connector, client: &ClientWrapper) -> Result<(), Fault> {
    match run(connector, client, "BEGIN").await {
        Err(fault) if fault.describe().contains("statement pooling") => Err(Fault::Other(
            "a pooler before the database allows no transactions (statement pooling): use session or transaction pooling \
             (PgBouncer: pool_mode)"
                .to_owned(),
        )),
        other => other,
    }
}

async fn run(connector: &Connector, client: &ClientWrapper, sql: &str) -> Result<(), Fault> {
    timed(connector.connect_timeout().min(TIMEOUT), client.batch_execute(sql)).await
}

/// Which process of the server answers; none where the server has no such function. The simple protocol leaves nothing behind.
async fn process(connector: &Connector, client: &ClientWrapper) -> Result<Option<String>, Fault> {
    let answer = match timed(connector.answer_timeout(), client.simple_query(PROCESS)).await {
        Err(fault) if fault.is_answer() && !fault.is_lost() => return Ok(None),
        answer => answer?,
    };
    Ok(first_value(&answer).map(str::to_owned))
}

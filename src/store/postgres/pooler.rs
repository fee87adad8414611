//! Whether a pooler stands before the database, such as PgBouncer, and for how long it gives a connection one process of the server.
//!
//! Nothing in the protocol tells. So it is tried: two connections each have a transaction at the same time, and so two processes.
//! Once both have ended, a pooler with transaction pooling gives the first connection the process that became free last, or the
//! one that has been free for longest. Both are provoked, by ending the two in either order. What others do at the same time
//! only makes a change more likely.

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio_postgres::SimpleQueryMessage;

use super::batch::timed;
use super::connect::Connector;
use super::fault::Fault;
use super::session::{Pooling, SERVER};

const PROCESS: &str = "SELECT pg_backend_pid()";

/// How long it is waited for one more transaction to open.
const WAIT: Duration = Duration::from_secs(2);

/// How often both orders are tried.
const ROUNDS: usize = 2;

/// How the way to the database pools.
///
/// # Errors
/// [`Fault::Other`] when a pooler is set so that this program cannot work through it; it says what to set.
pub(super) async fn examine(connector: &Connector) -> Result<Pooling, Fault> {
    let (first, second) = (connector.bare().await?, connector.bare().await?);
    if process(connector, &first).await?.is_none() {
        // Another database, which knows no processes.
        return Ok(Pooling::Session);
    }
    for _ in 0..ROUNDS {
        for [sooner, later] in [[&first, &second], [&second, &first]] {
            begin(connector, &first).await?;
            let former = process(connector, &first).await?;
            begin(connector, &second).await.map_err(|fault| match fault {
                Fault::Silence => Fault::Other(ONE_ONLY.to_owned()),
                other => other,
            })?;
            run(connector, sooner, "COMMIT").await?;
            run(connector, later, "COMMIT").await?;
            if process(connector, &first).await? != former {
                return transaction_pooling(connector, &first).await;
            }
        }
    }
    Ok(Pooling::Session)
}

const ONE_ONLY: &str = "a pooler before the database allows only one transaction at a time, and a node needs two: allow more \
                        (PgBouncer: default_pool_size, max_db_connections)";

/// How many transactions can be open at the same time, up to `most`.
pub(super) async fn at_once(connector: &Connector, most: usize) -> usize {
    let opening = (0..most).map(|_| async {
        let client = connector.bare().await.ok()?;
        client.batch_execute("BEGIN").await.ok()?;
        Some(client)
    });
    let mut opening: FuturesUnordered<_> = opening.collect();
    // All that are open stay so until no other one opens any more.
    let mut open = Vec::new();
    while let Ok(Some(client)) = tokio::time::timeout(WAIT, opening.next()).await {
        open.extend(client);
    }
    open.len()
}

/// What a node remembers is good for one server. So it must be able to ask which one answers.
async fn transaction_pooling(connector: &Connector, client: &ClientWrapper) -> Result<Pooling, Fault> {
    match timed(connector.patience(), client.simple_query(SERVER)).await {
        Ok(_) => Ok(Pooling::Transaction),
        Err(fault) if fault.is_answer() && !fault.is_lost() => Err(Fault::Other(format!(
            "a pooler before the database changes the server process with each transaction, and the database does not tell which \
             server answers ({}): use session pooling (PgBouncer: pool_mode = session), or let the role call pg_control_system() \
             and pg_current_wal_lsn() on the primary",
            fault.told()
        ))),
        Err(fault) => Err(fault),
    }
}

async fn begin(connector: &Connector, client: &ClientWrapper) -> Result<(), Fault> {
    match run(connector, client, "BEGIN").await {
        Err(fault) if fault.told().contains("statement pooling") => Err(Fault::Other(
            "a pooler before the database allows no transactions (statement pooling): use session or transaction pooling \
             (PgBouncer: pool_mode)"
                .to_owned(),
        )),
        other => other,
    }
}

async fn run(connector: &Connector, client: &ClientWrapper, sql: &str) -> Result<(), Fault> {
    timed(connector.connect_timeout(), client.batch_execute(sql)).await
}

/// Which process of the server answers; none where the server has no such function. The simple protocol leaves nothing behind.
async fn process(connector: &Connector, client: &ClientWrapper) -> Result<Option<String>, Fault> {
    let answer = match timed(connector.patience(), client.simple_query(PROCESS)).await {
        Err(fault) if fault.is_answer() && !fault.is_lost() => return Ok(None),
        answer => answer?,
    };
    Ok(answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

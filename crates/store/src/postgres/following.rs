//! The connection on which the change feed is followed, and which server it leads to.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::connect::Connector;
use super::fault::Fault;
use super::feed;
use super::readers::Readers;
use super::session::{KnownPooling, Pooling, SERVER};
use crate::{Change, DatabaseClock, Position, Source};

/// How often a look is begun again because its connection was lost half-way.
const TRIES: usize = 3;

/// Reads the change feed on a connection of its own.
pub(super) struct Following {
    readers: Readers,
    clock: DatabaseClock,
    source: Mutex<Source>,
    /// The last connection, and the process of the server that it led to.
    process: Mutex<(u64, Option<i32>)>,
    pooling: KnownPooling,
    /// Rises when another server answers.
    moved: watch::Sender<u64>,
}

impl Following {
    pub(super) fn new(connector: &Connector, clock: DatabaseClock) -> Result<Self, Fault> {
        let readers = Readers::lasting(connector)?;
        let (source, process, pooling) = (Mutex::default(), Mutex::default(), connector.known_pooling());
        Ok(Self { readers, clock, source, process, pooling, moved: watch::Sender::new(0) })
    }

    /// The database's clock, set with each look at the feed.
    pub(super) fn clock(&self) -> &DatabaseClock {
        &self.clock
    }

    /// Changes when another server answers than before, as far as that is known. Work that waits for the old server can stop.
    pub(super) fn moved(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// Reads where the chains end and what follows a position, all on one connection. One round trip when nothing has moved, two
    /// when something has. When the connection is a new one, `others` use none of theirs again.
    pub(super) async fn read(
        &self,
        position: &Position,
        limit: usize,
        others: &Readers,
    ) -> Result<(Position, Vec<Change>, Source), Fault> {
        for _ in 0..TRIES {
            let (ends, connection, process) = feed::numbered_end(&self.readers, &self.clock).await?;
            self.must_be_same_process(connection, process, others)?;
            let source = self.source(connection, others).await?;
            let changes = feed::changes_between(&self.readers, position, &ends, limit).await?;
            let (changes, again) = changes.unwrap_or((Vec::new(), connection));
            if source.connection == connection && again == connection {
                return Ok((ends, changes, source));
            }
        }
        Err(Fault::Other("the connection to the database is lost repeatedly".to_owned()))
    }

    /// A connection that leads to another process of the server than before goes through a pooler that was set to transaction
    /// pooling meanwhile. Then none of the connections is used again, and the next ones have unnamed statements.
    fn must_be_same_process(&self, connection: u64, process: Option<i32>, others: &Readers) -> Result<(), Fault> {
        let mut former = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = former.0 == connection && former.1 != process && self.pooling.pooling() == Pooling::Session;
        *former = (connection, process);
        if !changed {
            return Ok(());
        }
        tracing::warn!("a pooler before the database was set to transaction pooling; all connections are reopened");
        self.pooling.set_transaction();
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = Source::default();
        self.readers.retire(0);
        others.retire(0);
        self.moved.send_modify(|moved| *moved += 1);
        Err(Fault::Moved)
    }

    /// Which server a connection leads to: asked once for each.
    async fn source(&self, connection: u64, others: &Readers) -> Result<Source, Fault> {
        let known = self.source.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known.connection == connection {
            return Ok(known);
        }
        others.retire(connection);
        let source = match self.readers.query_numbered(SERVER, &[]).await {
            // That is yet another one, before which there may be some that are not retired.
            Ok((_, again)) if again != connection => return Ok(Source { connection: again, server: None }),
            Ok((rows, _)) => {
                let server = rows.first().map(|row| row.try_get(0)).transpose()?;
                Source { connection, server }
            }
            Err(fault) if fault.is_of_standby() => {
                return Err(Fault::Other(
                    "the database is a standby, or a pooler spreads reads over standbys".to_owned(),
                ));
            }
            // Not every database has what is asked for, and not everybody may ask.
            Err(fault) if fault.is_answer() && !fault.is_lost() => Source { connection, server: None },
            Err(fault) => return Err(fault),
        };
        if known.server != source.server && known != Source::default() {
            self.moved.send_modify(|moved| *moved += 1);
        }
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = source.clone();
        Ok(source)
    }

    /// For what else must be read before what is remembered may be believed.
    pub(super) fn readers(&self) -> &Readers {
        &self.readers
    }

    pub(super) fn close(&self) {
        self.readers.close();
    }
}

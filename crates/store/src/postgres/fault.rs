//! What can go wrong between this process and the database, and what follows from it.

use std::error::Error;
use std::io;

use rustls::OtherError;
use tokio_postgres::error::SqlState;

use crate::StoreError;
use crate::row::{Corrupt, Unreadable};
use zonemint_telemetry::error_chain;

/// Why something could not be read or written.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database said no, or the connection broke.
    Engine(tokio_postgres::Error),
    /// No answer came in time.
    Silence,
    /// No answer is waited for any more, because another server has taken the place of the one that was asked.
    Moved,
    /// Another transaction came in between; the same again may well succeed.
    Overtaken,
    /// All connections are busy, and none became free in time.
    Busy,
    /// Something else, in the engine's words.
    Other(String),
    /// What was read is not what this program writes.
    Corrupt(&'static str),
    /// None of several hosts can be used: each of them, and what it says.
    Hosts(Vec<(String, Fault)>),
}

impl Fault {
    /// What hosts say that cannot be used, at least one.
    pub(super) fn of_hosts(mut faults: Vec<(String, Self)>) -> Self {
        if faults.len() == 1 { faults.remove(0).1 } else { Self::Hosts(faults) }
    }

    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Engine(error) => error.code(),
            // As long as one of them may come back, what another says is no answer.
            Self::Hosts(faults) if !self.is_lost() => faults.iter().find_map(|(_, fault)| fault.code()),
            _ => None,
        }
    }

    /// Whether the connection is of no more use: it broke, the server is going down, it has become one that only reads, or a
    /// pooler has changed the session behind it.
    /// What was sent may have been done, or not.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Silence | Self::Moved => true,
            Self::Engine(error) => match error.code() {
                Some(code) => {
                    [
                        SqlState::READ_ONLY_SQL_TRANSACTION,
                        SqlState::ADMIN_SHUTDOWN,
                        SqlState::CRASH_SHUTDOWN,
                        SqlState::CANNOT_CONNECT_NOW,
                        SqlState::TOO_MANY_CONNECTIONS,
                        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                        SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN,
                    ]
                    .contains(code)
                        || code.code().starts_with("08")
                        || is_of_another_session(code)
                }
                None => error.is_closed() || error.source().is_some_and(<dyn Error>::is::<io::Error>),
            },
            Self::Hosts(faults) => faults.iter().any(|(_, fault)| fault.is_lost()),
            Self::Overtaken | Self::Busy | Self::Other(_) | Self::Corrupt(_) => false,
        }
    }

    /// Whether the same again may succeed on the same connection.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Overtaken)
            || [Some(&SqlState::T_R_SERIALIZATION_FAILURE), Some(&SqlState::T_R_DEADLOCK_DETECTED)]
                .contains(&self.code())
    }

    /// Whether somebody else holds a lock for too long.
    pub(super) fn is_locked(&self) -> bool {
        self.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
    }

    /// Whether a row was refused because there is another one of that key.
    pub(super) fn is_taken(&self) -> bool {
        self.code() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// Whether the database gave a definite answer, even if it was no.
    pub(super) fn is_answer(&self) -> bool {
        self.code().is_some() || matches!(self, Self::Overtaken)
    }

    /// Whether something that was to be made is there already, which another node made at the same time.
    pub(super) fn is_race(&self) -> bool {
        self.is_taken()
            || self.is_passing()
            || self.is_locked()
            || [Some(&SqlState::DUPLICATE_TABLE), Some(&SqlState::DUPLICATE_OBJECT), Some(&SqlState::DUPLICATE_COLUMN)]
                .contains(&self.code())
    }

    /// Whether a server that follows another one was asked what only a primary can tell.
    pub(super) fn is_of_standby(&self) -> bool {
        self.code() == Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE)
    }

    /// Whether a table is not there.
    pub(super) fn is_missing_table(&self) -> bool {
        self.code() == Some(&SqlState::UNDEFINED_TABLE)
    }

    /// The engine's words, without the values that its details may hold.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Engine(error) => match error.as_db_error() {
                Some(db) => format!("{} ({})", db.message(), db.code().code()),
                None => error
                    .source()
                    .and_then(certificate_reason)
                    .map_or_else(|| error_chain(error), |reason| format!("{error}: {reason}")),
            },
            Self::Silence => "the database did not answer in time".to_owned(),
            Self::Moved => "another database server answers now".to_owned(),
            Self::Overtaken => "other transactions conflicted repeatedly".to_owned(),
            Self::Busy => "all connections are busy".to_owned(),
            Self::Other(told) => told.clone(),
            Self::Hosts(faults) => {
                let all: Vec<_> = faults.iter().map(|(host, fault)| format!("{host}: {}", fault.describe())).collect();
                all.join("; ")
            }
            Self::Corrupt(what) => format!("a {what} cannot be read"),
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Corrupt> for Fault {
    fn from(Corrupt(what): Corrupt) -> Self {
        Self::Corrupt(what)
    }
}

impl From<Unreadable> for Fault {
    fn from(Unreadable: Unreadable) -> Self {
        Self::Corrupt("row")
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Busy => Self::Overloaded,
            Fault::Corrupt(what) => Self::Corrupt { what },
            other => Self::unavailable(other.describe()),
        }
    }
}

/// Whether a statement met a session that is not the one in which it was prepared.
pub(super) fn is_of_another_session(code: &SqlState) -> bool {
    [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT].contains(code)
}

/// What the verifier of certificates (`tls.rs`) says, without what the libraries in between put before it.
fn certificate_reason(source: &(dyn Error + 'static)) -> Option<String> {
    match source.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()? {
        rustls::Error::Other(OtherError(reason)) => Some(reason.to_string()),
        _ => None,
    }
}

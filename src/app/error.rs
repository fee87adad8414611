//! Why the server did not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::Problems;
use zonemint_service::token::KeyringError;
use zonemint_service::user::{AccountError, PasswordRefused};
use zonemint_store::StoreError;
use zonemint_store::sqlite::{AlreadyServed, FolderError, NotWritable};
use zonemint_tls::TlsError;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or folder that the settings name cannot be used.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It is not writable.
    #[error(transparent)]
    NotWritable(#[from] NotWritable),
    /// Another server is running on it.
    #[error(transparent)]
    AlreadyServed(#[from] AlreadyServed),
    /// There is no store, and a command creates none.
    #[error("there is no store at {0}: only `zonemint serve`, `store restore` and `store copy` create one")]
    NoStore(String),
    /// The store cannot be opened.
    #[error("the database {which} cannot be opened")]
    Store {
        /// Its file, or its address.
        which: String,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The store is an unfinished copy; its folder, or its address.
    #[error(
        "{0} is an unfinished copy; run the same `zonemint store copy` again to continue, or delete it and start with an \
         empty store"
    )]
    UnfinishedCopy(String),
    /// A replay of a trail on the store is unfinished; the store's folder, or its address.
    #[error(
        "the replay of an audit trail on {0} is not finished: run `zonemint store replay` again, or restore the backup \
         again"
    )]
    UnfinishedReplay(String),
    /// Programs of the previous version, which do not support the change, use the store.
    #[error("{which} is in use by programs of the version before ({by}): upgrade all nodes first")]
    Earlier {
        /// Its address.
        which: String,
        /// How the sessions are called.
        by: String,
    },
    /// Other sessions use the store during a replay.
    #[error(
        "{which} is in use ({by}): stop all nodes and commands before a replay, because rows that they write meanwhile would \
         not match the trail that is replayed"
    )]
    InUse {
        /// Its address.
        which: String,
        /// How the sessions are called.
        by: String,
    },
    /// A restore into the folder is unfinished.
    #[error(
        "a restore into the data folder {0} is not finished: run `zonemint store restore` again, or remove \
         zonemint.db.restoring there to start with an empty store"
    )]
    UnfinishedRestore(String),
    /// The host's name cannot name a node of a shared store.
    #[error(
        "store.node must be set: it is empty or \"operator\", and this host's name is not one of 1 to 63 letters, digits, \".\", \"-\" \
         and \"_\""
    )]
    NodeName,
    /// The store failed later.
    #[error("the store cannot be read")]
    Read(#[from] StoreError),
    /// The key-encryption key cannot be read or created.
    #[error("the key-encryption key in {from} cannot be used: {reason}")]
    Key {
        /// Where it was looked for.
        from: String,
        /// What is wrong.
        reason: String,
    },
    /// The root keys cannot be opened.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// There is no certificate to serve with.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Threads cannot be started.
    #[error("threads cannot be started")]
    Threads(#[source] io::Error),
    /// The first administrator's password is refused.
    #[error("{from} is refused: {reason}")]
    AdminPassword {
        /// The variable or the file that it was taken from.
        from: String,
        /// Which rule it breaks.
        reason: PasswordRefused,
    },
    /// The file for the first administrator's password cannot be read or created.
    #[error("{path}, the file for the first administrator's password, cannot be used", path = .path.display())]
    AdminPasswordFile {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The first administrator cannot be created.
    #[error("the first account cannot be created")]
    Admin(#[from] AccountError),
}

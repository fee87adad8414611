//! Sign-in with the passwords of an LDAP directory: finds the entry of a name as a service, and binds as that entry to verify its
//! password. It knows no accounts of ours, no HTTP and no configuration files; it remembers nothing about passwords.
//!
//! What its caller must do:
//! * count failures and slow them down before [`Candidate::bind`]: each wrong password counts for the directory's own lockout. Count by
//!   [`Candidate::id`], because many names find the same entry: directories fold case, blanks and forms of letters;
//! * link accounts by [`StableId`], never by name, mail address or DN;
//! * not tell clients which [`Refusal`] it was.
//!
//! What holds here, and where:
//! * An empty password is no [`Password`], so none reaches the directory (RFC 4513, section 5.1.2).
//! * No password crosses a network without TLS ([`ServerUrl`]). What a server sends before TLS is read by a bounded reader of our own
//!   (`start_tls`), and what it sends later is checked before the library's parser sees it (`guard`).
//! * A user's password is sent once, to one server, on a connection of its own, which ends with the answer (`connection`).
//! * Referrals are not followed.
//!
//! Where the next thing goes: another result code is a line in `failure`; another reason of a refused bind is a line in `policy`.

mod ber;
mod connection;
mod directory;
mod dn;
mod entry;
mod failure;
mod filter;
mod guard;
mod password;
mod policy;
mod pool;
mod probe;
mod schema;
mod server_url;
mod settings;
mod stable_id;
mod start_tls;

pub use directory::{Candidate, Directory};
pub use entry::Entry;
pub use failure::{Failure, Refusal};
pub use filter::{FilterError, GroupFilter, UserFilter};
pub use password::Password;
pub use probe::{Facts, ServerReport};
pub use server_url::{ServerUrl, UrlError};
pub use settings::{AttributeName, Attributes, Groups, OpenError, Settings};
pub use stable_id::{NotAnId, StableId};

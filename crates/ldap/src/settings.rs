//! What a directory is asked, and how.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use zonemint_base::{opaque_debug, regular_file};

use crate::filter::{GroupFilter, UserFilter};
use crate::password::Password;
use crate::server_url::ServerUrl;

/// A directory.
pub struct Settings {
    /// Its servers, which have the same entries. The first one that can be reached is used.
    pub servers: Vec<ServerUrl>,
    /// A PEM file with the authorities that sign the servers' certificates; `/etc/ssl/certs/ca-certificates.crt` for the system's.
    pub ca: PathBuf,
    /// The service account that searches. Not empty: without a name, a bind verifies nothing.
    pub bind_dn: String,
    /// Its password.
    pub bind_password: Password,
    /// Where users are searched for: this entry and all below it.
    pub base: String,
    /// Which entry has a name.
    pub user_filter: UserFilter,
    /// What is read of an entry.
    pub attributes: Attributes,
    /// Where the groups of a user come from; none if no groups are read.
    pub groups: Option<Groups>,
    /// How many operations run at the same time, at least one: so many connections are open as the service, and as many as users.
    pub connections: usize,
    /// For a connection with TLS to one server.
    pub connect_timeout: Duration,
    /// For one answer, and for a free connection.
    pub operation_timeout: Duration,
}

/// Names of attributes of a user.
#[derive(Debug, Clone)]
pub struct Attributes {
    /// Of the stable id: `objectGUID`, or an attribute with a UUID as its text, as `entryUUID` or FreeIPA's `ipaUniqueID`.
    pub id: AttributeName,
    /// Of the name of an account, as `uid` or `sAMAccountName`.
    pub name: AttributeName,
    /// Of the full name, as `cn` or `displayName`.
    pub full_name: AttributeName,
    /// Of the mail address.
    pub mail: AttributeName,
}

/// Where the groups of a user come from. The name of a group is the `cn` of its DN; in a search also its `cn`, if it has just one and the
/// DN has none.
#[derive(Debug, Clone)]
pub enum Groups {
    /// An attribute of the user with DNs. OpenLDAP's overlay writes it when a group is changed: it misses persons who were added after
    /// their group, groups older than the overlay, and nested groups. Active Directory's leaves out the primary group.
    Attribute {
        /// As `memberOf`.
        attribute: AttributeName,
        /// Only groups below this entry count, so that a group of the same name elsewhere gives nothing.
        base: String,
    },
    /// A search for entries that name the user. A person who was deleted may stay in a group, and be in it if the DN is used again.
    Search {
        /// Where groups are searched for: this entry and all below it.
        base: String,
        /// Which entries are groups of a user.
        filter: GroupFilter,
    },
}

/// The name of an attribute (RFC 4512, section 2.5): letters, digits and hyphens after a letter, or a numeric OID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeName(String);

impl AttributeName {
    /// None if the text is no name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_oid = text.contains('.')
            && text.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()));
        (is_word || is_oid).then(|| Self(text.to_owned()))
    }

    /// Whether its values are 16 bytes in the order of Active Directory.
    pub(crate) fn is_guid(&self) -> bool {
        self.0.eq_ignore_ascii_case("objectGUID")
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a directory cannot be used, whatever its servers answer.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is nobody to ask.
    #[error("no server is named")]
    NoServer,
    /// A bind without a name verifies nothing.
    #[error("the DN of the service account is empty")]
    NoBindDn,
    /// Nothing could run.
    #[error("the number of connections is 0")]
    NoConnections,
    /// A base or a DN is none.
    #[error("{0:?} is not a DN (RFC 4514)")]
    Dn(String),
    /// The file of authorities cannot be read.
    #[error("{path} cannot be read", path = .path.display())]
    CaFile {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file of authorities has none that can be used.
    #[error("{path} holds no certificate of an authority in PEM form", path = .path.display())]
    NoAuthority {
        /// Which.
        path: PathBuf,
    },
    /// The cryptography offers no protocol version.
    #[error("TLS cannot be used")]
    Tls(#[source] rustls::Error),
}

/// TLS with these authorities and no others. A certificate that cannot be an authority is passed over, as the system's list may have one.
pub(crate) fn tls_config(ca: &Path) -> Result<Arc<ClientConfig>, OpenError> {
    let no_authority = || OpenError::NoAuthority { path: ca.to_owned() };
    let pem = regular_file::read(ca).map_err(|source| OpenError::CaFile { path: ca.to_owned(), source })?;
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| no_authority())?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(no_authority());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(OpenError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

opaque_debug!(Settings);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_names_or_numbers() {
        for name in ["uid", "sAMAccountName", "x-y1", "0.9.2342.19200300.100.1.1"] {
            assert!(AttributeName::parse(name).is_some(), "{name}");
        }
        for other in ["", "1uid", "u id", "uid;lang-de", "uid)", "*", "1..2", "7", "jö"] {
            assert!(AttributeName::parse(other).is_none(), "{other}");
        }
    }
}

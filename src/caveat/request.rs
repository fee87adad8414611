//! What is known about the use of a token: who uses it, from where, through what, and what kind of token it is.

use std::fmt;
use std::net::IpAddr;

use super::{Consumer, Country, HttpRequest, Interface, Region, Service, Unmet};

/// The facts that caveats are checked against. What is not known is never taken to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Now, in seconds since the Unix epoch.
    pub now: u64,
    /// The address that the token came from. An IPv4-mapped IPv6 address counts as IPv4.
    pub peer: Option<IpAddr>,
    /// Where the peer is.
    pub place: Place,
    /// The service that the token was handed to.
    pub service: Option<Service>,
    /// Who proved to be the one that uses the token.
    pub consumer: Option<Consumer>,
    /// The interface that the token came through.
    pub interface: Option<Interface>,
    /// Whether whoever checks the token enforces the caveats about data.
    pub data_access: DataAccess,
    /// What is asked of the service.
    pub http: Option<HttpRequest>,
    /// The kind of token, which decides which caveats can hold at all.
    pub token: TokenKind,
}

impl Request {
    /// An access token used at a moment in seconds since the Unix epoch, and nothing else known.
    #[must_use]
    pub fn at(now: u64) -> Self {
        Self {
            now,
            peer: None,
            place: Place::Unknown,
            service: None,
            consumer: None,
            interface: None,
            data_access: DataAccess::Refused,
            http: None,
            token: TokenKind::Access,
        }
    }
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Acts for its subject.
    Access,
    /// Proves who its bearer is.
    Identity,
    /// Invites its bearer to join something.
    Invite,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "access token",
            Self::Identity => "identity token",
            Self::Invite => "invite token",
        })
    }
}

/// Whether the caveats about data are taken care of by whoever checks the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataAccess {
    /// They hold here, and are enforced where the data is.
    Allowed,
    /// Nobody would enforce them: they do not hold.
    Refused,
}

/// Where a peer is, as far as a database of addresses tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The peer is not known, or is not in the database.
    Unknown,
    /// There is no database to look into.
    NoDatabase,
    /// The peer is in the database.
    Known(Location),
}

impl Place {
    pub(super) fn location(&self) -> Result<&Location, Unmet> {
        match self {
            Self::Unknown => Err(Unmet::PlaceUnknown),
            Self::NoDatabase => Err(Unmet::NoDatabase),
            Self::Known(location) => Ok(location),
        }
    }
}

/// What a database tells about an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    /// The number of its autonomous system.
    pub asn: Option<u32>,
    /// Its country.
    pub country: Option<Country>,
    /// Its regions: a continent, and [`Region::Eu`] beside it. Empty if not known.
    pub regions: Vec<Region>,
}

//! Why a caveat does not hold.

use std::net::IpAddr;

use super::list::Joined;
use super::moment::rfc3339;
use super::{Consumer, Country, Interface, Region, Service, TokenKind};

/// Why a caveat does not hold for a request, with the fact that decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// No token of this kind may have such a caveat.
    #[error("the {token} has a caveat of type \"{caveat}\", which such tokens do not support")]
    Unsupported {
        /// [`super::Caveat::kind`].
        caveat: &'static str,
        /// The kind of the token.
        token: TokenKind,
    },
    /// The token has expired.
    #[error("the token expired at {}", rfc3339(*.valid_until))]
    Expired {
        /// Its end, in seconds since the Unix epoch.
        valid_until: u64,
    },
    /// The peer's address is not known.
    #[error("the peer's address is not known")]
    AddressUnknown,
    /// The peer's address is in no network of the list.
    #[error("the address {0} is not allowed")]
    Address(IpAddr),
    /// Nothing is known about where the peer is.
    #[error("it is not known where the peer is")]
    PlaceUnknown,
    /// There is no geo database.
    #[error("there is no database that tells where the peer is")]
    NoDatabase,
    /// The database has no autonomous system for the peer.
    #[error("the autonomous system of the peer is not known")]
    AsnUnknown,
    /// The peer's autonomous system is not in the list.
    #[error("the autonomous system {0} is not allowed")]
    Asn(u32),
    /// The database has no country for the peer.
    #[error("the country of the peer is not known")]
    CountryUnknown,
    /// The peer's country is not allowed.
    #[error("the country {0} is not allowed")]
    Country(Country),
    /// The database has no region for the peer.
    #[error("the region of the peer is not known")]
    RegionUnknown,
    /// The peer's regions are not allowed.
    #[error("the region {} is not allowed", Joined(.0, " and "))]
    Region(Vec<Region>),
    /// It is not known which service the token was handed to.
    #[error("the service is not known")]
    ServiceUnknown,
    /// The service is not in the list.
    #[error("the service {0} is not allowed")]
    Service(Service),
    /// The consumer is not authenticated.
    #[error("the consumer is not known")]
    ConsumerUnknown,
    /// The consumer is not in the list.
    #[error("the consumer {0} is not allowed")]
    Consumer(Consumer),
    /// It is not known which interface the token came through.
    #[error("the interface is not known")]
    InterfaceUnknown,
    /// The token came through another interface.
    #[error("the interface {0} is not allowed")]
    Interface(Interface),
    /// The caveat is about data, and the verifier does not enforce it.
    #[error("the token is only for access to data")]
    DataAccess,
    /// The caveat allows the token no operation.
    #[error("the token only proves an identity")]
    IdentityOnly,
    /// It is not known which request to a service the token came with.
    #[error("it is not known what is asked for with the token")]
    HttpUnknown,
    /// The request's method is not in the list.
    #[error("the request's method is not allowed")]
    Method,
    /// The request's path is not in the list.
    #[error("the request's path is not allowed")]
    Path,
    /// The request's path could be read in two ways.
    #[error("the request's path is not in the form of RFC 3986 section 6.2.2, or has empty or dot components")]
    PathNotNormal,
}

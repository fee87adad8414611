//! The known facts about the use of a token: by whom, from where, through which interface, and the kind of token.

use std::net::IpAddr;

use super::{Consumer, Country, HttpRequest, Interface, Region, Service, TokenKind, Unmet};

/// The facts for the check of caveats. An unknown fact never fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Now, in seconds since the Unix epoch.
    pub now: u64,
    /// The address that the token came from. An IPv4-mapped IPv6 address counts as IPv4.
    pub peer: Option<IpAddr>,
    /// Where the peer is.
    pub place: PeerLocation,
    /// The service that the token was handed to.
    pub service: Option<Service>,
    /// The authenticated user of the token.
    pub consumer: Option<Consumer>,
    /// The interface that the token came through.
    pub interface: Option<Interface>,
    /// Whether the verifier of the token enforces the caveats about data.
    pub data_access: DataAccess,
    /// The request to the service.
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
            place: PeerLocation::default(),
            service: None,
            consumer: None,
            interface: None,
            data_access: DataAccess::Refused,
            http: None,
            token: TokenKind::Access,
        }
    }

    /// Checks a caveat that allows one interface.
    pub(super) fn check_interface(&self, allowed: Interface) -> Result<(), Unmet> {
        let used = self.interface.ok_or(Unmet::InterfaceUnknown)?;
        if used == allowed { Ok(()) } else { Err(Unmet::Interface(used)) }
    }
}

/// Whether the caveats about data are enforced by the verifier of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataAccess {
    /// They hold here, and are enforced where the data is.
    Allowed,
    /// The verifier does not enforce them: they do not hold.
    Refused,
}

/// The place of a peer, from the geo databases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerLocation {
    /// The number of its autonomous system.
    pub asn: Fact<u32>,
    /// Its country.
    pub country: Fact<Country>,
    /// Its regions: a continent, and [`Region::Eu`] with it. Never empty.
    pub regions: Fact<Vec<Region>>,
}

/// A fact of a geo database about a peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fact<T> {
    /// No database has this fact.
    NoDatabase,
    /// The peer is not known, or is in no database.
    #[default]
    Nowhere,
    /// A database has the peer, but not this fact.
    Unknown,
    /// The fact.
    Known(T),
}

impl PeerLocation {
    /// There is no database at all.
    #[must_use]
    pub fn no_database() -> Self {
        Self { asn: Fact::NoDatabase, country: Fact::NoDatabase, regions: Fact::NoDatabase }
    }
}

impl<T> Fact<T> {
    /// The fact, or why a caveat about it does not hold: `unknown` when only this is not known of the peer.
    pub(super) fn known(&self, unknown: Unmet) -> Result<&T, Unmet> {
        match self {
            Self::NoDatabase => Err(Unmet::NoDatabase),
            Self::Nowhere => Err(Unmet::PlaceUnknown),
            Self::Unknown => Err(unknown),
            Self::Known(fact) => Ok(fact),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_for_exactly_one_interface() {
        let used = |interface| Request { interface, ..Request::at(0) }.check_interface(Interface::Rest);
        assert_eq!(used(Some(Interface::Rest)), Ok(()));
        assert_eq!(used(Some(Interface::Oneclient)), Err(Unmet::Interface(Interface::Oneclient)));
        assert_eq!(used(None), Err(Unmet::InterfaceUnknown));
    }
}

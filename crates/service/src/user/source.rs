//! Where an attempt to sign in comes from.

use std::net::IpAddr;

use zonemint_store::Origin;

/// Where an attempt to sign in comes from.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// For throttling.
    pub address: IpAddr,
    /// For the audit trail; none for an attempt that is no request's.
    pub origin: Option<Origin>,
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        Self { address, origin: None }
    }
}

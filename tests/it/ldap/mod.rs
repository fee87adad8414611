//! Sign-in with passwords of a directory: against OpenLDAP's server where it is installed ([`crate::support::slapd`]), and against one
//! that breaks the protocol ([`wire`]).

mod availability;
mod groups;
mod load;
mod policy;
mod probe;
mod protocol;
mod recheck;
mod sign_in;
mod stand;
mod tls;
mod wire;

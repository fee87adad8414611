//! Decisions for proxies: the request that a proxy describes, and the groups of users that may send it.
//!
//! A proxy in front of another service asks this server before it passes a request on. Groups and routes are in the
//! settings; they limit what the client's token allows, and grant nothing.

mod forwarded_request;
mod gate;
mod host;
mod path;
mod settings;

pub(super) use forwarded_request::ForwardedRequest;
pub use gate::{Gate, GateError, Member};
pub(super) use gate::{NO_GROUP, named};
pub use settings::Settings;

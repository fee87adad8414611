//! Deciding for proxies: what a proxy says that a client asks for, and which groups of users may ask for it.
//!
//! A proxy that protects somebody else's service asks here before it passes a request on. Groups and routes stand in the
//! settings; they come on top of what the client's token allows, and grant nothing by themselves.

mod forwarded_request;
mod gate;
mod host;
mod path;
mod settings;

pub(super) use forwarded_request::ForwardedRequest;
pub use gate::{Gate, GateError, Member};
pub(super) use gate::{NO_GROUP, named};
pub use settings::Settings;

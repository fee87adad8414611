//! Decisions for proxies.

pub(crate) mod verify;

pub(crate) use verify::verify_itself;

//! Decisions for proxies.

pub(crate) mod verify;

pub(crate) use verify::{PREFIX, verify_itself};

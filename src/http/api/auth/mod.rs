//! Decisions for proxies.

pub(in crate::http) mod verify;

pub(in crate::http) use verify::{PREFIX, verify_itself};

//! Decisions for proxies.

mod verify;

pub(in crate::http) use verify::{PREFIX, verify, verify_itself};

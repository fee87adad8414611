//! Decisions for proxies.

mod verify;

pub(in crate::http) use verify::{verify, verify_itself};

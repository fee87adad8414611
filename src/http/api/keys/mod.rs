//! `/keys`: root keys, for administrators. Nothing here tells a key, or opens one; sealing them anew is for the operator.

pub(in crate::http) mod list;
pub(in crate::http) mod retire;
pub(in crate::http) mod rotate;

/// A root key's id in the document.
const EXAMPLE_KEY: &str = "5f0c1d2e3a4b5c6d";

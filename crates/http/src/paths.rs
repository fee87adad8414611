//! Prefixes of paths that several parts go by.

/// Where the Onezone API begins.
pub(super) const PREFIX: &str = "/api/v3/onezone";
/// The path for decisions. Envoy appends the path that it asks about.
pub(super) const AUTH: &str = "/auth/verify";

/// Whether a path is a folder itself, or lies below it.
pub(super) fn lies_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

//! Which contract for errors a path has.

use crate::paths::{PREFIX, lies_below};

/// The reference endpoint, which keeps the contract that its clients were written for.
const REFERENCE: &str = "/user/client_tokens";
/// The paths at and below which OAuth's contract holds.
const OAUTH: [&str; 3] = ["/oauth", "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

/// Which contract a path has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `{"error":"<text>"}`
    Legacy,
    /// `{"error":{"id":…,"details":…,"description":…,"ctx":null}}`, where `details` may be absent.
    Onezone21,
    /// `{"error":"<code>","error_description":"<text>"}`
    OAuth,
}

impl Style {
    /// The contract of a path, with or without a route.
    pub(crate) fn of(path: &str) -> Self {
        match path.strip_prefix(PREFIX) {
            Some(path) if lies_below(path, REFERENCE) => Self::Legacy,
            Some(_) if lies_below(path, PREFIX) => Self::Onezone21,
            _ if OAUTH.iter().any(|folder| lies_below(path, folder)) => Self::OAuth,
            _ => Self::Legacy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_decides_which_contract_holds() {
        for path in [
            "", "/", "/tokens", "/tokens/named/x", "/user", "/user/tokens/named", "/user/client_tokens_x",
            "/configuration", "/spaces/x", "/oauth/token",
        ] {
            assert_eq!(Style::of(&format!("{PREFIX}{path}")), Style::Onezone21, "{path}");
        }
        for path in [
            "/api/v3/onezone/user/client_tokens",
            "/api/v3/onezone/user/client_tokens/MDAx",
            "/api/v3/onezonex",
            "/api/v3",
            "/user",
            "/healthz",
            "/oauthx",
            "/.well-known/x",
            "",
        ] {
            assert_eq!(Style::of(path), Style::Legacy, "{path}");
        }
        for path in ["/oauth/token", "/oauth/none"].iter().chain(&OAUTH) {
            assert_eq!(Style::of(path), Style::OAuth, "{path}");
        }
    }
}

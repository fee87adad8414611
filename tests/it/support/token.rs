//! Operations that need only a token's text.

use zonemint::macaroon::{Limits, Macaroon};

/// The caveats of a token, in their order.
pub fn caveats_of(token: &str) -> Vec<String> {
    let (macaroon, _) = Macaroon::parse(token, &Limits::default()).unwrap();
    macaroon.danger_unverified_caveats().map(|caveat| String::from_utf8(caveat.cid.to_vec()).unwrap()).collect()
}

/// The token with one caveat more.
pub fn narrowed(token: &str, caveat: &str) -> String {
    let (mut macaroon, encoding) = Macaroon::parse(token, &Limits::default()).unwrap();
    macaroon.narrow(caveat.as_bytes()).unwrap();
    macaroon.to_text(encoding).unwrap()
}

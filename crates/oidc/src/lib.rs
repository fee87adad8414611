//! OIDC: access tokens of other issuers as credentials, and sign-in through them.
//!
//! [`Providers::select`] tells which provider a text is for, [`Provider::check`] whether the provider's token is valid, and for whom.
//! [`Provider::begin_sign_in`] and [`Provider::finish_sign_in`] are the authorization code flow. This crate knows no accounts, no
//! routes and no configuration file: it is given [`Settings`], a clock and randomness.
//!
//! What is accepted:
//!
//! * A text of three base64url parts whose first is a JSON object with `alg` is a JWT. It is verified here (RFC 9068), never sent to
//!   the issuer. Any other text is opaque. It is introspected (RFC 7662) or, only with [`Settings::accept_any_audience`], sent to
//!   userinfo.
//! * An access token must name an audience of [`Settings::audiences`], or, only if it names none, a client of
//!   [`Settings::authorized_parties`].
//! * An ID token is no access token. Its audience is a client, so the own client id is never an accepted audience
//!   ([`Settings::check`]). The header's `typ` must be `at+jwt`. With [`Settings::accept_typ_jwt`] it may be `JWT`; then claims
//!   that only other kinds of token have (`nonce`, `at_hash`, …) refuse the token.
//! * A token that is bound to a key of its holder (`cnf`) is refused: the proof is not checked here, so the token may be stolen.
//!
//! Where the next thing goes: another rule on claims is in `claims.rs`, another request to an issuer is a file that uses `fetch.rs`.

mod algorithm;
mod authorization;
mod claims;
mod discovery;
mod error;
mod fetch;
mod identity;
mod introspection;
mod jwt;
mod keys;
mod limits;
mod name;
mod probe;
mod provider;
mod providers;
mod refreshed;
mod results;
mod settings;
mod sign_in;
mod userinfo;

pub use algorithm::Algorithm;
pub use authorization::{Callback, PendingSignIn};
pub use error::{InvalidToken, Outage, Refusal, SettingsError, SignInRefusal};
pub use identity::{Groups, Identity};
pub use name::ProviderName;
pub use probe::ProbeReport;
pub use provider::Provider;
pub use providers::{Providers, Selection};
pub use settings::{ClientSecret, Settings};

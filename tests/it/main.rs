//! The one integration binary: every test here goes through the public surface, most through a real TLS socket.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should say where, and tests read the real clock and environment"
)]

mod support;

mod acme;
mod api;
mod arch;
mod attacks;
mod audit;
mod caveats;
mod cli;
mod client_tokens;
mod clocks;
mod connections;
mod console;
mod documents;
mod durability;
mod encodings;
mod errors;
mod fair_share;
mod guessing;
mod imported_passwords;
mod keeping;
mod keys;
mod large_accounts;
mod ldap;
mod limits;
mod logins;
mod macaroon_properties;
mod manual;
mod model;
mod monitoring;
mod never_widens;
mod one_text;
mod onedata;
mod openapi;
mod operator;
mod preflight;
mod program;
mod proxies;
mod resumption;
mod revocation_race;
mod rights;
mod secrets;
mod security;
mod sessions;
mod signed_texts;
mod store_contract;
mod store_copy;
mod tokens_as_passwords;
mod traces;
mod two_nodes;
mod user_ids;
mod user_names;
mod vectors;

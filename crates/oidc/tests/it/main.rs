//! Providers against an issuer in this process, over TLS with a CA of its own, and against a real one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should say where, and one of them reads the environment"
)]

mod access_tokens;
mod issuer;
mod opaque;
mod outages;
mod real;
mod rotation;
mod selection;
mod sign_in;

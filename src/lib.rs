//! **zonemint turns a user name and a password into a token that its holder can narrow, and its owner can revoke.**
//!
//! One binary serves the Onezone token API over HTTPS. The main job: `POST /api/v3/onezone/user/client_tokens` with a
//! password answers a macaroon, once its row and its audit row are durable.
//!
//! Modules depend downwards only, row by row; `tests/it/arch.rs` checks it.
//!
//! | row | modules | what they are |
//! |---|---|---|
//! | 5 | [`cli`] | commands; `main.rs` calls it |
//! | 4 | [`app`], [`config`] | putting the parts together; all settings as one |
//! | 3 | [`http`], [`serve`], [`tls`] | the edges: routes, sockets, certificates |
//! | 2 | [`token`], [`user`], [`audit`] | services; they do not know each other |
//! | 1 | [`store`], [`geo`] | the port to what is kept, and its engines; where addresses are |
//! | 0 | [`macaroon`], [`caveat`], [`model`], [`lines`], [`listen_address`], [`private_folder`], [`clock`], [`random`], [`telemetry`] | what everything stands on |
//!
//! A request's way: `serve` accepts it through TLS, the envelope in `http` gives it an id and limits, an extractor in `http`
//! finds out who is calling (`user` for a password, `token` for a token), a handler asks a service, the service asks the
//! `store`, and the answer leaves when the store says that it is durable. [`manual`] explains what does not fit one module.

pub mod app;
pub mod audit;
pub mod caveat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod geo;
pub mod http;
pub mod lines;
pub mod listen_address;
pub mod macaroon;
pub mod manual;
pub mod model;
pub mod private_folder;
pub mod random;
pub mod regular_file;
pub mod serve;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod token;
pub mod user;

//! **zonemint turns a user name and a password into a token that its holder can narrow, and its owner can revoke.**
//!
//! One binary serves the Onezone token API over HTTPS. The main job: `POST /api/v3/onezone/user/client_tokens` with a
//! password answers a macaroon, once its row and its audit row are durable.
//!
//! Crates depend downwards, and on one of their own row where it stands before them; their manifests say on which.
//! `tests/it/arch.rs` checks the modules of a crate.
//!
//! | row | crates | what they are |
//! |---|---|---|
//! | 5 | `zonemint` (`src`) | the program: [`cli`], the commands; [`app`], which puts the parts together; [`config`], all settings as one |
//! | 4 | [`zonemint_http`], [`zonemint_serve`], [`zonemint_client`] | routes, manual and console; the sockets before them; and the commands of a server's users, which need no part of the server |
//! | 3 | [`zonemint_service`], [`zonemint_tls`] | the services [`token`], [`user`] and [`audit`], who asks them ([`caller`]), and where addresses are ([`geo`]); certificates |
//! | 3 | `zonemint_oidc` | access tokens of other issuers, and sign-in through them |
//! | 2 | [`zonemint_store`], `zonemint_ldap` | what is kept, and its engines; passwords that a directory verifies |
//! | 1 | [`zonemint_telemetry`] | logs, metrics, traces and background tasks |
//! | 0 | [`zonemint_macaroon`], [`zonemint_caveat`], [`zonemint_base`] | tokens and caveats, which are libraries for others, too; and plain types, the clock, randomness and files ([`model`], [`clock`], …) |
//!
//! This library re-exports them, for the tests and benchmarks. The program itself names the crates.
//!
//! A request's way: `serve` accepts it through TLS, the envelope in `http` gives it an id and limits, an extractor in `http`
//! finds out who is calling (`user` for a password, `token` for a token), a handler asks a service for that [`caller`], the service
//! checks what the caller may do and asks the `store`, and the answer leaves when the store says that it is durable. The
//! manual (`docs/manual/how_it_works.md`) explains what does not fit one module.
//!
//! # Where a new thing goes
//!
//! | new | where |
//! |---|---|
//! | caveat | a file in `crates/caveat`, a variant, and a line in `docs/manual/caveats.md` |
//! | operation | a file in `crates/http/src/api/` with `operation!` and `document`, its name in the list of `zonemint_http`, a line in `docs/manual/api.md`, and a file in `tests/it/api` |
//! | command | a file in `src/cli/`, or in `crates/client` if a server's users need it; a line in `docs/manual/commands.md`, a session in `tests/cli` |
//! | store operation | a method of `Store`, and a case in `tests/it/store_contract` |
//! | setting | a field of its module's `Settings`, and a commented line in `config/default.toml` |
//! | page of the manual | a file in `docs/manual/`, and its name in `crates/http/src/page/manual.rs` |
//! | message that people see | a line in `docs/manual/troubleshooting.md`, if it does not say by itself what to do |
//!
//! # The tests
//!
//! | folder | what |
//! |---|---|
//! | `tests/it` | the integration tests; `arch.rs` checks the rules of the code |
//! | `tests/cli` | sessions at a terminal, played by `tests/it/cli` |
//! | `tests/console` | the tests of the console's scripts |
//! | `tests/browser` | uses the console in Chromium, and checks each page's layout and accessibility |
//! | `tests/vectors`, `tests/onedata` | test vectors of the token format; decisions of Onedata's own token code |
//! | `tests/fuzz` | the fuzz targets |
//! | `tests/oracle` | compares our macaroons with other libraries, and measures both |
//! | `tests/bench` | measures the server next to a bare one, and counts the instructions of an answer |
//! | `tests/cluster` | three nodes on a shared store, one fault after the other |
//! | `tests/clients` | other people's clients and libraries, and the manual's examples, against a server. `findings` has what was wrong with some of them |
//!
//! `cargo test` runs `tests/it`, and names and counts what it leaves out. `.ci/run` runs everything, but for the long forms of the
//! benchmarks (`tests/bench/src/main.rs` lists them).

pub mod app;
pub mod cli;
pub mod config;

pub use zonemint_base::{clock, lines, listen_address, model, private_folder, random, regular_file};
pub use zonemint_caveat as caveat;
pub use zonemint_client as client;
pub use zonemint_http as http;
pub use zonemint_macaroon as macaroon;
pub use zonemint_serve as serve;
pub use zonemint_service::{audit, caller, geo, token, user};
pub use zonemint_store as store;
pub use zonemint_telemetry as telemetry;
pub use zonemint_tls as tls;

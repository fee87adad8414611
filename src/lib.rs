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
//! | 2 | [`token`], [`user`], [`audit`], [`caller`] | services, which do not know each other; and who asks them, with which rights |
//! | 1 | [`store`], [`geo`] | the port to what is kept, and its engines; where addresses are |
//! | 0 | [`macaroon`], [`caveat`], [`model`], [`lines`], [`listen_address`], [`private_folder`], [`clock`], [`random`], [`telemetry`] | what everything stands on |
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
//! | caveat | a file in `caveat/`, a variant, and a line in `docs/manual/caveats.md` |
//! | operation | a file in `http/api/` with its `document`, a rule in `http/rule.rs`, a line in `http::router`, a line in `docs/manual/api.md`, and a file in `tests/it/api` |
//! | command | a file in `cli/`, a line in `docs/manual/commands.md`, a session in `tests/cli` |
//! | store operation | a method of `Store`, and a case in `tests/it/store_contract` |
//! | setting | a field of its module's `Settings`, and a commented line in `config/default.toml` |
//! | page of the manual | a file in `docs/manual/`, and its name in `http/page/manual.rs` |
//! | message that people see | a line in `docs/manual/troubleshooting.md`, if it does not say by itself what to do |
//!
//! # The tests
//!
//! | folder | what |
//! |---|---|
//! | `tests/it` | the integration tests; `arch.rs` checks the rows above |
//! | `tests/cli` | sessions at a terminal, played by `tests/it/cli` |
//! | `tests/console` | the tests of the console's scripts |
//! | `tests/browser` | uses the console in Chromium, and checks each page's layout and accessibility |
//! | `tests/vectors`, `tests/onedata` | test vectors of the token format; decisions of Onedata's own token code |
//! | `tests/fuzz` | the fuzz targets |
//! | `tests/oracle` | compares our macaroons with other libraries, and measures both |
//! | `tests/bench` | measures the server next to a bare one |
//! | `tests/cluster` | three nodes on a shared store, one fault after the other |
//! | `tests/clients` | other people's clients and libraries, and the manual's examples, against a server. `findings` has what was wrong with some of them |
//!
//! `cargo test` runs `tests/it`, and names and counts what it leaves out. `.ci/run` runs everything, but for the long forms of the
//! benchmarks (`tests/bench/src/main.rs` lists them).

pub mod app;
pub mod audit;
pub mod caller;
pub mod caveat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod geo;
pub mod http;
pub mod lines;
pub mod listen_address;
pub mod macaroon;
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

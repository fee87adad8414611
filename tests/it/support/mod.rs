//! What tests stand on: servers of their own, in this process or as the real program, and answers that are checked for
//! what tests forget.

mod answer;
pub mod identity;
pub mod kept;
pub mod left_out;
pub mod log;
mod node;
pub mod operator;
pub mod pooler;
pub mod postgres;
pub mod process;
mod program;
pub mod raw;
pub mod replicated;
mod server;
pub mod slapd;
pub mod sources;
mod token;

pub use node::{Node, Shared};
pub use program::{Program, with_input, zonemint};

pub use answer::{Answer, keys};
pub use server::{As, BOB, Ground, PASSWORD, TestServer, install_crypto};
pub use token::{caveats_of, narrowed};

use zonemint::config::{Config, Environment, Overrides};
use zonemint::model::UserId;
use zonemint::store::{Actor, Caller};
use zonemint::user::{PasswordField, PresentedPassword};

/// The settings of an empty file.
pub fn default_settings() -> Config {
    Config::load(None, &Environment::default(), &Overrides::default()).unwrap()
}

/// As [`default_settings`], but that a password's hash costs next to nothing: it would be half of what most tests take. What is tested
/// under a load of hashes needs the default.
pub fn quick_settings() -> Config {
    let mut config = default_settings();
    (config.password.memory_kib, config.password.iterations) = (64, 1);
    config
}

/// A user who has signed in with the first password, for writes to a store.
pub fn by_password(user: UserId) -> Actor {
    Actor::Caller(Caller::by_password(user, 1))
}

/// A password for a login without HTTP.
pub fn presented(password: &str) -> PresentedPassword<'_> {
    PasswordField::read(password).password().unwrap()
}

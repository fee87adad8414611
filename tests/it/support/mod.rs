//! What tests stand on: servers of their own, in this process or as the real program, and answers that are checked for
//! what tests forget.

mod answer;
mod program;
mod server;

pub use program::{Program, with_input, zonemint};

pub use answer::Answer;
pub use server::{PASSWORD, TestServer, install_crypto};

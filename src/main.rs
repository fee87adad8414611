//! The program: see [`zonemint::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    zonemint::cli::run()
}

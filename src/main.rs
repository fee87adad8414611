//! The program: see [`zonemint::cli`].

use std::process::ExitCode;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

fn main() -> ExitCode {
    // Memory will hold passwords and keys: no core file of it, and no look into it by other programs of the same user.
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        eprintln!(
            "warning: memory may be written to core files, as the system does not let that be turned off: {error}"
        );
    }
    zonemint::telemetry::task::hide_values_of_panics();
    zonemint::cli::run()
}

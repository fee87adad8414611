//! Programs that are started, and end with this one.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::wait::until;

/// A command that is ended when this program is, also when this program is killed.
pub fn bound_to_this(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Starts it, with all it prints in a file; gives what follows `sign` in the line that has it.
pub async fn start(mut command: Command, log: &Path, sign: &str) -> (Child, String) {
    let file = File::create(log).unwrap();
    let child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
    let found = until(async || {
        let printed = std::fs::read_to_string(log).unwrap();
        let after = printed.split_once(sign)?.1;
        Some(after.split_once('\n')?.0.to_owned())
    });
    let Some(line) = found.await else {
        panic!("no {sign:?} was printed, but: {}", std::fs::read_to_string(log).unwrap());
    };
    (child, line)
}

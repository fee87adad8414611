//! Secrets of clients: shown only by [`Secret::expose`], and wiped on drop.

use std::io::{self, Read as _};
use std::process::{Command, Stdio};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::command::{CommandError, LONGEST_INPUT};

/// A token or a password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Zeroizing<String>);

impl Secret {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// The first line that a command prints. Its standard error goes to the terminal.
    pub(super) fn of_command(command: &[String]) -> Result<Self, CommandError> {
        let [program, arguments @ ..] = command else {
            let told =
                "the command that is to print the secret is empty: write it as in [\"pass\", \"show\", \"zone\"]";
            return Err(CommandError(told.to_owned()));
        };
        let failed =
            |why: String| CommandError(format!("the command {program:?}, which is to print the secret, {why}"));
        let not_run = |error: io::Error| failed(format!("cannot be run: {error}"));
        let mut child = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().map_err(not_run)?;
        let mut bytes = Zeroizing::new(Vec::new());
        if let Some(out) = child.stdout.take() {
            out.take(LONGEST_INPUT).read_to_end(&mut bytes).map_err(not_run)?;
        }
        let status = child.wait().map_err(not_run)?;
        if !status.success() {
            return Err(failed(format!("failed ({status})")));
        }
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() { Err(failed("printed none".to_owned())) } else { Ok(Self::new(line)) }
    }
}

zonemint_base::opaque_debug!(Secret);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

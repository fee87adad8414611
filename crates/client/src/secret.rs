//! Secrets of clients: shown by nothing but [`Secret::expose`], and wiped when they go.

use std::fmt;
use std::io::Read as _;
use std::process::{Command, Stdio};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// More than any token that the format allows, in bytes.
const MOST: u64 = 4 << 20;

/// A token or a password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Zeroizing<String>);

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretError {
    #[error("the command {0:?}, which is to print the secret, cannot be run")]
    Start(String, #[source] std::io::Error),
    #[error("the command {0:?}, which is to print the secret, failed ({1})")]
    Failed(String, std::process::ExitStatus),
    #[error("the command {0:?}, which is to print the secret, printed none")]
    Nothing(String),
    #[error("the command that is to print the secret is empty: write it as in [\"pass\", \"show\", \"zone\"]")]
    NoCommand,
}

impl Secret {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// The first line that a command prints. What it says on standard error is for whoever waits for it.
    pub(super) fn of_command(command: &[String]) -> Result<Self, SecretError> {
        let [program, arguments @ ..] = command else { return Err(SecretError::NoCommand) };
        let start = |error| SecretError::Start(program.clone(), error);
        let mut child = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().map_err(start)?;
        let mut bytes = Zeroizing::new(Vec::new());
        if let Some(out) = child.stdout.take() {
            out.take(MOST).read_to_end(&mut bytes).map_err(start)?;
        }
        let status = child.wait().map_err(start)?;
        if !status.success() {
            return Err(SecretError::Failed(program.clone(), status));
        }
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() { Err(SecretError::Nothing(program.clone())) } else { Ok(Self::new(line)) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

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

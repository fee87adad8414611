//! Commands that fix something. Each can be run as it is: on one line, with every name filled in.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::{Location, absolute};

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Remedy {
    /// For a shell, as root or as the user that the server runs as.
    Shell(String),
    /// For the database, as the owner of its tables or as a superuser.
    Sql(String),
    /// A command of this program, without the options for settings and data.
    #[serde(rename = "shell")]
    Zonemint(String),
}

impl Remedy {
    /// A shell command on files.
    pub(super) fn on_files(command: &str, files: &[&Path]) -> Self {
        let files = files.iter().map(|file| format!(" {}", quoted_path(&no_option(file))));
        Self::Shell(files.fold(command.to_owned(), |command, file| command + &file))
    }

    /// A command of this program, on the settings that doctor checks.
    pub(super) fn zonemint(command: &str) -> Self {
        Self::Zonemint(format!("zonemint {command}"))
    }

    /// Adds the options for the settings and data at `location`.
    pub(super) fn at(self, location: &Location) -> Self {
        match self {
            Self::Zonemint(command) => {
                let flags = [("--config", &location.config), ("--data", &location.data)];
                let given = flags.into_iter().filter_map(|(flag, path)| Some((flag, path.as_ref()?)));
                let flags = given.map(|(flag, path)| format!(" {flag} {}", quoted_path(&absolute(path))));
                Self::Shell(flags.fold(command, |command, flag| command + &flag))
            }
            other => other,
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Shell(text) | Self::Sql(text) | Self::Zonemint(text) => text,
        }
    }
}

/// A path that no program reads as an option.
fn no_option(path: &Path) -> PathBuf {
    if path.as_os_str().as_bytes().starts_with(b"-") { Path::new(".").join(path) } else { path.to_owned() }
}

/// A path for a shell.
pub(super) fn quoted_path(path: &Path) -> String {
    match path.to_str() {
        Some(text) => quoted(text),
        None => escaped(path.as_os_str().as_bytes()),
    }
}

/// A word for a POSIX shell.
pub(super) fn quoted(word: &str) -> String {
    // A command stays on one line, and contains no codes for the terminal.
    if word.chars().any(char::is_control) {
        return escaped(word.as_bytes());
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/-:@%+,=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A word as POSIX.1-2024 writes any byte (section 2.2.4).
fn escaped(word: &[u8]) -> String {
    let bytes = word.iter().map(|byte| match byte {
        b'\\' | b'\'' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\{byte:03o}"),
    });
    format!("$'{}'", bytes.collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn a_command_is_one_for_the_files_and_settings_that_are_meant() {
        let location = Location { config: Some("/etc/my zone's.toml".into()), data: Some("data".into()) };
        let command = Remedy::zonemint("store check").at(&location);
        let data = std::path::absolute("data").unwrap();
        let expected = format!(r"zonemint store check --config '/etc/my zone'\''s.toml' --data {}", data.display());
        assert_eq!(command.text(), expected);
        let command = Remedy::on_files("chmod 700", &[Path::new("/a b"), Path::new("/c")]).at(&location);
        assert_eq!(command.text(), "chmod 700 '/a b' /c");
        let command = Remedy::on_files("rm", &[Path::new("-rf")]);
        assert_eq!(command.text(), "rm ./-rf");
    }

    #[test]
    fn a_path_of_any_bytes_stays_one_word_on_one_line() {
        for name in [&b"/a\nrm -r b"[..], b"/it's \\ \x1b[2J", b"/\xff\xfe1", "/\u{85}é".as_bytes(), b"/plain"] {
            let word = quoted_path(Path::new(OsStr::from_bytes(name)));
            assert!(!word.chars().any(char::is_control), "{word}");
            let printed = std::process::Command::new("bash").args(["-c", &format!("printf %s {word}")]).output();
            assert_eq!(printed.unwrap().stdout, name, "{word}");
        }
    }
}

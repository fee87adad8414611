//! Commands that mend something, each as it can be run: on a line of its own, with every name filled in.

use std::path::Path;

use serde::Serialize;

use crate::cli::Location;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Remedy {
    /// For a shell, as root or as the user that the server runs as.
    Shell(String),
    /// For the database, as the owner of its tables or as a superuser.
    Sql(String),
    /// A command of this program, before it is said on which settings.
    #[serde(rename = "shell")]
    Zonemint(String),
}

impl Remedy {
    /// A command of a shell on files.
    pub(super) fn on_files(command: &str, files: &[&Path]) -> Self {
        let files = files.iter().map(|file| format!(" {}", quoted(&file.to_string_lossy())));
        Self::Shell(files.fold(command.to_owned(), |command, file| command + &file))
    }

    /// A command of this program, on the settings that doctor looks at.
    pub(super) fn zonemint(command: &str) -> Self {
        Self::Zonemint(format!("zonemint {command}"))
    }

    /// The command, where settings and data are at `location`.
    pub(super) fn at(self, location: &Location) -> Self {
        match self {
            Self::Zonemint(command) => {
                let flags = [("--config", &location.config), ("--data", &location.data)];
                let given = flags.into_iter().filter_map(|(flag, path)| Some((flag, path.as_ref()?)));
                let flags = given.map(|(flag, path)| format!(" {flag} {}", quoted(&path.to_string_lossy())));
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

/// A word for a POSIX shell.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/-:@%+,=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_for_the_files_and_settings_that_are_meant() {
        let location = Location { config: Some("/etc/my zone's.toml".into()), data: Some("data".into()) };
        let command = Remedy::zonemint("store check").at(&location);
        assert_eq!(command.text(), r"zonemint store check --config '/etc/my zone'\''s.toml' --data data");
        let command = Remedy::on_files("chmod 700", &[Path::new("/a b"), Path::new("/c")]).at(&location);
        assert_eq!(command.text(), "chmod 700 '/a b' /c");
    }
}

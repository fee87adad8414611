//! The help text of each command, as reviewed.

use super::man::commands;
use crate::support::{kept, zonemint};

/// The `--help` of every command and group, one after the other.
fn all() -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for name in std::iter::once(Vec::new()).chain(commands(&[])) {
        let words: Vec<_> = name.iter().map(String::as_str).chain(["--help"]).collect();
        let out = zonemint(folder.path(), &words).output().unwrap();
        assert!(out.status.success() && out.stderr.is_empty(), "{words:?}: {out:?}");
        let help = String::from_utf8(out.stdout).unwrap();
        // clap pads empty lines within a text with spaces.
        let help: String = help.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        text += &["$ zonemint ", &words.join(" "), "\n", &help, "\n"].concat();
    }
    text
}

#[test]
fn every_help_is_the_one_that_is_kept() {
    kept::must_be("help.txt", &all(), "cli::help");
}

//! Every command has a manual page and completions.

use std::process::Command;

use crate::support::zonemint;

/// Every command in the list that a command's help has, and those below it, as in `tokens list`.
pub fn commands(above: &[&str]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let out = zonemint(folder.path(), &[above, &["--help"]].concat()).output().unwrap();
    let help = String::from_utf8(out.stdout).unwrap();
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let names = list.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("    "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    let mut found = Vec::new();
    for name in names {
        let path = [above, &[name]].concat();
        found.push(path.iter().map(ToString::to_string).collect());
        found.extend(commands(&path));
    }
    found
}

#[test]
fn each_command_has_a_manual_page_that_groff_takes_and_a_completion() {
    let folder = tempfile::tempdir().unwrap();
    assert!(zonemint(folder.path(), &["man", "."]).status().unwrap().success());
    let bash = zonemint(folder.path(), &["completions", "bash"]).output().unwrap();
    let bash = String::from_utf8(bash.stdout).unwrap();
    let commands = commands(&[]);
    assert!(commands.len() > 30, "{commands:?}");
    for command in commands {
        let page = folder.path().join(format!("zonemint-{}.1", command.join("-")));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|_| panic!("{command:?} has no page"));
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{text}");
        assert!(
            bash.contains(&format!("zonemint__{}", command.join("__")))
                || bash.contains(&format!("zonemint__subcmd__{}", command.join("__subcmd__"))),
            "{command:?} is not completed"
        );
        // Without groff, only the page's source is checked.
        if let Ok(out) = Command::new("groff").args(["-Kutf8", "-Tutf8", "-man", "-ww", "-z"]).arg(&page).output() {
            assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
        }
    }
}

#[test]
fn the_page_of_the_program_itself_goes_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let out = zonemint(folder.path(), &["man"]).output().unwrap();
    assert!(String::from_utf8(out.stdout).unwrap().contains(".TH zonemint 1"));
    let missing = zonemint(folder.path(), &["man", "no/such/folder"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(1));
}

//! Every command there is, each with arguments that it takes.

use std::collections::BTreeSet;

use crate::cli::man::commands;

/// A command, and its arguments: `{token}` is a token, `{key}` the id of a root key.
pub const COMMANDS: [(&str, &[&str]); 64] = [
    ("serve", &["--listen", "127.0.0.1:0"]),
    ("user add", &["walker", "--password-stdin"]),
    ("user list", &[]),
    ("user show", &["admin"]),
    ("user import", &["--from", "htpasswd", "-"]),
    ("user password", &["walker", "--password-stdin"]),
    ("user grant", &["walker", "--all"]),
    ("user revoke", &["walker", "--all"]),
    ("user block", &["walker"]),
    ("user unblock", &["walker"]),
    ("user rename", &["walker", "walked"]),
    ("user names", &["--ignore-case"]),
    ("user remove", &["walked", "--yes"]),
    ("service add", &["walking"]),
    ("service list", &[]),
    ("service token", &["walking", "--kind", "access", "--name", "another"]),
    ("service block", &["walking"]),
    ("service unblock", &["walking"]),
    ("service remove", &["walking", "--yes"]),
    ("login", &["--user", "admin", "--password-stdin", "--cacert", "certs/cert.pem"]),
    ("whoami", &[]),
    ("tokens list", &[]),
    ("tokens create", &["walked"]),
    ("tokens show", &["walked"]),
    ("tokens rotate", &["walked"]),
    ("tokens confine", &["--ttl", "1h"]),
    ("tokens convert", &["--encoding", "v2"]),
    ("tokens verify", &["{token}"]),
    ("tokens inspect", &["{token}"]),
    ("tokens rename", &["walked", "walking"]),
    ("tokens revoke", &["walking"]),
    ("tokens restore", &["walking", "--password-stdin"]),
    ("tokens delete", &["walking", "--yes"]),
    ("password", &["--password-stdin"]),
    ("profiles list", &[]),
    ("profiles choose", &["default"]),
    ("logout", &[]),
    ("profiles remove", &["default"]),
    ("health", &["--cacert", "certs/cert.pem"]),
    ("token inspect", &["{token}"]),
    ("token import", &["-"]),
    ("token revoke", &["--endless", "--dry-run"]),
    ("key list", &[]),
    ("key rotate", &[]),
    ("key rewrap", &["--new"]),
    ("key activate", &["{key}"]),
    ("key retire", &["{key}", "--yes"]),
    ("key generate", &[]),
    ("store check", &[]),
    ("store backup", &["backup.db"]),
    ("store restore", &["backup.db", "--revoke-all", "--data", "restored"]),
    ("store replay", &["--audit", "trail"]),
    ("store purge", &[]),
    ("store copy", &["--from", "sqlite:restored", "--to", "sqlite:copied"]),
    ("audit tail", &[]),
    ("audit export", &["-"]),
    ("audit verify", &[]),
    ("audit archive", &["--before", "365d", "archive"]),
    ("config default", &[]),
    ("config check", &[]),
    ("config show", &[]),
    ("doctor", &["--json"]),
    ("completions", &["bash"]),
    ("man", &[]),
];

/// The words of one of them, with what its placeholders stand for.
pub fn words(name: &str, arguments: &[&str], token: &str, key: &str) -> Vec<String> {
    let fill = |word: &str| word.replace("{token}", token).replace("{key}", key);
    name.split(' ').chain(arguments.iter().copied()).map(fill).collect()
}

#[test]
fn every_command_stands_in_the_table() {
    let all = commands(&[]);
    let is_group =
        |command: &[String]| all.iter().any(|other| other.len() > command.len() && other.starts_with(command));
    let there: BTreeSet<_> = all.iter().filter(|command| !is_group(command)).map(|command| command.join(" ")).collect();
    assert_eq!(COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>(), there);
}

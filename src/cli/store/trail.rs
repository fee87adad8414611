//! The files of an audit trail and the result of a replay: what `restore` and `replay` share.

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::{CommandError, Failure, fail};
use zonemint_base::model::KeyId;
use zonemint_service::audit::{End, line as json_line};
use zonemint_store::{AuditRow, Chain, Replayed};
use zonemint_telemetry::error_chain;

/// A row, and its place in a file.
pub(super) struct TrailLine<'a> {
    path: &'a Path,
    number: usize,
    pub(super) row: AuditRow,
}

impl TrailLine<'_> {
    /// The error that the row is refused. `not_done` says what did not happen because of it.
    pub(super) fn refused(&self, error: &dyn Error, not_done: &str) -> CommandError {
        let chain = match self.row.chain.as_str() {
            "" => String::new(),
            name => format!(", chain {name}"),
        };
        refused(self.path, self.number, &chain, error, not_done)
    }
}

fn refused(path: &Path, number: usize, chain: &str, error: &dyn Error, not_done: &str) -> CommandError {
    CommandError(format!("line {number} of {}{chain}: {}; {not_done}", path.display(), error_chain(error)))
}

fn unreadable(path: &Path, error: &io::Error, not_done: &str) -> CommandError {
    CommandError(format!("the trail {} cannot be read: {error}; {not_done}", path.display()))
}

/// Refuses pipes and other files that can be read only once.
pub(super) fn refuse_irregular(paths: &[PathBuf], not_done: &str) -> Result<(), Failure> {
    for path in paths {
        if !fs::metadata(path).map_err(|error| unreadable(path, &error, not_done))?.is_file() {
            let path = path.display();
            return fail(format!(
                "the trail {path} is no regular file. It is read twice: write it into a file; {not_done}"
            ));
        }
    }
    Ok(())
}

/// Reads the rows of all files, one after the other.
pub(super) fn rows<'a>(
    paths: &'a [PathBuf],
    not_done: &'a str,
) -> impl Iterator<Item = Result<TrailLine<'a>, CommandError>> + use<'a> {
    paths.iter().flat_map(move |path| -> Box<dyn Iterator<Item = Result<TrailLine<'a>, CommandError>>> {
        let unreadable = move |error| unreadable(path, &error, not_done);
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => return Box::new(std::iter::once(Err(unreadable(error)))),
        };
        Box::new(BufReader::new(file).lines().enumerate().map(move |(index, text)| {
            let number = index + 1;
            let (row, _) = json_line::parse(&text.map_err(unreadable)?)
                .map_err(|error| refused(path, number, "", &error, not_done))?;
            Ok(TrailLine { path, number, row })
        }))
    })
}

/// Rows that a trail must have.
pub(super) struct Expected(Vec<End>);

impl Expected {
    pub(super) fn new(ends: &[End]) -> Self {
        Self(ends.to_vec())
    }

    /// Removes a row of the trail from the expected ones.
    pub(super) fn see(&mut self, row: &AuditRow) {
        self.0.retain(|End(end)| (&end.chain, end.seq, end.hash) != (&row.chain, row.seq, row.hash));
    }

    /// Fails if the trail lacks an expected row. `reached` says where the trail ends in a chain.
    pub(super) fn all_seen(&self, reached: impl Fn(&Chain) -> Option<End>) -> Result<(), Failure> {
        let Some(end) = self.0.first() else { return Ok(()) };
        let ends = reached(&end.0.chain).map_or_else(|| "it ends before".to_owned(), |end| format!("it ends at {end}"));
        fail(format!("the trail does not have the row {end}, which was expected; {ends}"))
    }
}

/// The result as JSON.
pub(super) fn as_json(done: &Replayed, keys: &[KeyId]) -> Value {
    json!({
        "trailRows": done.rows,
        "tokensRevoked": done.revoked,
        "tokensDeleted": done.deleted,
        "usersBlocked": done.blocked,
        "usersRemoved": done.removed,
        "generationsEnded": done.generations,
        "keysRetired": done.keys,
        "withoutPassword": done.passwords,
        "withoutSignIn": done.sign_ins,
        "withoutPrivileges": done.privileges,
        "keptRefused": done.kept_refused,
        "tokensLost": done.lost_tokens,
        "usersLost": done.lost_users,
        "keysLost": done.lost_keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "namesFromBefore": done.names,
        "keyOrderFromBackup": done.reordered,
        "caseOfNamesCounts": done.unmarked,
        "keyEncryptionKeys": keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// The result in words. `keys` are the key-encryption keys of the root keys that are not retired.
pub(super) fn describe(done: &Replayed, keys: &[KeyId]) -> String {
    let mut text = String::new();
    for (count, what) in [
        (done.revoked, "tokens that were good are revoked"),
        (done.deleted, "tokens are deleted"),
        (done.blocked, "users are blocked"),
        (done.removed, "users are removed"),
        (done.generations, "users have a new generation of temporary tokens; earlier ones are refused"),
        (done.keys, "root keys are retired"),
        (
            done.kept_refused,
            "tokens or users that were restored or unblocked are still refused: the backup refuses them, or it is not known \
             which came last",
        ),
        (done.lost_tokens, "tokens that were minted after the backup are unknown, and refused"),
        (done.lost_users, "users that were added after the backup are unknown"),
        (done.names, "users have the names that they had in the backup"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{count} {what}");
        }
    }
    for (names, what) in [
        (
            &done.passwords,
            "the password was changed after the backup, and the old one is gone; set one with `zonemint user password`",
        ),
        (&done.sign_ins, "sign-in with the password was allowed or ended after the backup, and is ended"),
        (
            &done.privileges,
            "the privileges were changed after the backup, and all are gone; give them with `zonemint user grant`",
        ),
    ] {
        for name in names {
            let _ = writeln!(text, "{name}: {what}");
        }
    }
    if done.reordered {
        text.push_str("the order of root keys is that of the backup; see `zonemint key list`\n");
    }
    if done.unmarked {
        text.push_str(
            "user names that differ in case only are different names again; see `zonemint user names --ignore-case`\n",
        );
    }
    for key in &done.lost_keys {
        let _ = writeln!(text, "the root key {key} was made after the backup and is lost: its tokens are refused");
    }
    if keys.is_empty() {
        text.push_str("all its root keys are retired; the first start makes a new one\n");
    }
    for key in keys {
        let _ = writeln!(
            text,
            "its root keys are sealed under the key-encryption key {key}, which must be there before you serve"
        );
    }
    text
}

//! `zonemint store restore`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Progress, load};
use crate::audit::{End, line as json_line};
use crate::cli::{Failure, Location, Told, print};
use crate::clock::Clock;
use crate::model::KeyId;
use crate::store::sqlite::{DataFolder, Restore};
use crate::store::{AuditRow, Replayed};
use crate::telemetry::error_chain;

pub(super) const ABOUT: &str = "\
Restore a backup into a data folder without a database

A backup is older than what was revoked after it. So that no revoked token comes back, say how to go on from it:

  --audit FILE…  does again what the audit trail since the backup says was taken away: tokens revoked and deleted, users
                 blocked and removed, generations of temporary tokens ended, root keys retired. Where the trail does not tell
                 what was changed, it is taken away whole and told: a password that was changed is gone, and so are sign-in
                 with a password, and privileges, that were changed. Nothing that the backup refuses becomes good. The files
                 are those of `zonemint audit export`, in order; they may begin before the backup, and must go on from its
                 end without a gap, row by row and hash by hash.
  --revoke-all   revokes every token, and ends all temporary ones. It knows of no block, removal, retired root key, changed
                 password or changed privilege since the backup: look after these yourself before you serve.

A trail tells what was done up to its last row. What was revoked after it was exported is not in it, and is good again: nobody
can know it. If you know where the trail ended (a later `zonemint audit verify`, a checkpoint in another chain), give it with
--expect; if you cannot be sure, use --revoke-all.

Tokens and users made after the backup are not known any more, and are refused. The backup is verified first: damage, version,
audit chain. Everything happens in a file of another name, so that a restore that is interrupted leaves nothing that serves.
The key-encryption key is not in a backup: put it where it was (`keys.file`) before you serve.

For a shared store use the database's own tools, then `zonemint store check`.";

const NEITHER: &str = "\
a backup is older than what was revoked after it. Give the audit trail exported since, with --audit FILE…, and what it says \
was taken away is done again; or say --revoke-all, and every token is revoked";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The backup
    file: PathBuf,
    /// The audit trail since the backup, one file or several in order
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "revoke_all")]
    audit: Vec<PathBuf>,
    /// Revoke everything, because there is no trail
    #[arg(long)]
    revoke_all: bool,
    /// Refuse a trail that does not have this row
    #[arg(long, value_name = "CHAIN:NUMBER:HASH", requires = "audit")]
    expect: Option<End>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    location: Location,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = load(&arguments.location)?;
    if config.store.is_shared() {
        let told = "a shared store is restored with the database's own tools; or restore the backup into a data folder, and copy \
                    that with `zonemint store copy --from sqlite:DIR --to …`";
        return Err(Told(told.to_owned()).into());
    }
    if arguments.audit.is_empty() && !arguments.revoke_all {
        return Err(Told(NEITHER.to_owned()).into());
    }
    let now_ms = Clock::system().now_ms();
    let mut restore = Restore::begin(&DataFolder::create(&config.store.folder)?, &arguments.file)?;
    if arguments.revoke_all {
        restore.revoke_all(now_ms)?;
    } else {
        replay(&mut restore, arguments)?;
    }
    let (head, reached) = (End(restore.head().clone()), End(restore.reached()));
    let keys = restore.sealed_by()?;
    let done = restore.finish(now_ms)?;
    if arguments.json {
        return print(&format!("{}\n", as_json(&done, &head, &reached, &keys)));
    }
    print(&told(&done, &arguments.file, &head, &reached, &keys))
}

fn replay(restore: &mut Restore, arguments: &Arguments) -> Result<(), Failure> {
    let mut progress = Progress::new();
    let mut met = arguments.expect.is_none();
    for path in &arguments.audit {
        let unreadable = |error| Told(format!("the trail {} cannot be read: {error}", path.display()));
        for (number, line) in BufReader::new(File::open(path).map_err(unreadable)?).lines().enumerate() {
            let row = row(path, number + 1, &line.map_err(unreadable)?)?;
            restore.replay(&row)?.map_err(|error| fault(path, number + 1, &error))?;
            met |= arguments
                .expect
                .as_ref()
                .is_some_and(|end| (&end.0.chain, end.0.seq, end.0.hash) == (&row.chain, row.seq, row.hash));
            if row.seq % 10_000 == 0 {
                progress.show(format_args!("row {} of the trail", row.seq));
            }
        }
    }
    if let Some(end) = arguments.expect.as_ref().filter(|_| !met) {
        let told =
            format!("the trail does not have the row {end}, which was expected; it ends at {}", End(restore.reached()));
        return Err(Told(told).into());
    }
    Ok(())
}

fn row(path: &Path, number: usize, line: &str) -> Result<AuditRow, Told> {
    json_line::parse(line).map(|(row, _)| row).map_err(|error| fault(path, number, &error))
}

fn fault(path: &Path, number: usize, error: &dyn std::error::Error) -> Told {
    Told(format!("line {number} of {}: {}; nothing was restored", path.display(), error_chain(error)))
}

fn as_json(done: &Replayed, backup: &End, reached: &End, keys: &[KeyId]) -> serde_json::Value {
    json!({
        "backupEnd": backup.to_string(),
        "trailEnd": done.rows.map(|_| reached.to_string()),
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
        "namesFromBefore": done.names,
        "keyEncryptionKeys": keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn told(done: &Replayed, file: &Path, backup: &End, reached: &End, keys: &[KeyId]) -> String {
    let mut text = format!("restored {}, whose audit chain ends at {backup}\n", file.display());
    let _ = match done.rows {
        Some(rows) => {
            writeln!(text, "the trail goes on for {rows} rows, to {reached}; what was taken away after it is not known")
        }
        None => writeln!(
            text,
            "blocks, removals, retired root keys, changed passwords and privileges since the backup are not known: look after \
             these before you serve"
        ),
    };
    for (count, what) in [
        (done.revoked, "tokens that were good are revoked"),
        (done.deleted, "tokens are deleted"),
        (done.blocked, "users are blocked"),
        (done.removed, "users are removed"),
        (done.generations, "users have a new generation of temporary tokens; earlier ones are refused"),
        (done.keys, "root keys are retired"),
        (done.kept_refused, "tokens or users that were made good again after the backup are refused, as in the backup"),
        (done.lost_tokens, "tokens that were made after the backup are not known any more, and refused"),
        (done.lost_users, "users that were added after the backup are not known any more"),
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

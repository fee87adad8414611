//! `zonemint store restore`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::trail::{self, Expected};
use crate::cli::progress::ProgressLine;
use crate::cli::{Common, Failure, fail, print};
use zonemint_base::clock::Clock;
use zonemint_base::model::KeyId;
use zonemint_service::audit::End;
use zonemint_store::Replayed;
use zonemint_store::sqlite::{DataFolder, Restore};

const NOT_DONE: &str = "nothing was restored";

pub(super) const ABOUT: &str = "\
Restore a backup into a data folder without a database

A backup does not contain what was revoked after it. So that no revoked token becomes valid again,
choose how to continue:

  --audit FILE…  applies again what the audit trail since the backup records: tokens revoked and
                 deleted, users blocked and removed, generations of temporary tokens ended, root
                 keys retired. Where the trail does not record the new value, the old one is removed
                 and reported: a changed password is gone, and so are changed privileges, and
                 sign-in with a password where that was changed. Nothing that the backup refuses
                 becomes valid. The files are those of `zonemint audit export`, in order. They may
                 begin before the backup, and must continue from its end without a gap, row by row
                 and hash by hash.
  --revoke-all   revokes every token, also all temporary ones. It does not repeat blocks, removals,
                 retired root keys, or changed passwords and privileges since the backup: repeat
                 these yourself before you serve.

A trail contains what was done up to its last row. What was revoked after its export is not in it,
and is valid again. If you know where the trail ended (a later `zonemint audit verify`, a checkpoint
in another chain), give it with --expect; if you are not sure, use --revoke-all.

Tokens and users created after the backup are unknown, and are refused. The backup is verified
first: damage, version, audit chain. The restore writes to a file of another name, so that an
interrupted restore leaves nothing that serves. The key-encryption key is not in a backup: put it
where it was (`keys.file`) before you serve.

For a shared store use the database's own tools, then `zonemint store replay --audit TRAIL…`.";

const NEITHER: &str = "\
a backup does not contain what was revoked after it. Give the audit trail exported since, with --audit FILE…, to apply its \
revocations again; or give --revoke-all, to revoke every token";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The backup
    file: PathBuf,
    /// The audit trail since the backup, one file or several in order
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "revoke_all")]
    audit: Vec<PathBuf>,
    /// Revoke every token, because there is no trail
    #[arg(long)]
    revoke_all: bool,
    /// Refuse a trail without this row; may be repeated
    #[arg(long, value_name = "CHAIN:NUMBER:HASH", requires = "audit")]
    expect: Vec<End>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.common.location.load_for_process()?;
    if config.store.is_shared() {
        return fail(
            "a shared store is restored with the database's own tools, and then `zonemint store replay --audit TRAIL…`; or restore \
             the backup into a data folder, and copy that with `zonemint store copy --from sqlite:DIR --to …`",
        );
    }
    if arguments.audit.is_empty() && !arguments.revoke_all {
        return fail(NEITHER);
    }
    let now_ms = Clock::system().now_ms();
    let mut restore = Restore::begin(&DataFolder::create(&config.store.folder)?, &arguments.file)?;
    if arguments.revoke_all {
        restore.revoke_all(now_ms);
    } else {
        replay(&mut restore, arguments)?;
    }
    let (head, reached) = (End(restore.head().clone()), End(restore.reached()));
    let keys = restore.sealed_by()?;
    let done = restore.finish(now_ms)?;
    let object = as_json(&done, &head, &reached, &keys);
    print(&arguments.common.output.object(&object, || describe(&done, &arguments.file, &head, &reached, &keys)))
}

fn replay(restore: &mut Restore, arguments: &Arguments) -> Result<(), Failure> {
    let progress = ProgressLine::default();
    let mut expected = Expected::new(&arguments.expect);
    for line in trail::rows(&arguments.audit, NOT_DONE) {
        let line = line?;
        restore.replay(&line.row)?.map_err(|error| line.refused(&error, NOT_DONE))?;
        expected.see(&line.row);
        if line.row.seq % 10_000 == 0 {
            progress.show(format_args!("row {} of the trail", line.row.seq));
        }
    }
    expected.all_seen(|_| Some(End(restore.reached())))
}

fn as_json(done: &Replayed, backup: &End, reached: &End, keys: &[KeyId]) -> Value {
    let mut object = trail::as_json(done, keys);
    object["backupEnd"] = backup.to_string().into();
    object["trailEnd"] = done.rows.map(|_| reached.to_string()).into();
    object
}

fn describe(done: &Replayed, file: &Path, backup: &End, reached: &End, keys: &[KeyId]) -> String {
    let mut text = format!("restored {}, whose audit chain ends at {backup}\n", file.display());
    let _ = match done.rows {
        Some(rows) => {
            writeln!(
                text,
                "the trail goes on for {rows} rows, to {reached}; revocations, blocks and deletions after it are not known"
            )
        }
        None => writeln!(
            text,
            "blocks, removals, retired root keys, changed passwords and privileges since the backup are not known: check \
             these before you serve"
        ),
    };
    text.push_str(&trail::describe(done, keys));
    text
}

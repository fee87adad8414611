//! `zonemint store replay`.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::trail::{self, Expected};
use crate::app;
use crate::cli::progress::ProgressLine;
use crate::cli::{Common, Failure, fail, print, run_to_end};
use zonemint_base::clock::Clock;
use zonemint_base::model::KeyId;
use zonemint_service::audit::{End, called};
use zonemint_store::replay::Replay;
use zonemint_store::{Head, Replayed, Settings, Store};

pub(super) const ABOUT: &str = "\
Repeat the revocations since the backup in a shared store that was restored

A database that was restored from a backup does not contain what was revoked after the backup. This
command applies again what the audit trail since the backup records: tokens revoked and deleted,
users blocked and removed, generations of temporary tokens ended, root keys retired. Where the trail
does not record the new value, the old one is removed and reported: a changed password is gone, and
so are changed privileges, and sign-in with a password where that was changed. Nothing that the
backup refuses becomes valid. Clocks of nodes differ: what one node revoked and another restored
stays refused.

The files are those of `zonemint audit export` and `zonemint audit archive`. They may begin before
the backup, and must continue from its end in every chain without a gap, row by row and hash by
hash. A trail contains what was done up to its last row; what was revoked after that is valid again.
If you know where a chain ended, give it with --expect.

Stop all nodes first. During the replay, and after an interruption, no server and no command opens
the store; run the same command again to continue. What was created after the backup is unknown, and
is refused: tokens, users, root keys.

For an embedded store `zonemint store restore FILE --audit TRAIL…` does the same.";

const NOT_DONE: &str = "nothing was changed";
const BEGUN: &str = "the replay is begun; run the same command again to go on";

const EMBEDDED: &str = "\
an embedded store is restored and its trail replayed by one command: `zonemint store restore FILE --audit TRAIL…`";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The audit trail since the backup, one file or several
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    audit: Vec<PathBuf>,
    /// Refuse a trail without this row; may be repeated
    #[arg(long, value_name = "CHAIN:NUMBER:HASH")]
    expect: Vec<End>,
    #[command(flatten)]
    common: Common,
}

/// The result of a replay.
struct Outcome {
    done: Replayed,
    /// Where the chains of the store ended before the replay, and where they end after it.
    before: Vec<Head>,
    after: Vec<Head>,
    /// Whether an earlier run was interrupted.
    went_on: bool,
    keys: Vec<KeyId>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.common.location.load_for_process()?;
    if !config.store.is_shared() {
        return fail(EMBEDDED);
    }
    trail::refuse_irregular(&arguments.audit, NOT_DONE)?;
    let outcome = run_to_end(async {
        let store = app::store_for_replay(&config.store, &Clock::system()).await;
        let store = store.map_err(|error| arguments.common.location.explain(error))?;
        let outcome = replay(&*store, &config.store, arguments).await;
        store.close().await;
        outcome
    })?;
    print(&arguments.common.output.object(&as_json(&outcome), || describe(&outcome)))
}

async fn replay(store: &dyn Store, settings: &Settings, arguments: &Arguments) -> Result<Outcome, Failure> {
    let now_ms = Clock::system().now_ms();
    let progress = ProgressLine::default();
    let mut expected = Expected::new(&arguments.expect);
    let mut replay = Replay::begin(store).await?;
    for line in trail::rows(&arguments.audit, NOT_DONE) {
        let line = line?;
        replay.row(&line.row).await?.map_err(|error| line.refused(&error, NOT_DONE))?;
        expected.see(&line.row);
        if line.row.seq % 10_000 == 0 {
            progress.show(format_args!("row {} of {} read", line.row.seq, called(&line.row.chain)));
        }
    }
    let (before, after, went_on) = (replay.ends().to_vec(), replay.reached(), replay.goes_on());
    expected.all_seen(|chain| after.iter().find(|head| head.chain == *chain).cloned().map(End))?;
    let locked = replay.lock(now_ms).await?;
    app::refuse_other_sessions(settings).await?;
    let mut load = locked.apply(now_ms).await?;
    for line in trail::rows(&arguments.audit, BEGUN) {
        let row = line?.row;
        if row.seq % 10_000 == 0 {
            progress.show(format_args!("row {} of {} stored", row.seq, called(&row.chain)));
        }
        load.row(row).await?;
    }
    let done = load.finish(now_ms).await?;
    let mut keys: Vec<_> =
        store.keys().await?.iter().filter(|key| key.retired_ms.is_none()).map(|key| key.sealed_by).collect();
    keys.sort();
    keys.dedup();
    Ok(Outcome { done, before, after, went_on, keys })
}

fn ends(heads: &[Head]) -> Vec<Value> {
    heads.iter().map(|head| json!(End(head.clone()).to_string())).collect()
}

fn as_json(outcome: &Outcome) -> Value {
    let mut object = trail::as_json(&outcome.done, &outcome.keys);
    object["backupEnds"] = ends(&outcome.before).into();
    object["trailEnds"] = ends(&outcome.after).into();
    object["wentOn"] = outcome.went_on.into();
    object
}

fn describe(outcome: &Outcome) -> String {
    let Outcome { done, before, after, went_on, keys } = outcome;
    let mut text = String::new();
    if *went_on {
        text.push_str("an earlier run was interrupted: the numbers below are those of this run only\n");
    }
    for end in after {
        let was = before.iter().find(|head| head.chain == end.chain).map_or(0, |head| head.seq);
        let name = called(&end.chain);
        let _ = match end.seq - was {
            0 => writeln!(text, "{name}: the trail has no rows after row {was}"),
            rows => writeln!(text, "{name}: the trail goes on from row {was} for {rows} rows, to {}", End(end.clone())),
        };
    }
    text.push_str("revocations, blocks and deletions after these rows are not known\n");
    text.push_str(&trail::describe(done, keys));
    text
}

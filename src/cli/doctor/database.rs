//! The database, wherever it is.

use super::facts::{Database, Facts};
use super::finding::{CheckResult, Finding, bytes};
use super::remedy::Remedy;
use crate::config::Config;
use zonemint_store::sqlite::DataFolder;
use zonemint_store::{Schema, copy, postgres, replay, sqlite};

/// A log of this length is one that is not moved into the database any more, in bytes: a reader keeps it from that.
const LONG_LOG: u64 = 1 << 30;

pub(super) fn database(facts: &Facts, config: &Config) -> CheckResult {
    let name = config.store.name();
    match &facts.database {
        Database::Unknown => Ok(Finding::skipped("the settings do not say where")),
        Database::Absent => Ok(absent(config)),
        Database::NoIndex => Ok(Finding::skipped(format!(
            "{} has a log without its index, as after a copy by hand; the next start creates it",
            DataFolder::DATABASE
        ))),
        Database::Closed(why) if config.store.is_shared() => Ok(Finding::fault(
            format!("{name} cannot be used: {why}"),
            "check store.url, store.password_file, store.tls and store.tls_ca, and the database's own log",
        )),
        Database::Closed(why) => Ok(Finding::fault(
            format!("{DATABASE} in {name} cannot be read: {why}", DATABASE = DataFolder::DATABASE),
            "run this command as the user who owns it; if it is damaged, restore a backup (zonemint store restore)",
        )),
        Database::Embedded(sqlite::FileReport { schema, .. }, _)
        | Database::Shared(postgres::ServerReport { schema, .. }, _)
            if *schema != Schema::Present =>
        {
            Ok(other_tables(*schema))
        }
        Database::Embedded(report, _) => unfinished(facts).map(|finding| finding.unwrap_or_else(|| file(report))),
        Database::Shared(report, _) => unfinished(facts).map(|finding| finding.unwrap_or_else(|| server(report))),
    }
}

fn absent(config: &Config) -> Finding {
    let folder = config.store.folder.display();
    let unfinished = config.store.folder.join(format!("{}.restoring", DataFolder::DATABASE));
    if unfinished.exists() {
        return Finding::fault(
            format!("a restore into {folder} is not finished"),
            "restore the backup again (zonemint store restore); or, to start with an empty store, remove its unfinished file",
        )
        .with([Remedy::on_files("rm", &[unfinished.as_path()])]);
    }
    Finding::note(format!("there is none in {folder}; the first start creates it"))
}

fn other_tables(schema: Schema) -> Finding {
    match schema {
        Schema::Empty | Schema::Present => Finding::note("it is empty; the first start creates its tables"),
        Schema::Older => Finding::note(
            "it has the tables of an older version; the next start migrates them irreversibly: make a backup first \
             (zonemint store backup, or the database's own means)",
        ),
        Schema::Newer => Finding::fault(
            "it has the tables of a newer version, which this version does not support",
            "run the version that made them, or a newer one; or restore a backup from before",
        ),
    }
}

/// No server serves what a command has changed in part.
fn unfinished(facts: &Facts) -> Result<Option<Finding>, Finding> {
    for (mark, found, fix) in [
        (
            copy::MARK,
            "it is an unfinished copy",
            "run the copy again (zonemint store copy) to continue, or delete it and start with an empty store",
        ),
        (
            replay::MARK,
            "the replay of an audit trail on it is not finished",
            "run the replay again (zonemint store replay) to continue, or restore the backup again first",
        ),
    ] {
        if facts.wait(facts.store()?.mark(mark))?.is_some() {
            return Ok(Some(Finding::fault(found, fix)));
        }
    }
    Ok(None)
}

fn file(report: &sqlite::FileReport) -> Finding {
    let sqlite::FileReport { bytes: length, log_bytes, damage, .. } = report;
    if let Some(first) = damage.iter().flatten().next() {
        return Finding::fault(
            format!("it is damaged: {first}"),
            "stop the server, keep a copy of the files, and restore a backup (zonemint store restore); check the disk, too",
        );
    }
    if *log_bytes > LONG_LOG {
        return Finding::warning(
            format!("its log has grown to {}: a long-running reader prevents its checkpoint", bytes(*log_bytes)),
            "find the programs that have zonemint.db open (fuser), or restart the server",
        );
    }
    let looked = if damage.is_some() { "undamaged" } else { "too large to check here; run zonemint store check" };
    Finding::ok(format!("SQLite, {} and a log of {}, {looked}", bytes(*length), bytes(*log_bytes)))
}

fn server(report: &postgres::ServerReport) -> Finding {
    if report.is_read_only {
        return Finding::fault(
            "it is read-only, as replicas are",
            "write the primary in store.url, or all servers and ?target_session_attrs=read-write",
        );
    }
    let version = report.version.split(" on ").next().unwrap_or_default();
    Finding::ok(format!("{version}, with the tables of this version"))
}

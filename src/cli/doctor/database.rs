//! The database, embedded or shared.

use super::facts::{Database, Facts};
use super::finding::{CheckResult, Finding, WithRemedies as _, bytes, fault, note, ok, skipped, warning};
use super::remedy::Remedy;
use crate::config::Config;
use zonemint_store::sqlite::DataFolder;
use zonemint_store::{Schema, copy, postgres, replay, sqlite};

/// A log longer than this, in bytes, has no checkpoints any more: a reader prevents them.
const LONG_LOG: u64 = 1 << 30;

pub(super) fn database(facts: &Facts, config: &Config) -> CheckResult {
    let name = config.store.name();
    match &facts.database {
        Database::Unknown => skipped("the settings do not say where"),
        Database::Absent => absent(config),
        Database::NoIndex => skipped(format!(
            "{} has a log without its index, as after a copy by hand; the next start creates it",
            DataFolder::DATABASE
        )),
        Database::Closed(why) if config.store.is_shared() => fault(
            format!("{name} cannot be used: {why}"),
            "check store.url, store.password_file, store.tls and store.tls_ca, and the database's own log",
        ),
        Database::Closed(why) => fault(
            format!("{DATABASE} in {name} cannot be read: {why}", DATABASE = DataFolder::DATABASE),
            "run this command as the user who owns it; if it is damaged, restore a backup (zonemint store restore)",
        ),
        Database::Embedded(sqlite::FileReport { schema, .. }, _)
        | Database::Shared(postgres::ServerReport { schema, .. }, _)
            if *schema != Schema::Present =>
        {
            other_tables(*schema)
        }
        Database::Embedded(report, _) => unfinished(facts)?.map_or_else(|| file(report), Ok),
        Database::Shared(report, _) => unfinished(facts)?.map_or_else(|| server(report), Ok),
    }
}

fn absent(config: &Config) -> CheckResult {
    let folder = config.store.folder.display();
    let unfinished = config.store.folder.join(format!("{}.restoring", DataFolder::DATABASE));
    if unfinished.exists() {
        return fault(
            format!("a restore into {folder} is not finished"),
            "restore the backup again (zonemint store restore); or, to start with an empty store, remove its unfinished file",
        )
        .with([Remedy::on_files("rm", &[unfinished.as_path()])]);
    }
    note(format!("there is none in {folder}; the first start creates it"))
}

fn other_tables(schema: Schema) -> CheckResult {
    match schema {
        Schema::Empty | Schema::Present => note("it is empty; the first start creates its tables"),
        Schema::Older => note(
            "it has the tables of an older version; the next start migrates them irreversibly: make a backup first \
             (zonemint store backup, or the database's own means)",
        ),
        Schema::Newer => fault(
            "it has the tables of a newer version, which this version does not support",
            "run the version that made them, or a newer one; or restore a backup from before",
        ),
    }
}

/// The fault that a copy or a replay is unfinished: no server serves such a store.
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
            return fault(found, fix).map(Some);
        }
    }
    Ok(None)
}

fn file(report: &sqlite::FileReport) -> CheckResult {
    let sqlite::FileReport { bytes: length, log_bytes, damage, .. } = report;
    if let Some(first) = damage.iter().flatten().next() {
        return fault(
            format!("it is damaged: {first}"),
            "stop the server, keep a copy of the files, and restore a backup (zonemint store restore); check the disk, too",
        );
    }
    if *log_bytes > LONG_LOG {
        return warning(
            format!("its log has grown to {}: a long-running reader prevents its checkpoint", bytes(*log_bytes)),
            "find the programs that have zonemint.db open (fuser), or restart the server",
        );
    }
    let looked = if damage.is_some() { "undamaged" } else { "too large to check here; run zonemint store check" };
    ok(format!("SQLite, {} and a log of {}, {looked}", bytes(*length), bytes(*log_bytes)))
}

fn server(report: &postgres::ServerReport) -> CheckResult {
    if report.is_read_only {
        return fault(
            "it is read-only, as replicas are",
            "write the primary in store.url, or all servers and ?target_session_attrs=read-write",
        );
    }
    let version = report.version.split(" on ").next().unwrap_or_default();
    ok(format!("{version}, with the tables of this version"))
}

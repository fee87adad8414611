//! Reloads databases whose files change.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Notify;

use super::{Files, Geo};
use zonemint_base::model::Period;
use zonemint_telemetry::{Task, error_chain, task};

/// Reloads on a notification of `asked`, and when the files change. Never returns. The files are polled: that works on every file
/// system, and through the symbolic links that orchestrators swap.
pub async fn watch(geo: Geo, every: Period, asked: Arc<Notify>) {
    let mut ticks = tokio::time::interval(every.duration());
    let mut seen = state(&geo.files);
    loop {
        let forced = tokio::select! {
            _ = ticks.tick() => false,
            () = asked.notified() => true,
        };
        // Before the files are read: a write during the read is a change at the next poll.
        let now = state(&geo.files);
        if forced || now != seen {
            seen = now;
            reload(&geo).await;
        }
    }
}

/// On a thread that may block: a database of cities has some 100 MB.
async fn reload(geo: &Geo) {
    let reloading = geo.clone();
    match task::blocking(Task::Geo, move || reloading.reload()).await {
        Ok(Ok(())) => log(geo),
        Ok(Err(error)) => tracing::warn!(
            error = %error_chain(&error),
            "the changed geo database cannot be used; the previous one stays in use"
        ),
        // The task has logged the place.
        Err(_) => tracing::error!("reloading the geo databases ended with a panic"),
    }
}

/// Logs which databases are in use.
pub fn log(geo: &Geo) {
    for database in geo.reports() {
        tracing::info!(database = %database, "a geo database is in use");
    }
}

type FileState = Option<(u64, u64, i64, i64)>;

fn state(files: &Files) -> [FileState; 2] {
    let of = |path: &Option<PathBuf>| {
        fs::metadata(path.as_deref()?).ok().map(|data| (data.ino(), data.size(), data.mtime(), data.mtime_nsec()))
    };
    [of(&files.country), of(&files.asn)]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn data(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data").join(name)
    }

    fn asn(geo: &Geo) -> Option<u32> {
        geo.locate("192.0.2.1".parse().unwrap())?.asn
    }

    #[tokio::test]
    async fn a_changed_file_is_taken_up_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("asn.mmdb");
        fs::copy(data("geo.mmdb"), &file).unwrap();
        let geo = Geo::open(None, Some(&file)).unwrap();
        let watching = tokio::spawn(watch(geo.clone(), Period::from_ms(2), Arc::default()));

        let mut ticks = tokio::time::interval(Period::from_ms(5).duration());
        for replacement in ["README.md", "geo-asn.mmdb"] {
            let beside = folder.path().join("new");
            fs::copy(data(replacement), &beside).unwrap();
            fs::rename(&beside, &file).unwrap();
            for _ in 0..10 {
                ticks.tick().await;
                assert!(asn(&geo).is_some(), "nothing is found while {replacement} is in place");
            }
        }
        for _ in 0..2_000 {
            if asn(&geo) == Some(64510) {
                break;
            }
            ticks.tick().await;
        }
        assert_eq!(asn(&geo), Some(64510));
        watching.abort();
    }
}

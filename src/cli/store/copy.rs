//! `zonemint store copy`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::app::{self, Role};
use crate::cli::progress::ProgressLine;
use crate::cli::{Failure, Location, fail, print, run_to_end};
use zonemint_base::clock::Clock;
use zonemint_store::copy::{self, Progress};
use zonemint_store::{Address, Settings};

pub(super) const ABOUT: &str = "\
Copy a store into an empty one, of the same engine or the other

A store is written as sqlite:FOLDER, with the data folder, or as postgres://…; how to connect
(store.tls, store.password_file and so on) comes from the settings. First stop everything that
serves either of them. After an interruption run the same command again: it continues. At the end
both are read once more and compared; until then nothing serves the target.

Tokens are valid in the copy under the same key-encryption key, which is not copied.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The store to copy
    #[arg(long, value_name = "STORE")]
    from: StoreLocation,
    /// The store to copy into
    #[arg(long, value_name = "STORE")]
    to: StoreLocation,
    #[command(flatten)]
    location: Location,
}

/// Where a store is.
#[derive(Debug, Clone)]
enum StoreLocation {
    Folder(PathBuf),
    /// Also a text that is no address. It may be one with a password and a mistake in its first letters, so it is never shown.
    Database(Address),
}

impl From<&str> for StoreLocation {
    fn from(text: &str) -> Self {
        match text.strip_prefix("sqlite:") {
            Some(folder) if !folder.is_empty() => Self::Folder(folder.into()),
            _ => Self::Database(Address::parse(text)),
        }
    }
}

impl StoreLocation {
    fn settings(&self, settings: &Settings) -> Result<Settings, Failure> {
        let settings = settings.clone();
        match self {
            Self::Folder(folder) => Ok(Settings { folder: folder.clone(), url: Address::default(), ..settings }),
            Self::Database(url) if !url.is_embedded() && url.refusal().is_none() => {
                Ok(Settings { url: url.clone(), ..settings })
            }
            Self::Database(url) => {
                let why = url.refusal().map(|why| format!("; the address {why}")).unwrap_or_default();
                fail(format!("a store is sqlite:FOLDER or postgres://…{why}"))
            }
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { from, to, location } = arguments;
    let settings = location.load_for_process()?.store;
    run_to_end(copy_store(&from.settings(&settings)?, &to.settings(&settings)?))
}

async fn copy_store(from: &Settings, to: &Settings) -> Result<(), Failure> {
    if !from.is_shared() {
        app::must_hold_a_store(&from.folder)?;
        let same = |to: &Path| {
            from.folder.canonicalize().ok().is_some_and(|from| to.canonicalize().is_ok_and(|to| from == to))
        };
        if !to.is_shared() && same(&to.folder) {
            return fail(format!("source and target are the same folder, {}", to.name()));
        }
    }
    let _locks = (app::claim(from)?, app::claim(to)?);
    let source = app::store(from, Role::Operator, &Clock::system()).await?;
    let target = app::store_as_it_is(to, Role::Copier, &Clock::system()).await?;
    let line = ProgressLine::default();
    let shown = |progress| match progress {
        Progress::Copied(what, count) => line.show(format_args!("{count} {what} copied")),
        Progress::Comparing => line.show("reading both sides once more"),
    };
    let copied = copy::copy(&*source, &*target, Clock::system().now_ms(), shown).await;
    line.clear();
    source.close().await;
    target.close().await;
    let content = copied?;
    let mut text = String::new();
    for (what, sum) in [
        ("root keys", content.keys),
        ("users and services", content.users),
        ("tokens", content.tokens),
        ("days of uses", content.uses),
        ("audit rows", content.audit),
    ] {
        let _ = writeln!(text, "{what:<18}  {sum}");
    }
    print(&format!("{text}the same on both sides; {} is ready to be served\n", to.name()))
}

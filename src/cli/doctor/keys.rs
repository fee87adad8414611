//! The key-encryption key, and the root keys that it opens.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::exposure::{group_can, is_credential, mode};
use super::facts::{Facts, Listening};
use super::finding::{CheckResult, WithRemedies as _, fault, note, ok, skipped, warning};
use super::remedy::{Remedy, quoted_path};
use super::settings::counted;
use crate::app::KeyPlace;
use crate::config::Config;
use zonemint_client::Readiness;
use zonemint_service::token::{Keyring, KeyringError};
use zonemint_telemetry::error_chain;

/// The age, in days, at which a root key should get a successor.
const OLD_DAYS: u64 = 365;
const DAY_MS: u64 = 86_400_000;

pub(super) fn key_encryption_key(facts: &Facts, config: &Config) -> CheckResult {
    let place = KeyPlace::of(config, &facts.environment);
    let name = place.name();
    match place.read() {
        Err(error) => fault(
            error_chain(&error),
            format!("let the server's user read {name}; it holds 64 hexadecimal digits a key, one key a line"),
        ),
        Ok(None) => missing(facts, config, &name),
        Ok(Some(keys)) => match &place {
            KeyPlace::File(path) if !is_credential(facts, path) => file(path, config),
            _ => ok(format!("{name} holds {} of them", keys.ids().count())),
        },
    }
}

fn missing(facts: &Facts, config: &Config, name: &str) -> CheckResult {
    if facts.listening == Listening::Ours(Readiness::Ready) {
        return skipped(format!(
            "the running server has it from elsewhere (a credential or ZONEMINT_KEY_ENCRYPTION_KEY), unless {name} was \
             removed after its start"
        ));
    }
    if let Ok(store) = facts.store()
        && let Some(sealed) = facts.wait(store.keys())?.first()
    {
        return fault(
            format!("{name} does not exist, but the root keys are sealed under the key {}", sealed.sealed_by),
            format!(
                "if the server has it from elsewhere (LoadCredential in its unit, or ZONEMINT_KEY_ENCRYPTION_KEY), give it to this \
                 command in that variable; else bring {name} back from where its copy is kept: without it no token can be verified"
            ),
        );
    }
    if config.store.is_shared() {
        return fault(
            format!("{name} does not exist, and nodes that share a store do not create a key each"),
            "generate one, and give it to all nodes: as that file, with LoadCredential in the unit, or in ZONEMINT_KEY_ENCRYPTION_KEY",
        )
        .with([Remedy::Shell(format!("(umask 077; zonemint key generate > {})", quoted_path(Path::new(name))))]);
    }
    note(format!("{name} does not exist; the first start creates it"))
}

fn file(path: &Path, config: &Config) -> CheckResult {
    let shown = path.display();
    let Ok(data) = fs::metadata(path) else { return skipped(format!("{shown} has just been removed")) };
    let mode = mode(&data);
    if mode & 0o007 != 0 {
        return fault(
            format!(
                "every user of this machine can read {shown} (mode {mode:o}): with it and the database, anyone can mint any token"
            ),
            "restrict access to the server's user; if others have read it, put a new key before it as well",
        )
        .with([Remedy::on_files("chmod 600", &[path]), Remedy::zonemint("key rewrap --new")]);
    }
    if mode & 0o070 != 0 {
        return group_can("read", path, &data);
    }
    if let Ok(folder) = fs::metadata(&config.store.folder)
        && folder.uid() != data.uid()
        && !config.store.is_shared()
    {
        return warning(
            format!("{shown} belongs to user {}, the data folder to user {}", data.uid(), folder.uid()),
            "give it to the user of the data folder",
        )
        .with([Remedy::on_files(&format!("chown {}", folder.uid()), &[path])]);
    }
    ok(format!("{shown} is private; keep a copy of it, apart from backups of the database"))
}

pub(super) fn keyring(facts: &Facts, config: &Config) -> CheckResult {
    let rows = facts.wait(facts.store()?.keys())?;
    if rows.is_empty() {
        return note("there is no root key yet; the first start creates one");
    }
    if rows.iter().all(|row| row.retired_ms.is_some()) {
        return note("all root keys are retired; the next start creates a new one");
    }
    let place = KeyPlace::of(config, &facts.environment);
    let Ok(Some(keks)) = place.read() else {
        return skipped("without the key-encryption key the root keys cannot be opened");
    };
    let living = rows.iter().filter(|row| row.retired_ms.is_none());
    let outdated = living.clone().any(|row| Some(row.sealed_by) != keks.ids().next());
    let newest_ms = living.map(|row| row.created_ms).max().unwrap_or_default();
    match Keyring::of(&keks, rows.clone()) {
        Err(error) => closed(&error, &place.name()),
        Ok(_) if outdated => note(
            "some root keys are still sealed under an older key-encryption key, and can be sealed under the first one",
        )
        .with([Remedy::zonemint("key rewrap")]),
        Ok(keyring) => {
            let days = facts.clock.now_ms().saturating_sub(newest_ms) / DAY_MS;
            let told = format!(
                "{} open; the newest is {days} days old",
                counted(keyring.ids().count(), "root key", "root keys")
            );
            if days > OLD_DAYS {
                return note(format!("{told}; a new one can be created, and all tokens stay valid"))
                    .with([Remedy::zonemint("key rotate")]);
            }
            ok(told)
        }
    }
}

pub(super) fn closed(error: &KeyringError, place: &str) -> CheckResult {
    let (fix, run): (_, &[_]) = match error {
        KeyringError::WrongKey { .. } => {
            (format!("restore the key that the message names, in {place}; or the backup that belongs to it"), &[])
        }
        KeyringError::Damaged(_) | KeyringError::DamagedSecret(_) => (
            "somebody has changed the database: check all of it and its audit trail, and restore a backup".to_owned(),
            &["store check", "audit verify"],
        ),
        KeyringError::Store(_) | KeyringError::Denied(_) => ("check the whole database".to_owned(), &["store check"]),
    };
    fault(error_chain(error), fix).with(run.iter().map(|command| Remedy::zonemint(command)))
}

//! Where the key-encryption key comes from.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use super::StartError;
use crate::clock::Clock;
use crate::config::{Config, Environment};
use crate::random::Random;
use crate::store::Store;
use crate::token::{KeyEncryptionKey, Keyring};

/// Name of the systemd credential that holds the key-encryption key.
const CREDENTIAL: &str = "zonemint.kek";

/// Opens the root keys with the key-encryption key. Both are made when there are none.
pub(super) async fn open_keyring(
    config: &Config,
    environment: &Environment,
    store: &Arc<dyn Store>,
    clock: &Clock,
    random: &Random,
) -> Result<(KeyEncryptionKey, Keyring), StartError> {
    let kek = key_encryption_key(config, environment, store, random).await?;
    let keyring = Keyring::open(store, &kek, random, clock).await?;
    Ok((kek, keyring))
}

/// The environment first, then a systemd credential, then the file, which is made when the store has no keys yet.
async fn key_encryption_key(
    config: &Config,
    environment: &Environment,
    store: &Arc<dyn Store>,
    random: &Random,
) -> Result<KeyEncryptionKey, StartError> {
    const EXPECTED: &str = "expected 64 hexadecimal digits";
    let unusable = |from: &str, reason: &str| StartError::Key { from: from.to_owned(), reason: reason.to_owned() };
    if let Some(text) = &environment.key_encryption_key {
        return KeyEncryptionKey::parse(text).ok_or_else(|| unusable("ZONEMINT_KEY_ENCRYPTION_KEY", EXPECTED));
    }
    let credential =
        environment.credentials.as_ref().map(|folder| folder.join(CREDENTIAL)).filter(|path| path.exists());
    let path = credential.unwrap_or_else(|| config.store.folder.join(&config.keys.file));
    let from = path.display().to_string();
    match fs::read_to_string(&path) {
        Ok(text) => KeyEncryptionKey::parse(&zeroize::Zeroizing::new(text)).ok_or_else(|| unusable(&from, EXPECTED)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(sealed) = store.keys().await?.first() {
                let reason = format!(
                    "there is no such file, but the root keys in the store are sealed under the key {}; restore that file, or give the \
                     key as the server has it, in ZONEMINT_KEY_ENCRYPTION_KEY",
                    sealed.sealed_by
                );
                return Err(unusable(&from, &reason));
            }
            let key = KeyEncryptionKey::generate(random);
            write_secret(&path, &key.expose()).map_err(|error| unusable(&from, &error.to_string()))?;
            Ok(key)
        }
        Err(error) => Err(unusable(&from, &error.to_string())),
    }
}

/// Writes a new file of mode 0600, and its folder's entry, so that it is there after a power cut.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

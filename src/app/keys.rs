//! The sources of the key-encryption keys.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::StartError;
use crate::config::{Config, Environment};
use zonemint_base::clock::Clock;
use zonemint_base::random::Random;
use zonemint_base::{new_file, regular_file};
use zonemint_service::token::{KeyEncryptionKey, KeyEncryptionKeys, KeySource, Keyring, KeyringError};
use zonemint_store::{SealedKey, Store};

/// Name of the systemd credential that holds the key-encryption keys.
const CREDENTIAL: &str = "zonemint.kek";
const VARIABLE: &str = "ZONEMINT_KEY_ENCRYPTION_KEY";
const NOT_SHARED: &str = "there is no such file, and nodes that share a store do not create a key each; create one with \
                          `zonemint key generate`, and give it to all of them";
const EXPECTED: &str = "expected one or several keys of 64 hexadecimal digits, one a line";

/// Where the key-encryption keys are kept: the environment first, then a systemd credential, then the file.
pub enum KeyPlace {
    /// In the environment, which does not change while the program runs.
    Environment(Zeroizing<String>),
    /// In a file, which may.
    File(PathBuf),
}

impl KeyPlace {
    /// Where the settings and the environment say.
    #[must_use]
    pub fn of(config: &Config, environment: &Environment) -> Self {
        if let Some(text) = &environment.key_encryption_key {
            return Self::Environment(text.clone());
        }
        let credential =
            environment.credentials.as_ref().map(|folder| folder.join(CREDENTIAL)).filter(|path| path.exists());
        Self::File(credential.unwrap_or_else(|| config.store.folder.join(&config.keys.file)))
    }

    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Environment(_) => VARIABLE.to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The setting or variable that names it.
    #[must_use]
    pub(super) fn setting(&self) -> &'static str {
        match self {
            Self::Environment(_) => VARIABLE,
            Self::File(_) => "keys.file",
        }
    }

    /// Reads the keys. None when there is no such file.
    ///
    /// # Errors
    /// [`StartError::Key`] when the file cannot be read, or has other contents.
    pub fn read(&self) -> Result<Option<KeyEncryptionKeys>, StartError> {
        let text = match self {
            Self::Environment(text) => text.clone(),
            Self::File(path) => match regular_file::read_to_string(path) {
                Ok(text) => Zeroizing::new(text),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(self.unusable(error.to_string())),
            },
        };
        KeyEncryptionKeys::parse(&text).map(Some).ok_or_else(|| self.unusable(EXPECTED.to_owned()))
    }

    /// Creates a key and a file for it.
    fn make(&self, random: &Random) -> Result<KeyEncryptionKeys, StartError> {
        let key = KeyEncryptionKey::generate(random);
        if let Self::File(path) = self {
            new_file::create(path, &key.expose(), 0o600).map_err(|error| self.unusable(error.to_string()))?;
        }
        Ok(KeyEncryptionKeys::of(key))
    }

    /// Creates a key and puts it before those in the file, which is replaced atomically.
    ///
    /// # Errors
    /// [`StartError::Key`] when the keys are not in a file, or it cannot be written.
    pub fn put_new_first(&self, random: &Random) -> Result<(), StartError> {
        let Self::File(path) = self else {
            return Err(self.unusable(format!("the key is not in a file; put a new one before it in {VARIABLE}")));
        };
        self.read()?.ok_or_else(|| self.unusable("there is no such file".to_owned()))?;
        let unusable = |error: io::Error| self.unusable(error.to_string());
        let old = Zeroizing::new(regular_file::read_to_string(path).map_err(unusable)?);
        let text = Zeroizing::new(KeyEncryptionKey::generate(random).expose().to_string() + old.as_str());
        // A new file that remained after a power failure was never used: nothing is sealed by its key before it replaces the file.
        let replaced = new_file::replace(path, &text, 0o600, |new| {
            // The server may run as another user than this command.
            let owner = fs::metadata(path)?;
            fchown(new, Some(owner.uid()), Some(owner.gid()))
        });
        replaced.map_err(unusable)
    }

    fn unusable(&self, reason: String) -> StartError {
        StartError::Key { from: self.name(), reason }
    }
}

#[async_trait]
impl KeySource for KeyPlace {
    async fn read(&self) -> Option<KeyEncryptionKeys> {
        Self::read(self).ok().flatten()
    }
}

/// Opens the root keys with the key-encryption keys. Creates both if there are none.
pub(super) async fn open_keyring(
    config: &Config,
    environment: &Environment,
    store: &Arc<dyn Store>,
    clock: &Clock,
    random: &Random,
) -> Result<(KeyPlace, Keyring), StartError> {
    let place = KeyPlace::of(config, environment);
    let keks = match place.read()? {
        Some(keks) => keks,
        None => without_file(&place, config, store, random).await?,
    };
    let keyring = Keyring::open(store, &keks, random, clock).await?;
    Ok((place, keyring))
}

/// Checks without the network whether [`open_keyring`] has the key-encryption keys, or can create one, and whether they
/// open `rows`, the root keys of an embedded store. It changes nothing.
///
/// # Errors
/// [`StartError`] when there is no key and none can be created, or other keys are needed.
pub(super) fn check(place: &KeyPlace, config: &Config, rows: Vec<SealedKey>) -> Result<(), StartError> {
    let keks = place.read()?;
    if config.store.is_shared() {
        return keks.map(drop).ok_or_else(|| place.unusable(NOT_SHARED.to_owned()));
    }
    if let Some(keks) = keks {
        // Changed rows are no error of the settings, and if all keys are retired, a start creates a new one.
        return match Keyring::of(&keks, rows) {
            Err(error @ KeyringError::WrongKey { .. }) => Err(error.into()),
            Ok(_) | Err(_) => Ok(()),
        };
    }
    refuse_sealed(place, rows.first())?;
    match place {
        // The data folder is created before.
        KeyPlace::File(path) if path.parent() != Some(&config.store.folder) => {
            new_file::can_be_created(path).map_err(|error| place.unusable(error.to_string()))
        }
        KeyPlace::File(_) | KeyPlace::Environment(_) => Ok(()),
    }
}

/// Creates the key-encryption key of a first start. Nodes that share a store would each create another one.
async fn without_file(
    place: &KeyPlace,
    config: &Config,
    store: &Arc<dyn Store>,
    random: &Random,
) -> Result<KeyEncryptionKeys, StartError> {
    refuse_sealed(place, store.keys().await?.first())?;
    if config.store.is_shared() {
        return Err(place.unusable(NOT_SHARED.to_owned()));
    }
    place.make(random)
}

/// Refuses to continue without the key under which the root keys of a store are sealed.
fn refuse_sealed(place: &KeyPlace, first: Option<&SealedKey>) -> Result<(), StartError> {
    if let Some(sealed) = first {
        let reason = format!(
            "there is no such file, but the root keys in the store are sealed under the key {}; restore that file, or give the \
             key as the server has it, in {VARIABLE}",
            sealed.sealed_by
        );
        return Err(place.unusable(reason));
    }
    Ok(())
}

//! Environment variables, read in one place.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::{Table, Value};
use zeroize::Zeroizing;

use super::Problem;

const PREFIX: &str = "ZONEMINT_";
const ADMIN_PASSWORD: &str = "ZONEMINT_ADMIN_PASSWORD";
const KEY_ENCRYPTION_KEY: &str = "ZONEMINT_KEY_ENCRYPTION_KEY";
/// Where systemd puts credentials (systemd.exec(5), `LoadCredential`).
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// The variables that concern us. Its Debug output names none of their values.
#[derive(Default)]
pub struct Environment {
    settings: BTreeMap<String, String>,
    /// The first administrator's password.
    pub admin_password: Option<Zeroizing<String>>,
    /// The key-encryption key itself.
    pub key_encryption_key: Option<Zeroizing<String>>,
    /// The folder of systemd credentials.
    pub credentials: Option<PathBuf>,
}

impl Environment {
    /// Reads the process's environment.
    #[must_use]
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
        let pairs = std::env::vars_os();
        let pairs: Vec<(String, String)> =
            pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect();
        Self::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// Takes variables from elsewhere.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in pairs {
            match name {
                ADMIN_PASSWORD => environment.admin_password = Some(Zeroizing::new(value.to_owned())),
                KEY_ENCRYPTION_KEY => environment.key_encryption_key = Some(Zeroizing::new(value.to_owned())),
                CREDENTIALS_DIRECTORY => environment.credentials = Some(value.into()),
                // Variables without a table are of other uses: images and orchestrators set ZONEMINT_SERVICE_HOST and such.
                _ if name.starts_with(PREFIX) && name.contains("__") => {
                    environment.settings.insert(name.to_owned(), value.to_owned());
                }
                _ => {}
            }
        }
        environment
    }

    /// The settings among them, in the types that `defaults` gives them.
    pub(super) fn settings(&self, defaults: &Table, problems: &mut Vec<Problem>) -> Table {
        let mut table = Table::new();
        for (name, value) in &self.settings {
            let path = name[PREFIX.len()..].to_lowercase();
            let Some((section, key)) = path.split_once("__") else { continue };
            match defaults.get(section).and_then(|section| section.get(key)) {
                None => problems.push(Problem::new(name, format!("there is no setting {section}.{key}"))),
                Some(default) => match typed(value, default) {
                    Ok(value) => {
                        let section = table.entry(section).or_insert_with(|| Table::new().into());
                        if let Value::Table(section) = section {
                            section.insert(key.to_owned(), value);
                        }
                    }
                    Err(expected) => problems.push(Problem::new(name, format!("\"{value}\" is not {expected}"))),
                },
            }
        }
        table
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

fn typed(value: &str, default: &Value) -> Result<Value, &'static str> {
    match default {
        Value::Integer(_) => value.trim().parse().map(Value::Integer).map_err(|_| "a whole number"),
        Value::Boolean(_) => value.trim().parse().map(Value::Boolean).map_err(|_| "true or false"),
        Value::Array(_) => {
            let elements = value.split(',').map(str::trim).filter(|element| !element.is_empty());
            Ok(Value::Array(elements.map(|element| Value::String(element.to_owned())).collect()))
        }
        _ => Ok(Value::String(value.to_owned())),
    }
}

//! Environment variables, read in one place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use toml::{Table, Value};
use zeroize::Zeroizing;

use super::Problem;
use super::table::{insert, is_name};

const PREFIX: &str = "ZONEMINT_";
/// How the variables of another container begin where Docker links it by the name of this program (`docker run --link`).
const LINKED: &str = "ZONEMINT_ENV_";
/// The variable with the first administrator's password.
pub const ADMIN_PASSWORD: &str = "ZONEMINT_ADMIN_PASSWORD";
const ADMIN_PASSWORD_FILE: &str = "ZONEMINT_ADMIN_PASSWORD_FILE";
const KEY_ENCRYPTION_KEY: &str = "ZONEMINT_KEY_ENCRYPTION_KEY";
/// Where systemd puts credentials (systemd.exec(5), `LoadCredential`).
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";
/// Where and how often a supervisor expects a report (`sd_notify(3)`, `sd_watchdog_enabled(3)`).
const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";
const WATCHDOG_USEC: &str = "WATCHDOG_USEC";
const WATCHDOG_PID: &str = "WATCHDOG_PID";

/// The variables of this program. Its Debug output does not show their values.
#[derive(Default)]
pub struct Environment {
    settings: BTreeMap<String, String>,
    /// The names of variables that name no table, and may be misspelt ones that do.
    others: BTreeSet<String>,
    /// The first administrator's password.
    pub admin_password: Option<Zeroizing<String>>,
    /// The file with it, or for a generated one.
    pub admin_password_file: Option<PathBuf>,
    /// The key-encryption key itself.
    pub key_encryption_key: Option<Zeroizing<String>>,
    /// The folder of systemd credentials.
    pub credentials: Option<PathBuf>,
    /// What a supervisor expects.
    pub supervisor: SupervisorEnvironment,
}

/// The variables by which systemd and compatible supervisors request reports.
#[derive(Debug, Default)]
pub struct SupervisorEnvironment {
    /// `NOTIFY_SOCKET`: a path, or an abstract name after an `@`.
    pub notify_socket: Option<String>,
    /// `WATCHDOG_USEC`: microseconds without a report after which the process counts as dead.
    pub watchdog_usec: Option<u64>,
    /// `WATCHDOG_PID`: the process that this concerns.
    pub watchdog_pid: Option<u32>,
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
                ADMIN_PASSWORD_FILE if !value.is_empty() => environment.admin_password_file = Some(value.into()),
                KEY_ENCRYPTION_KEY => environment.key_encryption_key = Some(Zeroizing::new(value.to_owned())),
                CREDENTIALS_DIRECTORY => environment.credentials = Some(value.into()),
                NOTIFY_SOCKET => {
                    environment.supervisor.notify_socket = Some(value.to_owned()).filter(|value| !value.is_empty());
                }
                WATCHDOG_USEC => environment.supervisor.watchdog_usec = value.parse().ok(),
                WATCHDOG_PID => environment.supervisor.watchdog_pid = value.parse().ok(),
                _ if name.starts_with(LINKED) => {}
                _ if name.starts_with(PREFIX) && name.contains("__") => {
                    environment.settings.insert(name.to_owned(), value.to_owned());
                }
                // Those without a table are of other uses: images and orchestrators set ZONEMINT_SERVICE_HOST and such.
                _ => environment.others.extend(name.starts_with(PREFIX).then(|| name.to_owned())),
            }
        }
        environment
    }

    /// The settings among them, in the types that `defaults` gives them.
    pub(super) fn settings(&self, defaults: &Table, problems: &mut Vec<Problem>) -> Table {
        let mut table = Table::new();
        for name in &self.others {
            if let Some(meant) = meant(name, defaults) {
                problems.push(Problem::new(name, format!("sets nothing; did you mean {meant}?")));
            }
        }
        for (name, value) in &self.settings {
            let path = path(name);
            let Some((sections, key)) = path.rsplit_once('.') else { continue };
            match default_of(&path, defaults) {
                None if let Some(meant) = meant(name, defaults) => {
                    problems.push(Problem::new(name, format!("there is no setting {path}; did you mean {meant}?")));
                }
                None if !path.split('.').all(is_name) => {
                    problems.push(Problem::new(format!("{PREFIX}***"), "a variable that begins so names no setting"));
                }
                None => problems.push(Problem::new(name, format!("there is no setting {path}"))),
                Some(default) => match typed(value, default) {
                    Ok(value) => insert(&mut table, sections, key, value),
                    Err(expected) => problems.push(Problem::new(name, format!("must be {expected}"))),
                },
            }
        }
        table
    }
}

zonemint_base::opaque_debug!(Environment);

/// The setting that a variable names, as in `token.ttl`.
fn path(name: &str) -> String {
    name[PREFIX.len()..].to_lowercase().replace("__", ".")
}

/// The default of a setting by its path, as in `token.ttl`. None if there is no such setting.
pub(super) fn default_of<'a>(path: &str, defaults: &'a Table) -> Option<&'a Value> {
    let (sections, key) = path.rsplit_once('.')?;
    let inside = sections.split('.').try_fold(defaults, |table, section| table.get(section)?.as_table());
    inside?.get(key).filter(|default| !default.is_table())
}

/// The variable of a setting that a name becomes when one `_` is doubled. Nothing else is compared: names that look alike are of other
/// programs.
fn meant(name: &str, defaults: &Table) -> Option<String> {
    let underscores = name.match_indices('_').map(|(at, _)| at).filter(|at| *at >= PREFIX.len());
    let mut doubled = underscores.map(|at| format!("{}_{}", &name[..at], &name[at..]));
    doubled.find(|name| default_of(&path(name), defaults).is_some())
}

fn typed(value: &str, default: &Value) -> Result<Value, &'static str> {
    match default {
        Value::Integer(_) => value.trim().parse().map(Value::Integer).map_err(|_| "a whole number"),
        Value::Float(_) => value.trim().parse().map(Value::Float).map_err(|_| "a number"),
        Value::Boolean(_) => value.trim().parse().map(Value::Boolean).map_err(|_| "true or false"),
        Value::Array(_) => {
            let elements = value.split(',').map(str::trim).filter(|element| !element.is_empty());
            Ok(Value::Array(elements.map(|element| Value::String(element.to_owned())).collect()))
        }
        _ => Ok(Value::String(value.to_owned())),
    }
}

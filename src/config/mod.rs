//! Settings: `config/default.toml`, then a file, then the environment, then flags. All errors are reported at once.
//!
//! Each module has a `Settings` of its own; here they become one. The embedded `default.toml` has every key and the type of its
//! value, so unknown keys and wrong types are found by comparison with it.
//!
//! Where the next thing goes: a key is a field of its module's `Settings` and a commented line in `default.toml`.

mod environment;
mod layers;
mod problem;
mod reach;
mod table;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Table;

pub use environment::{ADMIN_PASSWORD, Environment, SupervisorEnvironment};
pub use problem::{Problem, Problems};

use zonemint_http as http;
use zonemint_serve as serve;
use zonemint_service::audit;
use zonemint_service::geo;
use zonemint_service::token;
use zonemint_service::user;
use zonemint_store as store;
use zonemint_telemetry as telemetry;
use zonemint_tls as tls;

/// The defaults, as people read them.
pub const DEFAULT: &str = include_str!("../../config/default.toml");

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Listening and connections.
    pub server: serve::Settings,
    /// Certificates.
    pub tls: tls::Settings,
    /// Requests.
    pub http: http::Settings,
    /// Decisions for proxies.
    pub forward_auth: http::ForwardAuthSettings,
    /// OAuth.
    pub oauth: http::OAuthSettings,
    /// Who may read the metrics.
    pub metrics: http::MetricsSettings,
    /// Where data is kept.
    pub store: store::Settings,
    /// Where the key-encryption key is kept.
    pub keys: KeySettings,
    /// Tokens.
    pub token: token::Settings,
    /// Where addresses are looked up.
    pub geo: geo::Settings,
    /// Password hashing.
    pub password: user::PasswordSettings,
    /// Logins.
    pub login: user::LoginSettings,
    /// The audit trail.
    pub audit: audit::Settings,
    /// Logging.
    pub log: telemetry::Settings,
    /// Traces.
    pub traces: telemetry::TracesSettings,
}

/// The `[keys]` table.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeySettings {
    /// The file with the key-encryption key, in the data folder unless absolute.
    pub file: PathBuf,
}

/// The settings of flags.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `server.listen`
    pub listen: Option<String>,
    /// `store.folder`
    pub data: Option<PathBuf>,
    /// `tls.folder`
    pub certs: Option<PathBuf>,
}

impl Config {
    /// Merges the layers.
    ///
    /// # Errors
    /// [`Problems`]: all of them.
    pub fn load(file: Option<&Path>, environment: &Environment, flags: &Overrides) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let defaults: Table =
            toml::from_str(DEFAULT).map_err(|error| Problems(vec![Problem::new("default.toml", error.to_string())]))?;
        let mut settings = defaults.clone();
        if let Some(path) = file {
            match layers::read(path) {
                Ok(table) => layers::merge(&mut settings, table, &defaults, "", &mut problems),
                Err(problem) => problems.push(problem),
            }
        }
        let table = environment.settings(&defaults, &mut problems);
        layers::merge(&mut settings, table, &defaults, "", &mut problems);
        layers::merge(&mut settings, flags.table(), &defaults, "", &mut problems);
        let config = match Self::deserialize(settings.clone()) {
            Ok(config) => Some(config),
            Err(error) => {
                let misfits = layers::misfits::<Self>(&settings, &defaults, &error);
                // The rest is checked with the defaults in their places.
                layers::put_back(&mut settings, &defaults, &misfits);
                problems.extend(misfits);
                Self::deserialize(settings).ok()
            }
        };
        for problem in config.iter().flat_map(Self::check) {
            // A problem that another one may cause is reported after that one is fixed.
            if !problems.iter().any(|earlier| problem.at == earlier.at || problem.reason.contains(&earlier.at)) {
                problems.push(problem);
            }
        }
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(Problems(problems)),
        }
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.server.check(&mut problems);
        self.tls.check(&mut problems);
        self.http.check(&mut problems);
        self.forward_auth.check(&mut problems);
        self.metrics.check(&mut problems);
        self.token.check(&mut problems);
        self.geo.check(&mut problems);
        self.password.check(&mut problems);
        self.login.check(&mut problems);
        self.audit.check(&mut problems);
        self.log.check(&mut problems);
        self.traces.check(&mut problems);
        self.store.check(&mut problems);
        if self.token.max_staleness.ms() < 2 * self.store.follow.ms() {
            problems.push(("token.max_staleness", "must be at least twice store.follow".into()));
        }
        problems.into_iter().map(|(at, reason)| Problem::new(at, reason)).collect()
    }

    /// The settings in force, as TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }
}

impl Overrides {
    fn table(&self) -> Table {
        let mut table = Table::new();
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        for (section, key, value) in [
            ("server", "listen", self.listen.clone()),
            ("store", "folder", self.data.as_ref().map(path)),
            ("tls", "folder", self.certs.as_ref().map(path)),
        ] {
            if let Some(value) = value {
                table.insert(section.to_owned(), Table::from_iter([(key.to_owned(), value.into())]).into());
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("zonemint.toml");
        std::fs::write(&file, text).unwrap();
        let environment = Environment::from_pairs(environment.iter().copied());
        Config::load(Some(&file), &environment, &Overrides::default())
            .map_err(|Problems(problems)| problems.into_iter().map(|p| format!("{}: {}", p.at, p.reason)).collect())
    }

    #[test]
    fn the_defaults_are_valid_and_survive_being_shown() {
        let config = load("", &[]).unwrap();
        assert_eq!(load(&config.to_toml(), &[]).unwrap().to_toml(), config.to_toml());
    }

    #[test]
    fn the_settings_for_several_nodes_are_valid_and_need_no_data_folder() {
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config/postgres.toml"));
        let config = Config::load(Some(file), &Environment::default(), &Overrides::default())
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert!(config.store.is_shared());
        for path in [&config.store.password_file, &config.store.tls_ca, &config.keys.file, &config.tls.folder] {
            assert!(path.is_absolute(), "{}", path.display());
        }
    }

    #[test]
    fn later_layers_win() {
        let text = "[token]\nttl = \"1h\"\nlocation = \"here\"";
        let config = load(text, &[("ZONEMINT_TOKEN__TTL", "2h"), ("ZONEMINT_LOGIN__DELAYS", "1s, 2s")]).unwrap();
        assert_eq!(config.token.ttl.to_string(), "2h");
        assert_eq!(config.token.location, "here");
        assert_eq!(config.login.delays.len(), 2);
    }

    #[test]
    fn every_error_is_told_at_once() {
        let problems = load(
            "[token]\nttl = 5\ntll = \"1h\"\n[sevrer]\nlisten = \"x\"\n[http]\nmax_body = \"big\"\n[login]\ndelays = [1]",
            &[("ZONEMINT_HTTP__MAX_URI", "many"), ("ZONEMINT_TOKEN__NOPE", "1")],
        )
        .unwrap_err();
        let expected = [
            "ZONEMINT_HTTP__MAX_URI: must be a whole number",
            "ZONEMINT_TOKEN__NOPE: there is no setting token.nope",
            "http.max_body: must be a whole number",
            "login.delays: must be a list of texts",
            "sevrer: is not known; did you mean server?",
            "token.tll: is not known; did you mean token.ttl?",
            "token.ttl: must be a length of time such as \"365d\"",
        ];
        let mut problems = problems;
        problems.sort();
        assert_eq!(problems, expected);
    }

    #[test]
    fn a_key_that_is_no_name_is_not_repeated_as_it_may_be_a_value() {
        let long = "s3cret".repeat(20);
        for key in ["postgres://zm:s3cret@db/zm", "s3cret word", long.as_str()] {
            for (text, at) in [
                (format!("[store]\n\"{key}\" = 1"), "store.***: a key here is none"),
                (format!("[\"{key}\"]\nurl = 1"), "***: a key here is none"),
                (format!("[tls.acme.\"{key}\"]\nurl = 1"), "tls.acme.***: a key here is none"),
            ] {
                let told = load(&text, &[]).unwrap_err();
                assert!(told.len() == 1 && told[0].starts_with(at) && !told[0].contains("s3cret"), "{text}: {told:?}");
            }
            let twice = load(&format!("[store]\n\"{key}\" = 1\n\"{key}\" = 2"), &[]).unwrap_err();
            assert!(!twice.concat().contains("s3cret"), "{twice:?}");
            let variable = load("", &[(&format!("ZONEMINT_STORE__{key}"), "1")]).unwrap_err();
            assert!(!variable.concat().contains("s3cret"), "{variable:?}");
        }
    }

    #[test]
    fn a_table_within_a_table_is_set_by_the_environment_too() {
        let config = load("", &[("ZONEMINT_TLS__ACME__NAMES", "a.example.org, b.example.org")]).unwrap();
        assert_eq!(config.tls.acme.names, ["a.example.org", "b.example.org"]);
        let wrong = [("ZONEMINT_TLS__ACME", "on"), ("ZONEMINT_TLS__ACME__NOPE", "1"), ("ZONEMINT_TLS__FOLDER__X", "1")];
        let expected = [
            "ZONEMINT_TLS__ACME: there is no setting tls.acme",
            "ZONEMINT_TLS__ACME__NOPE: there is no setting tls.acme.nope",
            "ZONEMINT_TLS__FOLDER__X: there is no setting tls.folder.x",
        ];
        assert_eq!(load("", &wrong).unwrap_err(), expected);
        assert_eq!(
            load("[tls.acme]\nchallenge = \"dns-01\"", &[]).unwrap_err(),
            ["tls.acme.challenge: must be \"tls-alpn-01\" or \"http-01\""]
        );
    }

    #[test]
    fn values_out_of_range_are_told_with_their_range() {
        let problems = load("[token]\nttl = \"400d\"\n[password]\niterations = 1", &[]).unwrap_err();
        assert_eq!(
            problems,
            [
                "token.ttl: must be from 1s to token.max_ttl, which is 365d",
                "password.iterations: must be from 2 to 100"
            ]
        );
    }
}

//! Environment variables of client commands, read in one place.

use std::path::PathBuf;

use zeroize::Zeroizing;

/// The variables of client commands, by the names that Onezone's own client and programs of the grid know. An empty one counts as
/// not set.
#[derive(Default)]
pub struct Environment {
    /// `ONEZONE_HOST`
    pub host: Option<String>,
    /// `ONEZONE_API_KEY`: a token.
    pub api_key: Option<Zeroizing<String>>,
    /// `ONEZONE_BASIC_AUTH`: a name, a colon and a password.
    pub basic_auth: Option<Zeroizing<String>>,
    /// `ZONEMINT_PROFILE`
    pub profile: Option<String>,
    /// `ZONEMINT_CACERT`: a PEM file of certificates to trust instead of the system's.
    pub cacert: Option<PathBuf>,
    /// `BEARER_TOKEN`: a token of any issuer.
    pub bearer_token: Option<Zeroizing<String>>,
    /// `BEARER_TOKEN_FILE`: a file with one.
    pub bearer_token_file: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`: a folder of this user and this login.
    pub runtime_folder: Option<PathBuf>,
    config_home: Option<PathBuf>,
    home: Option<PathBuf>,
}

impl Environment {
    /// The folder of this user's settings: `XDG_CONFIG_HOME`, or `.config` in the home folder (XDG Base Directory
    /// Specification, which has relative paths ignored).
    #[must_use]
    pub fn config_home(&self) -> Option<PathBuf> {
        let absolute = self.config_home.clone().filter(|folder| folder.is_absolute());
        absolute.or_else(|| self.home.as_ref().map(|home| home.join(".config")))
    }

    /// Reads the process's environment.
    #[must_use]
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
        let pairs = std::env::vars_os();
        let mut environment = Self::default();
        for (name, value) in pairs {
            if let (Some(name), Some(value)) = (name.to_str(), value.to_str()) {
                environment.take(name, value);
            }
        }
        environment
    }

    /// Takes a variable, if it is one of these.
    fn take(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        match name {
            "ONEZONE_HOST" => self.host = Some(value.to_owned()),
            "ONEZONE_API_KEY" => self.api_key = Some(Zeroizing::new(value.to_owned())),
            "ONEZONE_BASIC_AUTH" => self.basic_auth = Some(Zeroizing::new(value.to_owned())),
            "BEARER_TOKEN" => self.bearer_token = Some(Zeroizing::new(value.to_owned())),
            "BEARER_TOKEN_FILE" => self.bearer_token_file = Some(value.into()),
            "XDG_RUNTIME_DIR" => self.runtime_folder = Some(value.into()),
            "ZONEMINT_PROFILE" => self.profile = Some(value.to_owned()),
            "ZONEMINT_CACERT" => self.cacert = Some(value.into()),
            "XDG_CONFIG_HOME" => self.config_home = Some(value.into()),
            "HOME" => self.home = Some(value.into()),
            _ => {}
        }
    }
}

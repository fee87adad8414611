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
        let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let secret = |name: &str| text(name).map(Zeroizing::new);
        let path = |name: &str| text(name).map(PathBuf::from);
        Self {
            host: text("ONEZONE_HOST"),
            api_key: secret("ONEZONE_API_KEY"),
            basic_auth: secret("ONEZONE_BASIC_AUTH"),
            profile: text("ZONEMINT_PROFILE"),
            cacert: path("ZONEMINT_CACERT"),
            bearer_token: secret("BEARER_TOKEN"),
            bearer_token_file: path("BEARER_TOKEN_FILE"),
            runtime_folder: path("XDG_RUNTIME_DIR"),
            config_home: path("XDG_CONFIG_HOME"),
            home: path("HOME"),
        }
    }
}
